"""Errors as a running Tryton phrased them, sessions that end, and the address of older servers."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from sluice.channels.protocol import ChannelError, Page, Refused
from sluice.channels.tryton.connector import CONNECTOR
from tests.channels.tryton.server import answering, connection, said

ERRORS = json.loads((Path(__file__).parents[2] / "fixtures/tryton/errors.json").read_text())
ERRORS["second-factor"] = {"status": 200, "body": '{"id": 1, "error": ["LoginException", ["device_code", "Code", "char"]]}'}
"""The only one that was not recorded."""
LOGIN, PREFERENCES = "common.db.login", "model.res.user.get_preferences"
UNITS = CONNECTOR.stream("units")


def recorded(name: str) -> Response:
    return Response(ERRORS[name]["body"], ERRORS[name]["status"], media_type="application/json")


def pages(url: str, **secrets: str) -> list[Page]:
    return list(CONNECTOR.open(connection(url, **secrets)).pages(UNITS, None))


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("401-bad-password", Refused, "no such user"),
        ("429-login", Refused, "wait some minutes"),
        ("404-no-database", ChannelError, "no database sandbox"),
    ],
)
def test_a_login_that_fails_says_why_and_is_not_repeated(answer: str, error: type[Exception], words: str) -> None:
    asked: list[str] = []

    def script(path: str, call: dict[str, Any]) -> Response:
        asked.append(path)
        return recorded(answer)

    with answering(script) as url, pytest.raises(error, match=words) as fault:
        pages(url, password="hunter2")
    assert "hunter2" not in str(fault.value)
    assert len(asked) == (2 if answer == "404-no-database" else 1), "each wrong login brings the lock nearer"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("user-error", Refused, "you must cancel it"),
        ("read-missing-record", Refused, "don't exist"),
        ("unknown-model-200", ChannelError, "knows no sale.nope"),
        ("unknown-field", ChannelError, "nope"),
        ("401-bad-session", Refused, "not the session"),
        ("second-factor", Refused, "more than a password"),
    ],
)
def test_an_error_inside_http_200_is_classified(answer: str, error: type[Exception], words: str) -> None:
    def script(path: str, call: dict[str, Any]) -> Response:
        return said([1, "token", None]) if call["method"] == LOGIN else recorded(answer)

    with answering(script) as url, pytest.raises(error, match=words):
        pages(url)


def test_a_session_that_ended_is_renewed_once_and_a_busy_database_asked_again() -> None:
    asked: list[str] = []
    answers = [recorded("401-no-session"), Response(b'{"error": ["database is locked", ""]}'), said([])]

    def script(path: str, call: dict[str, Any]) -> Response:
        asked.append(call["method"].rsplit(".", 1)[1])
        if call["method"] == LOGIN:
            return said([1, "token"])
        return said({"company": 1}) if call["method"] == PREFERENCES else answers.pop(0)

    with answering(script) as url:
        assert [page.complete for page in pages(url)] == [True]
    assert asked == ["login", "get_preferences", "search_read", "login", "search_read", "search_read"]


def test_older_servers_are_found_at_their_address() -> None:
    def script(path: str, call: dict[str, Any]) -> Response:
        if path != "/sandbox/":
            return Response(b"", 405)
        return said([1, "token"]) if call["method"] == LOGIN else said({} if call["method"] == PREFERENCES else [])

    with answering(script) as url:
        assert len(pages(url)) == 1
