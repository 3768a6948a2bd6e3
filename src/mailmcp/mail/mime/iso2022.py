"""ISO-2022-JP as mail really has it: with the rows of NEC and IBM, half-width katakana and escapes that are missing.

Python's codecs refuse all three, and digits in circles are everyday Japanese. The two octets
of a character are turned into Shift_JIS by the arithmetic that both charsets share; windows-31j knows those rows.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJIH])|[\r\n]")
MARK = re.compile(rb"\x1b\$[@B]|\x1b\$\([DOPQ]")
"""What gives ISO-2022-JP away where no charset is declared."""
ESCAPES = re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\([BJIH])")
KOREAN = re.compile(rb"\x1b\$\)C")

_ASCII, _KANJI, _KATAKANA, _RARE = range(4)
_UP = bytes(octet | 0x80 for octet in range(256))
_NO_CHARACTERS = dict.fromkeys(range(0xF8F0, 0xF8F4), "\ufffd")
_NOTHING = b"\xfd"
_MODES = {b"$@": _KANJI, b"$B": _KANJI, b"(I": _KATAKANA, b"$(D": _RARE}


def read(octets: bytes) -> tuple[str, bool]:
    """The text, and whether every octet had a place in it; what has none is U+FFFD. Linear.

    A line ends every mode (RFC 1468 wants it back in ASCII there anyway), so one lost escape costs one line.
    """
    if octets.count(b"\x1b") > 100 + len(octets) // 5:
        return shift_jis(octets), False  # more escapes than there is room for characters between them
    out: list[str] = []
    shifted: list[bytes] = []
    torn = False
    mode = _ASCII
    at = 0
    for escape in _ESCAPE.finditer(octets):
        torn |= _append(out, shifted, octets[at : escape.start()], mode)
        if escape[1] is None:
            shifted.append(escape[0])
            torn |= mode != _ASCII
            mode = _ASCII
        else:
            mode = _MODES.get(escape[1], _ASCII)
        at = escape.end()
    torn |= _append(out, shifted, octets[at:], mode)
    out.append(shift_jis(b"".join(shifted)))
    text = "".join(out)
    return text, not torn and "\ufffd" not in text


def shift_jis(octets: bytes) -> str:
    """Octets of windows-31j, leniently; the four that are no characters are damage, not letters of private use."""
    return octets.decode("cp932", "replace").translate(_NO_CHARACTERS)


def _append(out: list[str], shifted: list[bytes], run: bytes, mode: int) -> bool:
    """Add a run of one mode to the Shift_JIS so far; whether half a character was left over."""
    if mode == _ASCII:
        shifted.append(run)
    elif mode == _KATAKANA:
        shifted.append(run.translate(_UP))
    elif mode == _RARE:  # JIS X 0212 has no place in Shift_JIS, but one in EUC-JP
        out.append(shift_jis(b"".join(shifted)))
        shifted.clear()
        pairs = (b"\x8f" + run[at : at + 2].translate(_UP) for at in range(0, len(run) - 1, 2))
        out.append(b"".join(pairs).decode("euc_jp", "replace"))
    else:
        shifted += [_shifted(run[at : at + 2]) for at in range(0, len(run) - 1, 2)]
    if mode in (_KANJI, _RARE) and len(run) % 2:
        shifted.append(_NOTHING)
        return True
    return False


@lru_cache(maxsize=94 * 94)
def _shifted(pair: bytes) -> bytes:
    """One character of JIS X 0208 (two 7-bit octets) in Shift_JIS."""
    row, cell = pair
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return pair if pair.isascii() else _NOTHING
    row -= 0x21
    lead = (row >> 1) + (0x81 if row < 0x3E else 0xC1)
    trail = cell + (0x7E if row & 1 else 0x1F + (cell > 0x5F))
    return bytes((lead, trail))
