"""dlt's side of benchmarks/landing.py: the same pages, merged by key into PostgreSQL. Prints its seconds as JSON."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt


@dlt.resource(name="orders", primary_key="legacyResourceId", write_disposition="merge")
def orders(folder: str) -> Iterator[list[dict[str, Any]]]:
    for file in sorted(Path(folder).glob("*.json")):
        yield json.loads(file.read_bytes())["data"]["orders"]["nodes"]


def main(folder: str) -> None:
    pipeline = dlt.pipeline("landing", destination="postgres", dataset_name="by_dlt")
    started = time.perf_counter()
    pipeline.run(orders(folder))
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1])
