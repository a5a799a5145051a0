"""What every asset may ask for."""

import dagster as dg

from orchestration.resources import Warehouse


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"warehouse": Warehouse()})
