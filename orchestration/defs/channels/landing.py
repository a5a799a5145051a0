"""An asset a raw table: what each connector's shops delivered, landed stream by stream."""

from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration.resources import Warehouse
from sluice.channels.protocol import ChannelError, Connector, Refused, Stream
from sluice.config import Shop
from sluice.landing.delivery import LandingError
from sluice.landing.land import Landed, land
from sluice.landing.raw_tables import tables

COUNTS = ("delivered", "new", "changed", "unchanged", "quarantined", "deleted", "pages")
RETRY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def landing_assets(connector: Connector, shops: Sequence[Shop]) -> dg.AssetsDefinition:
    """The raw tables of one connector. A shop that fails does not keep the others from landing."""
    specs = [spec for stream in connector.streams for spec in stream_specs(connector, stream)]

    @dg.multi_asset(name=f"land_{connector.name}", specs=specs, can_subset=True, retry_policy=RETRY)
    def land_streams(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        faults: dict[str, Exception] = {}
        for stream in connector.streams:
            keys = [spec.key for spec in stream_specs(connector, stream) if spec.key in context.selected_asset_keys]
            if not keys:
                continue
            landed = [one for shop in shops if (one := _land(context, warehouse, connector, shop, stream, faults))]
            if landed or not faults:
                for key in keys:
                    yield dg.MaterializeResult(asset_key=key, metadata=metadata(landed))
        if faults:
            raise _failure(faults)

    return land_streams


def stream_specs(connector: Connector, stream: Stream) -> list[dg.AssetSpec]:
    """One asset for the stream's table and one for each table of its nested lists."""
    return [
        dg.AssetSpec(
            ["raw", table],
            group_name="channels",
            kinds={"postgres", "python"},
            tags={"channel": connector.name},
            description=f"{connector.name}: {stream.name}, as the channel names things.",
        )
        for table in tables(connector, stream)
    ]


def metadata(landed: Sequence[Landed]) -> dict[str, dg.MetadataValue | int | float]:
    """What a reader of the asset wants to know: how much came, how much of it was new, shop by shop."""
    total = {name: sum(getattr(one, name) for one in landed) for name in COUNTS}
    shops = {one.shop: {name: getattr(one, name) for name in COUNTS} for one in landed}
    return {**total, "seconds": round(sum(one.seconds for one in landed), 2), "shops": dg.MetadataValue.json(shops)}


def _land(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    connector: Connector,
    shop: Shop,
    stream: Stream,
    faults: dict[str, Exception],
) -> Landed | None:
    name = f"{connector.name}/{shop.shop}"
    if name in faults:
        return None
    try:
        with warehouse.connect() as db:
            landed = land(db, connector, shop.connect(), stream)
    except (ChannelError, LandingError) as fault:
        faults[name] = fault
        context.log.error(f"{name} {stream.name}: {fault}")
        return None
    context.log.info(f"{name} {stream.name}: {landed}")
    return landed


def _failure(faults: dict[str, Exception]) -> dg.Failure:
    """Refused credentials stay refused: no retry for them."""
    return dg.Failure(
        description="; ".join(f"{name}: {fault}" for name, fault in faults.items()),
        allow_retries=not all(isinstance(fault, Refused) for fault in faults.values()),
    )
