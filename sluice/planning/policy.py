"""The policy of `sluice.yaml` as the allocator reads it: what a piece is worth to each channel, its floor, cap and isolation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sluice.globs import is_name
from sluice.planning.quotas import UNLIMITED
from sluice.planning_policy import ChannelQuota, Planning


@dataclass(frozen=True, slots=True)
class Terms:
    """A shop's terms. `isolation` None means: as much as it is expected to sell over the horizon."""

    channel: str
    shop: str
    priority: int
    value: float
    floor: int
    cap: int
    isolation: int | None


def terms(policy: Planning, selling: Iterable[tuple[str, str]]) -> list[Terms]:
    """One for each shop that sells or that the policy names, by name; a shop without a quota in the policy gets the defaults."""
    given = {(quota.channel, quota.shop): quota for quota in policy.quotas}
    names = sorted(set(given) | set(_named(policy)) | set(selling))
    quotas = [given.get(name) or ChannelQuota(channel=name[0], shop=name[1]) for name in names]
    return [_terms(quota, _heaviest(quotas, quota.priority)) for quota in quotas]


def _named(policy: Planning) -> Iterable[tuple[str, str]]:
    """Shops that rules name outright, not by a glob."""
    for rule in policy.rules:
        yield from ((channel, shop) for channel in rule.channel for shop in rule.shop if is_name(channel) and is_name(shop))


def _terms(quota: ChannelQuota, heaviest: float) -> Terms:
    cap = UNLIMITED if quota.max is None else quota.max
    value = worth(quota.priority, quota.weight / heaviest)
    return Terms(quota.channel, quota.shop, quota.priority, value, quota.min, cap, quota.isolation)


def _heaviest(quotas: Sequence[ChannelQuota], priority: int) -> float:
    return max(quota.weight for quota in quotas if quota.priority == priority)


def worth(priority: int, weight: float) -> float:
    """What a piece sold is worth, 0..1. Priority p lies above 1/(p+1) and up to 1/p, so that no weight lifts a channel over the
    next priority; `weight` (0..1, relative to the heaviest of the priority) ranks the channels within it."""
    below, above = 1 / (priority + 1), 1 / priority
    return below + (above - below) * weight
