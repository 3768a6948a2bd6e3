"""Text with brackets in it, as CSS has it: where they close, and what stands between signs outside of them."""

from __future__ import annotations


def parted(text: str, by: str = ",") -> list[str]:
    """The pieces between ``by``, outside of round brackets."""
    if "(" not in text:
        return text.split(by)
    pieces: list[str] = []
    depth = start = at = 0
    while at < len(text):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0 and text.startswith(by, at):
            pieces.append(text[start:at])
            start = at = at + len(by)
            continue
        at += 1
    return [*pieces, text[start:]]


def closing(text: str, opening: int) -> int:
    """Where the bracket at ``opening`` is closed; the end of the text where it is not."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return len(text)
