"""/docs: the OpenAPI description as a page that needs nothing from elsewhere."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
@router.get("/docs", response_class=HTMLResponse)
def docs(request: Request) -> str:
    schema = deepcopy(request.app.openapi())
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["prose"] = prose
    return environment.get_template("reference.html.j2").render(info=schema["info"], operations=_operations(schema))


def prose(text: str | None) -> Markup:
    """Paragraphs and `code`, all of Markdown that our descriptions use."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text or "")).strip())
    return Markup("".join(f"<p>{paragraph}</p>" for paragraph in re.split(r"\n\s*\n", html)))


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry a path and method, with the fields of what is sent and of the answer spelled out."""
    models = schema["components"]["schemas"]
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            good = min(code for code in operation["responses"] if code.startswith("2"))
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "text": operation["description"],
                    "parameters": [_parameter(one) for one in operation.get("parameters", [])],
                    "sent": _spelled_out(operation.get("requestBody", {}), models),
                    "models": _spelled_out(operation["responses"][good], models),
                    "errors": [code for code in operation["responses"] if not code.startswith("2")],
                }
            )
    return found


def _spelled_out(message: dict[str, Any], models: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The models of a JSON message; none where it is something else."""
    reference = message.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    return [(name, models[name]) for name in _reached(reference.rsplit("/", 1)[-1], models)] if reference else []


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    return parameter | {"kind": kind(parameter["schema"])}


def kind(schema: dict[str, Any]) -> str:
    """A schema's type in a few words."""
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", ""))


def _reached(name: str, models: dict[str, Any]) -> list[str]:
    """The model and those it holds, in order of appearance."""
    found = [name]
    for model in found:
        for field in models[model]["properties"].values():
            field["kind"] = kind(field)
            for part in field["kind"].replace("list of ", "").split(" or "):
                if part in models and part not in found:
                    found.append(part)
    return found
