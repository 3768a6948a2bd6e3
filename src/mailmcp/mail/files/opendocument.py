"""Text documents, sheets and presentations of OpenDocument 1.3 (content.xml, part 3 §5, §9 and §10).

What is hidden, tiny or cannot be told from its ground is left out.
"""

from __future__ import annotations

from mailmcp.errors import BadInput
from mailmcp.mail.files.archives import DAMAGED, ENCRYPTED, Archive, outside
from mailmcp.mail.files.openstyles import Lettering, Styles
from mailmcp.mail.files.story import Story, count

# Comments, deleted and hidden text, a speaker's notes, descriptions of pictures, and what is written for machines.
_UNREAD = """
    annotation binary-data desc font-face-decls forms hidden-text notes ruby-text scripts shapes title
    tracked-changes
"""
_LEFT_OUT = frozenset(_UNREAD.split())
_KINDS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}
_BLANKS = str.maketrans("\n\r\t", "   ")


def words(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of an .odt and whether it was cut. Raises BadInput."""
    return _content(archive, limit, "")


def tables(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of an .ods and whether it was cut, each sheet behind a line ``Sheet: name``. Raises BadInput."""
    return _content(archive, limit, "table")


def slides(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of an .odp and whether it was cut, each slide behind a line ``Slide N``. Raises BadInput."""
    return _content(archive, limit, "page")


def kind(data: bytes) -> str:
    """odt, ods or odp by the type that stands plain at the beginning of the archive (part 2 §3.3), else ``""``."""
    found = [mark for mark in _KINDS if data[30:200].startswith(b"mimetype" + mark)]
    return _KINDS[max(found, key=len)] if found else ""


def _content(archive: Archive, limit: int, headed: str) -> tuple[str, bool]:
    _refuse_encrypted(archive)
    if "content.xml" not in archive.names:
        raise BadInput(DAMAGED)
    story = Story(limit)
    styles = Styles()
    for event in archive.optional("styles.xml"):
        styles.met(*event)
    lettering = Lettering(styles, on_paper=headed != "page")
    headings = depth = 0
    in_styles = False
    rows: list[int] = []
    cells: list[int] = []
    for event, name, attributes in outside(archive.events("content.xml"), _LEFT_OUT):
        started = event == "start"
        if event == "text":
            # Line ends and indents of the file are one blank (part 3 §6.1.2); wider gaps are written as elements.
            if not in_styles and lettering.is_seen():
                story.write(name.translate(_BLANKS))
            continue
        if name == "automatic-styles":
            in_styles = started
        elif in_styles:
            styles.met(event, name, attributes)
            continue
        lettering.met(event, name, attributes)
        if name in ("p", "h"):
            story.open_paragraph() if started else story.close_paragraph()
        elif name in ("table-cell", "covered-table-cell"):
            if started:
                cells.append(count(attributes.get(":number-columns-repeated")))
                story.open_cell()
            else:
                story.close_cell(cells.pop())
        elif name == "table-row":
            if started:
                rows.append(count(attributes.get(":number-rows-repeated")))
                story.open_row()
            else:
                story.close_row(rows.pop())
        elif name == headed:
            depth += 1 if started else -1
            if started and depth == 1:
                headings += 1
                label = f"Sheet: {attributes.get(':name', '')}" if headed == "table" else f"Slide {headings}"
                story.line(("\n" if headings > 1 else "") + " ".join(label.split()))
        elif started and name in _SPACES:
            story.write(_SPACES[name] * min(count(attributes.get(":c")), 100))
        if story.full:
            break
    return story.text(), story.full


def _refuse_encrypted(archive: Archive) -> None:
    if "META-INF/manifest.xml" not in archive.names:
        return
    for event, name, _ in archive.events("META-INF/manifest.xml"):
        if event == "start" and name == "encryption-data":
            raise BadInput(ENCRYPTED)
