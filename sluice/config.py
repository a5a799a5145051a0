"""`sluice.yaml`: which channels are connected, how stock is planned, who is alerted. Secrets are named here, never written."""

import os
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from sluice.channels.protocol import Connection, Connector
from sluice.channels.registry import connectors
from sluice.globs import matcher, overlap
from sluice.promotions import Promotion, rows_of
from sluice.supply_policy import STRICT, Patterns, Replenishment, ServiceTarget

Kind = Literal["own_shop", "marketplace", "social", "store", "erp"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class ConfigError(Exception):
    """The configuration can't be used. The message names the key, what is wrong and what is allowed."""


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no IANA time zone; write one like Asia/Shanghai or UTC")
    return name


def _connector(name: str) -> str:
    if name not in connectors():
        raise ValueError(f"{name!r} is no connector; there are {', '.join(connectors())}")
    return name


class Strict(BaseModel):
    model_config = STRICT


class Shop(Strict):
    """One shop on one channel. `url` and `options` may hold ${VARIABLE}, taken from the environment when the shop is opened."""

    connector: Annotated[str, AfterValidator(_connector)]
    shop: Slug
    name: str = ""
    kind: Kind | None = None
    url: str = ""
    secrets: dict[str, Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]] = {}
    currency: Currency
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    since: date = date(2000, 1, 1)
    options: dict[str, Any] = {}

    @property
    def type(self) -> Connector:
        return connectors()[self.connector]

    @property
    def sells(self) -> bool:
        """Whether it has orders of its own to be held against; an ERP stands behind those that do."""
        return (self.kind or self.type.kind) != "erp"

    @property
    def takes(self) -> str | None:
        """How the shop keeps numbers that are published: "facility", "total", or None where it takes none."""
        options = self.type.options.model_validate(self.options)
        return None if self.type.counts(options) else self.type.publishes

    @model_validator(mode="after")
    def _fits_connector(self) -> "Shop":
        missing = [name for name in self.type.secrets if name not in self.secrets]
        if missing:
            wants = "; ".join(f"{name}: {self.type.secrets[name]}" for name in missing)
            raise ValueError(f"secrets lacks {', '.join(missing)} ({wants}): name the environment variable that holds it")
        self.type.options.model_validate(self.options)
        return self

    def connect(self) -> Connection:
        """Ready to be opened, secrets read from the environment. Raises ConfigError where a variable is not set."""
        from sluice.tokens import Kept  # it knows the warehouse, which knows this file

        here = f"channels {self.connector}/{self.shop}"
        zone = ZoneInfo(self.timezone)
        return Connection(
            shop=self.shop,
            url=_interpolated(self.url, f"{here}: url"),
            secrets=self._read_secrets(name for name in self.secrets if name not in self.type.optional_secrets),
            currency=self.currency,
            timezone=self.timezone,
            since=datetime.combine(self.since, time.min, zone).astimezone(UTC),
            options=self.type.options.model_validate(_interpolated_all(self.options, f"{here}: options")),
            tokens=Kept(self.connector, self.shop),
        )

    def webhook_secrets(self) -> dict[str, str] | None:
        """What its notifications are verified with, read from the environment; None for a shop that has none.

        Raises ConfigError where the secret's variable is named but not set. Other optional secrets may be named and not set.
        """
        webhook = self.type.webhook
        if webhook is None or webhook.secret not in self.secrets:
            return None
        more = [name for name, env in self.secrets.items() if name in self.type.optional_secrets and os.environ.get(env)]
        return self._read_secrets({webhook.secret, *webhook.also, *more})

    def _read_secrets(self, names: Iterable[str]) -> dict[str, str]:
        where = f"channels {self.connector}/{self.shop}: secrets"
        return {name: _variable(self.secrets[name], f"{where}.{name}") for name in names}


class ChannelQuota(Strict):
    """What one shop may draw of the shared stock. Units are pieces a SKU and facility; `priority` 1 is served first."""

    channel: str
    shop: str
    priority: Annotated[int, Field(ge=1)] = 1
    weight: Annotated[float, Field(gt=0)] = 1.0
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None
    isolation: Annotated[int, Field(ge=0)] | None = None


class Facilities(Strict):
    """Which facilities' stock a rule counts: `only` these, or all `except` these."""

    only: Patterns | None = None
    except_: Patterns | None = Field(default=None, alias="except")

    @model_validator(mode="after")
    def _one(self) -> "Facilities":
        if (self.only is None) == (self.except_ is None):
            raise ValueError("write either only or except, with the facilities it names")
        return self


class PoolShare(Strict):
    """A share of what the facilities of `planning.pools` have available, set apart."""

    pool: str
    percent: Percent


class ChannelRule(Strict):
    """How the number of a channel comes about for the shops and SKUs that match; the last rule that matches wins."""

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


class Planning(Strict):
    """Policy of the nightly plan. `as_of` is the day the plan looks from; history in the examples ends long ago."""

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


