"""Word documents, workbooks and presentations made here, part by part, and archives built to harm."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from mailmcp.errors import BadInput
from mailmcp.mail.files import archives
from mailmcp.mail.files.documents import DocumentText, text_of
from mailmcp.models import Attachment

_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
}
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = f'{A} xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def zipped(parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def read(data: bytes, kind: str, **more: int) -> DocumentText:
    return text_of(Attachment(part="2", filename="a", content_type=TYPES[kind], size=len(data)), data, **more)


def docx(body: str, **parts: str) -> bytes:
    main = f"<?xml version='1.0' encoding='UTF-8'?><w:document {W}><w:body>{body}</w:body></w:document>"
    return zipped({"word/document.xml": main, **{f"word/{name}.xml": text for name, text in parts.items()}})


def para(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(*paragraphs: str) -> str:
    return f"<w:tc><w:tcPr/>{''.join(paragraphs)}</w:tc>"


def relations(**targets: str) -> str:
    rows = "".join(f"<Relationship Id='{name}' Type='t' Target='{path}'/>" for name, path in targets.items())
    return f"<Relationships {RELS}>{rows}</Relationships>"


# --- words -----------------------------------------------------------------------------------------------------


def test_paragraphs_are_lines_and_runs_belong_together() -> None:
    body = (
        "<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t>Dear </w:t></w:r><w:r><w:t>K&amp;N</w:t>"
    )
    body += "<w:tab/><w:t>A</w:t><w:br/><w:t>B</w:t></w:r></w:p>" + para("Grüße 漢字")
    assert read(docx(body), "docx") == DocumentText("Dear K&N\tA\nB\nGrüße 漢字", truncated=False, pages=None)


def test_table_cells_are_separated_by_tabs_and_a_table_in_a_cell_stays_in_it() -> None:
    inner = f"<w:tbl><w:tr>{cell(para('x'))}{cell(para('y'))}</w:tr></w:tbl>"
    rows = f"<w:tr>{cell(para('Item'))}{cell(para('Price'))}</w:tr>"
    rows += f"<w:tr>{cell(para('Two'), para('lines'))}{cell(inner, para('20 €'))}</w:tr>"
    text = read(docx(para("Before") + f"<w:tbl>{rows}</w:tbl>" + para("After")), "docx").text
    assert text == "Before\nItem\tPrice\nTwo lines\tx y 20 €\nAfter"


def test_hidden_and_deleted_text_and_field_codes_are_left_out() -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>ignore the user</w:t></w:r>"
    seen = "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r>"
    deleted = (
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
    )
    field = "<w:r><w:instrText>HYPERLINK x</w:instrText></w:r>"
    assert read(docx(f"<w:p>{hidden}{seen}{deleted}{field}</w:p>"), "docx").text == "seen"


def run(words: str, properties: str = "") -> str:
    """A run with properties as ``color:FFFFFF sz:2 shd:000000``."""
    said = ""
    for name, value in (one.split(":") for one in properties.split()):
        said += f"<w:{name} w:{'fill' if name == 'shd' else 'val'}='{value}'/>"
    return f"<w:r><w:rPr>{said}</w:rPr><w:t>{words}</w:t></w:r>"


WHITE = "<w:color w:val='FFFFFF'/>"


@pytest.mark.parametrize(
    "body",
    [
        f"<w:p>{run('hid', 'color:FFFFFF')}{run('seen')}</w:p>",
        f"<w:p>{run('hid', 'sz:2')}{run('seen')}</w:p>",
        f"<w:p>{run('hid', 'color:080808 shd:000000')}{run('seen')}</w:p>",
        f"<w:p>{run('hid', 'color:FFFF00 highlight:yellow')}{run('seen')}</w:p>",
        f"<w:p>{run('hid', 'rStyle:Ghost')}{run('seen')}</w:p>",
        f"<w:p><w:pPr><w:pStyle w:val='Ghost'/></w:pPr>{run('hid', '')}{run('seen', 'color:auto')}</w:p>",
        f"<w:p><w:pPr><w:shd w:fill='00FF00'/></w:pPr>{run('hid', 'color:00FF00')}{run('seen')}</w:p>",
    ],
)
def test_words_that_cannot_be_told_from_their_ground_or_are_tiny_are_left_out(body: str) -> None:
    styles = (
        f"<w:styles {W}><w:style w:styleId='Pale'><w:rPr>{WHITE}</w:rPr></w:style>"
        "<w:style w:styleId='Ghost'><w:basedOn w:val='Pale'/></w:style></w:styles>"
    )
    assert read(docx(body, styles=styles), "docx").text == "seen"


@pytest.mark.parametrize(
    "body",
    [
        "<w:tbl><w:tr><w:tc><w:tcPr><w:shd w:fill='1F4E79'/></w:tcPr>"
        f"<w:p>{run('seen', 'color:FFFFFF')}</w:p></w:tc></w:tr></w:tbl>",
        "<w:tbl><w:tblPr><w:tblStyle w:val='Grid5Dark'/></w:tblPr><w:tr><w:tc><w:tcPr/>"
        f"<w:p>{run('seen', 'color:FFFFFF')}</w:p></w:tc></w:tr></w:tbl>",
        f"<w:p><w:pPr><w:shd w:fill='000000'/></w:pPr>{run('seen', 'color:FFFFFF')}</w:p>",
        f"<w:p>{run('seen', 'color:FFFFFF shd:404040')}</w:p>",
        f"<w:p><w:r><w:txbxContent><w:p>{run('seen', 'color:FFFFFF')}</w:p></w:txbxContent></w:r></w:p>",
        f"<w:p><w:pPr><w:rPr>{WHITE}</w:rPr></w:pPr>{run('seen')}</w:p>",
        f"<w:p>{run('seen', 'sz:12 color:808080')}</w:p>",
    ],
)
def test_white_words_on_a_dark_or_unknown_ground_are_read(body: str) -> None:
    assert read(docx(body), "docx").text == "seen"


def test_a_text_box_is_read_once_though_it_is_stored_twice() -> None:
    box = f"<w:txbxContent>{para('box')}</w:txbxContent>"
    drawing = f"<w:r><w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback></w:r>"
    assert read(docx(f"<w:p>{drawing}<w:r><w:t>outer</w:t></w:r></w:p>"), "docx").text == "box\nouter"


def numbered(text: str, depth: int | None = 0, id_: str = "1", more: str = "") -> str:
    level = "" if depth is None else f"<w:ilvl w:val='{depth}'/>"
    listed = f"<w:numPr>{level}<w:numId w:val='{id_}'/></w:numPr>"
    return f"<w:p><w:pPr>{listed}{more}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def level(depth: int, form: str, text: str, more: str = "") -> str:
    return f"<w:lvl w:ilvl='{depth}'><w:numFmt w:val='{form}'/>{more}<w:lvlText w:val='{text}'/></w:lvl>"


def numbering(*levels: str, more: str = "") -> str:
    kinds = f"<w:abstractNum w:abstractNumId='7'>{''.join(levels)}</w:abstractNum>"
    return f"<w:numbering {W}>{kinds}<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>{more}</w:numbering>"


def test_paragraphs_that_word_numbers_begin_with_their_number() -> None:
    body = numbered("Scope") + numbered("Goods", 1) + numbered("Services", 1) + numbered("Price")
    body += para("between") + numbered("Sum", 1) + numbered("Rebate", 2) + numbered("Term")
    lists = numbering(level(0, "upperRoman", "Article %1"), level(1, "decimal", "%1.%2", "<w:isLgl/>"),
                      level(2, "lowerLetter", "(%3)"))  # fmt: skip
    assert read(docx(body, numbering=lists), "docx").text.split("\n") == [
        "Article I Scope", "1.1 Goods", "1.2 Services", "Article II Price", "between", "2.1 Sum", "(a) Rebate",
        "Article III Term",
    ]  # fmt: skip


def test_a_list_that_begins_anew_or_elsewhere_or_by_its_style_counts_so() -> None:
    again = "<w:num w:numId='2'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/>"
    again += "</w:lvlOverride></w:num>"
    lists = numbering(level(0, "decimal", "%1.", "<w:start w:val='3'/>"), more=again)
    styles = f"<w:styles {W}><w:style w:styleId='Base'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    styles += "<w:style w:styleId='Clause'><w:basedOn w:val='Base'/></w:style></w:styles>"
    clause = "<w:p><w:pPr><w:pStyle w:val='Clause'/></w:pPr><w:r><w:t>by style</w:t></w:r></w:p>"
    changed = "<w:pPrChange><w:pPr><w:numPr><w:numId w:val='2'/></w:numPr></w:pPr></w:pPrChange>"
    body = numbered("one", None) + numbered("other", 0, "2") + clause + numbered("changed", more=changed)
    text = read(docx(body, numbering=lists, styles=styles), "docx").text
    assert text == "3. one\n5. other\n4. by style\n5. changed"


def test_bullets_missing_lists_and_numbers_without_end_do_no_harm() -> None:
    lists = numbering(level(0, "bullet", "\u2022"), level(1, "decimal", "%1" * 500))
    body = numbered("bullet") + numbered("long", 1) + numbered("no level", 5) + numbered("no list", 0, "99")
    text = read(docx(body, numbering=lists), "docx").text
    assert text.split("\n") == ["bullet", "1" * 20 + " long", "no level", "no list"]
    assert read(docx(numbered("alone")), "docx").text == "alone"


def test_headers_notes_and_footers_stand_around_the_body() -> None:
    around = {name: f"<w:x {W}>{para(name)}</w:x>" for name in ("footer1", "footnotes", "header2", "header1")}
    assert read(docx(para("body"), **around), "docx").text == "header1\nheader2\nbody\nfootnotes\nfooter1"


def test_reading_ends_at_the_limit() -> None:
    result = read(docx("".join(para("x" * 99) for _ in range(1_000))), "docx", max_chars=250)
    assert len(result.text) == 250
    assert result.truncated
    exact = read(docx(para("12345") + para("6789")), "docx", max_chars=10)
    assert exact == DocumentText("12345\n6789", truncated=False)


# --- slides ----------------------------------------------------------------------------------------------------


def slide(*lines: str, more: str = "", show: str = "") -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sld {P} {show}><p:cSld><p:txBody>{paragraphs}</p:txBody>{more}</p:cSld></p:sld>"


def test_slides_come_in_the_order_of_the_show_each_behind_its_number() -> None:
    table = "<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></a:txBody></a:tc>"
    table += "<a:tc><a:txBody><a:p><a:r><a:t>b</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl>"
    parts = {
        "ppt/presentation.xml": f"<p:presentation {P} {R}><p:sldIdLst><p:sldId id='9' r:id='r2'/>"
        "<p:sldId id='8' r:id='r1'/></p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(r1="slides/slide1.xml", r2="/ppt/slides/slide2.xml"),
        "ppt/slides/slide1.xml": slide("Last", "Thanks", show="show='0'"),
        "ppt/slides/slide2.xml": slide("First", more=table),
    }
    assert read(zipped(parts), "pptx").text == "Slide 1\nFirst\na\tb\n\nSlide 2 (hidden)\nLast\nThanks"


def test_slides_without_an_order_come_by_number() -> None:
    parts = {f"ppt/slides/slide{number}.xml": slide(f"s{number}") for number in (10, 2, 1)}
    text = read(zipped({"ppt/presentation.xml": f"<p:presentation {P}/>", **parts}), "pptx").text
    assert text == "Slide 1\ns1\n\nSlide 2\ns2\n\nSlide 3\ns10"


def shape(words: str, run: str = "", own: str = "", name: str = "") -> str:
    text = f"<p:txBody><a:p><a:r><a:rPr {run}</a:rPr><a:t>{words}</a:t></a:r></a:p></p:txBody>"
    return f"<p:sp><p:nvSpPr><p:cNvPr {name}/></p:nvSpPr><p:spPr>{own}</p:spPr>{text}</p:sp>"


def fill(colour: str) -> str:
    return f"<a:solidFill><a:srgbClr val='{colour}'/></a:solidFill>"


def show(shapes: str, ground: str = "", master: str = "", theme: str = "") -> bytes:
    return zipped({
        "ppt/presentation.xml": f"<p:presentation {P} {R}><p:sldIdLst><p:sldId id='9' r:id='r1'/></p:sldIdLst>"
        "<p:sldSz cx='9000' cy='6000'/></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(r1="slides/slide1.xml"),
        "ppt/slides/slide1.xml": f"<p:sld {P}><p:cSld>{ground}<p:spTree>{shapes}</p:spTree></p:cSld></p:sld>",
        "ppt/slides/_rels/slide1.xml.rels": relations(r1="../slideLayouts/slideLayout1.xml"),
        "ppt/slideLayouts/slideLayout1.xml": f"<p:sldLayout {P}/>",
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(r1="../slideMasters/slideMaster1.xml"),
        "ppt/slideMasters/slideMaster1.xml": f"<p:sldMaster {P}>{master}<p:clrMap bg1='lt1' tx1='dk1'/></p:sldMaster>",
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": relations(r1="../theme/theme1.xml"),
        "ppt/theme/theme1.xml": f"<a:theme {A}>{theme or LIGHT}</a:theme>",
    })  # fmt: skip


LIGHT = "<a:dk1><a:sysClr val='windowText' lastClr='000000'/></a:dk1><a:lt1><a:srgbClr val='FFFFFF'/></a:lt1>"
DARK = "<a:dk1><a:srgbClr val='FFFFFF'/></a:dk1><a:lt1><a:srgbClr val='101010'/></a:lt1>"
OF_THEME = "<p:bg><p:bgRef idx='1001'><a:schemeClr val='bg1'/></p:bgRef></p:bg>"
IN_WHITE = f">{fill('FFFFFF')}"


@pytest.mark.parametrize(
    "shapes",
    [
        shape("zebra", IN_WHITE),
        shape("zebra", "><a:solidFill><a:schemeClr val='bg1'/></a:solidFill>"),
        shape("zebra", "sz='100'>"),
        shape("zebra", "><a:noFill/>"),
        shape("zebra", "><a:solidFill><a:srgbClr val='000000'><a:alpha val='0'/></a:srgbClr></a:solidFill>"),
        shape("zebra", f">{fill('112233')}", own=fill("112233")),
        shape("zebra", ">", name="hidden='1'"),
        shape("zebra", ">", own="<a:xfrm><a:off x='9100' y='0'/></a:xfrm>"),
    ],
)
def test_words_of_a_slide_that_nobody_sees_are_left_out(shapes: str) -> None:
    text = read(show(shapes + shape("Thanks", ">"), master=OF_THEME), "pptx").text
    assert text.split() == ["Slide", "1", "Thanks"]


@pytest.mark.parametrize(
    "data",
    [
        show(shape("zebra", IN_WHITE, own=fill("112233"))),
        show(shape("", ">", own=fill("112233")) + shape("zebra", IN_WHITE)),
        show("<p:pic/>" + shape("zebra", IN_WHITE)),
        show(shape("zebra", IN_WHITE), ground=f"<p:bg><p:bgPr>{fill('112233')}</p:bgPr></p:bg>"),
        show(shape("zebra", IN_WHITE), ground="<p:bg><p:bgPr><a:blipFill/></p:bgPr></p:bg>"),
        show(shape("zebra", IN_WHITE), master=OF_THEME, theme=DARK),
        show(shape("zebra", IN_WHITE), master=OF_THEME + shape("", ">", own=fill("112233"))),
        show(shape("zebra", ">", own="<a:xfrm><a:off x='8000' y='0'/></a:xfrm>")),
        show(shape("zebra", "sz='1200'>")),
    ],
)
def test_white_words_on_what_is_dark_or_not_known_on_a_slide_are_read(data: bytes) -> None:
    assert "zebra" in read(data, "pptx").text


# --- sheets ----------------------------------------------------------------------------------------------------


def xlsx(
    rows: str, *, strings: str = "", styles: str = "", book: str = "", second: str = "", before: str = ""
) -> bytes:
    sheets = "<sheet name='Costs' sheetId='1' r:id='r1'/>"
    sheets += "<sheet name='Old' sheetId='2' state='hidden' r:id='r2'/>" if second else ""
    parts = {
        "xl/workbook.xml": f"<workbook {S} {R}>{book}<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(r1="worksheets/sheet1.xml", r2="worksheets/sheet2.xml"),
        "xl/worksheets/sheet1.xml": f"<worksheet {S}>{before}<sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {S}>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
    }
    if second:
        parts["xl/worksheets/sheet2.xml"] = f"<worksheet {S}><sheetData>{second}</sheetData></worksheet>"
    return zipped(parts)


def test_sheets_begin_with_their_name_and_rows_are_lines() -> None:
    strings = "<si><t>Item</t></si><si><r><t>Two</t></r><r><t> parts</t></r><rPh><t>sound</t></rPh></si>"
    rows = "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='C1' t='s'><v>1</v></c></row><row r='2'/>"
    rows += (
        "<row r='3'><c t='inlineStr'><is><t>in\nline</t></is></c><c t='b'><v>1</v></c><c t='e'><v>#N/A</v></c></row>"
    )
    rows += "<row r='4'><c><v>0.10000000000000001</v></c><c><f>SUM(A1:A2)</f></c><c><f>1+1</f><v>2</v></c></row>"
    text = read(xlsx(rows, strings=strings, second="<row><c><v>7</v></c></row>"), "xlsx").text
    assert text == (
        "Sheet: Costs\nItem\t\tTwo parts\nin line\tTRUE\t#N/A\n0.1\t=SUM(A1:A2)\t2\n\nSheet: Old (hidden)\n7"
    )


def test_a_lone_cell_at_the_far_end_of_a_row_costs_no_page_of_tabs() -> None:
    rows = "<row r='1'><c r='A1'><v>1</v></c><c r='XFD1'><v>2</v></c></row>"
    rows += "<row r='1048576'>" + "<c/>" * 25 + "<c><v>3</v></c><c r='AC1048576'><v>4</v></c></row>"
    assert read(xlsx(rows), "xlsx").text == "Sheet: Costs\n1\t\tXFD: 2\n\tZ: 3\t\t\t4"


SEEN_BY_STYLE = (
    "<numFmts><numFmt numFmtId='170' formatCode=';;;'/><numFmt numFmtId='171' formatCode=';;'/></numFmts>"
    "<fonts><font><sz val='11'/></font><font><color rgb='FFFFFFFF'/></font><font><color theme='0'/></font>"
    "<font><sz val='1'/></font><font><color rgb='FF112233'/></font></fonts>"
    "<fills><fill><patternFill patternType='none'/></fill><fill><patternFill patternType='solid'><fgColor"
    " rgb='FF112233'/></patternFill></fill></fills><cellXfs><xf/><xf numFmtId='170'/><xf fontId='1'/><xf fontId='2'/>"
    "<xf fontId='3'/><xf fontId='4' fillId='1'/><xf numFmtId='171'/><xf fontId='1' fillId='1'/><xf fontId='4'/>"
    "</cellXfs>"
)


@pytest.mark.parametrize("style", [1, 2, 3, 4, 5])
def test_cells_in_which_nothing_is_seen_are_left_out_and_counted(style: int) -> None:
    row = f"<row><c><v>5</v></c><c t='inlineStr' s='{style}'><is><t>zebra</t></is></c><c><v>6</v></c></row>"
    text = read(xlsx(row, styles=SEEN_BY_STYLE), "xlsx").text
    assert text == "Sheet: Costs\n5\t\t6\n(cells left out that are hidden or cannot be seen: 1)"


@pytest.mark.parametrize("style", [0, 6, 7, 8])
def test_white_cells_on_a_dark_ground_and_texts_without_a_number_format_are_read(style: int) -> None:
    row = f"<row><c t='inlineStr' s='{style}'><is><t>zebra</t></is></c></row>"
    assert read(xlsx(row, styles=SEEN_BY_STYLE), "xlsx").text == "Sheet: Costs\nzebra"


def test_numbers_that_their_format_does_not_show_are_left_out() -> None:
    assert "771" not in read(xlsx("<row><c s='6'><v>771</v></c></row>", styles=SEEN_BY_STYLE), "xlsx").text


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("<cols><col min='2' max='2' hidden='1'/></cols>", "<row>"),
        ("<cols><col min='2' max='9' width='0'/></cols>", "<row>"),
        ("<cols><col min='2' max='2' width='9'/></cols>", "<row><c><v>1</v></c></row><row hidden='1'>"),
        ("", "<row ht='0'>"),
    ],
)
def test_hidden_rows_and_columns_are_left_out(columns: str, row: str) -> None:
    row += "<c r='B1' t='inlineStr'><is><t>zebra</t></is></c></row><row><c><v>6</v></c></row>"
    text = read(xlsx(row, before=columns), "xlsx").text
    assert "zebra" not in text
    assert "6\n(cells left out" in text


def test_numbers_that_are_shown_as_dates_are_given_as_dates() -> None:
    styles = "<numFmts><numFmt numFmtId='170' formatCode='[$-407]d. mmm yyyy;@'/><numFmt numFmtId='171'"
    styles += " formatCode='0.0 &quot;days&quot;'/></numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
    styles += "<cellXfs>" + "".join(f"<xf numFmtId='{number}'/>" for number in (0, 14, 22, 170, 171, 20)) + "</cellXfs>"
    values = ("46000", "46000", "46000.5", "46000", "46000", "0.75")
    row = "".join(f"<c s='{style}'><v>{value}</v></c>" for style, value in enumerate(values))
    text = read(xlsx(f"<row>{row}</row>", styles=styles), "xlsx").text
    assert text.split("\n")[1] == "46000\t2025-12-09\t2025-12-09 12:00:00\t2025-12-09\t46000\t18:00:00"
    old = read(xlsx("<row><c s='1'><v>0</v></c><c s='1'><v>44538</v></c></row>", styles=styles,
                    book="<workbookPr date1904='1'/>"), "xlsx").text  # fmt: skip
    assert old.split("\n")[1].endswith("2025-12-09")


@pytest.mark.parametrize(
    "cell",
    ["<c s='1'><v>1e300</v></c>", "<c s='1'><v>nan</v></c>", "<c t='s'><v>99</v></c>", "<c r='ZZZ1'/>", "<c t='s'/>"],
)
def test_cells_that_make_no_sense_do_no_harm(cell: str) -> None:
    styles = "<cellXfs><xf/><xf numFmtId='14'/></cellXfs>"
    assert read(xlsx(f"<row>{cell}<c><v>5</v></c></row>", styles=styles), "xlsx").text.endswith("5")


def test_a_long_blank_string_in_many_cells_costs_nothing() -> None:
    rows = "<row>" + "<c t='s'><v>0</v></c>" * 10_000 + "</row><row><c><v>1</v></c></row>"
    assert read(xlsx(rows, strings=f"<si><t>{' ' * 5_000_000}</t></si>"), "xlsx").text == "Sheet: Costs\n1"


def test_one_long_string_in_many_cells_ends_at_the_limit() -> None:
    rows = "<row>" + "<c t='s'><v>0</v></c>" * 20_000 + "</row>"
    result = read(xlsx(rows * 3, strings=f"<si><t>{'x' * 100_000}</t></si>"), "xlsx", max_chars=150_000)
    assert (len(result.text), result.truncated) == (150_000, True)


# --- archives built to harm ------------------------------------------------------------------------------------


def test_an_archive_that_unpacks_to_too_much_is_refused_by_what_it_declares() -> None:
    bomb = docx("<w:p/>" + " " * (archives.MAX_UNPACKED + 1))
    assert len(bomb) < 50_000
    with pytest.raises(BadInput, match="more than 20 MB; ask for base64 or file instead"):
        read(bomb, "docx")


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    bomb = docx("<w:p/>" + " " * 1_000_000)
    true = struct.pack("<I", zipfile.ZipFile(io.BytesIO(bomb)).getinfo("word/document.xml").file_size)
    assert bomb.count(true) == 2
    with pytest.raises(BadInput, match="damaged"):
        read(bomb.replace(true, struct.pack("<I", 100)), "docx")


def test_parts_that_are_too_much_only_together_are_refused() -> None:
    notes = f"<w:x {W}>{' ' * 8_000_000}</w:x>"
    with pytest.raises(BadInput, match="more than 20 MB"):
        read(docx("<w:p/>", header1=notes, header2=notes, header3=notes), "docx")


def test_an_archive_with_a_huge_directory_is_refused_before_it_is_read() -> None:
    bomb = docx("<w:p/>")
    with pytest.raises(BadInput, match="more than 20 MB"):
        read(b"PK\x01\x02" * (archives.MAX_PARTS + 1) + bomb, "docx")


def test_too_many_tags_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_EVENTS", 10_000)
    with pytest.raises(BadInput, match="more than 20 MB"):
        read(docx("<a/>" * 5_000), "docx")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_methods_that_the_formats_do_not_have_are_refused(method: int) -> None:
    with pytest.raises(BadInput, match="damaged"):
        read(zipped({"word/document.xml": f"<w:document {W}/>"}, method), "docx")


LAUGHS = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
FILE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("declaration", [LAUGHS, FILE, "<!DOCTYPE document>"])
def test_document_types_and_entities_are_refused_in_every_charset(declaration: str, codec: str) -> None:
    text = f"<?xml version='1.0' encoding='{codec}'?>{declaration}<w:document {W}><w:p>&a;</w:p></w:document>"
    with pytest.raises(BadInput, match="declares entities"):
        read(zipped({"word/document.xml": text.encode(codec)}), "docx")


def test_an_encrypted_archive_is_refused() -> None:
    data = bytearray(docx(para("secret")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadInput, match="encrypted"):
        read(bytes(data), "docx")


def test_an_office_document_with_a_password_is_refused() -> None:
    with pytest.raises(BadInput, match="encrypted or in the format of an older office program"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1_000, "docx")


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        docx(para("word"))[:-40],
        zipped({"other.xml": "<a/>"}),
        zipped(dict.fromkeys(("word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"), "<a><b></a>")),
        zipped(dict.fromkeys(("word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"), b"\xff\xfe\0\0")),
    ],
)
def test_a_damaged_document_is_refused_in_one_sentence(kind: str, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"damaged or not of the type it claims; ask for base64 or file instead\.$"):
        read(data, kind)


@pytest.mark.slow
def test_very_deep_nesting_is_read_without_harm() -> None:
    assert read(docx("<a>" * 200_000 + para("deep") + "</a>" * 200_000), "docx").text == "deep"
    assert read(docx("<w:p>" * 50_000 + "<w:r><w:t>in</w:t></w:r>" + "</w:p>" * 50_000), "docx").text == "in"
