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
from sluice.planning_policy import Planning
from sluice.promotions import rows_of
from sluice.supply_policy import STRICT

Kind = Literal["own_shop", "marketplace", "social", "store", "erp"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
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
