"""Presets: the exports that platforms let their sellers download, mapped once. Each is a file in `presets/`, written as its
options would be in `sluice.yaml`."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "presets"
EITHER = ("columns", "constants")
"""A field stands in one of these: naming it in one takes it out of the other."""


def names() -> list[str]:
    """All presets."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def applied(chosen: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` over the presets, key by key; null takes a key out. Raises ValueError for a name that is no preset's."""
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        raise ValueError(f"preset {', '.join(map(str, unknown))} is not known; there are {', '.join(names())}")
    found: dict[str, Any] = {}
    for name in chosen:
        found = _over(found, yaml.safe_load(_text(name)))
    streams = found.get("streams", {})
    for stream, mapping in (given.get("streams") or {}).items():
        if isinstance(mapping, Mapping) and stream in streams:
            streams[stream] = _without_named(streams[stream], mapping)
    return _over(found, given)


def _without_named(preset: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's stream without the fields that `given` takes from elsewhere; their conditions go with them."""
    named = {field for part in EITHER for field in given.get(part) or {}}
    parts = {part: {k: v for k, v in (preset.get(part) or {}).items() if k not in named} for part in (*EITHER, "where")}
    kept = [field for field in preset.get("optional", []) if field not in named]
    return {**preset, **parts, "optional": kept}


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(under, Mapping) and not {"sum", "join"} & {*value, *under}:
            merged[key] = _over(under, value)
        else:
            merged[key] = value
    return merged
