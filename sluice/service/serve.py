"""`python -m sluice.service.serve --port 8000`: the data service on the warehouse in force, until it is stopped."""

import argparse

import uvicorn

from sluice import warehouse
from sluice.config import Config, config_path, load
from sluice.service.app import create_app
from sluice.service.intake import Hook


def hooks(config: Config) -> list[Hook]:
    """The shops that have a secret for webhooks. Raises ConfigError where its variable is not set."""
    found = [(shop, shop.webhook_secrets()) for shop in config.channels]
    return [Hook(shop.type, shop.shop, secrets) for shop, secrets in found if secrets is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    app = create_app(warehouse.url(), hooks(load()) if config_path().exists() else [])
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="info")


if __name__ == "__main__":
    main()
