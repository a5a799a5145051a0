"""`sluice report`: the dashboards' pages as one file."""

from datetime import date
from pathlib import Path

from rich.console import Console

from sluice import warehouse
from sluice.bi.catalog import require
from sluice.bi.pages import read
from sluice.bi.report.build import Period, html
from sluice.config import ConfigError
from sluice.project import DASHBOARDS


def write(out: Path | None, first: date | None, last: date | None) -> None:
    """Raises ConfigError for a period that ends before it begins, and where there are no marts yet."""
    if first and last and last < first:
        raise ConfigError(f"--to {last} is before --from {first}")
    file = out or warehouse.home() / "report.html"
    with warehouse.running() as address, warehouse.connect(address, autocommit=True) as db:
        require(db)
        written = html(db, read(DASHBOARDS / "pages"), Period(first, last))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(written, encoding="utf-8")
    Console().print(f"{file} ({len(written) / 1e6:.1f} MB)", highlight=False, soft_wrap=True)
