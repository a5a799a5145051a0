"""Amazon's published models as a judge of recorded traffic: path, parameters, bodies and answers."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator, FormatChecker

from tests.channels.amazon.shop import Exchange

FIXTURES = Path(__file__).parents[2] / "fixtures" / "amazon"
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


@dataclass(frozen=True)
class Model:
    """One published model."""

    document: Mapping[str, Any]

    def operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"{\w+}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                found: Mapping[str, Any] = operations[method.lower()]
                return found
        return None

    def broken(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """What is wrong with `value`, in words; an object that the model does not leave open may have no other fields."""
        whole = {**schema, "definitions": self.document["definitions"]}
        errors = Draft4Validator(whole, format_checker=FORMATS).iter_errors(value)
        return [f"{error.json_path}: {error.message}" for error in errors] + list(self._unknown(schema, value, "$"))

    def _unknown(self, schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
        while "$ref" in schema:
            schema = self.document["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        if isinstance(value, list):
            for at, one in enumerate(value):
                yield from self._unknown(schema.get("items", {}), one, f"{where}[{at}]")
        properties = schema.get("properties")
        if isinstance(value, dict) and properties:
            for name, one in value.items():
                if name not in properties:
                    yield f"{where}: no field {name}"
                yield from self._unknown(properties.get(name, {}), one, f"{where}.{name}")


MODELS = [Model(json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))) for name in (
    "orders_2026-01-01", "ordersV0", "listingsItems_2021-08-01", "finances_2024-06-19",
    "fbaInventory",
)]  # fmt: skip


def faults(exchange: Exchange) -> list[str]:
    """What in one exchange does not fit Amazon's models."""
    for model in MODELS:
        operation = model.operation(exchange.method, exchange.path)
        if operation:
            return [*_asked(model, operation, exchange), *_answered(model, operation, exchange)]
    return [f"{exchange.method} {exchange.path}: no such operation"]


def _asked(model: Model, operation: Mapping[str, Any], exchange: Exchange) -> Iterator[str]:
    query = dict(parse_qsl(exchange.query, keep_blank_values=True))
    declared = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
    for name in query.keys() - declared.keys():
        yield f"no parameter {name}"
    for name, schema in declared.items():
        if name in query:
            yield from (f"{name}: {fault}" for fault in model.broken(_schema(schema), _value(schema, query[name])))
        elif schema.get("required"):
            yield f"parameter {name} is missing"
    for one in operation["parameters"]:
        if one["in"] == "body":
            yield from model.broken(one["schema"], json.loads(exchange.sent or b"null"))


def _schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is the parameter's and not its value's."""
    return {
        name: part for name, part in parameter.items() if name not in ("in", "name", "required", "default", "collectionFormat")
    }


def _value(schema: Mapping[str, Any], text: str) -> Any:
    """A parameter's value from its text: lists are separated by commas, the models' default."""
    if schema["type"] == "array":
        return text.split(",")
    if schema["type"] == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if schema["type"] == "integer" and text.lstrip("-").isdigit() else text


def _answered(model: Model, operation: Mapping[str, Any], exchange: Exchange) -> list[str]:
    declared = operation["responses"].get(str(exchange.status))
    if declared is None:
        return [f"no answer {exchange.status}"]
    if "schema" not in declared:
        return [f"a body with {exchange.status}"] if exchange.received else []
    return model.broken(declared["schema"], json.loads(exchange.received))
