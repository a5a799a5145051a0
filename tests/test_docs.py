"""The documentation can't rot: what a user can type, set, read or call is named in it, and what it names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer
import yaml
from pydantic import BaseModel

from sluice import config, planning_policy, supply_policy
from sluice.channels.registry import connectors
from sluice.cli.main import app
from sluice.planning.policy import terms
from sluice.planning.quotas import Channels, Stock, allocate
from sluice.planning.replan import Basis, replan
from sluice.planning.safety_stock import pieces, protection_sd, reorder_point, safety_stock
from sluice.planning_policy import Planning
from sluice.service.app import create_app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "README.zh-CN.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROOMS = "benchmarks|dbt_project|docs|examples|expectations|orchestration|sluice|tests"
FILE = re.compile(rf"`((?:{ROOMS})/[\w./-]*)`")


def text(*names: str) -> str:
    return "\n".join((DOCS / name).read_text(encoding="utf-8") for name in names)


def said(word: str, page: str) -> bool:
    """Whether a page has the word as code: in backticks or in a block."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "\n".join(code(page))) is not None


def code(page: str) -> Iterator[str]:
    fence = r"^```.*?\n(.*?)^```"
    yield from re.findall(fence, page, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", re.sub(fence, "", page, flags=re.MULTILINE | re.DOTALL))


def commands(cli: typer.Typer, prefix: str = "sluice") -> Iterator[str]:
    for command in cli.registered_commands:
        assert command.callback is not None
        yield f"{prefix} {command.name or command.callback.__name__.replace('_', '-')}"
    for group in cli.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{prefix} {group.name}")


def keys(options: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in options.model_fields.items()]


MODELS = [
    one
    for module in (config, planning_policy, supply_policy)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == module.__name__
]
MARTS = sorted(file.stem for file in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql"))
BENCHMARKS = sorted(file.name for file in (ROOT / "benchmarks").glob("*.py") if file.name != "__init__.py")
SOURCES = [
    file for folder in ("sluice", "orchestration") for file in (ROOT / folder).rglob("*.*") if file.suffix in (".py", ".yaml")
]
VARIABLES = sorted({name for file in SOURCES for name in re.findall(r"\bSLUICE_[A-Z_]+\b", file.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("command", list(commands(app)))
def test_command_is_documented(command: str) -> None:
    assert said(command, text("commands.md"))


@pytest.mark.parametrize(("model", "key"), [(model.__name__, key) for model in MODELS for key in keys(model)])
def test_configuration_key_is_documented(model: str, key: str) -> None:
    assert said(key, text("configuration.md"))


@pytest.mark.parametrize("name", connectors())
def test_connector_is_documented_with_what_it_needs(name: str) -> None:
    page = text("channels.md", "files.md", *(f"channels/{path.name}" for path in DOCS.glob(f"channels/{name}.md")))
    found = connectors()[name]
    assert [word for word in (name, *found.secrets, *keys(found.options)) if not said(word, page)] == []


@pytest.mark.parametrize("mart", MARTS)
def test_mart_is_documented(mart: str) -> None:
    assert said(mart, text("warehouse.md"))


@pytest.mark.parametrize("variable", VARIABLES)
def test_environment_variable_is_documented(variable: str) -> None:
    assert said(variable, text(*(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))))


def test_every_endpoint_is_documented() -> None:
    api = create_app("postgresql://nobody@127.0.0.1:9/none")
    described = [f"{method.upper()} {path}" for path, methods in api.openapi()["paths"].items() for method in methods]
    assert described
    assert [one for one in [*described, f"GET {api.openapi_url}", "GET /docs"] if not said(one, text("service.md"))] == []


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_benchmark_is_documented(benchmark: str) -> None:
    assert said(f"benchmarks/{benchmark}", text("benchmarks.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in LINK.findall(written) if not re.match(r"https?:|mailto:|#", link)]
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [name for name in FILE.findall(written) if not (ROOT / name).exists()]
    assert missing == []


SHAPE = (r"^#+ ", r"^```", r"!\[", r"^<!-- summary -->$")


def test_the_readmes_are_twins() -> None:
    one, other = (
        [len(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)) for pattern in SHAPE]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert one == other


def row(*numbers: float, kind: type = np.int64) -> np.ndarray:
    return np.array([numbers], kind)


def test_the_worked_example_of_planning_is_right() -> None:
    sigma = protection_sd(2, 2, 9, 2, 7)
    safety = safety_stock(sigma, 0.95)
    assert (round(float(sigma), 3), round(float(safety), 2), int(pieces(safety))) == (8.944, 14.71, 15)
    assert int(pieces(reorder_point(2, 9, safety))) == 33
    policy = Planning.model_validate(
        {"quotas": [{"channel": "own", "shop": "x"}, {"channel": "market", "shop": "x", "priority": 2, "min": 3}]}
    )
    worth = {shop.channel: shop.value for shop in terms(policy, [])}
    stock = Stock(*(np.array([number]) for number in (40, 6, 0, 4, 15)))
    wants = {"value": row(worth["own"], worth["market"], kind=float), "demand_mean": row(8, 6, kind=float)}
    wants |= {"demand_sd": row(3, 3, kind=float), "floor": row(0, 3), "cap": row(10**6, 10**6)}
    made = allocate(stock, Channels(**wants, isolation=row(8, 6)), 0.2)
    assert (made.quota.tolist(), made.pool.tolist()) == ([[8, 4]], [3])
    assert (made.protected.tolist(), made.published.tolist()) == ([[0, 1]], [[11, 6]])
    without_pool = allocate(stock, Channels(**wants, isolation=row(100, 100)), 0.0)
    assert (without_pool.published.tolist(), without_pool.pool.tolist()) == ([[10, 5]], [0])


def test_the_worked_example_of_rules_is_right() -> None:
    page = text("planning.md").split("### Rules by hand")[1]
    written = re.search(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert written
    policy = Planning.model_validate(yaml.safe_load(written[1])["planning"])
    demand = [("SH", "LMP-1", "shopify", "main", 3.0, 1.0)]
    columns = ["facility_id", "sku", "channel", "shop", "expected", "spread"]
    basis = Basis(
        pl.DataFrame(schema={"facility_id": pl.String, "sku": pl.String, "safety_stock": pl.Int64}),
        pl.DataFrame(demand, schema=columns, orient="row"),
    )

    def published(**stock: int) -> tuple[dict[str, list[int]], list[int]]:
        """Each channel's numbers and the pool, a facility after the other, by name."""
        items = pl.DataFrame({"facility_id": list(stock), "sku": "LMP-1", "on_hand": list(stock.values()), "committed": 0})
        made = replan(items.with_columns(presale_reserve=0), basis, policy)
        channels = made.quotas.group_by("channel", maintain_order=True).agg("published")
        return dict(channels.iter_rows()), made.stock_plan["shared_pool"].to_list()

    assert published(BJ=8, NJ=5, SH=10) == (
        {"taobao": [4, 3, 5], "jd": [0, 2, 4], "shopify": [4, 0, 1], "file": [2, 0, 0]},
        [4, 0, 0],
    )
    assert published(BJ=7, NJ=5, SH=10)[0]["file"] == [0, 0, 0]
    short, pool = published(BJ=2, NJ=5, SH=0)
    assert (short["taobao"], short["jd"], pool) == ([2, 4, 0], [0, 1, 0], [0, 0, 0])
