"""`python -m sluice.service.serve --port 8000`: the data service on the warehouse in force, until it is stopped."""

import argparse

import uvicorn

from sluice import warehouse
from sluice.service.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    uvicorn.run(create_app(warehouse.url()), host=arguments.host, port=arguments.port, log_level="info")


if __name__ == "__main__":
    main()
