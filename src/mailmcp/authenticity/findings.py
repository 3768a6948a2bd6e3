"""What a look-up gave, in words for people: a stranger's bytes on one line of bounded length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailmcp.authenticity import tags
from mailmcp.authenticity.dns import Answer
from mailmcp.language.characters import cleaned
from mailmcp.models import Standing

LONGEST_SHOWN = 200
MOST_SHOWN = 5
_WORST_FIRST = (Standing.MISSING, Standing.WRONG, Standing.WEAK, Standing.UNKNOWN, Standing.FINE)


def unknown(name: str, answer: Answer[Any]) -> str:
    """The sentence for a look-up that was not answered."""
    return f"{name} could not be looked up: {answer.detail}."


def texts(values: Iterable[bytes]) -> tuple[str, ...]:
    """Records for people."""
    return tuple(shown(one.decode("utf-8", "replace")) for one in list(values)[:MOST_SHOWN])


def shown(text: str) -> str:
    """Somebody's words on one line of bounded length, without characters that a terminal acts on."""
    words = " ".join(cleaned(text)[0].split())
    plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words)
    return plain if len(plain) <= LONGEST_SHOWN else f"{plain[: LONGEST_SHOWN - 1]}…"


def joined(problems: Iterable[tuple[Standing, str]]) -> tuple[Standing, str]:
    """Several things about one record as one: how it is in all, and the sentences, the worst first."""
    ordered = sorted(problems, key=lambda one: _WORST_FIRST.index(one[0]))
    return ordered[0][0], " ".join(sentence for _, sentence in ordered)


def tag(record: bytes, name: str) -> str:
    """The value of a tag; empty when there is none, or when the record cannot be read."""
    try:
        return tags.read(record).get(name, "")
    except tags.TagError:
        return ""
