"""Ids in bodies whose form no contract holds: of a notification that is only kept, nothing may be refused."""


def named(data: object, field: str) -> str | None:
    """The id under `field` of a JSON object; None for anything else, since a notification may hold anything."""
    found = data.get(field) if isinstance(data, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None
