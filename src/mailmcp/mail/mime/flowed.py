"""format=flowed (RFC 3676): paragraphs that were broken into lines for the way become paragraphs again."""

from __future__ import annotations


def unfold(text: str, *, delsp: bool = False) -> str:
    """Flowed text with ``\\n`` line ends as paragraphs, one line each.

    A line that ends in a blank goes on in the next one if that is quoted as deeply; ``delsp`` says that the blank
    itself is not part of the text (section 4.1). Stuffed blanks are removed (4.4); ``-- `` is a signature mark and
    never flows (4.3).
    """
    out: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # of the paragraph that is being put together, -1 when there is none
    for line in text.split("\n"):
        depth, words = _unquoted(line)
        if words == "-- " or depth != open_depth:
            _close(out, paragraph, open_depth)
            open_depth = -1
        if words.endswith(" ") and words != "-- ":
            paragraph.append(words[:-1] if delsp else words)
            open_depth = depth
        elif paragraph:
            paragraph.append(words)
            _close(out, paragraph, depth)
            open_depth = -1
        else:
            # Nothing is joined: the marks stay as they were written, which may be those of a prompt (">>>").
            out.append(line.rstrip(" ") if depth else words)
    _close(out, paragraph, open_depth)
    return "\n".join(out)


def _unquoted(line: str) -> tuple[int, str]:
    """How deeply a line is quoted, and its words without quote marks and the stuffed blank."""
    words = line.lstrip(">")
    return len(line) - len(words), words.removeprefix(" ")


def _close(out: list[str], paragraph: list[str], depth: int) -> None:
    if paragraph:
        words = "".join(paragraph)
        out.append(f"{'>' * depth} {words}".rstrip(" ") if depth > 0 else words)
        paragraph.clear()
