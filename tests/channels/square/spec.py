"""Square's OpenAPI description as JSON Schema: what it does not name, a request or answer must not hold."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SPEC = json.loads((Path(__file__).parents[2] / "fixtures" / "square" / "api.json").read_text(encoding="utf-8"))


def _schema(found: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own."""
    if isinstance(found, list):
        return [_schema(one) for one in found]
    if not isinstance(found, dict):
        return found
    plain = {name: _schema(value) for name, value in found.items() if name not in ("nullable", "discriminator")}
    if isinstance(plain.get("properties"), dict) and "additionalProperties" not in plain:
        plain["additionalProperties"] = False
    if found.get("nullable") and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


SCHEMAS = _schema(SPEC["schemas"])


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"components": {"schemas": SCHEMAS}, "$ref": f"#/components/schemas/{name}"})


def fault(name: str, found: Any) -> str | None:
    """What is wrong with `found` as a `name`; None where nothing is."""
    error = best_match(_validator(name).iter_errors(found))
    return None if error is None else f"{name} {error.json_path}: {error.message[:300]}"


def operation(method: str, url: str) -> dict[str, Any]:
    path = "/v2" + urlsplit(url).path.split("/v2", 1)[1]
    for known, found in SPEC["operations"].items():
        verb, template = known.split()
        # /v2/orders/search is no /v2/orders/{order_id}
        is_own = "{" not in template or f"{verb} {path}" not in SPEC["operations"]
        if is_own and verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return dict(found)
    raise AssertionError(f"Square has no {method} {path}")


def faults(response: requests.Response) -> list[str]:
    """Everything about one request and its answer that Square's description does not allow."""
    asked = response.request
    assert asked.method
    assert asked.url
    found = operation(asked.method, asked.url)
    told: list[str | None] = []
    for name, value in parse_qsl(urlsplit(asked.url).query):
        kind = found["query"].get(name)
        if kind is None:
            told.append(f"{asked.method} {asked.url}: no parameter {name}")
        elif kind.get("type") == "integer" and not value.isdigit():
            told.append(f"{name} is no integer: {value}")
        elif "$ref" in kind:
            told.append(fault(kind["$ref"].split("/")[-1], value))
    if asked.body:
        assert found["request"], f"{asked.url} takes no body"
        told.append(fault(found["request"], json.loads(asked.body)))
    elif found["request"]:
        told.append(f"{asked.url} wants a body")
    told.append(fault(found["response"], response.json()))
    return [one for one in told if one]
