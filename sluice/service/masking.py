"""How a customer's contact looks to a caller without the right to see it: in the form that the marts show it in, too.

Enough to recognise a known value, too little to learn it. A value so short that the form would show it whole is hidden whole.
"""

import re
from collections.abc import Mapping
from typing import Any


def masked(contact: Mapping[str, Any]) -> dict[str, Any]:
    """name, email and phone of a row, in the form that they may be seen in."""
    return {
        "name": masked_name(contact["name"]),
        "email": masked_email(contact["email"]),
        "phone": masked_phone(contact["phone"]),
    }


def masked_name(name: str | None) -> str | None:
    """Wang Fang -> W***; 王芳 -> 王***."""
    return name if not name else (name[0] if len(name) > 1 else "") + "***"


def masked_email(email: str | None) -> str | None:
    """fang@example.com -> f***@example.com."""
    if not email:
        return email
    local, at, domain = email.strip().rpartition("@")
    return f"{local[0].lower() if len(local) > 1 else ''}***@{domain}" if at else "***"


def masked_phone(phone: str | None) -> str | None:
    """+86 138 0013 8000 -> *******8000: the last four of at least eight digits."""
    if not phone:
        return phone
    digits = re.sub(r"\D", "", phone)
    return "*******" + digits[-4:] if len(digits) >= 8 else "***"
