"""Secrets that would be held, ordinary mails that would be held for nothing, and the time that a search takes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.figures import Figure, Part
from mailmcp.policy import leaks
from mailmcp.policy.leaks import Piece

_TESTS = Path(__file__).parents[1] / "tests" / "policy"


def measure(*, quick: bool) -> list[Part]:
    """Every sample in every way, and the ordinary mails of the same folder."""
    sys.path.insert(0, str(_TESTS))
    import leak_samples  # type: ignore[import-not-found] # shared with the tests

    samples, ordinary = leak_samples.samples(), leak_samples.ordinary()
    fresh, own = leak_samples.FRESH, leak_samples.OWN
    held = sum(bool(leaks.find(one.pieces, fresh=fresh, own=own)) for one in samples)
    wrong = sum(bool(leaks.find(pieces, fresh=fresh, own=own)) for _, pieces in ordinary)
    text = "\n\n".join(piece.text for _, pieces in ordinary for piece in pieces)
    text = text * (100_000 // len(text) + 1) if quick else text * (1_000_000 // len(text) + 1)
    began = time.perf_counter()
    leaks.find((Piece("text", text),), fresh=fresh, own=own)
    each = (time.perf_counter() - began) / len(text) * 1_000_000 * 1000
    figures = (
        Figure(
            what=f"secrets held, {len(samples) // len(leak_samples.WAYS)} kinds in {len(leak_samples.WAYS)} ways",
            measured=f"{held} of {len(samples)}",
            target="at least 95 %",
            met=held >= 0.95 * len(samples),
        ),
        Figure(
            what="ordinary mails held",
            measured=f"{wrong} of {len(ordinary)}",
            target="at most 1 %",
            met=wrong <= 0.01 * len(ordinary),
        ),
        Figure(what="a million characters of ordinary text", measured=f"{each:.0f} ms"),
    )
    how = "Samples of tests/corpus/leaks: in text, sentence, subject, file name, attachment, base64, split by invisible"
    return [Part(title="Leaks", how=f"{how} characters, in wide letters.", figures=figures)]
