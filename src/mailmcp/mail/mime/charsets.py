"""Charset names: which codec a mail means, by a table of our own.

A mail's charset name is never handed to Python's codec look-up: it also finds codecs that are no charsets (rot13,
idna, punycode, unicode_escape), imports modules by name and remembers every unknown name for ever. What becomes of
the octets is decided in ``decoding``.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases as _python_aliases
from functools import lru_cache

MAX_LABEL = 60

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
    "unicodefffe": "utf_16_be",
    "iso10646ucs2": "utf_16",
    "ucs2": "utf_16",
    "unicode11": "utf_8",
    "unicode20utf8": "utf_8",
    "unicode11utf8": "utf_8",
    "unicode11utf7": "utf_7",
    "unicode20utf7": "utf_7",
    "utf7imap": "utf_7",
    "utf8mb4": "utf_8",
    "utf8mac": "utf_8",
    "utf8n": "utf_8",
    "ansi": "cp1252",
    "macintosh": "mac_roman",
    "macce": "mac_latin2",
    "gb231280": "gb18030",
    "gb23121980": "gb18030",
    "euccn": "gb18030",
    "eucjpms": "euc_jp",
    "eucjpwin": "euc_jp",
    "iso2022jpms": "iso2022_jp",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "cp51932": "euc_jp",
    "sjis": "shift_jis",
    "sjiswin": "cp932",
    "windows31j": "cp932",
    "mskanji": "cp932",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "windows949": "cp949",
    "windows936": "gb18030",
    "windows950": "cp950",
    "windows874": "cp874",
    "dos874": "cp874",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "iso88596e": "iso8859_6",
    "koi": "koi8_r",
    "koi8": "koi8_r",
    "koi8ru": "koi8_u",
    "big5hk": "big5hkscs",
    "cnbig5": "big5",
    "xuserdefined": "cp1252",
    "7bit": "",
    "8bit": "",
    "unknown": "",
    "unknown8bit": "",
    "default": "",
    "none": "",
    "binary": "",
}
# What is tried next when the named charset does not fit: supersets of it only.
WIDER = {
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("big5hkscs",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "cp932": ("shift_jis_2004",),
    "euc_jp": ("euc_jis_2004",),
    "iso2022_jp": ("iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_2004"),
}
_SPOKEN = {
    "ascii": "us-ascii",
    "cp874": "windows-874",
    "cp932": "shift_jis",
    "shift_jis": "shift_jis",
    "shift_jis_2004": "shift_jis",
    "cp949": "euc-kr",
    "euc_jis_2004": "euc-jp",
    "big5hkscs": "big5-hkscs",
}

_SQUEEZE = re.compile(r"[^a-z0-9]+")
_WINDOWS = re.compile(r"(?:windows|win|ms)(?:cp)?(\d{3,4})")
_BY_LABEL: dict[str, str] = {
    **{_SQUEEZE.sub("", codec): codec for codec in _KNOWN},
    **{_SQUEEZE.sub("", alias): codec for alias, codec in _python_aliases.items() if codec in _KNOWN},
}
_TOKEN = re.compile(r"(?:charset\s{0,5}=)?[\s\"'=]{0,10}([^\s;,()\"'=?]+)", re.IGNORECASE)
_META = re.compile(
    rb"<(?:meta[^>]{0,300}?charset|\?xml[^>]{0,100}?encoding)\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{1,40})",
    re.IGNORECASE,
)
META_WITHIN = 4096


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """The Python codec for a charset name as mail writes it; ``""`` for names that say nothing; None when unknown."""
    bare = _SQUEEZE.sub("", label.lower())
    for name in (bare, bare.removeprefix("x"), bare.removeprefix("cs"), bare.removeprefix("xx")):
        if name in _LABELS:
            return _LABELS[name]
        if match := _WINDOWS.fullmatch(name):
            name = f"cp{match[1]}"
        if codec := _BY_LABEL.get(name):
            return _READ_AS.get(codec, codec)
    return "" if not bare else None


def label_in(parameter: str) -> str | None:
    """The charset name in a parameter as programs write it: quoted twice, with a comment, named again."""
    match = _TOKEN.match(parameter.strip())
    return match[1][:MAX_LABEL] if match else None


def named_in_html(octets: bytes) -> str | None:
    """The charset that an HTML or XML text names at its beginning, for parts whose header names none.

    What can be read as ASCII so far is no UTF-16, whatever it says.
    """
    match = _META.search(octets[:META_WITHIN])
    if match is None:
        return None
    label = match[1].decode("ascii")
    return "utf-8" if (codec_of(label) or "").startswith(("utf_16", "utf_32")) else label


def spoken(codec: str) -> str:
    """A codec's name for people."""
    if codec in _SPOKEN:
        return _SPOKEN[codec]
    if codec.startswith("cp125"):
        return f"windows-{codec[2:]}"
    return re.sub(r"^iso(?=8859-|2022-)", "iso-", codec.replace("_", "-"))
