"""A token that may be used once is kept before it is used, and renewed by one at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sluice import warehouse
from sluice.channels.protocol import Remembered, Token, Tokens
from sluice.tokens import Kept


@pytest.fixture(params=["kept", "remembered"])
def tokens(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    monkeypatch.setenv("SLUICE_DATABASE_URL", database_url)
    return Kept("toy", "main") if request.param == "kept" else Remembered()


def is_fresh(token: Token) -> bool:
    return bool(token["uses"] > 0)


def test_a_fresh_token_is_given_again_and_a_stale_one_is_renewed_from_what_was_kept(tokens: Tokens) -> None:
    asked: list[Token | None] = []

    def renew(kept: Token | None) -> Token:
        asked.append(kept)
        return {"uses": len(asked) - 1}

    assert tokens.fresh(is_fresh, renew) == {"uses": 0}
    assert tokens.fresh(is_fresh, renew) == {"uses": 1}
    assert tokens.fresh(is_fresh, renew) == {"uses": 1}
    assert asked == [None, {"uses": 0}]


def test_one_renews_while_the_others_wait(tokens: Tokens) -> None:
    renewed: list[int] = []

    def renew(kept: Token | None) -> Token:
        renewed.append(1)
        return {"uses": 1}

    with ThreadPoolExecutor(8) as beside:
        found = list(beside.map(lambda _: tokens.fresh(is_fresh, renew), range(8)))
    assert found == [{"uses": 1}] * 8
    assert len(renewed) == 1


def test_a_renewal_that_fails_leaves_what_was_kept(tokens: Tokens) -> None:
    def refuse(kept: Token | None) -> Token:
        raise RuntimeError("refused")

    tokens.fresh(is_fresh, lambda kept: {"uses": 0})
    with pytest.raises(RuntimeError, match="refused"):
        tokens.fresh(is_fresh, refuse)
    assert tokens.fresh(is_fresh, lambda kept: {"was": kept, "uses": 1}) == {"was": {"uses": 0}, "uses": 1}


def test_nobody_but_the_owner_reads_them(database_url: str) -> None:
    with warehouse.connect(database_url, autocommit=True) as db:
        db.execute("create role curious")
        try:
            found = db.execute("select has_table_privilege('curious', 'secrets.channel_tokens', 'select')").fetchone()
            assert found == (False,)
        finally:
            db.execute("drop role curious")
