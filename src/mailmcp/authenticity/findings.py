"""What a look-up gave, in words for people: a stranger's bytes on one line of bounded length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailmcp.authenticity.dns import Answer
from mailmcp.language.characters import cleaned

LONGEST_SHOWN = 200
MOST_SHOWN = 5


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
