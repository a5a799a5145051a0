"""Page tokens: they carry where to go on, belong to what was asked, and end."""

import base64
import binascii
from datetime import datetime, timedelta

import msgspec

from sluice.sandbox.amazon.asked import Query, invalid
from sluice.sandbox.amazon.records import Record
from sluice.sandbox.state import SandboxState

PAGE_TOKEN_LIFE = timedelta(days=1)


class Pages:
    """Gives page tokens out and takes them back."""

    def __init__(self, state: SandboxState, life: timedelta = PAGE_TOKEN_LIFE) -> None:
        self.state, self.life = state, life

    def token(self, kept: Record, pinned: Query) -> str:
        whole = kept | {"issued": self.state.now.isoformat(), "asked": dict(pinned)}
        return base64.urlsafe_b64encode(msgspec.json.encode(whole)).decode()

    def kept(self, token: str, asked: Query) -> Record:
        try:
            kept: Record = msgspec.json.decode(base64.urlsafe_b64decode(token))
        except (binascii.Error, msgspec.DecodeError, ValueError):
            raise invalid("the page token is not one of ours") from None
        if kept["asked"] != asked or self.state.now > datetime.fromisoformat(kept["issued"]) + self.life:
            raise invalid("the page token has ended, or belongs to other parameters")
        return kept
