"""The signature that Taobao, JD and Pinduoduo share, since they grew from one gateway.

Rules: open.taobao.com docId 101617, open.jd.com dev-guide listId 2643, open.pinduoduo.com idStr 8EC06C399636041E.
"""

import hashlib
import hmac
from collections.abc import Mapping


def glued(parameters: Mapping[str, str]) -> str:
    """Names and values of all parameters but `sign`, one after the other, names in ASCII order."""
    return "".join(name + parameters[name] for name in sorted(parameters) if name != "sign")


def wrapped_md5(parameters: Mapping[str, str], secret: str) -> str:
    """MD5 over secret, glued parameters and secret, in upper-case hexadecimal digits."""
    return hashlib.md5(f"{secret}{glued(parameters)}{secret}".encode()).hexdigest().upper()


def keyed(parameters: Mapping[str, str], secret: str, digest: str) -> str:
    """HMAC of the glued parameters by `digest` (md5, sha256), in upper-case hexadecimal digits."""
    return hmac.new(secret.encode(), glued(parameters).encode(), digest).hexdigest().upper()
