"""Customer records as linkage reads them: whatever columns a source has, normalized; unknown where it has none."""

import polars as pl

from sluice.customers.email import email, mailbox
from sluice.customers.names import read_names
from sluice.customers.phone import phone, shown
from sluice.customers.unknown import known, unmasked

CONTACT = ("channel", "shop", "name", "email", "phone", "country")
IDS = ("buyer_id", "loyalty_id", "national_id")
WORDS = ("given_name", "surname", "street_number", "street", "address", "city", "region", "birth_place", "occupation")
CODES = ("birth_date", "postcode")


def prepare(records: pl.DataFrame) -> pl.DataFrame:
    """One row a record, `record` (int32) its position, with the columns below and what is read of them:

    tokens, hint, script, given, surname, full_name of the name (written whole, or as given_name and surname); phone in E.164;
    shown, the pattern of a masked one; tail, its last four digits; email, mailbox, mailbox_name. What is missing is null.
    buyer_id is the platform's stable id of the person, the same in all of its shops. Dates have the year first.
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
        **{name: unmasked(pl.col(name)).str.to_lowercase().str.replace_all(r"[^\pL\pN]", "") for name in CODES},
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


def words(text: pl.Expr) -> pl.Expr:
    """Letters and digits in lower case without accents, single blanks between; null where masked or unknown."""
    plain = unmasked(text).str.to_lowercase().str.normalize("NFD").str.replace_all(r"\p{M}", "")
    said = plain.str.replace_all(r"['’`]", "").str.replace_all(r"[^\pL\pN]+", " ").str.strip_chars()
    return known(said)
