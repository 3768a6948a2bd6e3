"""Whose program is at the other end of a connection within this machine, where the system tells."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

_TABLE = Path("/proc/net/tcp")
_LARGEST = 4 * 1024 * 1024


def is_stranger(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether another user's program asks; False also where nobody can tell. Root may read everything anyway."""
    if not hasattr(os, "getuid"):
        return False
    owner = owner_of(client, server)
    return owner is not None and owner not in (0, os.getuid())


def owner_of(client: tuple[str, int], server: tuple[str, int], table: Path = _TABLE) -> int | None:
    """The user id behind the client's end of an IPv4 connection; None where the system does not say."""
    try:
        ends = f"{_written(client)} {_written(server)} "
        with table.open("r", encoding="ascii") as opened:
            text = opened.read(_LARGEST)
    except (OSError, ValueError):
        return None
    for line in text.splitlines():
        if ends in line:
            words = line.split()
            return int(words[7]) if len(words) > 7 and words[7].isdigit() else None
    return None


def _written(end: tuple[str, int]) -> str:
    """An address as the kernel's table has it: the octets as a number of the machine's own byte order."""
    (number,) = struct.unpack("=I", socket.inet_aton(end[0]))
    return f"{number:08X}:{end[1]:04X}"
