"""`sluice.yaml`: which channels are connected, how stock is planned, who is alerted. Secrets are named here, never written."""

import os
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sluice.channels.protocol import Connection, Connector
from sluice.channels.registry import connectors

Kind = Literal["own_shop", "marketplace", "social", "store", "erp"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Share = Annotated[float, Field(ge=0, le=1)]
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
    model_config = ConfigDict(extra="forbid", frozen=True)


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
        here = f"channels {self.connector}/{self.shop}"
        zone = ZoneInfo(self.timezone)
        return Connection(
            shop=self.shop,
            url=_interpolated(self.url, f"{here}: url"),
            secrets={name: _variable(env, f"{here}: secrets.{name}") for name, env in self.secrets.items()},
            currency=self.currency,
            timezone=self.timezone,
            since=datetime.combine(self.since, time.min, zone).astimezone(UTC),
            options=self.type.options.model_validate(_interpolated_all(self.options, f"{here}: options")),
        )


class ChannelQuota(Strict):
    """What one shop may draw of the shared stock. Units are pieces a SKU and facility; `priority` 1 is served first."""

    channel: str
    shop: str
    priority: Annotated[int, Field(ge=1)] = 1
    weight: Annotated[float, Field(gt=0)] = 1.0
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None
    isolation: Annotated[int, Field(ge=0)] | None = None


class Planning(Strict):
    """Policy of the nightly plan. `as_of` is the day the plan looks from; history in the examples ends long ago."""

    as_of: Literal["today", "last_order"] | date = "today"
    service_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    lead_time_days: Annotated[float, Field(gt=0)] = 14
    lead_time_sd_days: Annotated[float, Field(ge=0)] = 3
    review_period_days: Annotated[int, Field(ge=0)] = 7
    horizon_days: Annotated[int, Field(ge=1)] = 7
    history_days: Annotated[int, Field(ge=7)] = 180
    pool_share: Share = 0.2
    quotas: list[ChannelQuota] = []


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
    alerts: Alerts = Alerts()
    reconcile_days: Annotated[int, Field(ge=1)] = 30
    sandbox: Sandbox | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        names = [(shop.connector, shop.shop) for shop in self.channels]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"channels has {name[0]}/{name[1]} twice; (connector, shop) must be unique")
        for quota in self.planning.quotas:
            if (quota.channel, quota.shop) not in names:
                known = ", ".join("/".join(name) for name in names)
                raise ValueError(f"planning.quotas names {quota.channel}/{quota.shop}, which is not connected; there are {known}")
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
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise ConfigError(f"{path} is no valid YAML: {fault}") from fault
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold keys and values; it holds {type(data).__name__}")
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
    return list(model.model_fields)
