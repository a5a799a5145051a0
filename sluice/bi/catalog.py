"""What BI may show: the marts, with each column's type and description, as dbt's own files declare them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
import yaml

from sluice.config import ConfigError
from sluice.project import DBT_PROJECT

SCHEMA = "marts"
ACRONYMS = {"sku": "SKU", "id": "ID"}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    description: str

    @property
    def label(self) -> str:
        return spoken(self.name)

    @property
    def is_time(self) -> bool:
        return self.type == "date" or self.type.startswith("timestamp")


@dataclass(frozen=True, slots=True)
class Mart:
    """A table or view of the schema marts."""

    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def times(self) -> list[str]:
        return [column.name for column in self.columns if column.is_time]


def spoken(name: str) -> str:
    """A column's name as a heading: 'Facility ID' of facility_id."""
    words = [ACRONYMS.get(word, word) for word in name.split("_")]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]


@cache
def marts() -> dict[str, Mart]:
    """Every mart by its qualified name, as marts.fct_orders."""
    files = (DBT_PROJECT / "models" / "marts").rglob("*.yml")
    models = [model for file in files for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])]
    return {f"{SCHEMA}.{model['name']}": _mart(model) for model in models}


def _mart(model: dict[str, list[dict[str, str]]]) -> Mart:
    columns = (Column(one["name"], one.get("data_type", "text"), one.get("description", "").strip()) for one in model["columns"])
    return Mart(str(model["name"]), str(model.get("description", "")).strip(), tuple(columns))


def require(db: psycopg.Connection[Any]) -> None:
    """Raises ConfigError where the marts were never built."""
    if db.execute("select to_regclass('marts.fct_orders')").fetchone() == (None,):
        raise ConfigError("there are no marts to show yet: `sluice run` builds them")
