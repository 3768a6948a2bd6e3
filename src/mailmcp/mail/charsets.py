"""Octets to characters, by a table of our own.

A mail's charset name is never handed to Python's codec look-up: it also finds codecs that are no charsets (rot13,
idna, punycode, unicode_escape), imports modules by name and remembers every unknown name for ever.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases as _python_aliases
from functools import lru_cache

# Codecs that Python lists among its aliases, or takes by name, and that are no charset of text.
_NO_TEXT = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs"}
)
# Charsets that Python knows without an alias.
_UNALIASED = frozenset(
    {
        *("cp1006", "cp720", "cp737", "cp856", "cp874", "cp875", "koi8_t", "koi8_u", "utf_8_sig"),
        *("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian"),
    }
)
_KNOWN = (frozenset(_python_aliases.values()) - _NO_TEXT) | _UNALIASED

# Codecs that are read as a wider one, as mail programs do (the WHATWG encoding standard): what says iso-8859-1 is
# windows-1252 in practice.
_READ_AS = {
    "iso8859_1": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
}
# Names (letters and digits only) that mail uses and Python does not know; "" says as much as no name.
_LABELS = {
    "unicode": "utf_16",
    "unicode11": "utf_8",
    "unicode20utf8": "utf_8",
    "unicode11utf7": "utf_7",
    "utf7imap": "utf_7",
    "utf8mb4": "utf_8",
    "utf8mac": "utf_8",
    "ansi": "cp1252",
    "macintosh": "mac_roman",
    "gb231280": "gb18030",
    "euccn": "gb18030",
    "eucjpms": "euc_jp",
    "eucjpwin": "euc_jp",
    "sjis": "shift_jis",
    "windows31j": "cp932",
    "mskanji": "cp932",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "windows949": "cp949",
    "windows874": "cp874",
    "dos874": "cp874",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "iso88596e": "iso8859_6",
    "koi8": "koi8_r",
    "koi8ru": "koi8_u",
    "big5hk": "big5hkscs",
    "cnbig5": "big5",
    "xuserdefined": "cp1252",
    "8bit": "",
    "unknown": "",
    "unknown8bit": "",
    "default": "",
    "none": "",
    "binary": "",
}
# What is tried next when the named charset does not fit: supersets of it only.
_WIDER = {
    "big5": ("cp950", "big5hkscs"),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jis_2004",),
    "iso2022_jp": ("iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_2004"),
}

_SQUEEZE = re.compile(r"[^a-z0-9]+")
_BY_LABEL: dict[str, str] = {
    **{_SQUEEZE.sub("", codec): codec for codec in _KNOWN},
    **{_SQUEEZE.sub("", alias): codec for alias, codec in _python_aliases.items() if codec in _KNOWN},
}
_META = re.compile(rb"<meta[^>]{0,300}?charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """The Python codec for a charset name as mail writes it; ``""`` for names that say nothing; None when unknown."""
    bare = _SQUEEZE.sub("", label.lower())
    for name in (bare, bare.removeprefix("x"), bare.removeprefix("cs")):
        if name in _LABELS:
            return _LABELS[name]
        if codec := _BY_LABEL.get(name):
            return _READ_AS.get(codec, codec)
    return "" if not bare else None


def decode(octets: bytes, label: str | None) -> tuple[str, str | None]:
    """Text and, when the name did not fit the octets, a defect code; never raises.

    The codes: ``charset_unknown`` (no such charset), ``charset_wrong`` (octets that it does not have),
    ``charset_undeclared`` (8-bit octets and no name).
    """
    codec = codec_of(label[:60]) if label else ""
    if codec is None:
        return guess(octets), "charset_unknown"
    if not codec:
        return guess(octets), None if octets.isascii() else "charset_undeclared"
    if codec == "ascii":
        return guess(octets), None if octets.isascii() else "charset_wrong"
    for candidate in (codec, *_WIDER.get(codec, ())):
        text = _strictly(octets, candidate)
        if text is not None:
            return text, None
    if codec == "utf_8" and octets.decode("utf-8", "ignore").isascii():
        return guess(octets), "charset_wrong"  # not one valid UTF-8 character: it is something else under that name
    return _scalar(octets.decode(codec, "replace")), "charset_wrong"


def guess(octets: bytes) -> str:
    """Octets of an undeclared charset: UTF-8 when they are valid UTF-8, else windows-1252."""
    if octets.isascii():
        # ISO-2022-JP shows itself by its escape sequences and was sent without a name for decades.
        if b"\x1b$" in octets and (japanese := _strictly(octets, "iso2022_jp_2")) is not None:
            return japanese
        return octets.decode("ascii")
    text = _strictly(octets, "utf_8")
    return octets.decode("cp1252", "replace") if text is None else text


def named_in_html(octets: bytes) -> str | None:
    """The charset that an HTML page names in its first kilobyte, for parts whose header names none."""
    match = _META.search(octets[:1024])
    return match[1].decode("ascii") if match else None


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        text = octets.decode(codec)
    except (UnicodeError, ValueError):
        return None
    return _scalar(text.removeprefix("\ufeff"))


def _scalar(text: str) -> str:
    """Without lone surrogates: some codecs (utf-7) make them, and no UTF-8 output can carry them."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
