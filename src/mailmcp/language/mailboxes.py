"""The part of an address before the @: two spellings of one mailbox are read as one."""

from __future__ import annotations

import re

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NEEDLESS = re.compile(r"(?!\.)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u00a1-\ud7ff\ue000-\U0010ffff-]+(?<!\.)")


def unquoted(address: str) -> str:
    """``"ann"@host`` is ``ann@host`` (RFC 5321 §4.1.2); quotes that a local part needs stay."""
    local, at, domain = address.rpartition("@")
    quoted = _QUOTED.fullmatch(local)
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    return f"{plain}{at}{domain}" if _NEEDLESS.fullmatch(plain) and ".." not in plain else address
