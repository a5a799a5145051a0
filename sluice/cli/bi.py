"""`sluice bi`: Superset on the warehouse with all dashboards in it, until Ctrl-C."""

from pathlib import Path

from rich.console import Console

from sluice import config as configuration
from sluice import warehouse
from sluice.bi import bundle, pages
from sluice.bi.catalog import marts, require
from sluice.bi.login import reader
from sluice.bi.measures import measures
from sluice.bi.superset import USER, Superset, installed
from sluice.cli.supervise import Supervisor
from sluice.cli.up import require_free, wait_until_answering
from sluice.project import DASHBOARDS


def serve(path: Path | None, port: int) -> int:
    """Exit code 0 after Ctrl-C, 1 when Superset ended by itself."""
    console = Console()
    configuration.load(path)
    installed()
    require_free("--port", port)
    files = bundle.compiled(pages.read(DASHBOARDS / "pages"), measures(), marts())
    supervisor = Supervisor(warehouse.home() / "logs")
    with console.status("starting PostgreSQL ...") as status, warehouse.running() as address:
        with warehouse.connect(address) as db:
            require(db)
        state = warehouse.home() / "bi"
        superset = Superset(state, reader(address, state))
        bundle.write(files, superset.bundle)
        try:
            status.update("making Superset ready (a minute the first time) ...")
            superset.prepare()
            status.update("starting Superset ...")
            supervisor.start("superset", superset.command(port), superset.environment())
            dead = wait_until_answering(supervisor, [f"http://127.0.0.1:{port}/health"])
            status.stop()
            if not dead:
                _show(console, port, superset.password, files)
                dead = supervisor.watch()
            console.print(f"[red]{dead} ended by itself[/]; its last words:\n{supervisor.tail(dead)}", highlight=False)
            return 1
        except KeyboardInterrupt:
            return 0
        finally:
            console.print("Stopping ...")
            supervisor.stop()


def _show(console: Console, port: int, password: str, files: bundle.Files) -> None:
    console.print(f"Superset   http://127.0.0.1:{port}", highlight=False)
    console.print(f"user       {USER}\npassword   {password}", highlight=False)
    for name, content in files.items():
        if name.startswith("dashboards/"):
            console.print(
                f"  {content['dashboard_title']:<20} http://127.0.0.1:{port}/superset/dashboard/{content['slug']}/",
                highlight=False,
            )
    console.print("Ctrl-C stops it.", highlight=False)
