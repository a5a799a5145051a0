"""What each person is worth, after the marts: RFM, segment, tier, the chance that they left, lifetime value with its interval."""

import dagster as dg

from orchestration.resources import Warehouse, configuration

VALUE = dg.AssetKey(["customers", "value"])


@dg.definitions
def customer_value() -> dg.Definitions:
    @dg.asset(
        key=VALUE,
        deps=[["marts", "customer_facts"]],
        group_name="customers",
        kinds={"postgres"},
        description="RFM, segment, churn probability and lifetime value of each person, kept by day.",
    )
    def value(warehouse: Warehouse) -> dg.MaterializeResult:
        # scipy's distributions take a second to import, and nobody who loads the definitions needs them
        from sluice.operations.value import revalue

        with warehouse.connect() as db:
            found = revalue(db, configuration().planning)
        about = {"as_of": found.as_of.isoformat(), "segments": found.segments, "repeat_buyers": found.models.repeat_buyers}
        if found.models.refused:
            about["refused"] = found.models.refused
        return dg.MaterializeResult(metadata=about | {"dagster/row_count": found.models.people})

    return dg.Definitions(assets=[value])
