"""Phone numbers in E.164, and what a masked number still shows. Set by set: a company has millions of them."""

import polars as pl

from sluice.customers.unknown import known, masked, plain, unmasked

LEAST, MOST = 7, 15
REPEATED = r"0{7}|1{7}|2{8}|3{8}|4{8}|5{8}|6{9}|7{8}|8{9}|9{8}|^\+?12345678?9?0?$"
"""A digit over and over is what people type to be let through; but six and eight are lucky, and a row of them is sold dear."""
TRUNK = r"^(20|27|3[0-4]|36|4[0134689]|5[1-8]|6[0-6]|8[1246]|9[0-58]|234|254|353|358|380|852|886|971|972)0+"
"""Country codes after which a nought is the national prefix, written out of habit: +44 (0)20."""


def phone(numbers: pl.Series, countries: pl.Series) -> pl.Series:
    """Numbers in E.164 ('+8613800138000'), read with the country beside them (ISO 3166) where they name none.

    Null where it can't be a number, is masked, or is a placeholder. Where neither names a country it stays a string of digits,
    which equals the same string and no number in E.164. Country codes, national prefixes and lengths are libphonenumber's.
    """
    frame = pl.DataFrame({"shown": numbers, "home": countries}).with_columns(
        shown=unmasked(pl.col("shown")), home=plain(pl.col("home")).str.to_uppercase()
    )
    frame = frame.with_columns(
        digits=pl.col("shown").str.replace(r"\(0\)", "").str.replace(r"(?i)(?:ext|x|转|#).*$", "").str.replace_all(r"\D", "")
    ).with_columns(abroad=pl.col("shown").str.contains(r"^(?:\+|00)"))
    frame = frame.join(_numbering(frame["home"].unique()), on="home", how="left", maintain_order="left")
    size = pl.col("digits").str.len_chars()
    possible = pl.col("lengths").list.contains
    code, prefix = pl.col("code"), pl.col("prefix")
    after_code = size - code.str.len_chars()
    after_prefix = size - prefix.str.len_chars()
    with_code = pl.col("digits").str.starts_with(code) & possible(after_code) & ~possible(size)
    with_prefix = pl.col("digits").str.starts_with(prefix) & possible(after_prefix) & ((prefix == "0") | ~possible(size))
    told = (
        pl.when("abroad")
        .then(pl.format("+{}", pl.col("digits").str.replace(r"^00", "").str.replace(TRUNK, "$1")))
        .when(code.is_null())
        .then("digits")
        .when(with_prefix)
        .then(pl.format("+{}{}", code, pl.col("digits").str.slice(prefix.str.len_chars())))
        .when(with_code)
        .then(pl.format("+{}", "digits"))
        .when(possible(size))
        .then(pl.format("+{}{}", code, "digits"))
    )
    could_be = size.is_between(LEAST, MOST) & ~pl.col("digits").str.contains(REPEATED)
    return frame.select(phone=pl.when(could_be).then(told)).to_series()


def shown(text: pl.Expr) -> pl.Expr:
    """Of a masked number what it shows, for SQL's `like`: 138****8000 is %138%8000. Null without three digits at its end."""
    digits = known(text).str.extract_groups(r"(\d*)\D*[*＊•●xX#]\D*(\d{3,})$")
    head, tail = digits.struct[0].fill_null(""), digits.struct[1]
    return pl.when(masked(text) & tail.is_not_null()).then(pl.format("%{}%{}", head.str.replace(r"^(?:0?0?86)(1)", "$1"), tail))


def _numbering(countries: pl.Series) -> pl.DataFrame:
    """home, code ('44'), prefix ('0'; a letter where there is none), lengths: how a country's own numbers are written."""
    import phonenumbers

    rows = []
    for home in countries.drop_nulls():
        plan = phonenumbers.PhoneMetadata.metadata_for_region(home) if len(home) == 2 else None
        if plan:
            general = plan.general_desc
            lengths = [*general.possible_length, *general.possible_length_local_only] if general else []
            rows.append((home, str(plan.country_code), plan.national_prefix or "-", lengths))
    schema = pl.Schema({"home": pl.String(), "code": pl.String(), "prefix": pl.String(), "lengths": pl.List(pl.UInt32)})
    return pl.DataFrame(rows, schema=schema, orient="row")
