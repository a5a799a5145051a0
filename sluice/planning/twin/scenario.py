"""What a company decides: how stock is split, from where a shop is served, when and how much is ordered. One file a scenario."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sluice.config import Strict
from sluice.planning_policy import Planning, Share

Positive = Annotated[float, Field(gt=0)]


class Ordering(Strict):
    """How much is ordered, every `every_days` days.

    `cover`: up to `cover_days` days of the mean demand of the last 56 days, the rule of thumb. `quantile`: up to what demand over
    lead time and review period stays below with the probability `level`, lifted by the promotions in the calendar. `policy`: each
    item by its own policy and level, as replenishment orders it, every day unless said otherwise; only where a warehouse tells
    them. `none`: only what was on order already comes.
    """

    rule: Literal["cover", "quantile", "policy", "none"] = "quantile"
    every_days: Annotated[int, Field(ge=1)] = 7
    cover_days: Positive = 45
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95

    @model_validator(mode="before")
    @classmethod
    def _nightly(cls, said: Any) -> Any:
        """Replenishment looks every night."""
        return {"every_days": 1} | said if isinstance(said, dict) and said.get("rule") == "policy" else said


class Costs(Strict):
    """What a scenario is charged, in the base currency; all but `carbon` of it is money.

    `freight_parcel`: a piece sent at all; `freight_km`: a piece over a kilometre; `split`: a second parcel of an order. `carbon`:
    grams of CO2 equivalent a piece over a kilometre: a parcel of 1 kg by lorry, 0.1 kg a tonne-kilometre (the order of the road
    freight factors of the GLEC Framework, handling not counted). `holding`: the share of a piece's cost that a year on the shelf
    takes.
    """

    order_line: Annotated[float, Field(ge=0)] = 10.0
    freight_parcel: Annotated[float, Field(ge=0)] = 3.0
    freight_km: Annotated[float, Field(ge=0)] = 0.002
    split: Annotated[float, Field(ge=0)] = 3.0
    carbon: Annotated[float, Field(ge=0)] = 0.1
    unit_cost: Annotated[float, Field(ge=0)] = 20.0
    unit_margin: Annotated[float, Field(ge=0)] = 10.0
    holding: Share = 0.25


class Scenario(Strict):
    """`allocation`: `silo` gives each channel stock of its own, for which it orders; `percent` shows each channel a fixed share
    of what is there, every day; `pool` shows everybody everything; `nested` protects the pool's last pieces for better channels,
    every day by what is expected until the next delivery; `quotas` asks the allocator every day, with the policy's floors,
    isolation and pool share as well. `sourcing`: `own` serves a customer from the nearest facility only, `nearest` asks the
    others too, in order of distance. `held_back`: the share of the safety stock that no channel is shown. `planning`: keys of
    sluice.yaml to change.
    """

    name: str
    allocation: Literal["silo", "percent", "pool", "nested", "quotas"] = "quotas"
    sourcing: Literal["own", "nearest"] = "nearest"
    held_back: Share = 0.0
    ordering: Ordering = Ordering()
    costs: Costs = Costs()
    planning: dict[str, Any] = Field(default={})

    def policy(self, base: Planning) -> Planning:
        """The planning policy with this scenario's changes; ValueError where they are no policy."""
        return Planning.model_validate(base.model_dump(by_alias=True) | self.planning) if self.planning else base


IN_FORCE = Scenario(name="in force", allocation="quotas", sourcing="own", held_back=1.0, ordering=Ordering(rule="policy"))
"""The policy of sluice.yaml as it is: its quotas, served where the order was placed, each item ordered by its own policy, the
safety stock held back."""


_MONTHLY = Ordering(rule="cover", every_days=30, cover_days=45)
_PLANNED = Ordering(rule="quantile", every_days=30, level=0.7)
_FREE = Ordering(rule="quantile", every_days=14, level=0.95)
LADDER = (
    Scenario(name="static silo", allocation="silo", sourcing="own", ordering=_MONTHLY),
    Scenario(name="+ shared pool", allocation="pool", sourcing="own", ordering=_MONTHLY),
    Scenario(name="+ cross-facility", allocation="pool", ordering=_MONTHLY),
    Scenario(name="+ safety stock", allocation="pool", ordering=_PLANNED),
    Scenario(name="+ quotas", allocation="nested", ordering=_PLANNED),
    Scenario(name="+ ordering", allocation="nested", ordering=_FREE),
)
"""One part after the other, from stock split statically with a monthly rule of thumb. The files in examples/scenarios say the
same."""
