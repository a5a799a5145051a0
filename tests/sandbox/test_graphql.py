"""The small GraphQL reader, held against the reference implementation on what clients send."""

import json
from typing import Any

import pytest
from graphql import build_schema, graphql_sync

from sluice.sandbox.graphql import GraphQLError, Shared, parse, select

SCHEMA = build_schema("""
    type Query { shop: Shop, item(id: ID!, tags: [String!], at: Point): Item, items(first: Int = 2): [Item!]! }
    input Point { x: Int, y: Float, name: String }
    type Shop { name: String!, owner: Owner }
    type Owner { name: String }
    type Item { id: ID!, echo(text: String, flag: Boolean, ratio: Float): String, parts(first: Int): [Item!] }
""")


def item(number: str, extra: Any = None) -> dict[str, Any]:
    def echo(*given: Any, **named: Any) -> str:
        arguments = named or ({name: given[0].argument(name) for name in ("text", "flag", "ratio")} if given else {})
        return repr([arguments.get(name) for name in ("text", "flag", "ratio")])

    def parts(*given: Any, **named: Any) -> list[dict[str, Any]]:
        first = named.get("first") if named else given[0].argument("first")
        return [item(f"{number}.{at}") for at in range(first or 1)]

    shown = "" if extra is None else json.dumps(extra, sort_keys=True)
    return {"__typename": "Item", "id": f"{number}{shown}", "echo": echo, "parts": parts}


def ours(text: str, variables: dict[str, Any]) -> Any:
    root = {
        "shop": Shared({"name": "Own", "owner": None}),
        "item": lambda field: item(str(field.argument("id")), [field.argument("tags"), field.argument("at")]),
        "items": lambda field: [item(str(at)) for at in range(field.argument("first", 2))],
    }
    return select(root, parse(text).bound(variables))


def theirs(text: str, variables: dict[str, Any]) -> Any:
    root = {
        "shop": {"name": "Own", "owner": None},
        "item": lambda info, id, tags=None, at=None: _lazy(item(str(id), [tags, at])),
        "items": lambda info, first=2: [_lazy(item(str(at))) for at in range(first)],
    }
    result = graphql_sync(SCHEMA, text, root, variable_values=variables)
    assert result.errors is None, result.errors
    return result.data


def _lazy(one: dict[str, Any]) -> dict[str, Any]:
    """The reference hands a resolver its info first."""
    return {
        "id": one["id"],
        "echo": lambda info, **named: one["echo"](**({"text": None} | named)),
        "parts": lambda info, first=None: [_lazy(part) for part in one["parts"](first=first)],
    }


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ shop { name owner { name } } }", {}),
        ("query Named { a: shop { n: name } b: shop { name } }", {}),
        ('query ($n: Int = 3, $t: [String!]! = ["x"]) { items(first: $n) { id } item(id: 1, tags: $t) { id } }', {}),
        ("query ($n: Int) { items(first: $n) { id parts(first: 2) { id } } } # a remark", {"n": 1}),
        ('{ item(id: "7", tags: ["a", "b,c"], at: {x: 1, y: -2.5e1, name: "q\\"uote"}) { id } }', {}),
        ("query ($at: Point, $t: [String!]) { item(id: 7, tags: $t, at: $at) { id } }", {"at": {"x": 1}, "t": ["ä"]}),
        ('{ item(id: "x") { echo(text: """block "quoted" text""", flag: true, ratio: 1.5) } }', {}),
        ('{ item(id: "x") { echo(text: null, flag: false) } }', {}),
        ("{ items { ...Some } } fragment Some on Item { id ...More } fragment More on Item { parts { id } }", {}),
        ("{ items { ... on Item { id } ... { again: id } } }", {}),
        ("query Commas($n:Int,$m:Int=1){items(first:$n){id,parts(first:$m){id}}}", {"n": 2}),
    ],
)
def test_what_the_reference_answers_we_answer(text: str, variables: dict[str, Any]) -> None:
    assert ours(text, variables) == theirs(text, variables)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{ shop { nothing } }", "Field 'nothing' doesn't exist"),
        ("{ shop { name }", "end of document"),
        ("{ items(first 3) { id } }", "Expected ':'"),
        ("{ items { ...Nobody } }", "Nobody was used, but not defined"),
        ("query A { shop { name } } query B { shop { name } }", "found 2"),
        ("fragment A on Item { id }", "found 0"),
        ("{ shop ; }", "Unexpected character"),
    ],
)
def test_faults_are_told(text: str, words: str) -> None:
    with pytest.raises(GraphQLError, match=words):
        ours(text, {})


def test_equal_selections_are_one_key() -> None:
    text = "query ($a: String) { items(first: 2) { id parts(first: 1) { id } } item(id: $a) { id } }"
    first, second = (parse(text).bound({"a": name}) for name in "xy")
    assert first[0] is second[0], "a part without variables is found again by identity"
    assert first[1] != second[1]
    assert hash(first[0]) == hash(second[0])
