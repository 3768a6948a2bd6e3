"""May this leave? A decision with the reasons of every rule that did not simply allow."""

from __future__ import annotations

from collections.abc import Collection

from mailmcp.models import Decision, Reason, SendingVerdict

NO_WAY_OUT = (
    "This mailmcp delivers only between inboxes of its own home; the setting MAILMCP_SEND_BACKEND names a way to the"
    " internet, for which this version has no backend yet."
)


def decide(
    *, recipients: Collection[str], own_inboxes: Collection[str], policy: str, asked_to_hold: bool
) -> SendingVerdict:
    """Decide about a message to ``recipients``, of which ``own_inboxes`` (the same spelling) are inboxes of this home.

    Mail between inboxes of one home is not outbound: only the policies ``approve`` and ``never`` hold or stop it.
    ``asked_to_hold`` is draft_for_approval: the message is held whatever the policy would allow.
    """
    outside = [recipient for recipient in recipients if recipient not in own_inboxes]
    if outside:
        reasons = (
            *(Reason("outside", f"{recipient} is not an inbox of this home.") for recipient in outside[:10]),
            Reason("no_way_out", NO_WAY_OUT),
        )
        return SendingVerdict(decision=Decision.DENY, reasons=reasons)
    if policy == "never":
        return SendingVerdict(
            decision=Decision.DENY,
            reasons=(Reason("policy_never", "The setting MAILMCP_SEND__POLICY is never: nothing is sent."),),
        )
    if asked_to_hold:
        return SendingVerdict(
            decision=Decision.ASK, reasons=(Reason("asked", "A human was asked to approve this message."),)
        )
    if policy == "approve":
        return SendingVerdict(
            decision=Decision.ASK,
            reasons=(Reason("policy_approve", "The setting MAILMCP_SEND__POLICY is approve: every message is held."),),
        )
    return SendingVerdict(decision=Decision.ALLOW)
