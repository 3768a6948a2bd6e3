"""Address headers, and above all From: who wrote this, or nobody when programs could disagree about it.

The grammar work is mail-parser's: of the parsers compared it is the one that says when an address field is
ambiguous (docs/decisions/003-mime-parsing.md). It only ever sees one bounded header value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from mailmcp.language.characters import cleaned
from mailmcp.language.mailboxes import unquoted
from mailmcp.mail.mime import headers, iso2022
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.mime.headers import Field
from mailmcp.models import Address

MAX_ADDRESSES = 500
MAX_AUTHOR_BYTES = 8 * 1024
MAX_EMAIL = 998
MAX_SAID = 160
"""Characters of a From header that gives no author, as they are shown."""
TOO_MANY = "more than 500 addresses"

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUOTED_OR_ANGLED = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|\[[^\]]*\]', re.DOTALL)
_SEPARATORS = re.compile(r"[,;]")
# Letters that other programs may fold into an at sign or a dot (NFKC, IDNA).
_FOLDED_SPECIALS = re.compile("[\ufe6b\uff20\u3002\uff0e\uff61\ufe52\u2024]")

_LABEL = re.compile("[A-Za-z0-9_\u0080-\U0010ffff-]{1,63}")

# Dots may stand where RFC 5322 forbids them: Japanese carriers gave out such addresses.
_SPEC = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]{1,64}@[A-Za-z0-9_.\u0080-\U0010ffff-]{1,253}"
_ANGLED_AT_END = re.compile(rf"<\s*({_SPEC})\s*>\s*[,;]?\s*\Z")
_BARE = re.compile(rf"\s*({_SPEC})\s*[,;]?\s*\Z")
_AT_SIGN = re.compile(r"([^\s@,;:<>()\[\]\"]*)(\s*)@(\s*)([^\s@,;:<>()\[\]\"]*)")
_FOLDED = str.maketrans("\ufe6b\uff20\u3002\uff0e\uff61\ufe52\u2024", "@@.....")

_Scan = Callable[..., list[tuple[str, str]]]


def authors(fields: list[Field], guide: Guide) -> tuple[tuple[Address, ...], dict[str, str]]:
    """The addresses of the From fields, and what forbids to take one as the author: defect code -> sentence.

    Codes: ``from_missing``, ``from_repeated`` (several From fields), ``from_several`` (several addresses),
    ``from_invalid`` (no address), ``from_ambiguous`` (programs may read another address), ``from_too_long``. One
    code forbids nothing: ``author_malformed``, a field that breaks the grammar but holds one address only.
    """
    if not fields:
        return (), {"from_missing": "The mail has no From header."}
    found: list[Address] = []
    problems: dict[str, str] = {}
    if len(fields) > 1:
        problems["from_repeated"] = f"The mail has {len(fields)} From headers; programs differ on which one they show."
    for field in fields[:10]:
        if len(field.body) > MAX_AUTHOR_BYTES:
            problems["from_too_long"] = "The From header is longer than 8 KiB and was not read."
            continue
        addresses, reason = mailboxes(field.body, guide)
        reason = reason or _disputed(field, addresses)
        if (reason or not addresses) and (only := _only_author(field, guide)):
            addresses, reason = [only], None
            problems["author_malformed"] = "The From header breaks the grammar, but it holds one address only."
        found += addresses
        if not addresses:
            problems["from_invalid"] = f"The From header holds no usable address{_said(field, guide)}."
        elif reason:
            problems["from_ambiguous"] = f"Mail programs can read the From header in different ways ({reason})."
    if len(found) > 1:
        named = "".join(_said(field, guide) for field in fields[:1])
        problems["from_several"] = f"The From header names several addresses, so no single author can be told{named}."
    return tuple(replace(one, email=unquoted(one.email)) for one in found[:MAX_ADDRESSES]), problems


def _said(field: Field, guide: Guide) -> str:
    """What a From header that gives no author says, for people: archives of lists write "ann at g.test (Ann)"."""
    words = " ".join(cleaned(headers.display(field.body, guide))[0].replace('"', "'").split())
    return f'; it says "{words[:MAX_SAID]}"' if words else ""


def mailboxes(body: bytes, guide: Guide) -> tuple[list[Address], str | None]:
    """The mailboxes of an address field in order, and why it is defective (None when it is sound).

    Groups are opened (RFC 5322 §3.4); a broken member is left out and named as the reason. More than 500 addresses
    are cut off with the reason ``TOO_MANY``.
    """
    if not body.strip():
        return [], None
    # Octets that are no UTF-8 stay one character each, so that no charset can swallow an angle or an at sign.
    torn = _is_torn(body)
    text = body.decode("latin-1" if torn else "utf-8")
    end = _end_of(text, 2 * MAX_ADDRESSES) if len(text) > MAX_ADDRESSES else 0
    scanned, reason = _scanned(text[:end] if end else text)
    if torn and not end:
        # Names as the reading sees them that knows the charset: its letters may hold commas and backslashes.
        known, doubt = _scanned(guide.raw(body))
        reason = reason or doubt
        if [email for _, email in known] != [email for _, email in scanned]:
            reason = reason or "8-bit letters that hold signs of the grammar"
        if known:
            scanned = known
    elif torn:
        scanned = [(guide.raw(name.encode("latin-1", "replace")), email) for name, email in scanned]
    found = [_address(name, email, guide) for name, email in scanned if email and len(email) <= MAX_EMAIL]
    if end or len(found) > MAX_ADDRESSES:
        return found[:MAX_ADDRESSES], TOO_MANY
    if torn and not all(one.email.isascii() for one in found):
        reason = reason or "an address that is not valid UTF-8"
    return found, reason


def _scanned(text: str) -> tuple[list[tuple[str, str]], str | None]:
    """mail-parser's reading of an address field: names as written with their addresses, and what it objects to."""
    trouble: list[dict[str, Any]] = []
    try:
        scanned = _scanner()(text, defects=trouble)
    except Exception:  # a parser that breaks on a stranger's header must not take the mail with it
        return [], "unreadable"
    return scanned, ", ".join(dict.fromkeys(str(one.get("reason", "")) for one in trouble)) or None


