"""text/enriched (RFC 1896) and its elder text/richtext (RFC 1341) as plain text."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<<|<(/?)([a-zA-Z0-9-]{1,60})>|\n+")


def words(text: str, *, richtext: bool = False) -> str:
    """The words without the commands. In text/enriched a single line break is a blank, n of them are n - 1."""
    out: list[str] = []
    at = 0
    parameters = verbatim = 0
    for token in _TOKEN.finditer(text):
        if not parameters:
            out.append(text[at : token.start()])
        at = token.end()
        name = (token[2] or "").lower()
        step = -1 if token[1] else 1
        if name == "param":
            parameters = max(0, parameters + step)
        elif name in ("nofill", "verbatim"):
            verbatim = max(0, verbatim + step)
        elif parameters:
            continue
        elif token[0] == "<<":
            out.append("<")
        elif richtext:
            out.append({"nl": "\n", "lt": "<", "paragraph": "\n" if token[1] else "", "np": "\n"}.get(name, ""))
            out.append(" " if token[0].startswith("\n") else "")
        elif token[0].startswith("\n"):
            out.append(token[0] if verbatim else token[0][1:] or " ")
    if not parameters:
        out.append(text[at:])
    return "".join(out)
