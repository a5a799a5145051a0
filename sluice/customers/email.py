"""E-mail addresses: the form that is shown, and the form under which two spellings of one mailbox meet."""

import polars as pl

from sluice.customers.unknown import unmasked

WRITTEN = r"^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$"
GMAIL = ("gmail.com", "googlemail.com")
PLUS_TAGS = (
    *GMAIL,
    "outlook.com",
    "hotmail.com",
    "live.com",
    "icloud.com",
    "me.com",
    "fastmail.com",
    "proton.me",
    "protonmail.com",
)
"""Providers that deliver name+tag@ to name@."""
NOBODY = r"^(?:no-?reply|do-?not-?reply|guest|anonymous|nobody|none|null|na|noemail|no-?e?-?mail|unknown)\d{0,2}$"
NOWHERE = r"(?:^|\.)(?:invalid|localhost|local|noemail\.\w+)$"


def email(text: pl.Expr) -> pl.Expr:
    """The address in lower case; null where it is no address, masked, or a mailbox of nobody's (noreply@, guest@)."""
    shown = unmasked(text).str.to_lowercase().str.replace(r"^mailto:", "").str.strip_chars("<>\"'; ,.")
    local, domain = shown.str.extract(r"^([^@]+)@"), shown.str.extract(r"@(.+)$")
    somebody = shown.str.contains(WRITTEN) & ~local.str.contains(NOBODY) & ~domain.str.contains(NOWHERE)
    return pl.when(somebody).then(shown)


def mailbox(address: pl.Expr) -> pl.Expr:
    """Where a normalized address is delivered: without a tag, and without dots where the provider ignores both."""
    local, domain = address.str.extract(r"^([^@]+)@"), address.str.extract(r"@(.+)$")
    bare = pl.when(domain.is_in(PLUS_TAGS)).then(local.str.replace(r"^([^+]+)\+.*$", "$1")).otherwise(local)
    bare = pl.when(domain.is_in(GMAIL)).then(bare.str.replace_all(".", "", literal=True)).otherwise(bare)
    home = pl.when(domain.is_in(GMAIL)).then(pl.lit("gmail.com")).otherwise(domain)
    return pl.format("{}@{}", bare, home)
