"""OpenDocument texts, sheets and presentations made here, part by part."""

from __future__ import annotations

import io
import zipfile

import pytest

from mailmcp.errors import BadInput
from mailmcp.mail.files.documents import DocumentText, text_of
from mailmcp.models import Attachment

TYPES = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_URN = "urn:oasis:names:tc:opendocument:xmlns"
FO = f'xmlns:fo="{_URN}:xsl-fo-compatible:1.0"'
NAMES = " ".join(
    f'xmlns:{name}="{_URN}:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "presentation", "manifest", "style")
)


def made(kind: str, body: str, **parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", TYPES[kind])
        archive.writestr("content.xml", f"<office:document-content {NAMES}>{body}</office:document-content>")
        for name, text in parts.items():
            archive.writestr(f"META-INF/{name}.xml", text)
    return file.getvalue()


def read(kind: str, body: str, content_type: str = "", **more: int) -> DocumentText:
    data = made(kind, body)
    attachment = Attachment(part="2", filename="a", content_type=content_type or TYPES[kind], size=len(data))
    return text_of(attachment, data, **more)


def test_headings_paragraphs_and_table_rows_are_lines() -> None:
    body = "<text:h>Title</text:h><text:p>One<text:s text:c='3'/>two<text:tab/>three<text:line-break/>\n four</text:p>"
    body += "<table:table><table:table-row><table:table-cell><text:p>a</text:p><text:p>b</text:p></table:table-cell>"
    body += "<table:table-cell><text:p>c</text:p></table:table-cell></table:table-row></table:table>"
    assert read("odt", body) == DocumentText("Title\nOne   two\tthree\n  four\na b\tc", truncated=False, pages=None)


def test_comments_deleted_text_and_picture_descriptions_are_left_out() -> None:
    body = "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
    body += "<text:p>kept<office:annotation><text:p>comment</text:p></office:annotation>"
    body += "<draw:frame><draw:desc>described</draw:desc></draw:frame></text:p>"
    assert read("odt", body).text == "kept"


def test_sheets_begin_with_their_name_and_repeated_cells_are_repeated() -> None:
    empty = "<table:table-cell table:number-columns-repeated='16384'/>"
    five = "<table:table-cell table:number-columns-repeated='2'><text:p>5</text:p></table:table-cell>"
    gap = "<table:table-cell table:number-columns-repeated='2'/>"
    body = f"<table:table table:name='First'><table:table-row table:number-rows-repeated='2'>{gap}{five}{empty}"
    body += f"</table:table-row><table:table-row table:number-rows-repeated='1048574'>{empty}</table:table-row>"
    body += f"</table:table><table:table table:name='Next'><table:table-row>{five}</table:table-row></table:table>"
    assert read("ods", body).text == "Sheet: First\n\t\t5\t5\n\t\t5\t5\n\nSheet: Next\n5\t5"


def test_cells_and_rows_repeated_without_end_stop_at_the_limit() -> None:
    cell = (
        f"<table:table-cell table:number-columns-repeated='999999999'><text:p>{'x' * 500}</text:p></table:table-cell>"
    )
    row = f"<table:table-row table:number-rows-repeated='999999999'>{cell * 50}</table:table-row>"
    result = read("ods", f"<table:table table:name='T'>{row * 20}</table:table>")
    assert (len(result.text), result.truncated) == (200_000, True)


def test_thousands_of_rows_that_end_in_empty_columns_are_read_quickly() -> None:
    row = "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>"
    row += "<table:table-cell table:number-columns-repeated='16383'/></table:table-row>"
    assert read("ods", f"<table:table table:name='T'>{row * 20_000}</table:table>").text.count("1\n") == 19_999


def test_tables_in_tables_do_not_multiply() -> None:
    nested = "x" * 1_000
    for _ in range(6):
        nested = f"<text:p>{nested}</text:p>" if nested[0] == "x" else nested
        nested = (
            "<table:table><table:table-row table:number-rows-repeated='1000'>"
            f"<table:table-cell table:number-columns-repeated='1000'>{nested}</table:table-cell>"
            "</table:table-row></table:table>"
        )
    assert read("ods", nested).truncated


def test_slides_begin_with_their_number_and_speaker_notes_are_left_out() -> None:
    notes = "<presentation:notes><draw:page-thumbnail/><text:p>note to self</text:p></presentation:notes>"
    body = f"<draw:page><text:p>Hello</text:p>{notes}</draw:page><draw:page><text:p>Bye</text:p></draw:page>"
    assert read("odp", body).text == "Slide 1\nHello\n\nSlide 2\nBye"


@pytest.mark.parametrize("kind", ["odt", "ods", "odp"])
def test_the_archive_names_its_type_when_nothing_else_does(kind: str) -> None:
    body = "<table:table table:name='T'/><draw:page/><text:p>word</text:p>"
    expected = {"odt": "word", "ods": "Sheet: T\nword", "odp": "Slide 1\nword"}
    assert read(kind, body, "application/octet-stream").text == expected[kind]


def test_a_document_with_a_password_is_refused() -> None:
    manifest = f"<manifest:manifest {NAMES}><manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    data = made("odt", "<text:p>x</text:p>", manifest=manifest + "</manifest:manifest>")
    with pytest.raises(BadInput, match="encrypted; ask for base64 or file instead"):
        text_of(Attachment(part="2", filename="a.odt", content_type=TYPES["odt"], size=1), data)


def test_entities_are_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(BadInput, match="declares entities"):
        text_of(Attachment(part="2", filename="a.odt", content_type=TYPES["odt"], size=1), data.getvalue())


def style(name: str, family: str, more: str, base: str = "") -> str:
    based = f"style:parent-style-name='{base}'" if base else ""
    return f"<style:style style:name='{name}' style:family='{family}' {based}>{more}</style:style>"


def letters(said: str) -> str:
    return f"<style:text-properties {FO} {said}/>"


STYLES = "<office:automatic-styles>" + "".join((
    style("white", "text", letters("fo:color='#ffffff'")),
    style("white", "paragraph", letters("fo:color='#fefefe'")),
    style("tiny", "text", letters("fo:font-size='1pt'")),
    style("none", "text", letters("text:display='none'")),
    style("heir", "paragraph", "", base="white"),
    style("dark", "paragraph", f"<style:paragraph-properties {FO} fo:background-color='#112233'/>"),
    style("same", "text", letters("fo:color='#112233'")),
    style("cell", "table-cell", f"<style:table-cell-properties {FO} fo:background-color='#112233'/>"
          + letters("fo:color='#ffffff'")),
    style("blank", "table-cell", letters("fo:color='#ffffff'")),
    style("away", "table", "<style:table-properties table:display='false'/>"),
)) + "<number:text xmlns:number='n'>format</number:text></office:automatic-styles>"  # fmt: skip


def span(name: str) -> str:
    return f"<text:span text:style-name='{name}'>zebra</text:span>"


def table(row: str = "", cell: str = "", whole: str = "") -> str:
    return (
        f"<table:table table:name='One' {whole}><table:table-row {row}><table:table-cell {cell}><text:p>zebra</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *(("odt", f"<text:p>{span(name)}</text:p>") for name in ("white", "tiny", "none")),
        ("odt", "<text:p text:style-name='white'>zebra</text:p>"),
        ("odt", "<text:h text:style-name='heir'>zebra</text:h>"),
        ("odt", f"<text:p text:style-name='dark'>{span('same')}</text:p>"),
        ("odp", f"<draw:page><draw:frame><text:p>{span('tiny')}</text:p></draw:frame></draw:page>"),
        ("ods", table("table:visibility='collapse'")),
        ("ods", table(cell="table:style-name='blank'")),
        ("ods", table(whole="table:style-name='away'")),
    ],
)
def test_words_that_nobody_sees_are_left_out(kind: str, body: str) -> None:
    text = read(kind, STYLES + body + "<text:p>Regards</text:p>").text
    assert "zebra" not in text
    assert "format" not in text
    assert text.endswith("Regards")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("odt", f"<text:p text:style-name='dark'>{span('white')}</text:p>"),
        ("odt", f"<draw:frame><text:p>{span('white')}</text:p></draw:frame>"),
        ("odp", f"<draw:page><text:p>{span('white')}</text:p></draw:page>"),
        ("odt", f"<text:p>{span('same')}</text:p>"),
        ("ods", table(cell="table:style-name='cell'")),
        ("ods", table("table:visibility='visible'")),
    ],
)
def test_white_words_on_what_is_dark_or_not_known_are_read(kind: str, body: str) -> None:
    assert "zebra" in read(kind, STYLES + body).text
