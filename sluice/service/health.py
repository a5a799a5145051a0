"""For load balancers and people on call: is the database there, and when did something last land."""

from datetime import UTC, datetime

import psycopg
from fastapi import APIRouter, Request, Response

from sluice.service.models import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={503: {"model": Health, "description": "The database does not answer."}})
def healthz(request: Request, response: Response) -> Health:
    """Needs no key."""
    try:
        with request.app.state.pool.connection(timeout=2) as db:
            # From the end of the primary key: cheap, however long the manifest is.
            row = db.execute("select landed_at from raw.manifest order by file_id desc limit 1").fetchone()
    except psycopg.OperationalError:
        response.status_code = 503
        return Health(status="unavailable", database=False, last_landing_at=None, last_landing_age_seconds=None)
    last = row["landed_at"] if row else None
    age = round((datetime.now(UTC) - last).total_seconds()) if last else None
    return Health(status="ok", database=True, last_landing_at=last, last_landing_age_seconds=age)
