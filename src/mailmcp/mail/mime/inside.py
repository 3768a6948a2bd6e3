"""What stands inside a leaf of the tree: the mail in a signed S/MIME envelope, files written into a text or packed
into Outlook's container.

Each becomes a part of its own below the leaf, with a path like any other: ``"2.1"`` stands in ``"2"``.
"""

from __future__ import annotations

import base64

from mailmcp.mail.mime import embedded, headers, sealed, tnef, transfer, tree
from mailmcp.mail.mime.tree import MAX_DEPTH, MAX_PARTS, Part
from mailmcp.mail.mime.words import HTML, is_attached, name_of

MAX_ENVELOPES = 3
"""Signed, encrypted, signed again is the deepest that anybody sends (RFC 2634 §1.1)."""

_UNENCODED = frozenset({"", "7bit", "8bit", "binary", "quoted-printable"})
_SENTENCES = {
    "smime_signed": "Part {path} is signed S/MIME; it was opened, its signature was not checked.",
    "encrypted": "Part {path} is encrypted S/MIME; what it says can only be read with its recipient's key.",
    "smime_compressed": "Part {path} is compressed S/MIME and was not unpacked.",
    "smime_unreadable": "Part {path} is an S/MIME envelope that could not be opened.",
}


def unfold(root: Part, defects: dict[str, str]) -> None:
    """Open what can be opened in every leaf, within the budget of parts, and add what was found to the defects."""
    waiting = [(path, part, 0) for path, part in tree.walk(root) if not part.children]
    for path, part, envelopes in waiting:
        if is_envelope(part):
            if (inner := _opened(part, path, envelopes, defects)) is not None:
                part.inside = [inner]
                below = tree.walk(inner, f"{path}.1")
                waiting += [(its_path, leaf, envelopes + 1) for its_path, leaf in below if not leaf.children]
        elif is_container(part):
            if envelopes < MAX_ENVELOPES and (room := MAX_PARTS - root.parts) > 0:
                _unpack(part, room, root)
                waiting += [(f"{path}.{n}", one, envelopes + 1) for n, one in enumerate(part.inside, 1)]
        elif part.kind == "text/plain" and part.encoding in _UNENCODED and not is_attached(part):
            _take_files_out(part, root)


def is_envelope(part: Part) -> bool:
    """Whether a part is an S/MIME envelope, by its type or, where a gateway changed that, by its name."""
    if part.kind in sealed.SMIME:
        return True
    name = part.content_type.parameters.get("name", "").lower()
    return part.kind == "application/octet-stream" and name in ("smime.p7m", "smime.p7z")


def is_container(part: Part) -> bool:
    """Whether a part is Outlook's container, by its type or its name."""
    return part.kind in tnef.KINDS or (part.kind == "application/octet-stream" and name_of(part).lower() == tnef.NAME)


def _unpack(part: Part, room: int, root: Part) -> None:
    """Make parts of the files in a container; of its text only where the mail has no other."""
    found = tnef.opened(transfer.decode(part.octets, part.encoding)[0], room)
    if found is None:
        return
    part.inside = [_part(one.content, one.kind, one.name) for one in found.files]
    if (words := found.html or found.text).strip() and not _has_words(root):
        text = _part(words.encode(), "text/html" if found.html else "text/plain")
        part.inside = [text, *part.inside][:room]
    root.parts += len(part.inside)


def _has_words(root: Part) -> bool:
    return any(
        one.kind in ("text/plain", *HTML) and not is_attached(one) and one.octets.strip()
        for _, one in tree.walk(root)
        if not one.children
    )


def _part(content: bytes, kind: str, name: str | None = None) -> Part:
    """A part of these octets: with a name (which may be empty) an attachment, without one words in UTF-8."""
    part = Part()
    if name is None:
        part["Content-Type"] = f"{kind}; charset=utf-8"
    else:
        part["Content-Type"] = kind
        written = name.encode("utf-8", "replace").decode("ascii", "surrogateescape")
        part["Content-Disposition"] = f'attachment; filename="{_escaped(written)}"'
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.b64encode(content).decode("ascii"))
    return part


def _opened(part: Part, path: str, envelopes: int, defects: dict[str, str]) -> Part | None:
    octets, _ = transfer.decode(part.octets, part.encoding)
    envelope = sealed.envelope(octets)
    if envelope.kind == "certificates":
        return None
    if envelope.kind != "signed":
        code = {"encrypted": "encrypted", "compressed": "smime_compressed"}.get(envelope.kind, "smime_unreadable")
        defects.setdefault(code, _SENTENCES[code].format(path=path))
        return None
    room = MAX_PARTS - part.root.parts
    if room < 1 or envelopes >= MAX_ENVELOPES or part.depth >= MAX_DEPTH:
        return None
    block = headers.split(envelope.content)
    inner, problems = tree.grow(
        block, envelope.content[block.body_at :], room=room, depth=part.depth + 1, path=f"{path}.1"
    )
    part.root.parts += inner.parts
    for code, sentence in problems.items():
        defects.setdefault(code, sentence)
    defects.setdefault("smime_signed", _SENTENCES["smime_signed"].format(path=path))
    return inner


def _take_files_out(part: Part, root: Part) -> None:
    raw = part.octets
    if b"begin" not in raw:
        return
    text, files = embedded.taken_out(transfer.decode(raw, part.encoding)[0], MAX_PARTS - root.parts)
    if files:
        part.rest = text
        part.inside = [_file(one) for one in files]
        root.parts += len(files)


def _file(one: embedded.File) -> Part:
    part = Part()
    name = _escaped(one.name.decode("ascii", "surrogateescape"))
    part["Content-Type"] = "application/octet-stream"
    part["Content-Transfer-Encoding"] = one.encoding
    part["Content-Disposition"] = f'attachment; filename="{name}"'
    part.set_payload(one.block.decode("ascii", "surrogateescape"))
    return part


def _escaped(name: str) -> str:
    """A name as it stands between quotation marks (RFC 5322 §3.2.4), on one line."""
    return " ".join(name.replace("\\", "\\\\").replace('"', '\\"').split())
