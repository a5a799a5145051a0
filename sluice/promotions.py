"""Promotions that are planned, or were: which days, of what, where. In `planning.promotions`, or in a CSV file that it names."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from sluice.supply_policy import STRICT, Patterns

MANY = ("sku", "category", "facility", "channel", "shop")
"""Keys that hold names or globs; in a cell of a CSV file they are parted by `;`."""


class Promotion(BaseModel):
    """Days, both included, on which what matches is promoted. Promotions of a `kind` on the same channels are expected to work
    alike; `uplift` is how many times the usual is expected of one whose kind the past does not show."""

    model_config = STRICT

    name: str = ""
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    kind: Annotated[str, Field(min_length=1)] = "promotion"
    sku: Patterns = ["*"]
    category: Patterns = ["*"]
    facility: Patterns = ["*"]
    channel: Patterns = ["*"]
    shop: Patterns = ["*"]
    uplift: Annotated[float, Field(ge=1, le=20)] | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Promotion":
        if self.last < self.first:
            raise ValueError(f"to is {self.last}, before from, which is {self.first}")
        return self


def rows_of(file: Path) -> list[dict[str, Any]]:
    """A promotion a row, as `planning.promotions` would hold it: columns are Promotion's keys, an empty cell is one left out.

    UTF-8 with or without a byte-order mark, or GB18030, as Chinese spreadsheets write. ValueError where there is no such file, or
    it has no columns `from` and `to`, or a row has more cells than the header.
    """
    if not file.is_file():
        raise ValueError(f"{file} does not exist; it is a CSV file with the columns from and to")
    reader = csv.DictReader(io.StringIO(_text(file.read_bytes()), newline=""), skipinitialspace=True)
    names = [name.strip().lower() for name in reader.fieldnames or []]
    if not {"from", "to"} <= set(names):
        raise ValueError(f"{file} lacks the column from or to; it has {', '.join(names) or 'nothing'}")
    reader.fieldnames = names
    made = []
    for row in reader:
        if None in row:
            raise ValueError(f"{file}, line {reader.line_num}: more cells than the header has; parts of a cell are parted by ;")
        cells = {name: cell.strip() for name, cell in row.items() if cell and cell.strip()}
        if cells:
            made.append({name: _parts(cell) if name in MANY else cell for name, cell in cells.items()})
    return made


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")
