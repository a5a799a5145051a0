"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", help="Configuration file; default SLUICE_CONFIG or sluice.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
ShopName = Annotated[str | None, typer.Argument(help="CHANNEL/SHOP as in sluice.yaml; all of them if left out.")]
