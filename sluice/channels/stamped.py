"""Reading a list of changes by its stamp, oldest first, each page asked for from where the last one ended.

What a page token or number means is the platform's own affair: should it count places, a record that changes while we read would
move the others past us. So we go on by the stamp itself, which loses nothing, and follow tokens only within one second that has
more records than a page, or where the list does not come in the order that was asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from sluice.channels.protocol import ChannelError, Page

LONGEST = 10_000
"""Pages that a chain of tokens may have. One that never ends is a fault."""


@dataclass(frozen=True, slots=True)
class Told:
    """One page as it came, its records' stamps (unix seconds) in its order, and the token of the next page if there is one."""

    body: bytes
    stamps: list[int]
    following: str | None


Ask = Callable[[int, int, str | None], Told]
"""The page of a token (None: the first) among the records that are stamped from a second to before a second."""


def changes(name: str, ask: Ask, at: int, until: int, span: int | None = None) -> Iterator[Page]:
    """Everything stamped from `at` to before `until`, asked for at most `span` seconds at once. Raises ChannelError."""
    while at < until:
        end = until if span is None else min(at + span, until)
        told = ask(at, end, None)
        is_ordered = told.stamps == sorted(told.stamps)
        if not told.following:
            at = end
        elif is_ordered and told.stamps and told.stamps[-1] > at:
            at = told.stamps[-1]
        else:
            # all of one second, or in no order: as far as the tokens lead
            stop = at + 1 if is_ordered and told.stamps else end
            for page, is_last in chain(name, lambda token, at=at, stop=stop: ask(at, stop, token)):  # type: ignore[misc]
                yield Page(page.body, cursor={"until": stop} if is_last else None)
            at = stop
            continue
        yield Page(told.body, cursor={"until": at})


def chain(name: str, ask: Callable[[str | None], Told]) -> Iterator[tuple[Told, bool]]:
    """Pages by their tokens, each with whether it is the last. Raises ChannelError where tokens never end."""
    token: str | None = None
    for _ in range(LONGEST):
        told = ask(token)
        yield told, not told.following
        if not told.following:
            return
        if told.following == token:
            break
        token = told.following
    raise ChannelError(f"{name}: a list told of ever another page; the next run starts again")


def stamps(records: Iterable[Raw | bytes], stamp: type[Struct]) -> list[int]:
    """Stamps of the records that have one: the one field of `stamp`. What has none is for landing to set aside."""
    (field,) = stamp.__struct_fields__
    found = []
    for record in records:
        try:
            found.append(getattr(msgspec.json.decode(record, type=stamp), field))
        except msgspec.MsgspecError:
            continue
    return found
