"""What checks of senders find out."""

from __future__ import annotations

from datetime import datetime

from mailmcp.models import ArcChain, AuthResults, DmarcResult, Reason, Result, SpfResult, Trust, Verdict
from mailmcp.store.checks import Check


def checked(verdict: Verdict, *, domain: str | None = None, again_at: datetime | None = None) -> Check:
    """What a check of a sender found out."""
    why = Reason("why", "Because.")
    results = AuthResults(
        spf=SpfResult(result=Result.NONE, reason=why),
        dkim=(),
        dmarc=DmarcResult(result=Result.NONE, reason=why),
        arc=ArcChain(result=Result.NONE, reason=why),
    )
    trust = Trust(verdict=verdict, reasons=(why,), verified_domain=domain)
    return Check(trust=trust, results=results, lines=("SPF none: because.",), again_at=again_at)
