"""Customer records as linkage reads them: whatever columns a source has, normalized; unknown where it has none."""

import polars as pl

from sluice.customers.email import email, mailbox
from sluice.customers.names import read_names
from sluice.customers.phone import phone, shown
from sluice.customers.unknown import known, unmasked

CONTACT = ("channel", "shop", "guest", "name", "email", "phone", "country")
IDS = ("buyer_id", "loyalty_id", "national_id")
WORDS = ("given_name", "surname", "street_number", "street", "address", "city", "region", "birth_place", "occupation")
CODES = ("birth_date", "postcode")
YEAR_LAST, YEAR_FIRST = r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{4})(?:\D|$)", r"^\s*(\d{4})\D(\d{1,2})\D(\d{1,2})(?:\D|$)"


def prepare(records: pl.DataFrame) -> pl.DataFrame:
    """One row a record, `record` (int32) its position, with the columns below and what is read of them:

    tokens, hint, script, given, surname, full_name of the name (written whole, or as given_name and surname); phone in E.164;
    shown, the pattern of a masked one; tail, its last four digits; email, mailbox, mailbox_name. What is missing is null.
    guest, any text, is of a record that is no account of its shop: made of an order that was placed without one.
    buyer_id is the platform's stable id of the person, the same in all of its shops. Dates have the year first, what
    follows stays in the order of the source.
    """
    columns = (*CONTACT, *IDS, *WORDS, *CODES)
    given = records.select(
        pl.int_range(pl.len(), dtype=pl.Int32).alias("record"),
        *(pl.col(name).cast(pl.String) if name in records.columns else pl.lit(None, pl.String).alias(name) for name in columns),
    )
    whole = pl.concat_str("given_name", pl.lit(" "), "surname", ignore_nulls=True).str.strip_chars()
    given = given.with_columns(name=pl.coalesce("name", pl.when(whole != "").then(whole)))
    read = read_names(given["name"])
    parts = given.select(first=words(pl.col("given_name")), last=words(pl.col("surname")))
    told = given.with_columns(
        read["tokens"],
        read["hint"],
        read["script"],
        given=pl.coalesce(parts["first"], read["given"]),
        surname=pl.coalesce(parts["last"], read["surname"]),
        **{name: unmasked(pl.col(name)) for name in IDS},
        **{name: words(pl.col(name)) for name in WORDS if name not in ("given_name", "surname")},
        birth_date=code(year_first(pl.col("birth_date"))),
        postcode=code(pl.col("postcode")),
        phone=phone(given["phone"], given["country"]),
        shown=shown(pl.col("phone")),
        email=email(pl.col("email")),
    )
    return told.with_columns(
        mailbox=mailbox(pl.col("email")),
        tail=pl.coalesce("phone", "shown").str.extract(r"(\d{3,4})$"),
        full_name=pl.when(pl.col("given").is_not_null() & pl.col("surname").is_not_null()).then(
            pl.concat_list("given", "surname").list.sort().list.join(" ")
        ),
    ).with_columns(mailbox_name=pl.col("mailbox").str.extract("^([^@]+)@"))


def code(text: pl.Expr) -> pl.Expr:
    """Letters and digits in lower case; null where masked or unknown."""
    return unmasked(text).str.to_lowercase().str.replace_all(r"[^\pL\pN]", "")


def year_first(text: pl.Expr) -> pl.Expr:
    """5/12/1990, 05.12.1990 and 1990-5-12 are 19900512: the year in front, the rest of two digits. Other forms stay."""
    last, first = (text.str.extract_groups(form).struct for form in (YEAR_LAST, YEAR_FIRST))
    turned = last[2] + last[0].str.zfill(2) + last[1].str.zfill(2)
    return pl.coalesce(turned, first[0] + first[1].str.zfill(2) + first[2].str.zfill(2), text)


def words(text: pl.Expr) -> pl.Expr:
    """Letters and digits in lower case without accents, single blanks between; null where masked or unknown."""
    plain = unmasked(text).str.to_lowercase().str.normalize("NFD").str.replace_all(r"\p{M}", "")
    said = plain.str.replace_all(r"['’`]", "").str.replace_all(r"[^\pL\pN]+", " ").str.strip_chars()
    return known(said)
