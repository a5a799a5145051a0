"""Make Superset ready: its own tables, the login, everything in the bundle. Run by `sluice bi` with Superset's own Python.

One process for all of it, since starting Superset is most of the time. The same again changes nothing.
"""

import os
from pathlib import Path

import flask_migrate
from flask import g
from superset.app import create_app

STATE = Path(os.environ["SLUICE_BI_STATE"])
BUNDLE = STATE / "bundle"
USER = "sluice"


def main() -> None:
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        g.user = _administrator((STATE / "password").read_text())
        _import(BUNDLE)


def _administrator(password: str) -> object:
    from superset import appbuilder, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    user = security_manager.find_user(username=USER)
    if user:
        security_manager.reset_password(user.id, password)
        return user
    role = security_manager.find_role("Admin")
    return security_manager.add_user(USER, "Sluice", "Sluice", "sluice@localhost", role, password=password)


def _import(bundle: Path) -> None:
    from superset import db
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    contents = {str(file.relative_to(bundle)): file.read_text() for file in bundle.rglob("*.yaml")}
    ImportAssetsCommand(contents).run()
    _forget_others("\n".join(contents.values()))
    db.session.commit()


def _forget_others(kept: str) -> None:
    """Delete what an earlier bundle brought and this one doesn't have. What people made in Superset stays."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    for kind in (Dashboard, Slice, SqlaTable):
        for one in db.session.query(kind).filter_by(is_managed_externally=True):
            if str(one.uuid) not in kept:
                db.session.delete(one)


if __name__ == "__main__":
    main()
