"""An alert target is an address in an environment variable: our own three chats, or anything that Apprise knows.

    dingtalk://TOKEN?secret=SEC...     feishu://TOKEN?secret=...     lark://TOKEN?secret=...     wecom://KEY

`secret` is for robots with signing on; `base` (http://host:port) points at another server. The robot's own https address
works too. All else (mailto://, slack://, json:// ...) is Apprise's.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, urlsplit

from sluice.alerts.chats import Robot, send_dingtalk, send_feishu, send_lark, send_wecom
from sluice.alerts.message import Message
from sluice.channels.protocol import ChannelError
from sluice.config import ConfigError

Sender = Callable[[Robot, Message], None]
CHATS: Mapping[str, Sender] = {"dingtalk": send_dingtalk, "feishu": send_feishu, "lark": send_lark, "wecom": send_wecom}
# Apprise would take these addresses too, and report a refused message as sent.
HOSTS = {
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "lark",
    "qyapi.weixin.qq.com": "wecom",
}
APPRISE_LIMIT = 30_000


class DeliveryError(Exception):
    """A target did not take a message. The text holds no secret."""


def targets(names: Sequence[str]) -> dict[str, str]:
    """Addresses by variable name. Raises ConfigError where a variable is not set."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ConfigError(f"alerts.targets: the environment variable {missing[0]} is not set")
    return {name: os.environ[name] for name in names}


def send(address: str, message: Message) -> None:
    """Deliver one message. Raises DeliveryError."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query.replace("+", "%2B")))
    chat = parts.scheme if parts.scheme in CHATS else HOSTS.get(parts.hostname or "")
    with _no_addresses_in_logs():
        try:
            if chat:
                CHATS[chat](Robot(_token(parts, query), query.get("secret"), query.get("base")), message)
            else:
                _send_by_apprise(address, message)
        except ChannelError as fault:
            raise DeliveryError(redacted(str(fault), address)) from None


def redacted(text: str, address: str) -> str:
    """`text` without the address or any part of it that could be a secret."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query.replace("+", "%2B")))
    secrets = {address, parts.netloc, parts.query, parts.password or "", parts.path.strip("/"), *parts.path.split("/")}
    if parts.scheme in CHATS or (parts.hostname in HOSTS):
        secrets |= {_token(parts, query), query.get("secret", "")}
    else:
        secrets |= {value for name, value in query.items() if name != "base"}
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
            if len(form) >= 4:
                text = text.replace(form, "***")
    return text


def _token(parts: SplitResult, query: Mapping[str, str]) -> str:
    if parts.scheme in CHATS:
        return parts.netloc
    return query.get("access_token") or query.get("key") or parts.path.rsplit("/", 1)[-1]


def _send_by_apprise(address: str, message: Message) -> None:
    import apprise  # half a second: only for those who use it

    robot = apprise.Apprise()
    if not robot.add(address):
        raise ChannelError("this is no address that Apprise knows")
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        sent = robot.notify(title=message.title, body=message.body(APPRISE_LIMIT), body_format=apprise.NotifyFormat.MARKDOWN)
        said = log.getvalue().strip()
    if not sent:
        raise ChannelError(said[-300:] or "not delivered, no reason given")


@contextmanager
def _no_addresses_in_logs() -> Iterator[None]:
    """urllib3 writes every path to its debug log, and a robot's token is in it."""
    logger = logging.getLogger("urllib3")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