def _address(name: str, email: str, guide: Guide) -> Address:
    local, at, domain = email.rpartition("@")
    return Address(_CONTROLS.sub("", headers.words(name, guide)).strip(), f"{local}{at}{domain.lower()}")


def _disputed(field: Field, addresses: list[Address]) -> str | None:
    """What mail-parser takes as sound and other programs read differently."""
    if field.spaced:
        return "a blank before the colon"
    text = field.body.decode("utf-8", "replace")
    if _CONTROLS.search(text.replace("\t", " ")):
        return "control characters"
    outside = _QUOTED_OR_ANGLED.sub("", _without_comments(text))
    if ":" in outside or ";" in outside:
        return "group syntax"
    for address in addresses:
        local, _, domain = address.email.rpartition("@")
        if "@" in local or (local.startswith('"') and re.search(r'[\s<>,;:"\\]', local[1:-1])):
            return "a quoted local part that looks like an address"
        if _FOLDED_SPECIALS.search(address.email):
            return "letters that look like an at sign or a dot"
        if not all(_LABEL.fullmatch(label) for label in domain.split(".")):
            return "not a domain name"
        if "=?" in local:
            return "an encoded word inside the address"
        if address.email.lower() not in text.lower():
            return "blanks or comments inside the address"
    if re.search(r"<\s*@", text):
        return "a source route"
    return None


def _only_author(field: Field, guide: Guide) -> Address | None:
    """The one address of a field that breaks the grammar; None when any program could find another one in it.

    Everyday senders forget the quotes: ``Shop, Inc. <a@shop.example>``, ``[Shop] <a@shop.example>``. Whatever a
    program makes of the words, there is no second address that it could show.
    """
    torn = _is_torn(field.body)
    text = field.body.decode("latin-1" if torn else "utf-8")
    plain = iso2022.ESCAPES.sub(b"", field.body) if iso2022.MARK.search(field.body) else field.body
    controls = plain.decode("ascii", "replace") if torn else plain.decode("utf-8")
    if field.spaced or _CONTROLS.search(controls.replace("\t", " ")):
        return None
    match = _BARE.match(text) if "<" not in text else _ANGLED_AT_END.search(text)
    if match is None:
        return None
    email = match[1]
    name = text[: match.start()].strip() if "<" in text else ""
    local, _, domain = email.rpartition("@")
    if "=?" in local or _FOLDED_SPECIALS.search(email) or not all(map(_LABEL.fullmatch, domain.split("."))):
        return None
    if torn:
        # Letters of another charset may hold commas and quotes: who takes them for signs still finds no other address.
        if not email.isascii() or "<" in name or ">" in name or _holds_other_address(name, email):
            return None
        known = guide.raw(field.body)
        again = _BARE.match(known) if "<" not in known else _ANGLED_AT_END.search(known)
        if again is None or again[1] != email:
            return None
        name = guide.raw(name.encode("latin-1", "replace"))
        name = name[1:-1] if name.startswith('"') and name.find('"', 1) == len(name) - 1 else name
    if not _is_mere_name(name, text.rstrip().endswith(";")):
        return None
    if any(_holds_other_address(words, email) for words in (name, headers.words(name, guide))):
        return None
    return _address(name, email, guide)


def _is_mere_name(name: str, ended: bool) -> bool:
    """Whether the words before an angle can open nothing that swallows it: quotes, comments, a group, an angle."""
    if len(name) > MAX_EMAIL or "<" in name or ">" in name:
        return False
    if "\\" in name or name.count('"') % 2 or (":" in name and (";" in name or ended)):
        return False
    depth = 0
    for letter in name:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def _holds_other_address(words: str, email: str) -> bool:
    """Whether there is something like an address in the words that is not ``email``: ``a@b``, ``a @ b.example``."""
    for match in _AT_SIGN.finditer(words.translate(_FOLDED)):
        local, before, after, domain = match.groups()
        if before or after or not (local and domain):
            # "Shop @ Work" is no address, but some programs read "a @ b.example" as one.
            if "." in domain.strip("."):
                return True
        elif f"{local}@{domain}".lower() != email.lower():
            return True
    # What stands between two at signs is seen once only.
    return "@@" in words or bool(re.search(r"@[^\s@]*@", words))


def _without_comments(text: str) -> str:
    """Text outside of comments; only called on balanced ones."""
    if "(" not in text:
        return text
    out: list[str] = []
    depth = 0
    quoted = escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter == "(" and not quoted:
            depth += 1
        elif letter == ")" and not quoted:
            depth -= 1
            continue
        if not depth:
            out.append(letter)
    return "".join(out)


def _end_of(text: str, count: int) -> int:
    """Where the ``count``-th comma or semicolon stands, 0 when there are fewer."""
    for number, match in enumerate(_SEPARATORS.finditer(text), 1):
        if number == count:
            return match.start()
    return 0


def _is_torn(body: bytes) -> bool:
    """Whether the octets are not UTF-8, or 7-bit octets that are letters of another charset."""
    if iso2022.MARK.search(body):
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _scanner() -> _Scan:
    # Loaded at the first mail: the import costs some 60 ms, and a server that only sends never needs it.
    from mailparser.utils import get_addresses  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    return cast(_Scan, get_addresses)
