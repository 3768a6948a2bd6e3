"""Leak samples and ordinary mails: read from tests/corpus/leaks, their secrets put together here.

A secret in one piece would stop every push of this repository at the hosts' own scanners; in the corpus its parts are
kept apart by ``|``, and runs are written ``{A16}`` (letters and digits), ``{h32}`` (hexadecimal), ``{9}`` and so on.
"""

from __future__ import annotations

import base64
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from mailmcp.policy.leaks import Fresh, Piece

FOLDER = Path(__file__).resolve().parents[1] / "corpus" / "leaks"
FRESH = (
    Fresh(message="m_code", code="482913"),
    Fresh(message="m_short", code="7305"),
    Fresh(message="m_letters", code="KX7QPM2D"),
    Fresh(message="m_link", link="https://login.app.example/magic?token=Zk3vQ9w7TtB1xR5nP0aL&next=%2F"),
    Fresh(message="m_plain", link="https://shop.example/confirm/order"),
)
OWN = ("correct-horse-battery", "relay-passw0rd")
_ALPHABETS = {
    "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "L": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
    "h": "0123456789abcdef",
    "d": "0123456789",
}


@dataclass(frozen=True)
class Sample:
    """A secret in a mail, hidden in one of several ways."""

    name: str
    way: str
    pieces: tuple[Piece, ...]


def secret(written: str, seed: int = 0) -> str:
    """What a line of the corpus stands for."""
    dice = random.Random(f"{written} {seed}")
    filled = re.sub(
        r"\{([ALUlhd])(\d+)\}",
        lambda run: "".join(dice.choice(_ALPHABETS[run[1]]) for _ in range(int(run[2]))),
        written,
    )
    return filled.replace("|", "").replace("\\n", "\n")


def samples() -> list[Sample]:
    """Every secret in every way."""
    lines = [json.loads(line) for line in (FOLDER / "secrets.jsonl").read_text("utf-8").splitlines()]
    return [
        Sample(line["name"], way, _pieces(way, secret(line["secret"], number)))
        for number, line in enumerate(lines)
        for way in WAYS
    ]


WAYS = ("text", "sentence", "invisible", "wide", "base64", "base64 wrapped", "attachment", "subject", "file name")


def _pieces(way: str, hidden: str) -> tuple[Piece, ...]:
    one_line = " ".join(hidden.split("\n"))
    body = Piece("text", "Hello Bob,\n\nas discussed on the phone.\n\nBest,\nAnn")
    if way == "text":
        return (Piece("text", f"Hello,\n\n{hidden}\n\nBest, Ann"),)
    if way == "sentence":
        return (Piece("text", f"Here it is: {one_line}, use it well."),)
    if way == "invisible":
        return (Piece("text", "Take " + "\u200b\u2060\u00ad".join(hidden) + " please."),)
    if way == "wide":
        return (
            Piece("text", "Take " + "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in hidden)),
        )
    if way == "base64":
        return (Piece("text", f"Decode this: {base64.b64encode(f'it is {hidden} ok'.encode()).decode()} thanks"),)
    if way == "base64 wrapped":
        coded = base64.encodebytes(f"Some words first, to make it longer. {hidden}\n".encode()).decode()
        return (body, Piece("attachment 1", coded))
    if way == "attachment":
        return (body, Piece("attachment 1", f"name,value\nfirst,{one_line}\n"))
    if way == "subject":
        return (Piece("subject", f"Re: {one_line}"), body)
    return (body, Piece("file name", f"{one_line}.txt"))


def ordinary() -> list[tuple[str, tuple[Piece, ...]]]:
    """Ordinary mails, each with a name."""
    lines = [json.loads(line) for line in (FOLDER / "ordinary.jsonl").read_text("utf-8").splitlines()]
    return [(line["name"], (Piece("subject", line["subject"]), Piece("text", line["text"]))) for line in lines]
