"""A page complete in itself: no script, no request."""

import base64
from collections.abc import Sequence
from html import escape

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1100px;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;
text-align:right;white-space:nowrap}td:first-child,th:first-child{text-align:left}small{color:#666}img{max-width:100%}"""


def page(title: str, parts: Sequence[str]) -> str:
    """HTML, UTF-8; `parts` are HTML."""
    head = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{escape(title)}</title><meta name='viewport' content='width=device-width'><style>{STYLE}</style></head>",
        f"<body><h1>{escape(title)}</h1>",
    ]
    return "\n".join([*head, *parts, "</body></html>"])


def picture(name: str, png: bytes) -> str:
    return f"<img alt='{escape(name, quote=True)}' src='data:image/png;base64,{base64.b64encode(png).decode()}'>"


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head."""
    head, *body = rows
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><tr>{cells}</tr>{lines}</table>"
