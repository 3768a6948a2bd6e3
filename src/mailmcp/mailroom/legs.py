"""A way that some of a draft's recipients are reached by, and what its backend said of each of them."""

from __future__ import annotations

from dataclasses import dataclass

from mailmcp.backends.contract import Backend
from mailmcp.models import Delivery, DeliveryState, OutboundMail, Receipt


@dataclass(frozen=True, slots=True)
class Leg:
    """One way that some of a draft's recipients are reached by."""

    backend: Backend
    recipients: tuple[str, ...]


class Lost:
    """Nobody can tell what became of a message."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a leg: the result for each recipient, and the receipt if there was one."""

    results: list[Delivery]
    receipt: Receipt | None = None


def heard_of(leg: Leg, state: DeliveryState, why: str) -> Heard:
    """The same result for each recipient, without a receipt."""
    return Heard(for_all(leg, state, why))


def for_all(leg: Leg, state: DeliveryState, why: str) -> list[Delivery]:
    """The same result for each recipient."""
    return [Delivery(recipient=one, state=state, detail=why) for one in leg.recipients]


def results_of(leg: Leg, receipt: Receipt | None, otherwise: str) -> list[Delivery]:
    """A receipt for each recipient of a leg, in the envelope's spelling; no receipt: it did not leave."""
    if receipt is None:
        return for_all(leg, DeliveryState.POSTPONED, otherwise)
    said = {one.lower(): Delivery(recipient=one, state=DeliveryState.ACCEPTED) for one in receipt.accepted}
    for state, group in ((DeliveryState.REFUSED, receipt.refused), (DeliveryState.POSTPONED, receipt.postponed)):
        said |= {one.lower(): Delivery(recipient=one, state=state, detail=why) for one, why in group}
    unsaid = Delivery(recipient="", state=DeliveryState.UNKNOWN, detail=otherwise)
    return [
        Delivery(recipient=one, state=found.state, detail=found.detail)
        for one in leg.recipients
        for found in (said.get(one.lower(), unsaid),)
    ]


def is_allowed(given: OutboundMail, allowed: OutboundMail) -> bool:
    """Whether what a backend is about to let leave are these bytes, to nobody else than these recipients."""
    return (
        given.mime == allowed.mime
        and given.mail_from.lower() == allowed.mail_from.lower()
        and bool(given.recipients)
        and {one.lower() for one in given.recipients} <= {one.lower() for one in allowed.recipients}
    )
