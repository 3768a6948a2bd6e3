"""PDF documents as text: real ones, and those that are damaged, locked or built to stall."""

from __future__ import annotations

import io
import logging

import pytest
from pypdf import PdfReader, PdfWriter
from tests.mail.pdf_writer import made, stream

from mailmcp.errors import BadInput
from mailmcp.mail.files import pdf
from mailmcp.mail.files.documents import DocumentText, text_of
from mailmcp.models import Attachment


def document(*pages: bytes, resources: bytes = b"<</Font<</F1 3 0 R>>>>", more: tuple[bytes, ...] = ()) -> bytes:
    """One page for each content stream; object 3 is a font, objects from ``4 + 2 * pages`` are ``more``."""
    kids = b"".join(b"%d 0 R " % (4 + 2 * index) for index in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 600 800]/Resources %s>>" % (kids, len(pages), resources),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for index, content in enumerate(pages):
        objects += [b"<</Type/Page/Parent 2 0 R/Contents %d 0 R>>" % (5 + 2 * index), stream(content)]
    return made([*objects, *more])


def shown(*lines: str) -> bytes:
    body = b" T* ".join(b"(%s) Tj" % line.encode("cp1252") for line in lines)
    return b"BT /F1 12 Tf 14 TL 50 700 Td %s ET" % body


