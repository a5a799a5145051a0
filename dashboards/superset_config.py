"""Superset's settings, read in its own environment. What differs from machine to machine comes as variables from `sluice bi`."""

import os
from pathlib import Path
from typing import Any

STATE = Path(os.environ["SLUICE_BI_STATE"])

SECRET_KEY = (STATE / "secret_key").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{STATE / 'superset.db'}"

# The imported database is an empty address without a password: where the warehouse is, is known only when it runs.
WAREHOUSE = os.environ["SLUICE_BI_DATABASE_URL"]


def DB_CONNECTION_MUTATOR(uri: Any, params: dict[str, Any], *ignored: Any) -> tuple[Any, dict[str, Any]]:
    """Every connection goes to the warehouse as the read-only login."""
    from sqlalchemy.engine.url import make_url

    return make_url(WAREHOUSE), params


# Nothing from elsewhere: no tiles, fonts or counting pixels. A browser that obeys this policy asks only this server.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

APP_NAME = "Sluice"
ROW_LIMIT = 10_000
SUPERSET_WEBSERVER_TIMEOUT = 60
PREVENT_UNSAFE_DB_CONNECTIONS = True
WTF_CSRF_TIME_LIMIT = None
# Answers are kept for as long as a page takes to be looked at; the warehouse is a second away.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 60, "CACHE_THRESHOLD": 500}
CACHE_CONFIG = DATA_CACHE_CONFIG
# One process on loopback: nothing to limit, and no store for the counts.
RATELIMIT_ENABLED = False
