"""HTTP as every channel needs it: bounded retries with jitter, the platform's own waiting time honoured, clear failures."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
import tenacity

from sluice.channels.protocol import ChannelError, Refused

log = logging.getLogger(__name__)

TIMEOUT = (5, 60)
"""Seconds to connect, seconds to wait for the next bytes."""
ATTEMPTS = 6
LONGEST_WAIT = 120
"""Seconds. A platform that asks for more is left alone until the next run."""


class Throttled(Exception):
    """The platform asked to wait; `seconds` as it said, None where it did not say."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(f"throttled, wait {seconds} s" if seconds is not None else "throttled")
        self.seconds = seconds


class Transient(Exception):
    """A fault that a second try may not meet: 5xx, a dropped connection, a truncated body, the platform's own 'try again'."""


def retry_after(response: requests.Response) -> float | None:
    """Seconds from a Retry-After header in its numeric form; None where there is none."""
    header = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(header))
    except ValueError:
        return None


def check_status(response: requests.Response) -> None:
    """Raise what the HTTP status means. Raises Throttled, Transient, Refused, ChannelError."""
    code = response.status_code
    if code == 429:
        raise Throttled(retry_after(response))
    if code >= 500:
        raise Transient(f"HTTP {code}")
    if code in (401, 403):
        raise Refused(f"HTTP {code}: the channel refused the credentials. Check the key and its permissions.")
    if code >= 400:
        raise ChannelError(f"HTTP {code}: {response.text[:300]}")


_backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=30, jitter=1.0)


def _wait(state: tenacity.RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, Throttled) and fault.seconds is not None:
        return min(fault.seconds, LONGEST_WAIT)
    return _backoff(state)


def _report(state: tenacity.RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s; trying again in %.1f s (%d of %d)", fault, wait, state.attempt_number, ATTEMPTS)


@dataclass
class Transport:
    """A session with one platform. `verdict` reads a platform's errors out of an answer that HTTP calls good."""

    base_url: str
    headers: dict[str, str] = field(default_factory=dict)
    attempts: int = ATTEMPTS
    sleep: Callable[[float], None] = tenacity.nap.sleep
    session: requests.Session = field(default_factory=requests.Session)

    def send(
        self, method: str, path: str, verdict: Callable[[requests.Response], None] = check_status, **arguments: Any
    ) -> requests.Response:
        """One request, tried until it succeeds or `attempts` are used up. Raises Refused, ChannelError."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=_wait,
            retry=tenacity.retry_if_exception_type((Throttled, Transient)),
            sleep=self.sleep,
            before_sleep=_report,
            reraise=True,
        )
        try:
            return retrying(self._once, method, path, verdict, **arguments)
        except (Throttled, Transient) as fault:
            raise ChannelError(f"{self.base_url} did not answer well in {self.attempts} tries: {fault}") from fault

    def _once(self, method: str, path: str, verdict: Callable[[requests.Response], None], **arguments: Any) -> requests.Response:
        headers = self.headers | arguments.pop("headers", {})
        try:
            response = self.session.request(method, self.base_url + path, headers=headers, timeout=TIMEOUT, **arguments)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as fault:
            raise Transient(type(fault).__name__) from fault
        verdict(response)
        return response
