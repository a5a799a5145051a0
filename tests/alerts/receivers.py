"""Group robots on loopback that check what they get as the platforms do, and answer with the platforms' own codes.

HMAC is spelled out here (RFC 2104), so that the signatures are not checked with the code that made them.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

SECRET = "SECb0ab+/=9f1"
TOKEN = "Tok3n-With-Case"
Answer = tuple[int, Any]


def hmac_sha256(key: bytes, message: bytes) -> str:
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return base64.b64encode(hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()).decode()


def raw_query(path: str) -> dict[str, str]:
    """Decoded once, and + left as it is: a platform that decodes once must find the signature."""
    return {name: unquote(value) for name, _, value in (part.partition("=") for part in urlsplit(path).query.split("&"))}


def dingtalk(path: str, body: dict[str, Any]) -> Answer:
    query = raw_query(path)
    if query.get("access_token") != TOKEN:
        return 200, {"errcode": 300001, "errmsg": "token is not exist"}
    stamp = query.get("timestamp", "0")
    good = hmac_sha256(SECRET.encode(), f"{stamp}\n{SECRET}".encode())
    if abs(time.time() * 1000 - int(stamp)) > 3_600_000 or query.get("sign") != good:
        return 200, {"errcode": 310000, "errmsg": "sign not match"}
    if body["msgtype"] != "markdown" or not body["markdown"]["title"] or len(body["markdown"]["text"].encode()) > 20_000:
        return 200, {"errcode": 400105, "errmsg": "unsupported msgtype"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def feishu(path: str, body: dict[str, Any]) -> Answer:
    if path != f"/open-apis/bot/v2/hook/{TOKEN}":
        return 200, {"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}}
    stamp = body.get("timestamp", "0")
    if abs(time.time() - int(stamp)) > 3600 or body.get("sign") != hmac_sha256(f"{stamp}\n{SECRET}".encode(), b""):
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time", "data": {}}
    if body["msg_type"] != "interactive" or not body["card"]["elements"][0]["content"]:
        return 200, {"code": 9499, "msg": "Bad Request", "data": {}}
    return 200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def wecom(path: str, body: dict[str, Any]) -> Answer:
    if raw_query(path).get("key") != TOKEN:
        return 200, {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 127.0.0.1"}
    if len(body["markdown"]["content"].encode()) > 4096:
        return 200, {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def webhook(path: str, body: dict[str, Any]) -> Answer:
    return 200, {}


@dataclass
class Receiver:
    """What came in and was taken. `faults` are answered first, one a request."""

    robot: Callable[[str, dict[str, Any]], Answer]
    base: str = ""
    requests: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Answer] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        with self.lock:
            self.requests += 1
            if self.faults:
                return self.faults.pop(0)
            status, answer = self.robot(path, body)
            if status == 200 and not (answer.get("errcode") or answer.get("code")):
                self.taken.append(body)
            return status, answer

    def said(self) -> str:
        """All that was taken, as text."""
        return json.dumps(self.taken, ensure_ascii=False)


@contextmanager
def receiving(robot: Callable[[str, dict[str, Any]], Answer]) -> Iterator[Receiver]:
    receiver = Receiver(robot)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = receiver.answer(self.path, body)
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
