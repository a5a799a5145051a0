"""Enough GraphQL to answer a client: an operation is read, bound to its variables, and its selection cut out of plain values.

A value is a dict, a list, a scalar, or a function of the field's arguments that gives one of these. There is no schema here: that
what is answered fits Shopify's is shown by the tests, which hold every answer against the published one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r'''"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[!$&()=@:{}\[\]|]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\w+'''
)
_IGNORED = re.compile(r"[\s,\ufeff]+|#[^\n]*")
_MISSING = object()
_WORDS = {"true": True, "false": False, "null": None}


class GraphQLError(Exception):
    """The operation can't be answered. The message is what the client reads."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a selection. Arguments are sorted pairs, so that equal selections are equal keys."""

    name: str
    alias: str
    arguments: tuple[tuple[str, Any], ...]
    fields: tuple["Selection", ...]
    directives: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()

    def argument(self, name: str, default: Any = None) -> Any:
        """The argument's value, thawed: lists and dicts again."""
        for given, value in self.arguments:
            if given == name:
                return _thawed(value)
        return default


@dataclass(frozen=True, slots=True)
class Fragment:
    """`... on Type { }`, or `... { }` where `on` is None."""

    on: str | None
    fields: tuple["Selection", ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """`...Name`, replaced when the operation is bound."""

    name: str


Selection = Field | Fragment | Spread


@dataclass(frozen=True, slots=True)
class Operation:
    kind: str
    defaults: tuple[tuple[str, Any], ...]
    fields: tuple[Selection, ...]
    fragments: tuple[tuple[str, Fragment], ...]

    def bound(self, variables: Mapping[str, Any]) -> tuple[Field, ...]:
        """The root fields with variables and named fragments put in. Raises GraphQLError for a name that is not there."""
        values = dict(self.defaults) | {name: _frozen(value) for name, value in variables.items()}
        fields = _bound(self.fields, values, dict(self.fragments))
        return tuple(field for field in fields if isinstance(field, Field))


@lru_cache(maxsize=256)
def parse(text: str) -> Operation:
    """The operation in a document that has one. Raises GraphQLError."""
    return _Parser(text).document()


class Shared(dict[str, Any]):
    """A value that stands in many records: what was cut out of it is kept. Not to be changed."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self.cuts: dict[Sequence[Selection], Any] = {}


def select(value: Any, fields: Sequence[Selection]) -> Any:
    """What a selection takes out of a value. Raises GraphQLError for a field that the value does not have."""
    if value is None or not fields:
        return value
    if isinstance(value, list):
        return [select(item, fields) for item in value]
    if isinstance(value, Shared):
        if fields not in value.cuts:
            value.cuts[fields] = _chosen(value, fields)
        return value.cuts[fields]
    return _chosen(value, fields)


def _chosen(value: Mapping[str, Any], fields: Sequence[Selection]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for field in fields:
        if isinstance(field, Field):
            inner = value.get(field.name, _MISSING)
            if inner is _MISSING:
                raise GraphQLError(f"Field '{field.name}' doesn't exist on type '{value.get('__typename', 'Object')}'")
            if callable(inner):
                inner = inner(field)
            chosen[field.alias] = select(inner, field.fields) if field.fields else inner
        elif isinstance(field, Fragment) and field.on in (None, value.get("__typename")):
            chosen |= _chosen(value, field.fields)
    return chosen


Fragments = Mapping[str, Fragment]


def _bound(fields: tuple[Selection, ...], values: Mapping[str, Any], fragments: Fragments) -> tuple[Selection, ...]:
    """The selection with variables put in; the very same one where there are none, so that it is found again by identity."""
    bound = tuple(_bound_one(field, values, fragments) for field in fields)
    return fields if all(before is after for before, after in zip(fields, bound, strict=True)) else bound


def _bound_one(field: Selection, values: Mapping[str, Any], fragments: Fragments) -> Selection:
    if isinstance(field, Spread):
        if field.name not in fragments:
            raise GraphQLError(f"Fragment {field.name} was used, but not defined")
        field = fragments[field.name]
    inner = _bound(field.fields, values, fragments)
    if isinstance(field, Fragment):
        return field if inner is field.fields else Fragment(field.on, inner)
    arguments = _put_in(field.arguments, values)
    directives = tuple((name, _put_in(given, values)) for name, given in field.directives)
    if inner is field.fields and (arguments, directives) == (field.arguments, field.directives):
        return field
    return Field(field.name, field.alias, arguments, inner, directives)


def _put_in(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return values.get(value.name)
    if isinstance(value, tuple):
        return tuple(_put_in(item, values) for item in value)
    return value


def _frozen(value: Any) -> Any:
    """Lists and dicts as tuples, a dict marked by its first item: values that can be keys."""
    if isinstance(value, dict):
        return (dict, *sorted((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (list, *(_frozen(item) for item in value))
    return value


def _thawed(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    if value[0] is dict:
        return {key: _thawed(item) for key, item in value[1:]}
    return [_thawed(item) for item in value[1:]]


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> Operation:
        found: list[tuple[str, tuple[tuple[str, Any], ...], tuple[Selection, ...]]] = []
        fragments: dict[str, Fragment] = {}
        while self._at < len(self._tokens):
            if self._taken("fragment"):
                name, _, on = self._next(), self._next(), self._next()
                fragments[name] = Fragment(on, self._selection())
            else:
                found.append(self._operation())
        if len(found) != 1:
            raise GraphQLError(f"Expected one operation in the document, found {len(found)}")
        return Operation(*found[0], tuple(fragments.items()))

    def _operation(self) -> tuple[str, tuple[tuple[str, Any], ...], tuple[Selection, ...]]:
        if self._peek() == "{":
            return "query", (), self._selection()
        kind, defaults = self._next(), {}
        if self._peek() not in ("{", "("):
            self._next()
        if self._taken("("):
            while not self._taken(")"):
                self._expect("$")
                name = self._next()
                self._expect(":")
                while self._peek() not in ("=", "$", ")"):
                    self._next()
                if self._taken("="):
                    defaults[name] = self._value()
        return kind, tuple(defaults.items()), self._selection()

    def _selection(self) -> tuple[Selection, ...]:
        self._expect("{")
        fields = []
        while not self._taken("}"):
            fields.append(self._fragment() if self._taken("...") else self._field())
        return tuple(fields)

    def _fragment(self) -> Selection:
        if self._taken("on"):
            return Fragment(self._next(), self._selection())
        if self._peek() == "{":
            return Fragment(None, self._selection())
        return Spread(self._next())

    def _field(self) -> Field:
        alias = name = self._next()
        if self._taken(":"):
            name = self._next()
        arguments = self._arguments()
        directives = []
        while self._taken("@"):
            directives.append((self._next(), self._arguments()))
        fields = self._selection() if self._peek() == "{" else ()
        return Field(name, alias, arguments, fields, tuple(directives))

    def _arguments(self) -> tuple[tuple[str, Any], ...]:
        arguments = {}
        if self._taken("("):
            while not self._taken(")"):
                name = self._next()
                self._expect(":")
                arguments[name] = self._value()
        return tuple(sorted(arguments.items()))

    def _value(self) -> Any:
        token = self._next()
        if token == "$":
            return Variable(self._next())
        if token == "[":
            items: list[Any] = []
            while not self._taken("]"):
                items.append(self._value())
            return (list, *items)
        if token == "{":
            pairs = {}
            while not self._taken("}"):
                name = self._next()
                self._expect(":")
                pairs[name] = self._value()
            return (dict, *sorted(pairs.items()))
        return _scalar(token)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise GraphQLError("Unexpected end of document")
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._taken(token):
            raise GraphQLError(f"Expected {token!r}, found {self._peek()!r}")


def _scalar(token: str) -> Any:
    if token in _WORDS:
        return _WORDS[token]
    if token.startswith('"""'):
        return token[3:-3].replace('\\"""', '"""').strip()
    if token.startswith('"'):
        return re.sub(r'\\(["\\/])', r"\1", token[1:-1])
    if token.lstrip("-").isdigit():
        return int(token)
    return float(token) if token.lstrip("-")[:1].isdigit() else token


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        if ignored := _IGNORED.match(text, at):
            at = ignored.end()
            continue
        token = _TOKEN.match(text, at)
        if token is None:
            raise GraphQLError(f"Unexpected character {text[at]!r}")
        yield token[0]
        at = token.end()
