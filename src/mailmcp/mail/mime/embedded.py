"""Files that old programs wrote into the text itself: uuencode and yEnc blocks between the words."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TRIES = 1000

_UU = re.compile(rb"^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_BASE64_END = re.compile(rb"^====[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_Y = re.compile(rb"^=ybegin [^\r\n]{0,200}?\bname=([^\r\n]{1,255})\r?\n", re.MULTILINE)
_Y_END = re.compile(rb"^=yend\b[^\r\n]{0,200}(?:\r?\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A block that was a file: the name it gives, its transfer encoding, and the block as it stands."""

    name: bytes
    encoding: str
    block: bytes


def taken_out(text: bytes, room: int) -> tuple[bytes, list[File]]:
    """The words without the files, and the files, at most ``room``. Linear.

    A block counts only when it begins and ends as one and its first line has the length that it claims: a sentence
    may begin with "begin 644 times" as well.
    """
    files: list[File] = []
    out: list[bytes] = []
    at = search = 0
    coming = {one: one.search(text) for one in (_UU, _Y)}
    for _ in range(MAX_TRIES):
        coming = {
            one: match if match.start() >= search else one.search(text, search)
            for one, match in coming.items()
            if match
        }
        found = [match for match in coming.values() if match]
        if not found or len(files) >= room:
            break
        begin = min(found, key=lambda match: match.start())
        search = begin.end()
        kind, name, closing = _kind_of(begin)
        if not _begins(text, begin.end(), kind):
            continue
        end = closing.search(text, begin.end())
        if end is None:
            del coming[begin.re]  # no later one ends either
            continue
        files.append(File(name.strip(), kind, text[begin.end() if kind == "base64" else begin.start() : end.end()]))
        out.append(text[at : begin.start()])
        at = search = end.end()
    return b"".join(out) + text[at:], files


def _kind_of(begin: re.Match[bytes]) -> tuple[str, bytes, re.Pattern[bytes]]:
    if begin.re is _Y:
        return "x-yenc", begin[1], _Y_END
    return ("base64", begin[2], _BASE64_END) if begin[1] else ("x-uuencode", begin[2], _UU_END)


def _begins(text: bytes, at: int, kind: str) -> bool:
    if kind != "x-uuencode":
        return True
    stop = text.find(b"\n", at)
    line = text[at : stop if stop >= 0 else len(text)].rstrip(b"\r")
    if not line or not 0x20 <= line[0] <= 0x60:
        return False
    letters = (((line[0] - 32) & 63) + 2) // 3 * 4
    # Blanks at its end may have been lost; some encoders add a checksum letter.
    return len(line.rstrip()) - 1 <= letters + 2 and (len(line) - 1) * 2 >= letters
