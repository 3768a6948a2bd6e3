from __future__ import annotations

import time

import pytest
from tests.mail.pdf_writer import made, stream

from mailmcp.errors import BadInput, Unsupported
from mailmcp.mailroom.documents import read_document
from mailmcp.models import Attachment

pytestmark = pytest.mark.anyio


def attachment(name: str, content_type: str) -> Attachment:
    return Attachment(part="2", filename=name, content_type=content_type, size=0)


def stalling_pdf() -> bytes:
    """A page with two thousand fonts, each with a full character map: minutes of work in some kilobytes."""
    cmap = b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange"
    cmap += b" 1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap"
    fonts = b"".join(b"/X%d 5 0 R" % number for number in range(2_000))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 600 800]>>",
        b"<</Type/Page/Parent 2 0 R/Resources<</Font<<%s>>>>/Contents 4 0 R>>" % fonts,
        stream(b"BT /X0 12 Tf 50 700 Td (Never) Tj ET"),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 6 0 R/DescendantFonts[]>>",
        stream(cmap),
    ]
    return made(objects)


async def test_text_comes_back_from_the_other_process_to_the_character() -> None:
    page = "<p>Ünï ✓ 认证<br>line</p>".encode()
    read = await read_document(attachment("a.html", "text/html"), page)
    assert (read.text, read.truncated, read.pages) == ("Ünï ✓ 认证\nline", False, None)


async def test_plain_text_is_read_here() -> None:
    read = await read_document(attachment("a.txt", "text/plain"), b"a line\r\n", seconds=0)
    assert read.text.strip() == "a line"


@pytest.mark.slow
async def test_a_document_built_to_stall_is_given_up_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(BadInput, match="too long"):
        await read_document(attachment("a.pdf", "application/pdf"), stalling_pdf(), seconds=2)
    assert time.monotonic() - started < 60


async def test_what_has_no_text_is_refused_as_in_this_process() -> None:
    with pytest.raises(Unsupported, match="image/png"):
        await read_document(attachment("a.png", "image/png"), b"\x89PNG\r\n\x1a\n")


async def test_a_damaged_document_is_refused_as_in_this_process() -> None:
    with pytest.raises(BadInput, match="damaged"):
        await read_document(attachment("a.pdf", "application/pdf"), b"%PDF-1.7 nothing")
