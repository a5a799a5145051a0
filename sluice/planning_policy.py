"""The part of `sluice.yaml` that says how stock is planned, and what a channel may be told of it."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from sluice.globs import matcher, overlap
from sluice.promotions import Promotion
from sluice.supply_policy import STRICT, Patterns, Replenishment, ServiceTarget

Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]


class ChannelQuota(BaseModel):
    """What one shop may draw of the shared stock. Units are pieces a SKU and facility; `priority` 1 is served first."""

    model_config = STRICT

    channel: str
    shop: str
    priority: Annotated[int, Field(ge=1)] = 1
    weight: Annotated[float, Field(gt=0)] = 1.0
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None
    isolation: Annotated[int, Field(ge=0)] | None = None


class Facilities(BaseModel):
    """Which facilities' stock a rule counts: `only` these, or all `except` these."""

    model_config = STRICT

    only: Patterns | None = None
    except_: Patterns | None = Field(default=None, alias="except")

    @model_validator(mode="after")
    def _one(self) -> "Facilities":
        if (self.only is None) == (self.except_ is None):
            raise ValueError("write either only or except, with the facilities it names")
        return self


class PoolShare(BaseModel):
    """A share of what the facilities of `planning.pools` have available, set apart."""

    model_config = STRICT

    pool: str
    percent: Percent


class ChannelRule(BaseModel):
    """How the number of a channel comes about for the shops and SKUs that match; the last rule that matches wins."""

    model_config = STRICT

    name: str = ""
    channel: Patterns = ["*"]
    shop: Patterns = ["*"]
    sku: Patterns = ["*"]
    publish: Literal["computed", "rule"] = "rule"
    percent: Percent = 100
    plus: int = 0
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None
    threshold: Annotated[int, Field(ge=0)] = 0
    facilities: Facilities | None = None
    lock: Annotated[int, Field(ge=0)] | None = None
    exclusive: bool = False
    share: PoolShare | None = None

    @model_validator(mode="after")
    def _terms_go_together(self) -> "ChannelRule":
        terms = ("percent", "plus", "min", "max", "threshold", "facilities", "lock", "exclusive", "share")
        said = [name for name in terms if name in self.model_fields_set]
        if self.publish == "computed":
            kind, fits = "publish: computed", {"facilities"}
        elif self.lock is not None:
            kind, fits = "lock, a fixed number,", {"lock", "exclusive", "threshold", "facilities"}
        elif self.share is not None:
            kind, fits = "share, whose facilities are the pool's,", {"share", "max", "threshold"}
        else:
            kind, fits = "a rule without lock", set(terms) - {"lock", "exclusive", "share"}
        if wrong := [name for name in said if name not in fits]:
            raise ValueError(
                f"{kind} does not go with {', '.join(wrong)}; it goes with {', '.join(sorted(fits - {'lock', 'share'}))}"
            )
        if self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min}, above max, which is {self.max}")
        return self

    def covers(self, channel: str, shop: str) -> bool:
        return matcher(self.channel)(channel) and matcher(self.shop)(shop)


class Planning(BaseModel):
    """Policy of the nightly plan. `as_of` is the day the plan looks from; history in the examples ends long ago."""

    model_config = STRICT

    as_of: Literal["today", "last_order"] | date = "today"
    service_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    lead_time_days: Annotated[float, Field(gt=0)] = 14
    lead_time_sd_days: Annotated[float, Field(ge=0)] = 3
    review_period_days: Annotated[int, Field(ge=0)] = 7
    horizon_days: Annotated[int, Field(ge=1)] = 7
    history_days: Annotated[int, Field(ge=7)] = 180
    demand: Literal["forecast", "history"] = "forecast"
    forecast_weeks: Annotated[int, Field(ge=1, le=52)] = 8
    forecast_history_days: Annotated[int, Field(ge=28, le=3660)] = 730
    promotions: list[Promotion] = []
    service: list[ServiceTarget] = []
    lost_sales: bool = False
    replenishment: Replenishment = Replenishment()
    pool_share: Share = 0.2
    quotas: list[ChannelQuota] = []
    rules: list[ChannelRule] = []
    pools: dict[str, Annotated[list[str], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _pools_are_told_apart(self) -> "Planning":
        for facility in {facility for members in self.pools.values() for facility in members}:
            named = [pool for pool, members in self.pools.items() if facility in members]
            if len(named) > 1:
                raise ValueError(f"pools has {facility} in {' and in '.join(named)}; a facility belongs to one pool at most")
        for number, rule in enumerate(self.rules):
            if rule.share and rule.share.pool not in self.pools:
                known = ", ".join(self.pools) or "none"
                raise ValueError(f"rules[{number}].share names the pool {rule.share.pool!r}; planning.pools has {known}")
        return self

    def check(self, shops: list[tuple[str, str]]) -> None:
        """ValueError where the policy names no connected shop, or gives away more than the whole of a pool."""
        known = ", ".join("/".join(name) for name in shops)
        for quota in self.quotas:
            if (quota.channel, quota.shop) not in shops:
                raise ValueError(f"planning.quotas names {quota.channel}/{quota.shop}, which is not connected; there are {known}")
        for number, rule in enumerate(self.rules):
            if not any(rule.covers(*shop) for shop in shops):
                raise ValueError(f"planning.rules[{number}] matches no connected shop; there are {known}")
        for pool in self.pools:
            for rule in self.rules:
                if rule.share and rule.share.pool == pool:
                    self._fits(pool, rule.sku, shops)

    def _fits(self, pool: str, skus: list[str], shops: list[tuple[str, str]]) -> None:
        """The shares that can meet on a SKU of `skus`, each shop's largest."""
        largest: dict[str, float] = {}
        for shop in shops:
            shares: list[float] = []
            for rule in self.rules:
                if rule.covers(*shop) and overlap(rule.sku, skus):
                    if "*" in rule.sku:
                        shares.clear()
                    if rule.share and rule.share.pool == pool:
                        shares.append(rule.share.percent)
            if shares:
                largest["/".join(shop)] = max(shares)
        if round(sum(largest.values()), 6) > 100:
            told = ", ".join(f"{shop} {percent:g}" for shop, percent in largest.items())
            raise ValueError(
                f"planning.rules shares out {sum(largest.values()):g} percent of the pool {pool} ({told}); at most 100 fit"
            )


def policy_as_json(policy: Planning) -> dict[str, Any]:
    """JSON that gives the policy back, today's defaults included; of a rule only the terms that were said."""
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in policy.rules]
    return policy.model_dump(mode="json", by_alias=True) | {"rules": rules}
