"""Word documents and presentations: WordprocessingML and PresentationML (ECMA-376 part 1, §17 and §19)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from mailmcp.errors import BadInput
from mailmcp.mail.files.archives import DAMAGED, Archive, outside
from mailmcp.mail.files.lettering import Lettering, Look, styles_of
from mailmcp.mail.files.outline import Lists, Outline, lists_of
from mailmcp.mail.files.slides import Lettering as SlideLettering
from mailmcp.mail.files.slides import Paper, scheme_of
from mailmcp.mail.files.story import Story

# The properties of sections, what was deleted or moved away, field instructions, and the copy of a drawing
# that is meant for older programs.
_LEFT_OUT = frozenset(("sectPr", "delText", "delInstrText", "instrText", "moveFrom", "Fallback"))
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = ("0", "false", "off")
_BODY = re.compile(r"word/document\d{0,3}\.xml")
_AROUND = re.compile(r"word/(header|footnotes|endnotes|footer)(\d{0,4})\.xml")
_STYLES, _LISTS = "word/styles.xml", "word/numbering.xml"
_SLIDE = re.compile(r"ppt/slides/slide(\d{1,6})\.xml")


def words(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of a .docx and whether it was cut: headers, body, notes, footers. Numbered paragraphs begin with their
    number. What is hidden, deleted or cannot be told from its ground is left out.

    Raises BadInput.
    """
    body = min((name for name in archive.names if _BODY.fullmatch(name)), default=None)
    if body is None:
        raise BadInput(DAMAGED)
    around: dict[str, list[tuple[int, str]]] = {"header": [], "footnotes": [], "endnotes": [], "footer": []}
    for name in archive.names:
        if match := _AROUND.fullmatch(name):
            around[match[1]].append((int(match[2] or 0), name))
    before = [name for _, name in sorted(around.pop("header"))]
    after = [name for names in around.values() for _, name in sorted(names)]
    said = list(archive.optional(_STYLES))
    styles, lists = styles_of(said), lists_of(archive.optional(_LISTS), said)
    story = Story(limit)
    for part in (*before, body, *after):
        if story.full:
            break
        _write_words(archive, part, story, styles, lists)
    return story.text(), story.full


def slides(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of a .pptx and whether it was cut, each slide behind a line ``Slide N``. What cannot be told from its
    ground, is tiny, hidden or beside the slide is left out.

    Raises BadInput.
    """
    if "ppt/presentation.xml" not in archive.names:
        raise BadInput(DAMAGED)
    targets = relations(archive, "ppt/presentation.xml")
    shown = [
        attributes.get(":id", "")
        for kind, name, attributes in archive.events("ppt/presentation.xml")
        if kind == "start" and name == "sldId"
    ]
    parts = [targets[id_] for id_ in shown if targets.get(id_) in archive.names]
    if not parts:
        numbered = [(int(match[1]), name) for name in archive.names if (match := _SLIDE.fullmatch(name))]
        parts = [name for _, name in sorted(numbered)]
    story = Story(limit)
    papers: dict[str, Paper] = {}
    for number, part in enumerate(parts, 1):
        if story.full:
            break
        layout = _related(archive, part, "slideLayout")
        if layout not in papers:
            papers[layout] = _paper(archive, layout)
        _write_slide(archive, part, number, story, papers[layout])
    return story.text(), story.full


def _related(archive: Archive, part: str, kind: str) -> str:
    """The first part of a kind that another one names; ``""`` when there is none."""
    return next((name for name in relations(archive, part).values() if kind in name and name in archive.names), "")


def _paper(archive: Archive, layout: str) -> Paper:
    """What the slides of a layout are shown on."""
    paper = Paper()
    for kind, name, attributes in archive.events("ppt/presentation.xml"):
        if kind == "start" and name == "sldSz":
            paper.wide, paper.high = (_length(attributes.get(side, "")) for side in ("cx", "cy"))
    master = _related(archive, layout, "slideMaster") if layout else ""
    if master and (theme := _related(archive, master, "theme")):
        mapped: Mapping[str, str] = {}
        for kind, name, attributes in archive.events(master):
            if kind == "start" and name == "clrMap":
                mapped = attributes
        paper.scheme = scheme_of(archive.events(theme), mapped) or paper.scheme
    for part in (master, layout):
        if part:
            paper = paper.beneath(archive.events(part))
    return paper


def _length(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else 0


def relations(archive: Archive, part: str) -> dict[str, str]:
    """Relationship id -> part name inside the archive (ECMA-376 part 2, §9.3); targets outside of it are left out."""
    folder, base = posixpath.split(part)
    listing = posixpath.join(folder, "_rels", base + ".rels")
    found: dict[str, str] = {}
    for kind, name, attributes in archive.optional(listing):
        if kind == "start" and name == "Relationship" and attributes.get("TargetMode", "") != "External":
            target = attributes.get("Target", "")
            path = target if target.startswith("/") else posixpath.join("/", folder, target)
            found[attributes.get("Id", "")] = posixpath.normpath(path).lstrip("/")
    return found


def _write_words(archive: Archive, part: str, story: Story, styles: Mapping[str, Look], lists: Lists) -> None:
    in_text = False
    lettering = Lettering(styles)
    outline = Outline(lists)
    number = ""
    for kind, name, attributes in outside(archive.events(part), _LEFT_OUT):
        if kind == "text":
            if in_text and lettering.is_seen():
                story.write(number + name)
                number = ""
            continue
        lettering.met(kind, name, attributes)
        number = outline.met(kind, name, attributes) or ("" if name == "p" else number)
        if name == "t":
            in_text = kind == "start"
        elif name in _BREAKS and kind == "start" and not lettering.in_properties:
            story.write(_BREAKS[name])
        elif _structure(kind, name, story) and story.full:
            return


def _write_slide(archive: Archive, part: str, number: int, story: Story, paper: Paper) -> None:
    in_text = False
    lettering = SlideLettering(paper)
    for kind, name, attributes in outside(archive.events(part), frozenset(("Fallback", "pPr"))):
        if kind == "text":
            if in_text and lettering.is_seen():
                story.write(name)
            continue
        lettering.met(kind, name, attributes)
        if name == "sld" and kind == "start":
            hidden = " (hidden)" if attributes.get("show", "1") in _OFF else ""
            story.line(("\n" if number > 1 else "") + f"Slide {number}{hidden}")
        elif name == "t":
            in_text = kind == "start"
        elif name == "br" and kind == "start":
            story.write("\n")
        elif _structure(kind, name, story) and story.full:
            return


def _structure(kind: str, name: str, story: Story) -> bool:
    """Paragraph, row and cell have the same names in both languages."""
    started = kind == "start"
    if name == "p":
        story.open_paragraph() if started else story.close_paragraph()
    elif name == "tr":
        story.open_row() if started else story.close_row()
    elif name == "tc":
        story.open_cell() if started else story.close_cell()
    else:
        return False
    return True
