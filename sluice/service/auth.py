"""Who is asking: the header X-API-Key, looked up at every request so that a revoked key is refused at once."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader

from sluice.service.database import Connection, Database
from sluice.service.keys import scopes_of

HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="Make one with `sluice keys create NAME`.")


@dataclass(frozen=True, slots=True)
class Caller:
    scopes: frozenset[str]

    @property
    def sees_contacts(self) -> bool:
        return "pii" in self.scopes


def _caller(db: Database, key: Annotated[str | None, Security(HEADER)]) -> Caller:
    return _known(db, key)


def _holding(request: Request, key: Annotated[str | None, Security(HEADER)]) -> Caller:
    # The connection goes back before the request waits for its hold, else as many would wait as there are connections.
    with request.app.state.pool.connection() as db:
        caller = _known(db, key)
    if "holds" not in caller.scopes:
        raise HTTPException(403, "this key may not hold stock; make one with `sluice keys create NAME --holds`")
    return caller


def _known(db: Connection, key: str | None) -> Caller:
    scopes = scopes_of(db, key) if key else None
    if scopes is None:
        reason = "this key is not known or was revoked" if key else "the header X-API-Key is missing"
        raise HTTPException(401, reason, headers={"WWW-Authenticate": 'ApiKey realm="sluice"'})
    return Caller(scopes)


Asking = Annotated[Caller, Depends(_caller)]
Holding = Annotated[Caller, Depends(_holding)]
"""Someone with the scope `holds`."""
