"""What parts an element from the words before it and after it: a line, a paragraph, a cell, or a blank."""

from __future__ import annotations

from mailmcp.mail.sight.drawing import Frame
from mailmcp.mail.sight.fitting import begin_beside, begin_in_window
from mailmcp.mail.sight.kinds import INLINE
from mailmcp.mail.sight.letters import LEFT, RIGHT
from mailmcp.mail.sight.page import Break, Page
from mailmcp.mail.sight.styles import PARAGRAPHS


def begin(page: Page, frame: Frame, parent: Frame, *, touches: bool) -> None:
    """Ask for the break that begins an element; ``touches`` says that a letter in a box of its own is before it."""
    style = frame.style
    if parent.window is not None or style.room.clips:
        begin_in_window(frame, parent)
    if style.moved:
        begin_beside(frame, parent)
    if style.display in INLINE:
        if frame.tag == "br":
            page.separate(Break.LINE if page.pending < Break.LINE else Break.PARAGRAPH)
            return
        if style.aside & LEFT and not touches:
            page.separate(Break.BLANK)
        if not parent.style.flows and not style.floats and not frame.stacked:
            return
    if style.display == "cell" or parent.style.flows or (style.floats and frame.tag not in ("table", "img")):
        if style.floats and parent.last_cell is None:
            page.separate(Break.BLANK)  # from what stands before it in the line
        frame.cell = page.begin_cell(parent.last_cell is None, parent.last_cell)
        parent.last_cell = frame.cell
        return
    page.separate(Break.PARAGRAPH if frame.tag in PARAGRAPHS else Break.LINE)


def end(page: Page, frame: Frame) -> bool:
    """Ask for the break that ends an element; was it the box of a single letter of a code?"""
    if frame.cell is not None:
        page.end_cell()
    elif frame.style.display not in INLINE or frame.stacked:
        page.separate(Break.PARAGRAPH if frame.tag in PARAGRAPHS else Break.LINE)
    elif frame.style.aside & RIGHT:
        if page.ends_with_letter(frame.start):
            return True  # the letters of a code stand in boxes of their own
        page.separate(Break.BLANK)
    return False