class Stock(Strict):
    """How long a facility's count is believed, and how long a strict hold lasts where its caller does not say."""

    stale_after_hours: Annotated[float, Field(gt=0)] = 24
    hold_minutes: Annotated[float, Field(gt=0)] = 10


class Alerts(Strict):
    """Where alerts go: Apprise addresses and the three Chinese chats, each named by the environment variable that holds it."""

    targets: list[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]] = []


class Sandbox(Strict):
    """Channels of our own that answer on loopback, fed by one seeded world."""

    orders: Annotated[int, Field(ge=100, le=1_000_000)] = 5000
    seed: int = 20260101


class Config(Strict):
    """`reconcile_days`: how far back each run holds a big shop against its channel; a small one is always held whole."""

    company: str
    base_currency: Currency
    channels: list[Shop] = Field(min_length=1)
    planning: Planning = Planning()
    stock: Stock = Stock()
    alerts: Alerts = Alerts()
    reconcile_days: Annotated[int, Field(ge=1)] = 30
    sandbox: Sandbox | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        names = [(shop.connector, shop.shop) for shop in self.channels]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"channels has {name[0]}/{name[1]} twice; (connector, shop) must be unique")
        self.planning.check(names)
        return self

    def shop(self, connector: str, shop: str) -> Shop:
        """The connected shop; ConfigError if there is none."""
        for entry in self.channels:
            if (entry.connector, entry.shop) == (connector, shop):
                return entry
        known = ", ".join(f"{entry.connector}/{entry.shop}" for entry in self.channels)
        raise ConfigError(f"{connector}/{shop} is not connected; sluice.yaml has {known}")


def _variable(name: str, key: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"{key}: the environment variable {name} is not set")
    return value


def _interpolated(text: str, key: str) -> str:
    return VARIABLE.sub(lambda match: _variable(match[1], key), text)


def _interpolated_all(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return _interpolated(value, key)
    if isinstance(value, dict):
        return {name: _interpolated_all(inner, f"{key}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [_interpolated_all(inner, f"{key}[{index}]") for index, inner in enumerate(value)]
    return value


def config_path() -> Path:
    """The file in force: SLUICE_CONFIG, or sluice.yaml in the current folder."""
    return Path(os.environ.get("SLUICE_CONFIG", "sluice.yaml"))


def load(path: Path | None = None) -> Config:
    """The configuration in `path`. Raises ConfigError with one line a fault."""
    path = path or config_path()
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; write one (README: Connect a channel) or point SLUICE_CONFIG at it")
    return _validated(path, _read(path))


def policy_as_json(policy: Planning) -> dict[str, Any]:
    """JSON that gives the policy back, today's defaults included; of a rule only the terms that were said."""
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in policy.rules]
    return policy.model_dump(mode="json", by_alias=True) | {"rules": rules}


def load_policy(policy: Path, path: Path | None = None) -> Planning:
    """The `planning` of another file, a whole configuration or that key alone, which then meets the shops of `path`."""
    if not policy.is_file():
        raise ConfigError(f"{policy} does not exist; a policy is a YAML file with the key planning")
    data = _read(policy)
    if "planning" not in data:
        raise ConfigError(f"{policy} has no key planning; it has {', '.join(map(str, data)) or 'nothing'}")
    if set(data) == {"planning"}:
        path = path or config_path()
        load(path)
        data = _read(path) | data
    return _validated(policy, data).planning


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise ConfigError(f"{path} is no valid YAML: {fault}") from fault
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold keys and values; it holds {type(data).__name__}")
    return _with_promotions(data, path)


def _with_promotions(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """With the rows of the file that `planning.promotions` names, from the folder of `path`."""
    planning = data.get("planning")
    if not isinstance(planning, dict) or not isinstance(planning.get("promotions"), str):
        return data
    try:
        return data | {"planning": planning | {"promotions": rows_of(path.parent / planning["promotions"])}}
    except ValueError as fault:
        raise ConfigError(f"{path}: planning.promotions: {fault}") from fault


def _validated(path: Path, data: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(data)
    except ValidationError as fault:
        raise ConfigError(f"{path}:\n" + "\n".join(_explained(error) for error in fault.errors())) from fault


def _explained(error: Any) -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    if error["type"] == "extra_forbidden":
        return f"  {key}: unknown key; allowed here: {', '.join(_allowed(error['loc'][:-1]))}"
    message = error["msg"].removeprefix("Value error, ")
    got = "" if isinstance(error["input"], dict | list) else f" (it is {error['input']!r})"
    return f"  {key or 'file'}: {message}{got}"


def _allowed(location: tuple[str | int, ...]) -> list[str]:
    model: Any = Config
    for part in location:
        if isinstance(part, int):
            continue
        inner = model.model_fields[part].annotation if part in getattr(model, "model_fields", {}) else None
        candidates = [inner, *getattr(inner, "__args__", ())]
        model = next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if model is None:
            return ["see docs/configuration.md"]
    return [field.alias or name for name, field in model.model_fields.items()]
