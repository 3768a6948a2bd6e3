"""Words on a terminal, and how it is made sure that a human sits there."""

from __future__ import annotations

import secrets
import sys

from mailmcp.errors import Refused


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(line + "\n")


def plain(text: str) -> str:
    """Control and invisible characters made visible: what a terminal would act on must not hide a recipient."""
    kept = (one if one in "\n\t" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return "".join(kept)


def in_a_terminal(what: str) -> None:
    """Raises Refused when nobody can be sitting there."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(f"{what} by a human at a terminal: run this command in one.")


def agreed(question: str) -> bool:
    """Whether yes is typed; whoever types nothing has not agreed."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def confirmed(what: str) -> bool:
    """Whether the digits that are shown now are typed, by somebody who sees them."""
    digits = f"{secrets.randbelow(9_000) + 1_000}"
    try:
        typed = input(f"Type {digits} {what} ")
    except EOFError:
        typed = ""
    return typed.strip() == digits