def layered(page: bytes) -> bytes:
    """A page with a layer that is shown and one that is not, a marker's ink and a clear one."""
    states = b"/ExtGState<</Marker<</BM/Multiply>>/Clear<</ca 0>>>>/Properties<</On 6 0 R/Off 7 0 R>>"
    layers = b"<</Type/OCG/Name(a)>>", b"<</Type/OCG/Name(b)>>"
    data = document(page, resources=b"<</Font<</F1 3 0 R>>%s>>" % states, more=layers)
    root = b"/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[7 0 R]>>>>"
    return data.replace(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Catalog/Pages 2 0 R%s>>" % root)


def read(data: bytes, **more: int) -> DocumentText:
    return text_of(Attachment(part="2", filename="a.pdf", content_type="application/pdf", size=len(data)), data, **more)


def locked(data: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pages_are_read_in_order_with_their_lines() -> None:
    data = document(shown("Invoice 17", "Total: 20 €"), shown("Page two"))
    assert read(data) == DocumentText("Invoice 17\nTotal: 20 €\n\nPage two", truncated=False, pages=2)


def test_a_document_without_text_is_empty_and_has_pages() -> None:
    assert read(document(b"0 0 m 10 10 l S")) == DocumentText("", truncated=False, pages=1)


def test_reading_ends_at_the_limit_of_characters() -> None:
    result = read(document(*[shown("x" * 100)] * 20), max_chars=250)
    assert len(result.text) == 250
    assert (result.truncated, result.pages) == (True, 20)


def test_of_a_document_with_a_huge_number_of_pages_the_first_200_are_read() -> None:
    result = read(document(*[shown("word")] * 600))
    assert result.text.split() == ["word"] * 200
    assert (result.truncated, result.pages) == (True, 600)


def test_one_page_named_millions_of_times_is_refused_at_once() -> None:
    kids = b"3 0 R " * 1_000_000
    pages = b"<</Type/Pages/Kids[%s]/Count 1000000>>" % kids
    with pytest.raises(BadInput, match="more work than is given"):
        read(made([b"<</Type/Catalog/Pages 2 0 R>>", pages, b"<</Type/Page/Parent 2 0 R>>"]))


def test_encryption_without_a_password_is_no_hindrance() -> None:
    assert read(locked(document(shown("For all to read")), "")).text == "For all to read"


def test_a_document_that_needs_a_password_is_refused() -> None:
    with pytest.raises(BadInput, match="encrypted with a password; ask for base64 or file instead"):
        read(locked(document(shown("Secret")), "open sesame"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"%PDF-1.7\n%%EOF",
        document(shown("word"))[:300],
        b"%PDF-1.7\n" + b"startxref\n1\n" * 10_000 + b"%%EOF",
        made([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]),
        made([b"<</Type/Catalog/Pages 2 0 R>>", b"[" * 100_000]),
        made([b"<</Type/Catalog>>"]),
    ],
)
def test_a_damaged_document_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(BadInput, match="damaged; ask for base64 or file instead"):
        read(data)


def test_a_broken_page_does_not_hide_the_others() -> None:
    data = document(shown("First"), b"BOMB", shown("Third"))
    bomb = stream(b" " * (pdf.MAX_STREAM + 1))
    assert read(data.replace(stream(b"BOMB"), bomb)) == DocumentText("First\n\nThird", truncated=True, pages=3)


def test_a_lone_page_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="more work than is given"):
        read(document(b" " * (pdf.MAX_STREAM + 1)))


def test_what_pypdf_has_to_say_about_a_document_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    data = document(shown("word")).replace(b"startxref\n", b"startxref\n9")
    with caplog.at_level(logging.DEBUG):
        assert read(data).text == "word"
    assert not caplog.records


@pytest.mark.parametrize(
    "drawing",
    [
        b"BT /F1 12 Tf 3 Tr 50 600 Td (zebra) Tj ET",
        b"BT /F1 12 Tf 1 1 1 rg 50 600 Td (zebra) Tj ET",
        b"BT /F1 12 Tf 1 g 50 600 Td [(zeb) -20 (ra)] TJ ET",
        b"BT /F1 12 Tf 0 0 0 0 k 50 600 Td (zebra) Tj ET",
        b"/Cs1 cs 0.99 1 0.99 scn BT /F1 12 Tf 50 600 Td (zebra) Tj ET",
        b"BT /F1 1 Tf 50 600 Td (zebra) Tj ET",
        b"BT /F1 12 Tf .05 0 0 .05 50 600 Tm (zebra) Tj ET",
        b"q .01 0 0 .01 0 0 cm BT /F1 12 Tf 5000 60000 Td (zebra) Tj ET Q",
        b"BT /F1 12 Tf 7 Tr 50 600 Td (zebra) Tj ET",
        b"q BT /F1 12 Tf 7 Tr 50 600 Td (zebra) Tj ET Q 1 0 0 rg 10 10 20 20 re f",
        b"BT /F1 12 Tf 5000 9000 Td (zebra) Tj ET",
        b"BT /F1 12 Tf -5000 0 Td 0 -600 TD (x) Tj T* (zebra) Tj ET",
        b"BT /F1 12 Tf 50 600 Td 3000 Ts (zebra) Tj 0 Ts ET",
        b"q 1 0 0 1 0 -900 cm BT /F1 12 Tf 50 600 Td (zebra) Tj ET Q",
        b"q 50 500 1 1 re W n BT /F1 12 Tf 50 600 Td (zebra) Tj ET Q",
        b"q 10 10 m 20 10 l 20 20 l h W n BT /F1 12 Tf 50 600 Td (zebra) Tj ET Q",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 1 g 45 595 60 20 re f",
        b"BT /F1 12 Tf 50 600 Td (ze) Tj (bra) Tj ET 0 .5 0 rg q 1 0 0 1 45 595 cm 0 0 60 20 re f Q",
        b"q /Clear gs BT /F1 12 Tf 50 600 Td (zebra) Tj ET Q",
        b"/OC /Off BDC BT /F1 12 Tf 50 600 Td (zebra) Tj ET EMC",
        b"1 g 0 0 600 650 re f BT /F1 12 Tf 50 600 Td 3 Tr (zebra) ' 0 Tr ET",
    ],
)
def test_letters_that_leave_no_mark_are_left_out(drawing: bytes) -> None:
    text = read(layered(shown("Invoice 17") + b" " + drawing + b" 0 g 0 Tr " + shown("Total"))).text
    assert text.replace("x", "").split() == ["Invoice", "17", "Total"]


@pytest.mark.parametrize(
    "drawing",
    [
        b"0 0 .5 rg 0 500 600 200 re f BT /F1 12 Tf 1 1 1 rg 50 600 Td (zebra) Tj ET",
        b"q 1 1 1 rg Q BT /F1 12 Tf 50 600 Td (zebra) Tj ET",
        b"BT /F1 12 Tf 2 Tr 1 1 1 rg 50 600 Td (zebra) Tj ET",
        b"BT /F1 1 Tf 12 0 0 12 50 600 Tm (zebra) Tj ET",
        b"q .1 0 0 .1 0 0 cm BT /F1 120 Tf 500 6000 Td (zebra) Tj ET Q",
        b"/Cs1 cs 1 scn BT /F1 12 Tf 50 600 Td (zebra) Tj ET",
        b"/Scan Do BT /F1 12 Tf 3 Tr 50 600 Td (zebra) Tj ET",
        b"q BT /F1 12 Tf 7 Tr 50 600 Td (zebra) Tj ET 1 0 0 rg 45 595 60 20 re f Q",
        b"1 1 0 rg 45 595 60 20 re f 0 g BT /F1 12 Tf 50 600 Td (zebra) Tj ET",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 1 g 45 595 12 20 re f",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 0 g 45 604 60 1 re f",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 0 g 45 595 60 20 re 46 596 58 18 re f*",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 0 g 45 595 60 20 re S",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET 1 1 0 rg /Marker gs 45 595 60 20 re f",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET q 0 0 5 5 re W n 1 g 45 595 60 20 re f Q",
        b"BT /F1 12 Tf 50 600 Td (zebra) Tj ET q 45 595 m 105 595 l 45 615 l h W n 1 g 45 595 60 20 re f Q",
        b"BT /F1 12 Tf 0 1 -1 0 580 400 Tm (zebra) Tj ET",
        b"q 0 0 600 800 re W n BT /F1 12 Tf 50 600 Td (zebra) Tj ET Q",
        b"/OC /On BDC BT /F1 12 Tf 50 600 Td (zebra) Tj ET EMC",
        b"/OC /Off BDC EMC BT /F1 12 Tf 50 600 Td (zebra) Tj ET",
    ],
)
def test_letters_that_are_drawn_or_lie_under_a_scan_are_read(drawing: bytes) -> None:
    assert read(layered(shown("Invoice 17") + b" " + drawing)).text.split() == ["Invoice", "17", "zebra"]


def test_a_page_whose_content_is_none_is_empty() -> None:
    data = document(shown("Invoice 17"), shown("x")).replace(b"/Contents 7 0 R", b"/Contents null ")
    assert read(data) == DocumentText("Invoice 17", truncated=False, pages=2)
