"""Whose program is at the other end of a connection within this machine, where the system tells."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

GONE = -1
"""Nobody's: the program at the other end has closed it."""
_TABLES = Path("/proc/net/tcp"), Path("/proc/net/tcp6")


def is_stranger(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether another user's program asks, or one that has gone meanwhile; False also where the system never tells.

    Root may read everything anyway.
    """
    if not hasattr(os, "getuid"):
        return False
    owner = owner_of(client, server)
    return owner is not None and owner not in (0, os.getuid())


def owner_of(client: tuple[str, int], server: tuple[str, int], tables: tuple[Path, Path] = _TABLES) -> int | None:
    """The user id behind the client's end of a connection, or ``GONE``; None where the system does not say.

    A program that sends and closes at once has an end that is root's in the table, or none: it may be anybody's.
    """
    try:
        ends = f"{_written(client)} {_written(server)} "
        with tables[":" in _plain(client[0])].open("r", encoding="ascii") as opened:
            next(opened, "")  # what the columns are
            line, says_something = "", False
            for one in opened:  # to its end, however long others make it
                says_something = True
                if ends in one:
                    line = one
                    break
    except (OSError, ValueError):
        return None
    words = line.split()
    if len(words) < 10 or not words[7].isdigit() or words[9] == "0":
        return GONE if says_something else None
    return int(words[7])


def _plain(address: str) -> str:
    """An address of IPv4 that came in at a socket of IPv6, as its client wrote it."""
    mapped = address.removeprefix("::ffff:")
    return mapped if "." in mapped else address


def _written(end: tuple[str, int]) -> str:
    """An address as the kernel's table has it: the octets as numbers of the machine's own byte order."""
    address = _plain(end[0])
    octets = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    numbers = struct.unpack(f"={len(octets) // 4}I", octets)
    return f"{''.join(f'{one:08X}' for one in numbers)}:{end[1]:04X}"
