"""Faults that a user can act on, in words; whatever else goes wrong is a fault of ours and keeps its traceback."""

import psycopg

from sluice.channels.protocol import ChannelError
from sluice.config import ConfigError

UNPREPARED = "the warehouse is not prepared for this yet: `sluice run` or `sluice up` does it"


def said(fault: Exception) -> str | None:
    """The message for the user, None where there is none to act on."""
    if isinstance(fault, psycopg.Error):
        return _of_database(fault)
    return str(fault) if isinstance(fault, (ConfigError, ChannelError, *_of_the_house())) else None


def _of_the_house() -> tuple[type[Exception], ...]:
    # imported when something went wrong: a command that goes well need not wait for them
    from sluice.dbt import DbtError
    from sluice.landing.delivery import LandingError
    from sluice.landing.lake import LakeError
    from sluice.metrics.dictionary import MetricError
    from sluice.sandbox.host import SandboxError
    from sluice.service.keys import KeyFault

    return DbtError, LandingError, LakeError, MetricError, SandboxError, KeyFault


def _of_database(fault: psycopg.Error) -> str | None:
    # The ledger's functions raise these in words; a table's own constraint has a name, and breaking it is our fault.
    in_words = (psycopg.errors.CheckViolation, psycopg.errors.NoDataFound, psycopg.errors.InvalidParameterValue)
    if isinstance(fault, in_words) and fault.diag.constraint_name is None:
        return fault.diag.message_primary
    if isinstance(fault, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return f"{UNPREPARED} ({fault.diag.message_primary})"
    if isinstance(fault, psycopg.OperationalError) and fault.sqlstate is None:
        return f"the warehouse does not answer: {' '.join(str(fault).split())}"
    return None
