"""DingTalk, Feishu (Lark) and WeCom group robots: signed as each platform asks, and its own verdict read from the answer.

All three answer HTTP 200 to a message they refused; only the code in the body tells.
Sources: open.dingtalk.com (custom robot, security settings), open.feishu.cn (custom bot guide), developer.work.weixin.qq.com
(document 91770).
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from sluice.alerts.message import Message
from sluice.channels.protocol import ChannelError
from sluice.channels.transport import Transient, Transport, check_status

ATTEMPTS = 3
"""Tries within one run; what still fails is kept for the next run."""


@dataclass(frozen=True, slots=True)
class Robot:
    """A group robot: its token, and the secret if the group has signing switched on."""

    token: str
    secret: str | None = None
    base_url: str | None = None


def send_dingtalk(robot: Robot, message: Message) -> None:
    """Raises ChannelError with DingTalk's own code."""
    params = {"access_token": robot.token}
    if robot.secret:
        stamp = str(round(time.time() * 1000))
        digest = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
        params |= {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    text = f"### {message.title}\n{message.body(18_000)}"
    payload = {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}}
    # requests encodes the signature for the address, once.
    _post(robot.base_url or "https://oapi.dingtalk.com", "/robot/send", _errcode, params, payload)


def send_feishu(robot: Robot, message: Message) -> None:
    """Raises ChannelError with Feishu's own code."""
    payload: dict[str, Any] = {
        "msg_type": "interactive",
        "card": {
            "header": {"title": {"tag": "plain_text", "content": message.title}},
            "elements": [{"tag": "markdown", "content": message.body(18_000)}],
        },
    }
    if robot.secret:
        stamp = str(int(time.time()))
        # Feishu's key is the text to sign; the message is empty.
        digest = hmac.new(f"{stamp}\n{robot.secret}".encode(), b"", hashlib.sha256).digest()
        payload |= {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    base = robot.base_url or "https://open.feishu.cn"
    _post(base, f"/open-apis/bot/v2/hook/{robot.token}", _code, {}, payload)


def send_lark(robot: Robot, message: Message) -> None:
    """Feishu outside China. Raises ChannelError with Lark's own code."""
    send_feishu(Robot(robot.token, robot.secret, robot.base_url or "https://open.larksuite.com"), message)


def send_wecom(robot: Robot, message: Message) -> None:
    """Raises ChannelError with WeCom's own code. WeCom takes 4,096 bytes of Markdown."""
    content = f"**{message.title}**\n{message.body(3_800)}"
    payload = {"msgtype": "markdown", "markdown": {"content": content}}
    _post(robot.base_url or "https://qyapi.weixin.qq.com", "/cgi-bin/webhook/send", _errcode, {"key": robot.token}, payload)


def _errcode(answer: dict[str, Any]) -> tuple[Any, str]:
    return answer.get("errcode"), str(answer.get("errmsg", ""))


def _code(answer: dict[str, Any]) -> tuple[Any, str]:
    code = answer.get("code", answer.get("StatusCode"))
    return code, str(answer.get("msg") or answer.get("StatusMessage") or "")


def _post(
    base_url: str,
    path: str,
    verdict: Callable[[dict[str, Any]], tuple[Any, str]],
    params: dict[str, str],
    payload: dict[str, Any],
) -> None:
    def check(response: requests.Response) -> None:
        check_status(response)
        code, text = verdict(_json(response))
        if code == -1:
            raise Transient(f"code -1, system busy: {text}")
        # Too many messages is no reason to wait here: the platforms shut a robot out for minutes.
        if code != 0:
            raise ChannelError(f"refused with code {code}: {text[:300]}")

    Transport(base_url, attempts=ATTEMPTS).send("POST", path, check, params=params, json=payload)


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as fault:
        raise ChannelError("the answer is no JSON") from fault
    if not isinstance(answer, dict):
        raise ChannelError("the answer is no JSON object")
    return answer
