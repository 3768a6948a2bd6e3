"""How long the HTML of a mail takes to read: mails of about 60 KB, and a table ten times as long as another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Part, median, spread
from mailmcp.mail import text
from mailmcp.mail.parse import parse
from mailmcp.models import Message

TARGET_MS = 10
SIZES = range(50_000, 80_000)
"""Characters of HTML that count as 60 KB."""
_MAILS = Path(__file__).parents[1] / "tests" / "corpus" / "codes"
_CARD = (
    '<tr class="row-{n}"><td class="cell" style="padding:12px 24px;font:14px/20px Arial,sans-serif;color:#333">'
    '<a href="https://shop.example/item/{n}?from=mail"><b>Item {n}</b></a><br>Two sizes, three colours, here by Friday.'
    "</td></tr>"
)


def measure(*, quick: bool) -> list[Part]:
    """Our own mails of that size, and tables of cards for the growth."""
    rounds = 2 if quick else 10
    pages = list(_pages())
    for html in pages:
        _seconds(html)  # what is imported and remembered at the first mail is not a cost of each
    seconds = [_seconds(html) for _ in range(rounds) for html in pages]
    fresh = [_seconds(_restyled(html, number)) for number in range(rounds) for html in pages]
    small, large = (min(_seconds(_table(cards)) for _ in range(rounds)) for cards in (200, 2_000))
    figures = (
        Figure(
            what=f"{len(pages)} mails with 50 to 80 KB of HTML",
            measured=spread(seconds),
            target=f"under {TARGET_MS} ms",
            met=median(seconds) < TARGET_MS,
        ),
        Figure(
            what="the same, with a style sheet that no mail before had",
            measured=spread(fresh),
        ),
        Figure(
            what=f"a table of {len(_table(2_000)) // 1000} KB, against one of a tenth of that",
            measured=f"{large / small:.1f} times as long",
            target="linear: about 10",
            met=large / small < 15,
        ),
    )
    how = (
        "`mail.text.read` of the HTML alone, in one process: channels, links and what is hidden. Mails of one sender"
        " have one style sheet, which is remembered."
    )
    return [Part(title="Reading HTML", how=how, figures=figures)]


def _pages() -> Iterator[str]:
    for path in sorted(_MAILS.glob("dev_*/*.eml")):
        if path.stat().st_size >= SIZES.start and len(html := parse(path.read_bytes()).html or "") in SIZES:
            yield html


def _table(cards: int) -> str:
    return f"<table>{''.join(_CARD.format(n=n) for n in range(cards))}</table>"


def _restyled(html: str, number: int) -> str:
    return html.replace("</style>", f".never-{number}{{top:0}}</style>", 1)


def _seconds(html: str) -> float:
    began = time.perf_counter()
    text.read(Message(html=html))
    return time.perf_counter() - began
