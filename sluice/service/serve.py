"""`python -m sluice.service.serve --port 8000`: the data service on the warehouse in force, until it is stopped."""

import argparse
import gc
import logging
import sys

import uvicorn

from sluice import warehouse
from sluice.config import Config, config_path, load
from sluice.service.app import create_app
from sluice.service.intake import Hook

SWITCH_SECONDS = 0.0005
"""How long one thread may keep another waiting: those that write are busy, and those that answer are needed at once."""


def hooks(config: Config) -> list[Hook]:
    """The shops that have a secret for webhooks. Raises ConfigError where its variable is not set."""
    found = [(shop, shop.webhook_secrets()) for shop in config.channels]
    return [Hook(shop.type, shop.shop, secrets, shop.connect) for shop, secrets in found if secrets is not None]


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Webhooks that were taken are in raw.events; hundreds a second of them would hide the rest."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    return not (len(arguments) == 5 and str(arguments[2]).startswith("/webhooks/") and arguments[4] == 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    logging.getLogger("uvicorn.access").addFilter(_worth_a_line)
    app = create_app(warehouse.url(), hooks(load()) if config_path().exists() else [])
    # What was imported stays. A collection that looks through all of it keeps every request waiting for a tenth of a second.
    gc.collect()
    gc.freeze()
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="info")


if __name__ == "__main__":
    main()
