"""Session keys: the one that the shop's owner granted, and those that it was renewed to."""

from collections.abc import Mapping

import msgspec

REFRESH = "sandbox-taobao-refresh"
"""The first refresh token. Each is good for once."""
LIFE = 86_400
"""Seconds."""


class Sessions:
    """Those that are good."""

    def __init__(self, first: str) -> None:
        self.granted = {first}
        self.refresh = REFRESH

    def admit(self, form: Mapping[str, str]) -> bool:
        """Whether the call bears a good session, or is the one that needs none."""
        return form.get("session") in self.granted or form["method"] == "taobao.top.auth.token.refresh"

    def renew(self, form: Mapping[str, str]) -> str | None:
        """The member of the answer that holds a new session, as JSON in text; None for a refresh token that is not good."""
        if form.get("refresh_token") != self.refresh:
            return None
        number = len(self.granted)
        session, self.refresh = f"sandbox-taobao-session-{number}", f"{REFRESH}-{number}"
        self.granted.add(session)
        token = {"access_token": session, "refresh_token": self.refresh, "expires_in": LIFE, "token_type": "Bearer"}
        return f'"token_result":{msgspec.json.encode(msgspec.json.encode(token).decode()).decode()}'
