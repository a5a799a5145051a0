"""What may be kept of an event's body, which tells of a record in a form of the channel's own."""

import msgspec

from sluice.channels.protocol import Connector, Stream
from sluice.landing import personal
from sluice.landing.delivery import READING_FAULTS
from sluice.landing.forgotten import Forgotten


def allowed(forgotten: Forgotten, connector: Connector, stream_name: str | None, body: bytes) -> bytes | None:
    """The body as it may be kept; None where nothing may be but that there was an event."""
    assert connector.webhook is not None
    if stream_name is None:
        return None if forgotten.tells_of(body) else body
    stream = connector.stream(stream_name)
    try:
        record = msgspec.json.encode(connector.webhook.record(stream, body, None))
    except READING_FAULTS:
        return None if forgotten.tells_of(body) else body
    left = forgotten.judge(stream, record)
    if left is None or left == record:
        return None if left is None else body
    return redacted(forgotten, connector, stream, body)


def redacted(forgotten: Forgotten, connector: Connector, stream: Stream, body: bytes) -> bytes:
    """A body without what is personal, and without what the channel's form of it does not read."""
    assert connector.webhook is not None
    return forgotten.without(connector.webhook.bodies[stream.name], personal.parsed(body))
