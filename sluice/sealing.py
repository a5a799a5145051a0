"""What a copy of the database must not tell is sealed with a key that is not in the database."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from sluice import warehouse
from sluice.config import ConfigError

VARIABLE = "SLUICE_TOKEN_KEY"


def keys() -> list[Fernet]:
    """The keys in force, the one that seals first: of the variable, or the embedded server's own, made when first asked for.

    Raises ConfigError where a server has none, or what was given is no key.
    """
    given = os.environ.get(VARIABLE, "")
    if given.strip(" ,"):
        return [_key(one.strip(), f"the environment variable {VARIABLE}") for one in given.split(",") if one.strip()]
    if not warehouse.is_embedded():
        raise ConfigError(
            f"the environment variable {VARIABLE} is not set: access tokens are kept sealed, and on a server of your own the key"
            f" is yours. Make one with `openssl rand -base64 32`, keep it where you keep your secrets, and set {VARIABLE} to it"
        )
    file = warehouse.home() / "token.key"
    return [_key(_own(file), str(file))]


def seal(text: str, with_keys: Sequence[Fernet]) -> str:
    """By the first of the keys (Fernet: AES-128-CBC, HMAC-SHA256)."""
    return with_keys[0].encrypt(text.encode()).decode()


def unseal(sealed: str, with_keys: Sequence[Fernet]) -> tuple[str, int]:
    """The text, and the position of the key that opened it. Raises ConfigError where none does."""
    for position, key in enumerate(with_keys):
        try:
            return key.decrypt(sealed).decode(), position
        except InvalidToken:
            continue
    where = VARIABLE if os.environ.get(VARIABLE) else f"{warehouse.home() / 'token.key'} (or {VARIABLE})"
    raise ConfigError(
        f"no key of {where} opens it: add the key that it was sealed with, after a comma; where that key is lost,"
        " `sluice channels tokens --forget CHANNEL/SHOP` and authorise the app anew"
    )


def _key(text: str, where: str) -> Fernet:
    try:
        return Fernet(text)
    except ValueError:
        # what was given may be a key with a slip of the pen: it is not repeated
        raise ConfigError(f"{where} holds no key: it must be 32 bytes in base64, as `openssl rand -base64 32` makes") from None


def _own(file: Path) -> str:
    """What `file` holds, made by the first who asks; nobody but its owner can read it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # whole before it has its name, so that a second process never reads half a key; `mkstemp` makes it 0600
        descriptor, made = tempfile.mkstemp(dir=file.parent, prefix="token.key-")
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(Fernet.generate_key())
        try:
            os.link(made, file)
        except FileExistsError:
            pass
        finally:
            os.unlink(made)
    return file.read_text().strip()
