"""`sluice bi`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import ConfigPath


def bi(
    config: ConfigPath = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8088,
) -> None:
    """Keep Superset with all dashboards running on the warehouse until Ctrl-C. `make bi` installs it first."""
    from sluice.cli.bi import serve

    raise typer.Exit(serve(config, port))
