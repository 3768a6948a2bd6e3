"""Full-text search: in every script, by prefix, safe against its own syntax, cheap."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailmcp.models import StoredMessage
from mailmcp.store import inboxes, search

if TYPE_CHECKING:
    from conftest import Desk


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The invoice of March", "invoice"),
        ("The invoice of March", "INVOICE march"),
        ("The invoice of March", "march the"),
        ("The invoice of March", "invo"),
        ("Rechnung für Müller", "muller"),
        ("Rechnung fur Muller", "Müller"),
        ("Mu\u0308ller", "Müller"),
        ("Straße 7", "STRASSE"),
        ("crème brûlée", "creme brulee"),
        ("Việt Nam điện thoại", "viet"),
        ("İstanbul", "istanbul"),
        ("Łódź", "lodz"),
        ("Diyarbakır", "diyarbakir"),
        ("Đà Nẵng", "da nang"),
        ("København", "kobenhavn"),
        ("ọ\u0300rọ\u0300 àṣírí", "ọ\u0300rọ\u0300"),
        ("за\u0301мок на холме", "замок"),
        ("замок на холме", "за\u0301мок"),
        ("Код подтверждения", "подтвержд"),
        ("Ο κωδικός σας", "κωδικος"),
        ("ΚΩΔΙΚΌΣ", "κωδικός"),
        ("ΚΩΔΙΚΟΣ", "κωδικός"),
        ("Её ёлка", "елка"),
        ("がぎぐ", "が"),
        ("رمز التحقق", "التحقق"),
        ("קוד אימות", "אימות"),
        ("सत्यापन कोड है", "सत्यापन"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("ﬁnance oﬃce", "finance office"),
        ("order 2026-0815/A", "2026-0815/A"),
        ("order 2026-0815/A", "0815"),
        ("write to bob.smith@app.example now", "bob.smith@app.example"),
        ("see https://app.example/a_b?c=d", "a_b"),
        ("snake_case_name", "case"),
        # scripts without spaces: any run of characters is found
        ("您的验证码是四八二九", "验"),
        ("您的验证码是四八二九", "验证"),
        ("您的验证码是四八二九", "验证码是"),
        ("確認コードは次のとおりです", "コ"),
        ("確認コードは次のとおりです", "確認"),
        ("確認コードは次のとおりです", "コードは"),
        ("ｶｸﾆﾝ ｺｰﾄﾞ", "カクニン"),
        ("확인 코드입니다", "코"),
        ("확인 코드입니다", "코드"),
        ("확인 코드입니다", "코드입니"),
        ("\u1112\u116a\u11a8\u110b\u1175\u11ab", "확인"),
        ("รหัสยืนยันของคุณ", "ยืนยัน"),
        ("𠀀𠀁 rare", "𠀁"),
        ("iPhone订单ABC123已发货", "订单"),
        ("iPhone订单ABC123已发货", "abc123"),
        ("iPhone订单ABC123已发货", "订单abc1"),
        ("iPhone订单ABC123已发货", "iphone 发货"),
    ],
)
def test_words_are_found(desk: Desk, text: str, query: str) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="body", text=text)
    desk.receive(ann.address, subject="nothing", text="0")
    assert desk.found(query) == ["body"]
    desk.receive(ann.address, subject=text, text="0")
    assert len(desk.found(query)) == 2


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The invoice of March", "invoices"),
        ("The invoice of March", "voice"),
        ("The invoice of March", "invoice april"),
        ("您的验证码", "证验"),
        ("您的 验证 了 吗 代码", "验码"),
        ("확인 코드입니다", "드코"),
        ("bob@app.example", "bob@other.example"),
        ("smith bob", "bob.smith"),
        ("がぎぐ", "か"),
    ],
)
def test_what_is_not_there_is_not_found(desk: Desk, text: str, query: str) -> None:
    desk.receive(desk.inbox().address, text=text)
    assert desk.found(query) == []


def test_people_are_found_by_name_and_address(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, header_to=f"Ann Ünal <{ann.address}>, cyd@team.example", from_="Zoë <zoe@app.example>")
    for query in ("zoe", "zoë", "zoe@app.example", "unal", "cyd@team.example", "app.example"):
        assert desk.found(query) == ["Hello"], query


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from:bob", ["One"]),
        ("from:bob@app.example", ["One"]),
        ("From:bob subject:one", ["One"]),
        ("subject:two", ["Two"]),
        ("subject:bob", []),
        ("from:two", []),
        ("body:bob", ["Two"]),
        ("from:東", []),
        ("from:", ["Two"]),
        ("subject:a:b", ["Two"]),
    ],
)
def test_what_names_a_part_of_the_mail_is_looked_for_there_or_as_it_stands(
    desk: Desk, query: str, found: list[str]
) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="One", from_="Bob <bob@app.example>", text="words")
    desk.receive(ann.address, subject="Two", from_="Eve <eve@app.example>", text="bobby came from here, subject:a:b")
    assert desk.found(query=query) == found


def test_a_search_looks_into_every_message_of_a_thread_and_shows_the_thread_once(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, text="needle")
    desk.receive(ann.address, text="needle again", answers=first.message_id or "")
    desk.receive(ann.address, text="hay", answers=first.message_id or "")
    assert desk.found("needle") == ["Hello"]


def test_a_search_is_within_the_inboxes_that_were_asked(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.receive(ann.address, text="needle", subject="Ann's")
    desk.receive(bea.address, text="needle", subject="Bea's")
    assert desk.found("needle", inboxes=(ann.row,)) == ["Ann's"]
    assert desk.found("needle", inboxes=()) == []


HOSTILE = [
    'a"b',
    '"',
    '""',
    '"unended',
    "from:x",
    "subject:hello",
    "{subject body}:hello",
    "AND",
    "OR",
    "NOT",
    "a AND",
    "AND a",
    "NEAR(a b)",
    "NEAR",
    "-x",
    "+x",
    "^x",
    "(",
    ")",
    "((a)",
    "*",
    "a*",
    "**",
    "a * b",
    "'",
    "'; DROP TABLE messages; --",
    "\\",
    "%",
    "_",
    "?",
    ":name",
    "@p",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "💩",
    "a" * 100_000,
    "a " * 100_000,
    '"' * 10_000,
    "中" * 50_000,
    "\u0301",
    "a\u0301\u0301",
]


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: repr(query[:20]))
def test_no_query_is_a_syntax_error(desk: Desk, query: str) -> None:
    desk.receive(desk.inbox().address)
    assert desk.found(query) in ([], ["Hello"])


@pytest.mark.parametrize("query", ["and", "AND", "or OR", "not", "near", "NEAR"])
def test_words_that_are_operators_elsewhere_are_words_here(desk: Desk, query: str) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="yes", text="This and that, or not; near here")
    desk.receive(ann.address, subject="no", text="Something else")
    assert desk.found(query) == ["yes"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"final invoice"', ["Two"]),
        ("“final invoice”", ["Two"]),
        ("invoice final", ["Two", "One"]),
        ("invoice -final", []),
        ("invoice -reminder", ["Two"]),
        ('invoice -"for a final"', ["Two"]),
        ('-"final invoice" march', ["One"]),
        ("-march", ["One"]),
        ('"invo"', []),
        ('"invoice', ["Two", "One"]),
        ("re-minder", []),
        ("- invoice", ["Two", "One"]),
    ],
)
def test_words_between_quotation_marks_stand_together_and_those_behind_a_minus_are_left_out(
    desk: Desk, query: str, found: list[str]
) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="One", text="An invoice for a final reminder in March")
    desk.receive(ann.address, subject="Two", text="The final invoice")
    assert desk.found(query) == found


@pytest.mark.parametrize("query", ["", "  ", "-", "!?", '"" ()', "💩"])
def test_a_query_without_a_word_finds_nothing(desk: Desk, query: str) -> None:
    desk.receive(desk.inbox().address, text="some words")
    assert search.expression(query) is None
    assert desk.found(query) == []


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_searched_for(desk: Desk, query: str) -> None:
    assert desk.found(query) == []


WORDS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aZéßİñøœæđőșțžÄабвЯґїαςΩאבגدمي한글中文かカ"),
        st.characters(categories=["Ll", "Lu", "Lo", "Nd"]),
    ),
    min_size=1,
    max_size=12,
)


@given(st.lists(WORDS, min_size=1, max_size=5), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_word_that_was_indexed_is_found_by_itself(desk: Desk, words: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(words))
    row = desk.db.execute("SELECT coalesce(max(rowid), 0) + 1 FROM search").fetchone()[0]
    search.add(desk.db, row, subject="", people="", body=" ".join(words))
    expression = search.expression(wanted)
    assert expression is not None
    found = desk.db.execute("SELECT rowid FROM search WHERE search MATCH ?", (expression,)).fetchall()
    assert row in [one["rowid"] for one in found]


def test_a_long_body_is_found_by_its_beginning(desk: Desk) -> None:
    ann = desk.inbox()
    filler = "x " * (search.INDEXED_CHARACTERS // 2)
    desk.receive(ann.address, text=f"early {filler} late")
    assert (desk.found("early"), desk.found("late")) == (["Hello"], [])
    inboxes.delete(desk.db, ann.address)  # takes out the same words that went in
    desk.db.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def _with_files(desk: Desk, to: str) -> StoredMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Bob <bob@app.example>", to, "The papers"
    mail["Cc"] = "Zoë Quill <zoe@quill.example>"
    mail.set_content("As agreed in Łódź.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Rechnung_März-2026.pdf")
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="banner.png", disposition="inline", cid="<1>")
    return desk.judge(desk.accept(mail.as_bytes(), to)[0], mail.as_bytes())


@pytest.mark.parametrize(
    "query", ["rechnung", "marz", "2026.pdf", "Rechnung_März-2026.pdf", "agreed rechnung bob", "Zoe", "quill.example"]
)
def test_a_mail_is_found_by_the_name_of_a_file_and_by_whom_it_was_copied_to(desk: Desk, query: str) -> None:
    _with_files(desk, desk.inbox().address)
    assert desk.found(query) == ["The papers"]


def test_the_name_of_a_picture_inside_the_text_is_no_word_of_a_mail(desk: Desk) -> None:
    _with_files(desk, desk.inbox().address)
    assert desk.found("banner") == []


@pytest.mark.parametrize("words", [0, 1])
def test_the_names_of_files_leave_the_index_as_they_came(desk: Desk, words: int) -> None:
    """0: a mail of before their names went in."""
    ann = desk.inbox()
    row = _with_files(desk, ann.address).row
    if not words:
        search.forget_message(desk.db, row)
        desk.db.execute("UPDATE messages SET words = 0")
        stored = "SELECT messages.*, visible, channels FROM messages JOIN bodies ON bodies.message = messages.id"
        search.add_stored(desk.db, desk.db.execute(stored).fetchone())
        assert (desk.found("rechnung"), desk.found("zoe"), desk.found("agreed")) == ([], [], ["The papers"])
        assert desk.found("Łódź") == desk.found('"in łódź"') == ["The papers"]  # as it stands
    inboxes.delete(desk.db, ann.address)
    assert (
        desk.db.execute(
            "SELECT rowid FROM search WHERE search MATCH 'rechnung OR zoe OR agreed OR lodz OR łodz'"
        ).fetchall()
        == []
    )


def test_text_with_nul_and_without_any_word_can_be_indexed_and_forgotten(desk: Desk) -> None:
    ann = desk.inbox()

    def received(text: str) -> StoredMessage:
        return desk.receive(ann.address, text=text)

    received("before\x00after")
    received("💩 … —")
    received("")
    search.add(desk.db, 999, subject="nul\x00inside", people="", body="\x00")
    assert desk.db.execute("SELECT rowid FROM search WHERE search MATCH 'inside'").fetchall()
    assert desk.found("before") == ["Hello"]
    inboxes.delete(desk.db, ann.address)
    assert desk.db.execute("SELECT rowid FROM search WHERE search MATCH 'before*'").fetchall() == []
