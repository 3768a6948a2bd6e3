"""What a mail is for: is somebody to type a code now, or is it told that something was paid, booked, sent?"""

from __future__ import annotations

from mailmcp.mail.codewords import LABELS, Hit, Kind, folded
from mailmcp.mail.matter import Matter

_ASKING = frozenset((Kind.ENTER, Kind.SOON, Kind.KEEP, Kind.IGNORE, Kind.FIGURES))
_TRADING = frozenset((Kind.GIFT, Kind.ROOM, Kind.CALL, Kind.TRADE, Kind.DONE))
_NAMES = {
    Kind.CODE: "code",
    Kind.OTP: "otp",
    Kind.SECRET: "secret",
    Kind.OTHER: "other",
    Kind.GIFT: "gift",
    Kind.ROOM: "room",
    Kind.CALL: "call",
    Kind.NUMBER: "number",
}
_FAR = 600
"""How far above a code its name may stand."""


def of_mail(mail: Matter) -> dict[str, float]:
    """The signs that all candidates of a mail share."""
    asks, done, trades = asks_now(mail), tells_of_done(mail), trading(mail)
    facts = {
        "nothing asked": not asks,
        "trade and nothing asked": trades and not asks,
        "trade and asked": trades and asks,
        "done and nothing asked": done and not asks,
        "done and asked": done and asks,
    }
    return {name: 1.0 for name, holds in facts.items() if holds}


def of_candidate(mail: Matter, start: int, strength: int, ahead: list[Hit], said: set[Kind]) -> dict[str, float]:
    """The signs of one candidate; ``ahead`` are the words before it, ``said`` those of its sentence."""
    asks, trades = asks_now(mail), trading(mail)
    name = _last_name(ahead) or _far_name(mail.text, start)
    asked_here = not said.isdisjoint((Kind.ENTER, Kind.KEEP))
    facts = {
        "named weakly and nothing asked": 0 < strength < 3 and not asks,
        "named weakly, nothing asked in trade": 0 < strength < 3 and trades and not asks,
        "named well, nothing asked in trade": strength == 3 and trades and not asks,
        "named and asked in trade": strength > 0 and trades and asks,
        "asked here": asked_here,
        "asked here in trade": asked_here and trades,
        "verified here in trade": trades and Kind.VERIFY in said,
        "told here": Kind.TELL in said,
        f"last name {name}": bool(name),
    }
    return {name: 1.0 for name, holds in facts.items() if holds}


def asks_now(mail: Matter) -> bool:
    """Does the opening ask to type something, keep it to oneself, or say that it lives for minutes?"""
    return not _ASKING.isdisjoint(mail.opening_kinds)


def tells_of_done(mail: Matter) -> bool:
    """Do subject or opening say that something was received, paid, booked, sent?"""
    return Kind.DONE in mail.subject_kinds or Kind.DONE in mail.opening_kinds


def trading(mail: Matter) -> bool:
    """Is it about orders, stays, vouchers, money?"""
    return (
        mail.prices > 0
        or mail.subject_trades
        or not _TRADING.isdisjoint(mail.subject_kinds)
        or not _TRADING.isdisjoint(mail.opening_kinds)
    )


def _last_name(hits: list[Hit]) -> str:
    """What the last noun of some words calls a number."""
    last = max((hit for hit in hits if hit.kind in _NAMES), key=lambda hit: (hit.end, -hit.kind), default=None)
    return _NAMES[last.kind] if last is not None else ""


def _far_name(text: str, start: int) -> str:
    """The same of the words further up."""
    name = _last_name(LABELS.hits(folded(text[max(0, start - _FAR) : start])))
    return f"far {name}" if name else ""
