"""Apache Superset in its own environment: made ready, started and stopped. It and we share files and variables, no library."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sluice.bi.login import kept
from sluice.config import ConfigError
from sluice.project import DASHBOARDS, ROOT

LOCK = DASHBOARDS / "requirements.lock"
PYTHON = ROOT / ".bi" / "bin" / "python"
USER = "sluice"
THREADS = 8


@dataclass(frozen=True)
class Superset:
    """Superset with its state in the folder `state`, reading the warehouse at `warehouse`."""

    state: Path
    warehouse: str

    @property
    def password(self) -> str:
        """Of the user `sluice`, an administrator of Superset and of nothing else."""
        return kept(self.state / "password")

    @property
    def bundle(self) -> Path:
        return self.state / "bundle"

    def environment(self) -> dict[str, str]:
        """For Superset's processes only: it holds the warehouse's password."""
        kept(self.state / "secret_key")
        return {
            "SUPERSET_CONFIG_PATH": str(DASHBOARDS / "superset_config.py"),
            "SLUICE_BI_STATE": str(self.state),
            "SLUICE_BI_DATABASE_URL": self.warehouse,
            "FLASK_APP": "superset.app:create_app()",
            "PYTHONPATH": "",
            "PYTHONWARNINGS": "ignore",
            "SCARF_ANALYTICS": "false",
        }

    def prepare(self) -> bool:
        """Make its tables, its login and what is in the bundle. False where all of it was done before by the same files.

        Raises RuntimeError with the end of what Superset printed, when it fails.
        """
        done = self.state / "prepared"
        print_now = self._fingerprint()
        if done.exists() and done.read_text() == print_now:
            return False
        command = [PYTHON, DASHBOARDS / "prepare.py"]
        ended = subprocess.run(
            command, env=os.environ | self.environment(), capture_output=True, text=True, start_new_session=True
        )
        if ended.returncode:
            raise RuntimeError(f"Superset could not be made ready:\n{(ended.stderr or ended.stdout)[-3000:]}")
        done.write_text(print_now)
        return True

    def _fingerprint(self) -> str:
        """Of everything that its state is made from."""
        files = [LOCK, DASHBOARDS / "prepare.py", self.state / "password", *sorted(self.bundle.rglob("*.yaml"))]
        kept(self.state / "password")
        return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()

    def command(self, port: int) -> list[str]:
        """What serves it on loopback."""
        options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", str(THREADS), "--timeout", "120"]
        return [str(PYTHON), "-m", "gunicorn", *options, "--log-level", "warning", "superset.app:create_app()"]


def installed() -> None:
    """Raises ConfigError where Superset's environment isn't there or is not that of its lock file."""
    ready = ROOT / ".bi" / ".ready"
    if not PYTHON.exists() or not ready.exists():
        raise ConfigError("Superset is not installed: `make bi` installs it into .bi/ (800 MB) and starts it")
