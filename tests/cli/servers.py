"""PostgreSQL servers that are not the embedded one."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

OLDEST = Path("/usr/lib/postgresql/15/bin")
"""Where Debian keeps the oldest version that we take."""
TLS, GSS = 80877103, 80877104


@contextmanager
def oldest_server() -> Iterator[str]:
    """The address of a database on a PostgreSQL 15 of the distribution's, in a folder of its own."""
    # PostgreSQL refuses to run as root
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="sluice-server-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def call(*command: str) -> None:
        subprocess.run(
            [OLDEST / command[0], "-D", folder / "data", *command[1:]],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    try:
        call("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "sluice", "--no-sync")
        settings = f"-h 127.0.0.1 -p {port} -k '' -c fsync=off"
        call("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
        try:
            address = f"postgresql://sluice@127.0.0.1:{port}"
            with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
                admin.execute("create database orders")
            yield f"{address}/orders"
        finally:
            call("pg_ctl", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)


@contextmanager
def server_that_says(version: str) -> Iterator[str]:
    """The address of something that greets as a PostgreSQL of this version does, and takes anybody."""
    greeting = (
        _message(b"R", struct.pack("!i", 0))
        + _message(b"S", b"server_version\0" + version.encode() + b"\0")
        + _message(b"S", b"client_encoding\0UTF8\0")
        + _message(b"Z", b"I")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_greet, args=(listener, greeting), daemon=True).start()
        yield f"postgresql://sluice@127.0.0.1:{listener.getsockname()[1]}/orders"
        listener.shutdown(socket.SHUT_RDWR)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _greet(listener: socket.socket, greeting: bytes) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            while (asked := client.recv(8192)) and struct.unpack("!i", asked[4:8])[0] in (TLS, GSS):
                client.sendall(b"N")
            if asked:
                client.sendall(greeting)
                client.recv(8192)
