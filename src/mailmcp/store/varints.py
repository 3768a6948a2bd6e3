"""Numbers of variable length, as SQLite and FTS5 write them (SQLite's database file format, section 1.6)."""

from __future__ import annotations


def varint(octets: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, and the place behind it. Raises IndexError where the octets end before it."""
    value = 0
    for place in range(8):
        byte = octets[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    return value << 8 | octets[at + 8], at + 9
