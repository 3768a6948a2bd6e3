"""The words of HTML mails as a browser draws them, compared with the words that mailmcp gives."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.chromium import Chromium, NoBrowser, Word
from benchmarks.figures import Figure, Part
from mailmcp.language.characters import cleaned
from mailmcp.mail import text
from mailmcp.mail.parse import parse
from mailmcp.models import Message

TARGET = 0.995
CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
_PICTURE = re.compile(r"\[image: [^\[\]\n]{1,300}\]")
_QUICK = 12
_BESIDE = 6
_DRAWINGS = 8
"""At most, until two in a row show the same."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One mail: what a person sees of it, what of that is lost, and what is given that nobody sees."""

    name: str
    seen: int
    lost: tuple[str, ...]
    unseen: tuple[str, ...]


def measure(*, quick: bool) -> list[Part]:
    """Own pages and mails; the third-party ones too where MAILMCP_TEST_CORPORA names their folder."""
    how = (
        "Headless Chromium draws each HTML mail (its scripts off, nothing fetched) as it is and with its text made"
        " transparent; a word is seen where the two pictures differ. Compared with `visible`, `quoted` and"
        " `signature`."
    )
    kinds = [("own pages", pages()), ("every fourth own mail", islice(mails(CORPUS, own=True), 0, None, 4))]
    if folder := os.environ.get("MAILMCP_TEST_CORPORA"):
        kinds.append(("third-party mails", mails(Path(folder, "mime"), own=False)))
    figures: list[Figure] = []
    try:
        with Chromium() as browser:
            for kind, read in kinds:
                figures += _figures(kind, [sight(browser, name, html) for name, html in _some(read, quick)])
    except NoBrowser as error:
        return [Part(title="Words that a browser draws", how=f"Not measured: {error}", figures=())]
    return [Part(title="Words that a browser draws", how=how, figures=tuple(figures))]


def pages() -> Iterator[tuple[str, str]]:
    """The ordinary pages of tests/corpus/pages."""
    for path in sorted((CORPUS / "pages").glob("*.html")):
        yield path.stem, path.read_text("utf-8")


def record() -> None:
    """Write down which words of the ordinary pages are drawn, for tests on machines without a browser."""
    with Chromium() as browser:
        lines = [json.dumps(drawn(browser, name, html), ensure_ascii=False) for name, html in pages()]
    (CORPUS / "pages" / "drawn.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def drawn(browser: Chromium, name: str, html: str) -> dict[str, object]:
    """The words of a page in order, and the places of those that are not drawn."""
    words = settled(browser, html, browser.words(html))
    unseen = [place for place, word in enumerate(words) if not word.seen]
    return {"page": name, "words": [word.text for word in words], "unseen": unseen}


def mails(folder: Path, *, own: bool) -> Iterator[tuple[str, str]]:
    """The HTML of every mail below a folder that has one; of our own none that is held out or stands for a defect."""
    for path in sorted(folder.rglob("*.eml")):
        if own and ("held_out" in path.parts or path.parent.name == "mime"):
            continue
        if html := parse(path.read_bytes()).html:
            yield f"{path.parent.name}/{path.stem}", html


def sight(browser: Chromium, name: str, html: str) -> Sight:
    """Compare what the browser draws of a page with what is read from it."""
    drawn = browser.words(html)
    found = compared(name, drawn, html)
    if not found.unseen and not found.lost:
        return found
    return compared(name, settled(browser, html, drawn), html)


def settled(browser: Chromium, html: str, drawn: list[Word]) -> list[Word]:
    """What a browser draws twice in a row: on a busy machine a picture may be taken before all of it is drawn."""
    for _ in range(_DRAWINGS):
        before, drawn = drawn, browser.words(html)
        if drawn == before:
            break
    return drawn


_AS_WRITTEN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋", 2 * "0123456789+-")
"""A browser tells what stands in a page, not that it is raised or struck out."""
_QUOTES = str.maketrans("", "", "“”‘’")
"""Nor the marks that it draws round a quotation."""
_NUMBER = re.compile(r"^(?:[0-9]{1,4}|[a-z]{1,3}|[IVXLC]{1,8}|[A-Z]{1,3})\.(?= )", re.MULTILINE)
"""Nor what number it draws before the item of a list."""


def compared(name: str, drawn: list[Word], html: str) -> Sight:
    """Compare the words that were drawn of a page with those that are read from it; as often as they are there."""
    channels = text.read(Message(html=html))
    given = _PICTURE.sub(" ", "\n\n".join((channels.visible, channels.quoted, channels.signature)))
    given = given.replace("~~", "").translate(_AS_WRITTEN)
    if "<q" in html.lower():
        given = given.translate(_QUOTES)
        drawn = [Word(one.text.translate(_QUOTES), one.seen) for one in drawn]
    drawn = [Word(clean, one.seen) for one in drawn for clean in cleaned(one.text)[0].split()]
    seen = [one.text for one in drawn if one.seen]
    # A word that is cut otherwise (by a tag in it, or by digits that stand apart without a blank) is not lost.
    flat, everything = "".join(given.split()), "".join(seen)
    lost = _lost(seen, Counter(given.split()), flat)
    signs = {">", *(_NUMBER.findall(given) if "<li" in html.lower() else ())}
    more = (Counter(given.split()) - Counter(seen)).elements()
    unseen = tuple(word for word in more if word not in signs and word not in everything)
    return Sight(name, len(seen), tuple(lost), unseen)


def _lost(seen: list[str], given: Counter[str], flat: str) -> Iterator[str]:
    for place, word in enumerate(seen):
        given[word] -= 1
        if given[word] < 0 and word != ">" and not _stands(seen, place, flat):
            yield word


def _stands(seen: list[str], place: int, flat: str) -> bool:
    """Does a word stand among what is given together with those beside it?"""
    for first in range(max(0, place - _BESIDE), place + 1):
        together = "".join(seen[first:place])
        for word in seen[place : place + _BESIDE]:
            together += word
            if len(together) >= 3 and together in flat:
                return True
    return False


def _some(read: Iterator[tuple[str, str]], quick: bool) -> Iterator[tuple[str, str]]:
    return (one for number, one in enumerate(read) if not quick or number < _QUICK)


def _figures(kind: str, sights: list[Sight]) -> Iterator[Figure]:
    seen = sum(one.seen for one in sights)
    lost = sum(len(one.lost) for one in sights)
    unseen = sum(len(one.unseen) for one in sights)
    kept = 1 - lost / max(1, seen)
    yield Figure(
        what=f"seen words kept, {kind} ({len(sights):,} with {seen:,} words)",
        measured=f"{100 * kept:.2f} % ({lost} lost)",
        target=f"at least {100 * TARGET:.1f} %",
        met=kept >= TARGET,
    )
    yield Figure(what=f"words given that the browser does not draw, {kind}", measured=f"{unseen:,}")
