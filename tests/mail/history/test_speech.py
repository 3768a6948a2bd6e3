"""What people say is new text, wherever it stands: below a signature, between two dashes, in forms and citations."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailmcp.mail.history.speech import is_postscript, speaks
from mailmcp.mail.text import read
from mailmcp.models import Channels, Message


def plain(text: str, subject: str = "") -> Channels:
    return read(Message(text=text, subject=subject))


SAID = (Path(__file__).parents[2] / "corpus" / "replies" / "said.txt").read_text("utf-8").split("@@\n")[1:]


@pytest.mark.parametrize("text", SAID)
def test_what_a_person_or_a_form_says_stays_whole(text: str) -> None:
    channels = plain(text)
    assert (channels.visible, channels.quoted, channels.signature) == (text.rstrip("\n"), "", "")


BELOW = [
    ("See you at eight.", "Sent from my iPhone", "PS bring wine"),
    ("See you at eight.", "--\nBob", "PS bring wine"),
    ("See you at eight.", "Sent from my iPhone", "Oh, and the door code is 4711."),
    ("See you at eight.", "Sent from my iPhone", "Yes"),
    ("See you at eight.", "Sent from my iPhone", "And bring the keys please"),
    ("See you at eight.", "Sent from my iPhone", "And please bring the keys, since mine are with Ann until Friday."),
    ("See you at eight.", "--\nBob", "N.B. the door is locked after six"),
    ("See you at eight.", "--\nBob", "Update: the train is late"),
    ("See you at eight.", "--\nBob", "Edit: wrong day, it is Friday"),
    ("See you at eight.", "--\nBob", "One more thing: the code is 4711"),
    ("See you at eight.", "--\nBob", "PS: bring wine\n\nAnd call Ann about the boat.\n\nShe has the keys."),
    ("Bis später.", "--\nBob", "Nachtrag: die Tür ist zu"),
    ("Bis später.", "Von meinem iPhone gesendet", "Bring bitte Wein mit"),
    ("A plus.", "Envoyé de mon iPhone", "Et apporte du vin"),
    ("Hasta luego.", "Enviado desde mi iPhone", "Trae vino"),
    ("またね。", "iPhoneから送信", "ワインを持ってきて"),
]  # fmt: skip


@pytest.mark.parametrize(("over", "signature", "below"), BELOW)
@pytest.mark.parametrize("gap", ["\n\n", "\n"], ids=["apart", "tight"])
def test_what_is_written_below_a_signature_is_new(over: str, signature: str, below: str, gap: str) -> None:
    channels = plain(f"{over}\n\n{signature}{gap}{below}")
    shown = channels.visible.replace(f"{signature}\n", "")
    assert " ".join(shown.split()) == " ".join(f"{over} {below}".split())


@pytest.mark.parametrize(
    "line",
    [
        "bring wine", "Bring wine", "Will you come", "Is it you?", "Thanks!", "See you on Friday.", "Porta il vino",
        "Принеси вино завтра", "ワインを持ってきて", "请带酒", "와인 가져와요", "ستأتي سارة معنا أيضا", "เอาไวน์มาด้วยนะ",
    ],
)  # fmt: skip
def test_sentences_speak(line: str) -> None:
    assert speaks(line)


@pytest.mark.parametrize(
    "line",
    [
        "Tom Hale", "Northwind Ltd.", "1 Quay Street, Hull", "+44 20 7946 0100", "www.harbour.example", "@tomhale",
        "Adler Regale GmbH & Co. KG", "Tel. 040 555 0100", "Ольга Белова", "山田花子", "株式会社みずほ",
        "王小明 销售部经理", "김하나", "דנה לוי", "منى خالد", "AG Hamburg HRB 1234", "Director of the Board",
    ],
)  # fmt: skip
def test_names_and_addresses_do_not(line: str) -> None:
    assert not speaks(line)


@pytest.mark.parametrize("line", ["responsable des ventes", "начальник отдела продаж", "professor of physics"])
def test_a_title_among_names_does_not_speak_and_alone_it_may(line: str) -> None:
    assert not speaks(line, attached=True)
    assert speaks(line)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("PS bring wine", True), ("PS: wine", True), ("PPS wine?", True), ("N.B. it is locked", True),
        ("Update: the train is late", True), ("追伸 資料は机の上です", True), ("PS Example Ltd", False),
        ("Tel: 040 555 0100", False), ("Office: Hull", False), ("Director: Tom Hale", False), ("Psychology", False),
    ],
)  # fmt: skip
def test_a_postscript_begins_with_a_mark_or_a_label(line: str, is_one: bool) -> None:
    assert is_postscript(line) is is_one


def test_a_mail_that_answers_none_cites_and_has_forms_but_no_history() -> None:
    verse = "Spring is here.\n\n> Green grow the reeds\n> along the bay"
    form = "New enquiry\n\nFrom: Ann <a@x.test>\nDate: 3 May 2026 10:05\nSubject: Boat\n\nIs it free?"
    cited = "A reader writes:\n\n> I like it.\n\nAnother one:\n\n> I do not.\n\nThanks to both."
    assert plain(cited, "Spring").visible == cited
    for text in (verse, form):
        assert plain(text, "Spring").visible == text
        for answer in (
            Message(text=text, subject="Re: Spring"),
            Message(text=text, subject="回复：春天"),
            Message(text=text, subject="Spring", in_reply_to=("<1@x.test>",)),
        ):
            assert read(answer).quoted


QUOTE = "<blockquote{}>Is Friday good for you?</blockquote>"


@pytest.mark.parametrize(
    ("page", "history"),
    [
        ("<p>Our guests say</p>" + QUOTE.format(""), False),
        ("<p>Our guests say</p>" + QUOTE.format(" style='border-left:4px solid #ccc'"), False),
        ("<p>Yes.</p>" + QUOTE.format(" style='border-left:1px solid #ccc'"), True),
        ("<div>Yes.</div><div><br></div>" + QUOTE.format(""), True),
        ("<div>Yes.<br><br></div><div>" + QUOTE.format("") + "</div>", False),
        ("<div>Yes.</div><br><br><div>" + QUOTE.format("") + "</div>", True),
    ],
)
def test_the_last_blockquote_of_a_page_is_history_only_where_it_is_set_as_mail_programs_do(
    page: str, history: bool
) -> None:
    assert ("Friday" in read(Message(html=page)).quoted) is history
    assert "Friday" in read(Message(html=page, subject="Spring offers")).visible


def test_nothing_in_a_block_of_code_begins_history() -> None:
    text = "Send it:\n\n```\nFrom: a@x.test\nDate: Mon, 3 May 2026 10:05\nTo: b@x.test\nSubject: x\n```\n\nDone?"
    assert plain(text).visible == text
    # A fence that nothing closes is none.
    head = "On Mon, 3 May 2026 at 10:05, Ann <a@x.test> wrote:"
    assert plain(f"```\nYes.\n\n{head}\n\nOld words.").visible == "```\nYes."
