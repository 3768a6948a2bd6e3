"""Judgements about a sender."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """May this sender be believed? (DESIGN: ``local`` means submitted by this mailroom, without SMTP.)"""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    SUSPICIOUS = "suspicious"
    FAILED = "failed"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a judgement fell as it did: a stable code and one plain sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A verdict about a sender with its reasons."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    verified_domain: str | None = None
    """Set only by an aligned DMARC pass on one unambiguous From address."""
