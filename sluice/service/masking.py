"""How a customer's contact looks to a caller without the right to see it: enough to recognise, too little to use."""

import re


def masked_name(name: str | None) -> str | None:
    """Wang Fang -> W**; 王芳 -> 王**."""
    return name if not name else (name[0] if len(name) > 1 else "") + "**"


def masked_email(email: str | None) -> str | None:
    """fang@example.com -> f**@example.com."""
    if not email:
        return email
    local, at, domain = email.rpartition("@")
    return f"{local[0] if len(local) > 1 else ''}**@{domain}" if at else "**"


def masked_phone(phone: str | None) -> str | None:
    """+86 138 0013 8000 -> **00: the last two digits of a number that has at least seven."""
    if not phone:
        return phone
    digits = re.sub(r"\D", "", phone)
    return "**" + (digits[-2:] if len(digits) >= 7 else "")
