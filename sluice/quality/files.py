"""The files in expectations/: for a table, a suite of Great Expectations in JSON, and queries that must find nothing in SQL.

`<schema>.<table>.json` is Great Expectations' own form. `<schema>.<table>.sql` holds what a column can't tell by itself, each
query under a head of three comments or more:

    -- check: every_order_has_lines
    -- severity: critical
    -- What it means that a row is found, in a sentence.
    select ...;
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from sluice.alerts.problems import Severity

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
HEAD = re.compile(
    r"-- check: (?P<name>.+)\n-- severity: (?P<severity>critical|warning)\n(?P<text>(?:-- .+\n)+)(?P<sql>[^;]+);\s*$"
)


class SuiteError(Exception):
    """A file of expectations can't be used. The message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One check, of a name that is unique in its table: `type` with `kwargs` as Great Expectations knows it, or `sql`."""

    name: str
    severity: Severity
    description: str
    type: str = "query"
    kwargs: dict[str, Any] = field(default_factory=dict)
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """All that must hold of one table, named schema.table."""

    table: str
    expectations: tuple[Expectation, ...]

    @property
    def schema(self) -> str:
        return self.table.split(".")[0]


class _Meta(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    kwargs: dict[str, Any]
    severity: Severity
    description: str
    meta: _Meta


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    expectations: list[_Entry]


def read(folder: Path) -> list[Suite]:
    """All suites, in order of table. Raises SuiteError."""
    found: dict[str, list[Expectation]] = {}
    for file in sorted(folder.glob("*.json")) + sorted(folder.glob("*.sql")):
        if file.stem.count(".") != 1:
            raise SuiteError(f"{file.name}: must be called after its table, schema.table")
        found.setdefault(file.stem, []).extend(_expectations(file) if file.suffix == ".json" else _queries(file))
    return [_checked(Suite(table, tuple(found[table]))) for table in sorted(found)]


def _expectations(file: Path) -> list[Expectation]:
    try:
        document = msgspec.json.decode(file.read_bytes(), type=_Document)
    except msgspec.DecodeError as fault:
        raise SuiteError(f"{file.name}: {fault}") from fault
    if document.name != file.stem:
        raise SuiteError(f"{file.name}: name is {document.name!r}; it must be {file.stem!r}, like the file")
    return [Expectation(one.meta.name, one.severity, one.description, one.type, one.kwargs) for one in document.expectations]


def _queries(file: Path) -> list[Expectation]:
    before, *parts = re.split(r"^(?=-- check: )", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if before.strip() or not parts:
        raise SuiteError(f"{file.name}: must begin with '-- check: name'")
    return [_query(file, part) for part in parts]


def _query(file: Path, part: str) -> Expectation:
    match = HEAD.match(part)
    if match is None:
        first = part.splitlines()[0]
        raise SuiteError(
            f"{file.name}: {first!r} must be followed by '-- severity: critical' or warning, a sentence, and one select;"
        )
    severity: Severity = "critical" if match["severity"] == "critical" else "warning"
    text = " ".join(line.removeprefix("-- ") for line in match["text"].splitlines())
    return Expectation(match["name"].strip(), severity, text, sql=match["sql"].strip())


def _checked(suite: Suite) -> Suite:
    names = [expectation.name for expectation in suite.expectations]
    for name in names:
        if not NAME.match(name) or names.count(name) > 1:
            raise SuiteError(f"{suite.table}: the name {name!r} must be unique, of a-z, 0-9 and _")
    return suite
