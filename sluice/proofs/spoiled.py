"""A proxy on loopback that spoils a channel's answers, as networks and platforms do."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests

HANG_SECONDS = 2.0
PASSED_BACK = ("content-type", "retry-after", "link", "date")
"""Headers of an answer that pass; those that begin with x- do too. The body's length and encoding are the proxy's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


Spoil = Callable[["Seen"], Answer | None]
"""What is answered instead; None drops the connection without a word."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that is to be spoiled: what the channel answers to it, and what it answered last to one of its kind.

    `last` is the answer that closed the list of that kind in a walk before this one.
    """

    answer: Answer
    before: Answer | None
    last: Answer | None


@dataclass
class Proxy:
    """Passes everything on to `target`; while armed, spoils every third request, `times` in all, and shows all by its lens.

    An answer that the spoiling left as it was does not count: there was no page before the first one.

    `spoiled` counts the answers since it was armed that were not what the channel said.
    """

    target: str
    url: str = ""
    spoiled: int = 0
    lens: Callable[[Answer], Answer] = lambda answer: answer
    _spoil: Spoil | None = None
    _left: int = 0
    _count: int = 0
    _before: dict[str, Answer] = field(default_factory=dict)
    _last: dict[str, Answer] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def arm(self, spoil: Spoil | None, times: int = 0) -> None:
        """From now on; None lets everything pass. What was answered until now closes its lists."""
        with self._lock:
            self._last.update(self._before)
            self._before.clear()
            self._spoil, self._left, self._count, self.spoiled = spoil, times, 0, 0

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """One request's answer, spoiled or not. None: drop the connection."""
        passed = {name: value for name, value in headers.items() if name.lower() not in ("connection", "accept-encoding")}
        found = requests.request(method, self.target + path, headers=passed, data=body, timeout=60, allow_redirects=False)
        shown = {name: value for name, value in found.headers.items() if name.lower() in PASSED_BACK or name.lower()[:2] == "x-"}
        told = Answer(found.status_code, shown, found.content)
        answer = self.lens(told)
        kind = _kind(method, path, body)
        with self._lock:
            seen = Seen(answer, self._before.get(kind), self._last.get(kind))
            self._before[kind] = answer
            self._count += 1
            spoil = self._spoil if self._left and self._count % 3 == 2 else None
            if spoil:
                self._left -= 1
        given = spoil(seen) if spoil else answer
        with self._lock:
            self.spoiled += given != told
            self._left += bool(spoil) and given == answer
        return given


def _kind(method: str, path: str, body: bytes) -> str:
    """What tells two requests for pages of one list from a request for another list, on most platforms."""
    address = urlsplit(path)
    asked = parse_qs(address.query) | parse_qs(body.decode(errors="replace"))
    named = [asked[name][0] for name in ("method", "type") if name in asked]
    with contextlib.suppress(msgspec.MsgspecError, AttributeError):
        sent: Any = msgspec.json.decode(body)
        named.append(str(sent.get("query", ""))[:2000])
        named.append(str(sent.get("method", "")))
    return " ".join((method, address.path, *named))


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """A proxy to `target` (scheme, host and port), for the length of the block."""
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = proxy.answer(self.command, self.path, dict(self.headers.items()), body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = answer.headers.get("X-Proof-Length", str(len(answer.body)))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(answer.body)
            if int(length) != len(answer.body):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def throttled(seen: Seen) -> Answer:
    """429, and when to come again."""
    return Answer(429, {"Retry-After": "1"}, b"{}")


def throttled_without_a_hint(seen: Seen) -> Answer:
    """429 and no word of when."""
    return Answer(429, {}, b"{}")


def server_error(seen: Seen) -> Answer:
    """503 from whatever stands before the platform."""
    return Answer(503, {"Content-Type": "text/html"}, b"<html>Service Unavailable</html>")


def hanging(seen: Seen) -> None:
    """No answer for a while, then the connection drops."""
    time.sleep(HANG_SECONDS)


def truncated(seen: Seen) -> Answer:
    """Half of the body, though its whole length was announced."""
    headers = {**seen.answer.headers, "X-Proof-Length": str(len(seen.answer.body))}
    return Answer(seen.answer.status, headers, seen.answer.body[: len(seen.answer.body) // 2])


def cut(seen: Seen) -> Answer:
    """Half of the body, announced as if it were all of it."""
    return Answer(seen.answer.status, seen.answer.headers, seen.answer.body[: len(seen.answer.body) // 2])


def not_the_api(seen: Seen) -> Answer:
    """A page for people with status 200: a login, a maintenance notice."""
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><title>Be right back</title>")


def mislabelled(seen: Seen) -> Answer:
    """The very body, as if it were a text for people."""
    others = {name: value for name, value in seen.answer.headers.items() if name.lower() != "content-type"}
    return Answer(seen.answer.status, {**others, "Content-Type": "text/plain; charset=iso-8859-1"}, seen.answer.body)


def expired(seen: Seen) -> Answer:
    """The token ends in the middle of a walk."""
    return Answer(401, {"Content-Type": "application/json"}, b'{"error": "token expired", "message": "token expired"}')


def repeated(seen: Seen) -> Answer:
    """The page before in place of this one."""
    return seen.before or seen.answer


def ended_early(seen: Seen) -> Answer:
    """The answer that closed the list last time, long before its end: all between is dropped."""
    return seen.last or seen.answer
