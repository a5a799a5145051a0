"""Values that tell who somebody is, in the form by which two spellings of one are found to be the same."""

import re
import unicodedata

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w])\+?\(?\d(?:[\s().\-/–]{0,3}\d){6,14}(?!\w)")
LEAST_DIGITS = 7
_MASKED = re.compile(r"[*＊•●█]|#{2,}")


def email(text: str) -> str | None:
    """An address in lower case; None where it is none, or hides a part of itself."""
    shown = unicodedata.normalize("NFKC", text).strip().lower()
    return shown if EMAIL.fullmatch(shown) and not _MASKED.search(shown.partition("@")[0]) else None


def phone(text: str) -> str | None:
    """The digits of a number, without zeros that are dialled before it ("0151", "+49 (0)151"); None where it hides some."""
    shown = unicodedata.normalize("NFKC", text)
    if _MASKED.search(shown):
        return None
    digits = re.sub(r"\D", "", shown.replace("(0)", "")).lstrip("0")
    return digits if LEAST_DIGITS <= len(digits) <= 15 else None


def customer(text: str) -> str:
    """An account's id: of a global id (gid://shopify/Customer/7), the part that others name it by."""
    return text.rpartition("/")[2] if text.startswith("gid://") else text.strip()


def masked(text: str) -> bool:
    return _MASKED.search(text) is not None
