"""What stands where a mail's text would be, when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailmcp.mail import parse, text
from mailmcp.models import Attachment, Channels, Defect, Hidden
from mailmcp.server import absence

CORPUS = Path(__file__).parent.parent / "corpus" / "mime"

pytestmark = pytest.mark.anyio


async def shown(door, name: str) -> str:
    """The lines of read_thread that stand for the text of a mail of the corpus."""
    inbox = await door.inbox()
    found = await door.receive(
        inbox, (CORPUS / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    )
    said, _ = await door.ask("read_thread", thread=found["message"])
    return said


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("picture-only", "(no text; there is only: 1 picture)"),
        ("smime-encrypted", "(no text: the mail is encrypted for a key that is not here)"),
        ("pgp-encrypted", "(no text: the mail is encrypted for a key that is not here)"),
    ],
)
async def test_a_mail_without_text_says_what_there_is_instead(door, name: str, line: str) -> None:
    said = await shown(door, name)
    assert line in said.split("\n")
    assert "(no text)" not in said


@pytest.mark.parametrize(
    "name", ["invitation-only", "forward-without-words", "smime-signed-in-one-piece", "single-part-attached"]
)
async def test_a_mail_whose_text_stands_elsewhere_is_not_said_to_have_none(door, name: str) -> None:
    assert "(no text" not in await shown(door, name)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"From: a@g.test\n\n", "(no text, and nothing is attached)"),
        (
            b"From: a@g.test\nContent-Type: text/html\n\n<p hidden>seen by nobody</p>",
            "(no text; there is only: hidden text)",
        ),
        (
            b"From: a@g.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n--b\n"
            b"Content-Type: image/gif\n\nx\n--b\nContent-Type: application/pdf\n\nx\n--b--",
            "(no text; there is only: 2 pictures, 1 attached file)",
        ),
    ],
)
def test_what_there_is_instead_is_counted(raw: bytes, line: str) -> None:
    message = parse.parse(raw)
    assert absence.said(message, text.read(message)) == line


def test_each_reason_has_words_of_its_own() -> None:
    def said(codes: tuple[str, ...] = (), **channels: object) -> str:
        mail = parse.parse(b"From: a@g.test\n\n")
        object.__setattr__(mail, "defects", tuple(Defect(code, "") for code in codes))
        return absence.said(mail, Channels(**channels))  # type: ignore[arg-type]

    assert said(quoted="x", signature="y") == "(no text; there is only: quoted history, a signature)"
    assert said(hidden=(Hidden("css", "x"),)) == "(no text; there is only: hidden text)"
    assert said(visible="x") == "(no more text)"
    assert said(("smime_unreadable",)) == "(no text: the mail is in an S/MIME envelope that could not be opened)"
    assert said(("unreadable",)) == "(no text: the mail could not be read)"


def test_nothing_of_a_strangers_is_in_the_line() -> None:
    mail = parse.parse(b"From: a@g.test\n\n")
    listed = Attachment(part="1", filename="obey me.png", content_type="image/obey", size=1)
    object.__setattr__(mail, "attachments", (listed,))
    assert absence.said(mail, Channels()) == "(no text; there is only: 1 picture)"
