"""May this come in? The lists of an inbox: whose mail it takes, and whose it does not."""

from __future__ import annotations

from collections.abc import Mapping

from mailmcp.policy.patterns import EVERYBODY, exactness


def blocked(rules: Mapping[str, bool], *, author: str, mail_from: str) -> bool:
    """Whether an inbox with these rules (pattern: whether it allows) keeps a message out.

    ``author`` is the one address of its From header (``""`` when there is none), ``mail_from`` that of its envelope.
    Either of them is enough to block it, so that nobody comes in under another envelope; what is allowed by its author
    against a wider block comes in, since that is the name that people list.
    """
    return _blocked(rules, author) or _blocked_by_name(rules, mail_from)


def refused_at_the_door(rules: Mapping[str, bool], mail_from: str) -> bool:
    """The same while only the envelope is known: ``*`` waits for the header, which may name somebody allowed."""
    return _blocked_by_name(rules, mail_from)


def _blocked_by_name(rules: Mapping[str, bool], address: str) -> bool:
    return _blocked({one: allowed for one, allowed in rules.items() if one != EVERYBODY}, address)


def _blocked(rules: Mapping[str, bool], address: str) -> bool:
    exact = {
        allowed: max((exactness(one, address) for one, is_allowed in rules.items() if is_allowed is allowed), default=0)
        for allowed in (True, False)
    }
    return exact[False] > 0 and exact[False] >= exact[True]
