"""What a mail lets on about its charsets where it declares none, and what was assumed for its header.

A mail is written in one charset as a rule: what one part or one encoded word declares speaks for the others, and all
raw 8-bit fields of a header together tell a detector more than each alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailmcp.mail.mime import charsets, decoding, iso2022
from mailmcp.mail.mime.detection import detected, strictly

MAX_HINTS = 20
MAX_POOL = 64 * 1024

_LABEL_OF_WORD = re.compile(rb"=\?([^?*\s]{1,60})[^?\s]{0,20}\?[BbQq]\?")
_SENTENCES = {
    "charset_undeclared": "A header has 8-bit letters that no charset is declared for; they were read as {codec}.",
    "charset_wrong": "Words of a header do not fit the charset that they declare; they were read as {codec}.",
    "charset_unknown": "Words of a header declare a charset that is not known; they were read as {codec}.",
}


class Guide:
    """The hints of one mail (codecs, surest first), and the defects that reading its header by them made."""

    def __init__(self, labels: Iterable[str] = (), bodies: Iterable[bytes] = ()) -> None:
        """``labels`` are charset names of the mail's parts, ``bodies`` the bodies of its header fields."""
        self.hints: list[str] = []
        self.defects: dict[str, str] = {}
        self._codec = ""
        raw: list[bytes] = []
        spoken: list[bytes] = []
        room = MAX_POOL
        for body in bodies:
            spoken += _LABEL_OF_WORD.findall(body)[:MAX_HINTS]
            if room > 0 and not body.isascii() and strictly(body, "utf_8") is None:
                raw.append(body[:room])
                room -= len(body)
        self._pool = b"\n".join(raw)
        for label in [*labels, *(label.decode("latin-1") for label in spoken)][: 4 * MAX_HINTS]:
            self.hint(charsets.codec_of(label[: charsets.MAX_LABEL]) or "")

    def hint(self, codec: str) -> None:
        """Remember a codec that something in the mail is written in."""
        if codec and codec != "ascii" and codec not in self.hints and len(self.hints) < MAX_HINTS:
            self.hints.append(codec)

    def raw(self, body: bytes) -> str:
        """The octets of a header field: UTF-8 (RFC 6532), ISO-2022-JP, or what the whole header seems to be in."""
        if body.isascii() and not iso2022.MARK.search(body):
            return body.decode("ascii")
        if (text := strictly(body, "utf_8")) is not None and not body.isascii():
            return text
        codec = "" if body.isascii() else self._codec_of_header()
        decoded = decoding.decode(body, None, (codec, *self.hints) if codec else self.hints)
        if codec and (text := strictly(body, codec)) is not None:
            decoded = decoding.Decoded(text, "charset_undeclared", codec)
        self._note("charset_undeclared", decoded.codec)
        return decoded.text

    def word(self, encoded: bytes, label: str) -> str:
        """The octets of encoded words under the charset that they declare."""
        decoded = decoding.decode(encoded, label, self.hints)
        if decoded.problem:
            self._note(decoded.problem, decoded.codec)
        return decoded.text

    def _codec_of_header(self) -> str:
        if not self._codec:
            hints = (hint for hint in self.hints if decoding.keeps_ascii(hint) and decoding.fits(self._pool, hint))
            self._codec = next(hints, "") or detected(self._pool)
        return self._codec

    def _note(self, problem: str, codec: str) -> None:
        sentence = _SENTENCES[problem].format(codec=charsets.spoken(codec))
        self.defects.setdefault(f"header_{problem}", sentence)
