"""What remains of a reply when its history is cut, on the test suites of six other projects.

The suites contradict each other, so not all of them can be right: every miss is listed with its reason.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part
from mailmcp.mail.sight.html import drawn
from mailmcp.mail.text import MAX_VISIBLE, read
from mailmcp.models import Message

EXACT, GONE = 0.85, 0.95
"""What issue 3 asks for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One case: what was read, and what its suite expects."""

    suite: str
    kind: str
    name: str
    place: int
    expected: str
    got: str
    signature: str
    source: str

    @property
    def exact(self) -> bool:
        """Is it what the suite expects, but for white space?"""
        return _bare(self.got, self.kind) == _bare(self.expected, self.kind)

    @property
    def as_asserted(self) -> bool:
        """Does it hold what the suite's own test asserts: the whole text, or a fragment in the text or signature?"""
        looked_in = {"text": self.got, "signature": self.signature}.get(FRAGMENTS.get(self.place, ""))
        return self.exact if looked_in is None else self.expected.strip() in looked_in

    @property
    def history_gone(self) -> bool:
        """No sentence of the history is left, and no new sentence is lost (one in the signature is not).

        The history is what the suite leaves out, but for greetings, names and signatures: sentences of three words.
        Where a suite asks for a fragment only, its input's first lines that are new (``NEW_LINES``) stand for it.
        """
        if self.exact:
            return True
        lines = NEW_LINES.get(self.place)
        new = self.expected if lines is None else "\n".join(self.source.splitlines()[:lines])
        lost = _sentences(new) - _sentences(f"{self.got}\n{self.signature}")
        left = _sentences(self.got) - _sentences(new)
        return not lost and not left


def corpus() -> Path | None:
    """The pairs, when ``MAILMCP_TEST_CORPORA`` names a folder that has them."""
    folder = os.environ.get("MAILMCP_TEST_CORPORA")
    path = Path(folder) / "reply" / "pairs.jsonl" if folder else None
    return path if path is not None and path.is_file() else None


def replies(path: Path) -> Iterator[Reply]:
    """Every case of the corpus, read as mailmcp reads a mail."""
    for place, line in enumerate(path.read_text("utf-8").splitlines()):
        yield read_case(json.loads(line), place)


def read_case(case: dict[str, Any], place: int = 0) -> Reply:
    """One case of the corpus."""
    html = case["kind"] == "html"
    channels = read(Message(html=case["input"]) if html else Message(text=case["input"]))
    expected = case["expected"]
    source = case["input"]
    if html:
        # Their suites compare HTML; ours is text: what the expected HTML says.
        expected = drawn(expected, MAX_VISIBLE, cut_quotes=False).visible
        source = drawn(source, MAX_VISIBLE, cut_quotes=False).visible
    return Reply(
        case["suite"], case["kind"], case["name"], place, expected, channels.visible, channels.signature, source
    )


def measure(*, quick: bool) -> list[Part]:
    """The figures, and the reason of each miss."""
    path = corpus()
    if path is None:
        how = "Skipped: MAILMCP_TEST_CORPORA does not name a folder with reply/pairs.jsonl in it."
        return [Part(title="Replies", how=how, figures=())]
    cases = list(replies(path))
    figures = [
        _share("new text exact", [case.exact for case in cases], EXACT),
        _share("history gone, nothing new lost", [case.history_gone for case in cases], GONE),
    ]
    whole = [case.exact for case in cases if case.place not in NEW_LINES]
    figures.insert(1, _share("of these, where the suite asks for all of the new text: exact", whole, EXACT))
    asserted = [case.as_asserted for case in cases]
    figures.insert(
        2, _share("as the suites' own tests ask (15 look for a fragment in text or signature)", asserted, EXACT)
    )
    for suite, kind in sorted({(case.suite, case.kind) for case in cases}):
        own = [case for case in cases if (case.suite, case.kind) == (suite, kind)]
        figures.append(
            Figure(
                what=f"{suite}, {kind}",
                measured=f"{sum(case.exact for case in own)} of {len(own)} exact,"
                f" history gone in {sum(case.history_gone for case in own)}",
            )
        )
    missed = Counter(REASONS.get(case.place, "not explained") for case in cases if not case.exact)
    figures += [Figure(what=f"miss: {reason}", measured=str(count)) for reason, count in missed.most_common()]
    how = (
        "Test cases of six projects that cut replies (see the corpus for their names): the text that remains, compared"
        " with what each suite expects after white space is collapsed (HTML: the words, white space aside)."
    )
    return [Part(title="Replies", how=how, figures=tuple(figures))]


def _share(what: str, right: list[bool], target: float) -> Figure:
    share = sum(right) / len(right)
    measured = f"{sum(right)} of {len(right)} ({share:.1%})"
    return Figure(what=what, measured=measured, target=f"at least {target:.0%}", met=share >= target)


def _bare(text: str, kind: str) -> str:
    return "".join(text.split()) if kind == "html" else " ".join(text.split())


def _sentences(text: str) -> set[str]:
    """Sentences of three words and more (or of six signs, where words are not parted)."""
    parts = re.split(r"[.!?。！？]\s|\n", text)
    flat = (re.sub(r"\W+", " ", part).strip().lower() for part in parts)
    return {part for part in flat if len(part.split()) >= 3 or (len(part) >= 6 and not part.isascii())}


_FORWARD = "a forward is shown: what was forwarded is new to its reader (another suite asks for that, too)"
_NOTHING = "all of the mail is quoted or forwarded, and nothing would be left: then it is shown"
_FRAGMENT = "the suite's test asks for one line of the new text, not for all of it"
_CLOSING = "a name at the end stays: a line such as `-Ann` is how people close (another suite keeps it, too)"

REASONS = {
    0: "the suite cuts after a first line as a parser setting; both lines are new text",
    41: "the suite loses a line of new text together with the element that it shares with the history",
    56: "`Sent from …` is a signature (two other suites ask for that), so it is not in the new text",
    62: _FORWARD,
    63: _FORWARD,
    64: _NOTHING,
    67: _NOTHING,
    77: "the rule over a header block belongs to it (two other suites ask for that)",
    93: _CLOSING,
} | dict.fromkeys((68, 69, 74, 75, 76, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87), _FRAGMENT)
"""Why what mailmcp gives is not what the suite expects, by line of the corpus (from 0)."""

FRAGMENTS = dict.fromkeys((74, 75, 81, 82, 84, 85, 86), "text") | dict.fromkeys(
    (68, 69, 76, 78, 79, 80, 83, 87), "signature"
)
"""Where the suite's test looks for what it expects, when it looks for a fragment: no reader can give that alone."""

NEW_LINES = {
    68: 7,
    69: 5,
    74: 1,
    75: 8,
    76: 6,
    77: 1,
    78: 99,
    79: 99,
    80: 7,
    81: 8,
    82: 6,
    83: 6,
    84: 3,
    85: 3,
    86: 6,
    87: 6,
}
"""How many lines of the input are new, where a suite asks for a fragment."""
