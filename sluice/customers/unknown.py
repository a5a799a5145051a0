"""What stands in a field and says nothing: empty, a placeholder, or masked. Such a value is unknown, so it equals nothing."""

import polars as pl

PLACEHOLDER = (
    r"(?i)^(?:null|none|n/a|unknown|undefined|not (?:provided|available|applicable|given)|anonymous|"
    r"tba|tbd|x{2,}|\.+|-+|_+|\?+|/+|0+|未知|无|没有|暂无|不详|匿名|保密)$"
)
MASKED = r"[*＊•●█]|#{2,}|\b[xX]{3,}\b|某"


def plain(text: pl.Expr) -> pl.Expr:
    """The text in Unicode's compatibility form (full-width digits become digits), blanks trimmed and single; empty is null."""
    shown = text.cast(pl.String).str.normalize("NFKC").str.replace_all(r"[\p{Cc}\p{Cf}]", " ").str.replace_all(r"\s+", " ")
    shown = shown.str.strip_chars()
    return pl.when(shown.str.len_chars() > 0).then(shown)


def known(text: pl.Expr) -> pl.Expr:
    """`plain`, null where it is a placeholder."""
    shown = plain(text)
    return pl.when(~shown.str.contains(PLACEHOLDER)).then(shown)


def masked(text: pl.Expr) -> pl.Expr:
    """Whether the text hides a part of itself; null where there is no text."""
    return plain(text).str.contains(MASKED)


def unmasked(text: pl.Expr) -> pl.Expr:
    """`known`, null where it is masked."""
    shown = known(text)
    return pl.when(~shown.str.contains(MASKED)).then(shown)
