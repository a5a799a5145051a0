"""Normal forms: two spellings of one thing meet, and what is unknown meets nothing."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.customers.email import email, mailbox
from sluice.customers.names import read_names
from sluice.customers.phone import phone, shown
from sluice.customers.records import prepare, words
from sluice.customers.unknown import known, plain, unmasked


def one(expression: pl.Expr, text: str | None) -> str | None:
    found: str | None = pl.DataFrame({"x": [text]}, schema={"x": pl.String}).select(expression.alias("y")).item()
    return found


def called(number: str | None, country: str | None) -> str | None:
    found: str | None = phone(pl.Series([number], dtype=pl.String), pl.Series([country], dtype=pl.String)).item()
    return found


X = pl.col("x")


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("138 0013 8001", "CN", "+8613800138001"),
        ("+86 13800138001", "US", "+8613800138001"),
        ("0086-138-0013-8001", None, "+8613800138001"),
        ("8613800138001", "CN", "+8613800138001"),
        ("１３８００１３８００１", "CN", "+8613800138001"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("1 212 555 0123 ext. 5", "US", "+12125550123"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "CN", "+442079460958"),
        ("06 6982 0000", "IT", "+390669820000"),
        ("13800138001", None, "13800138001"),
        ("138****8001", "CN", None),
        ("11111111111", "CN", None),
        ("0000", "CN", None),
        ("N/A", "CN", None),
        ("", None, None),
        (None, "CN", None),
    ],
)
def test_a_phone_is_told_in_e164(number: str | None, country: str | None, expected: str | None) -> None:
    assert called(number, country) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Wei.Zhang+shop@Gmail.com ", "weizhang@gmail.com"),
        ("w.e.i.zhang@googlemail.com", "weizhang@gmail.com"),
        ("wei.zhang+shop@outlook.com", "wei.zhang@outlook.com"),
        ("wei.zhang@qq.com", "wei.zhang@qq.com"),
        ("w+x@company.com", "w+x@company.com"),
        ("w***@qq.com", None),
        ("noreply@shop.com", None),
        ("guest1@shop.com", None),
        ("null", None),
        ("no address", None),
    ],
)
def test_a_mailbox_is_where_mail_goes(text: str, expected: str | None) -> None:
    assert one(mailbox(email(X)), text) == expected


@pytest.mark.parametrize(
    ("name", "tokens", "hint"),
    [
        ("张伟", ["wei", "zhang"], None),
        ("Zhang Wei", ["wei", "zhang"], None),
        ("WEI  ZHANG", ["wei", "zhang"], None),
        ("欧阳修", ["ouyang", "xiu"], None),
        ("Dr. José Müller Jr.", ["jose", "muller"], None),
        ("张**", [], "zhang"),
        ("张女士", [], "zhang"),
        ("J***", [], "j"),
        ("-", [], None),
    ],
)
def test_a_name_is_a_set_of_words(name: str, tokens: list[str], hint: str | None) -> None:
    (read,) = read_names(pl.Series([name])).select("tokens", "hint").iter_rows()
    assert read == (tokens, hint)


@pytest.mark.parametrize("text", ["138****8001", "*******8001", "138-****-8001"])
def test_a_masked_phone_shows_its_ends(text: str) -> None:
    pattern = one(shown(X), text)
    assert pattern is not None
    assert pattern.endswith("%8001")


@given(st.text(max_size=30))
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    for form in (plain, known, unmasked, words, email, lambda x: mailbox(email(x))):
        first = one(form(X), text)
        assert one(form(X), first) == first
    number = called(text, "CN")
    assert called(number, "CN") == number


@given(st.text(alphabet="0123456789*abc@. 张伟", min_size=1, max_size=15), st.integers(0, 15))
def test_what_is_masked_is_known_of_nobody(text: str, at: int) -> None:
    hidden = text[:at] + "***" + text[at:]
    prepared = prepare(pl.DataFrame({"name": [hidden], "email": [hidden], "phone": [hidden], "city": [hidden]}))
    row = prepared.row(0, named=True)
    assert (row["tokens"], row["email"], row["mailbox"], row["phone"], row["city"]) == ([], None, None, None, None)
