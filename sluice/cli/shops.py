"""Which shops a command is about."""

from sluice.config import Config, ConfigError, Shop


def chosen(config: Config, name: str | None) -> list[Shop]:
    """The shop called CHANNEL/SHOP, or all of them. Raises ConfigError for a name that is not connected."""
    if name is None:
        return list(config.channels)
    connector, _, shop = name.partition("/")
    found = [entry for entry in config.channels if entry.connector == connector and shop in ("", entry.shop)]
    if not found:
        known = ", ".join(f"{entry.connector}/{entry.shop}" for entry in config.channels)
        raise ConfigError(f"{name} is not connected; there are {known}")
    return found
