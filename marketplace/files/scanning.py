"""Asking an antivirus what it thinks of a file: clamd's own protocol, over TCP or a Unix socket."""

import os
import socket
import struct
from typing import BinaryIO
from urllib.parse import urlsplit

PIECE = 64 * 1024
PATIENCE_S = 20


class Infected(Exception):
    """The antivirus knows something in this file; the message is its name for it."""


class NoAnswer(Exception):
    """The antivirus is out of reach, or did not say whether the file is sound."""


def scan(file: BinaryIO, clamd_url: str) -> None:
    """Nothing, when the file is sound; it is read from its start, and left there.

    `clamd_url`: tcp://host:3310 or unix:///run/clamav/clamd.ctl. Raises Infected, NoAnswer.

    Source: clamd(8), INSTREAM: pieces, each after its length, and a length of zero.
    """
    file.seek(0)
    try:
        with _connected(clamd_url) as line:
            line.sendall(b"zINSTREAM\0")
            while piece := file.read(PIECE):
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            said = _answer(line)
    except OSError as error:
        raise NoAnswer(str(error)) from error
    file.seek(0, os.SEEK_SET)
    if said.endswith(" FOUND"):
        raise Infected(said.removeprefix("stream: ").removesuffix(" FOUND"))
    if said != "stream: OK":
        raise NoAnswer(said)


def _connected(clamd_url: str) -> socket.socket:
    where = urlsplit(clamd_url)
    if where.scheme == "tcp":
        return socket.create_connection((where.hostname or "", where.port or 3310), PATIENCE_S)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE_S)
    try:
        line.connect(where.path)
    except OSError:
        line.close()
        raise
    return line


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < 4096 and (more := line.recv(1024)):
        said += more
    return said.rstrip(b"\0").decode("utf-8", "replace")
