"""What is new in a reply: over our own corpus, over other projects' suites, and by rule."""

from __future__ import annotations

import json
import os
import random
import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
from benchmarks import replies

from mailmcp.language.characters import cleaned
from mailmcp.mail.history.quotes import MAX_LINES, divided, is_forward
from mailmcp.mail.mime.flowed import unfold
from mailmcp.mail.parse import parse
from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

OURS = Path(__file__).parents[2] / "corpus" / "replies" / "pairs.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in OURS.read_text("utf-8").splitlines()]
THEIRS = Path(os.environ.get("MAILMCP_TEST_CORPORA") or "/nonexistent") / "reply"

no_corpora = pytest.mark.skipif(
    not THEIRS.is_dir(), reason="MAILMCP_TEST_CORPORA does not name a folder with reply/ in it"
)


def plain(text: str, subject: str = "") -> Channels:
    return read(Message(text=text, subject=subject))


def html(body: str, subject: str = "") -> Channels:
    return read(Message(html=body, subject=subject))


def flat(text: str) -> str:
    return " ".join(text.split())


# --- corpora ---------------------------------------------------------------------------------------------------


def test_our_corpus_is_as_wide_as_it_says() -> None:
    assert len(CASES) >= 200
    assert len({case["language"] for case in CASES}) >= 50
    assert len({case["client"] for case in CASES}) >= 30
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_new_text_of_a_reply_is_what_remains(case: dict[str, Any]) -> None:
    body = {"text": case["input"]} if case["kind"] == "text" else {"html": case["input"]}
    channels = read(Message(subject=case["subject"], **body))
    assert flat(channels.visible) == flat(case["expected"])


@pytest.mark.parametrize("width", [46, 62])
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
def test_attributions_are_found_when_they_are_folded(width: int, marked: bool) -> None:
    missed: list[str] = []
    heads = [case for case in CASES if case["kind"] == "text" and len(case["input"].split("\n")) >= 4]
    for case in heads:
        new, _, rest = case["input"].partition("\n\n")
        head, _, old = rest.partition("\n")
        if not head.rstrip().endswith((":", ":\u202c")) or len(head) < width or "\n" in new:
            continue
        lines = re.findall(rf".{{1,{width}}}(?:\s|$)", head)
        body = "\n".join(f"> {line.lstrip('> ')}" for line in old.split("\n")) if marked else "\n" + old
        if flat(plain("\n".join([new, "", *map(str.strip, lines), body])).visible) != flat(case["expected"]):
            missed.append(case["name"])
    # A date that ends with its line and a name before it look like a line of new text.
    assert len(missed) <= 1, missed


@pytest.mark.corpora
@no_corpora
def test_other_projects_suites_are_met_but_for_misses_with_a_reason() -> None:
    cases = list(replies.replies(THEIRS / "pairs.jsonl"))
    assert len(cases) == 132
    assert {case.place for case in cases if not case.exact} == set(replies.REASONS)
    assert sum(case.history_gone for case in cases) >= 0.95 * len(cases)
    # Of those that ask for all of the new text, not for a fragment of it.
    whole = [case for case in cases if case.place not in replies.NEW_LINES]
    assert sum(case.exact for case in whole) >= 0.92 * len(whole)
    assert sum(case.as_asserted for case in cases) >= 0.88 * len(cases)


@pytest.mark.corpora
@no_corpora
def test_other_projects_inputs_neither_hang_nor_come_out_empty() -> None:
    files = [path for folder in ("email_reply_parser", "crisp", "talon") for path in (THEIRS / folder).rglob("*")]
    read_files = 0
    for path in files:
        if not path.is_file() or path.name in ("LICENSE", ".gitignore"):
            continue
        raw = path.read_bytes()
        text = raw.decode("utf-8", "replace")
        message = Message(html=text) if path.suffix == ".html" else Message(text=text)
        channels = read(parse(raw) if path.suffix == ".eml" else message)
        assert channels.visible.strip() or not text.strip(), path
        read_files += 1
    assert read_files > 100


# --- which lines -----------------------------------------------------------------------------------------------


def test_the_line_before_each_answer_stays_and_the_rest_goes() -> None:
    channels = plain(
        "Hi\n\nOn 2/2/26 10:00, Ann wrote:\n> first\n> second\n\nanswer one\n\n> third\nanswer two\n> rest"
    )
    assert channels.visible == "Hi\n\n> second\n\nanswer one\n\n> third\nanswer two"
    assert channels.quoted == "On 2/2/26 10:00, Ann wrote:\n> first\n\n> rest"


def test_an_answer_below_all_of_the_history_stands_alone() -> None:
    assert plain("On 2/2/26 10:00, Ann wrote:\n> first\n> second\n\nthe answer").visible == "the answer"


def test_a_question_that_was_wrapped_stays_whole_before_its_answer() -> None:
    question = "> Could you tell me whether the charts for the long meeting on\n> Friday are ready?"
    assert plain(f"> Hello.\n{question}\n\nThey are.\n\n> Bye").visible == f"{question}\n\nThey are."


def test_answers_in_html_keep_the_line_they_answer() -> None:
    one, two = "<blockquote type=cite><p>a</p><p>one?</p></blockquote>", "<blockquote type=cite>two?</blockquote>"
    body = f"<p>Hi</p>{one}<p>yes</p>{two}no"
    channels = html(body)
    assert channels.visible == "Hi\n\n> one?\n\nyes\n\n> two?\n\nno"
    assert channels.quoted == "a"


def test_quoted_lines_without_an_attribution_that_are_answered_keep_their_last_line() -> None:
    assert plain("> a\n> one?\n\nyes").visible == "> one?\n\nyes"


def test_the_end_of_a_quoted_line_that_was_broken_off_is_no_answer() -> None:
    long = "> Nullam pharetra dignissim odio, vestibulum nec dui luctus and then more"
    text = f"new\n\nOn 2/2/26 10:00, Ann wrote:\n{long}\nof the same line.\n> end"
    assert plain(text).visible == "new"


@pytest.mark.parametrize(
    "text",
    [
        "I wrote:\n\nnothing of interest.",
        "On 5 May I wrote to you about the following points and more:\n\none\n\ntwo",
        "Hello\n\nFrom: Berlin\nTo: Paris\nDate: 21 Nov 2026\n\nBooking X7Q2PL",
        "Agenda for 2 Feb 2026, 10:00:\n\n1. Welcome",
        "See the log:\n\n2026-02-02 10:00:01 ERROR user ann@x.test:\nno such folder\n\nWhat now?",
        "Hello\n\n----------\n\nHow are you?\n\n----------\n\nBye",
        "He said this:\n\n\u2014 no.\n\nSent from the warehouse yesterday.",
        "Ship to: Ann\nShip from: Ben\n\nThanks",
        ">From the beginning it was clear.",
        "Dates:\n\nDate: Monday 3 October\nTime: 7:00\nAddress: 130 Fox St",
        "Best regards,\nAnn Berg",
    ],
)
def test_text_that_only_resembles_history_stays_whole(text: str) -> None:
    channels = plain(text)
    assert channels.visible == text
    assert (channels.quoted, channels.signature) == ("", "")


@pytest.mark.parametrize("subject", ["Fwd: x", "WG: x", "TR: x", "Пер: x", "转发：x", "RV: x", "I: x"])
def test_a_subject_says_that_a_mail_was_forwarded(subject: str) -> None:
    assert is_forward(subject)
    assert (
        "old words" in plain("new\n\nFrom: A <a@x.test>\nSent: Monday\nTo: B\nSubject: C\n\nold words", subject).visible
    )


def test_vs_is_a_forward_in_norwegian_and_an_answer_in_finnish() -> None:
    block = "{}: Ann <a@x.test>\n{}: 2.2.2026 10:00\n{}: Ben\n{}: Plan\n\nold words"
    norwegian, finnish = ("Fra", "Sendt", "Til", "Emne"), ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe")
    assert "old words" in plain("new\n\n" + block.format(*norwegian), "VS: Plan").visible
    assert plain("new\n\n" + block.format(*finnish), "VS: Plan").visible == "new"


@pytest.mark.parametrize("subject", ["Re: Fwd: x", "AW: x", "Forward planning: x", "Report"])
def test_a_subject_of_an_answer_is_none_of_a_forward(subject: str) -> None:
    assert not is_forward(subject)


def test_a_mail_that_is_only_history_is_shown_with_its_links() -> None:
    body = "<div>On 2 Feb 2026, Ann &lt;a@x.test&gt; wrote:</div><blockquote><a href='https://x.test/a'>old</a></blockquote>"
    channels = html(body)
    assert channels.visible.endswith("old")
    assert [link.url for link in channels.links] == ["https://x.test/a"]


def test_what_stands_in_the_container_after_gmails_blockquote_is_new() -> None:
    quote = "On 2 Feb 2026, Ann wrote:<blockquote class=gmail_quote>q</blockquote>"
    body = f"<div class=gmail_quote>{quote}<p>under it</p></div>"
    assert html(body).visible == "under it"


def test_a_header_block_whose_lines_were_joined_begins_history() -> None:
    block = "From: Ann Berg <a@x.test> Sent: Monday, 2 February 2026 10:00 To: Ben Cole Subject: RE: Plan"
    assert plain(f"new\n\n{block}\n\nold").visible == "new"


def test_an_attribution_in_a_line_with_new_and_old_words_is_cut_out() -> None:
    channels = plain("Thanks! On Mon, Feb 2, 2026 at 10:00 AM Ann <a@x.test> wrote: Does it fit?")
    assert channels.visible == "Thanks!"
    assert channels.quoted.endswith("Does it fit?")


def test_a_few_lines_cited_after_a_colon_stay() -> None:
    text = "The manual says:\n\n> Press it once.\n> Then wait.\n\nThat did not help."
    assert plain(text).visible == text


def test_a_citation_of_the_writer_stays() -> None:
    body = "<p>Ann's best line:</p><blockquote>It rains.</blockquote>"
    assert html(body).visible == "Ann's best line:\n\nIt rains."


@pytest.mark.parametrize("subject", ["Re: Spring", "Spring"])
def test_an_epigraph_of_somebody_without_date_or_address_within_a_page_stays(subject: str) -> None:
    head, cited = "<p>On Monday, Aunt Ida wrote:</p>", "<blockquote>Never lend an oar.</blockquote>"
    page = f"<h1>Spring</h1>{head}{cited}<p>So we do not.</p>"
    assert html(page, subject).visible == "Spring\n\nOn Monday, Aunt Ida wrote:\n\nNever lend an oar.\n\nSo we do not."


@pytest.mark.parametrize(
    "page",
    [
        "<p>Yes.</p>{}{}",
        "{}{}<p>Yes.</p>",
        "<p>Hi,</p>{}{}<p>Yes.</p><blockquote>And Ann?</blockquote><p>No.</p>",
    ],
)
def test_the_same_at_an_edge_or_in_pieces_is_history(page: str) -> None:
    head, quote = "<p>Ida wrote:</p>", "<blockquote>We are six.<br>Is it free?</blockquote>"
    assert "Ida wrote:" in html(page.format(head, quote), "Re: Boat").quoted


def test_a_top_border_is_history_only_over_a_header_block() -> None:
    box = "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{}</p></div><p>more</p>"
    assert "more" in html("<p>new</p>" + box.format("Our offer")).visible
    assert html("<p>new</p>" + box.format("<b>Von:</b> Ann<br><b>Gesendet:</b> Montag<br>")).visible == "new"
    assert "Berlin" in html("<p>Your trip</p>" + box.format("From: Berlin<br>To: Paris<br>Date: 12 May 2026")).visible


TRIP = "From: Berlin\nTo: Paris\nDate: 12 May 2026, 10:00\nSeat: 21A\nQuestions: help@rail.example"
FORMS = {
    "trip": f"Your trip is booked.\n\n{TRIP}\n\nHave a good journey!",
    "trip with a subject": f"Your trip is booked.\n\nSubject: Booking 7\n{TRIP}\n\nHave a good journey!",
    "parcel": "On its way.\n\nFrom: Shop Berlin\nSent: 12 May 2026\nTo: Ann Berg, Paris\n\nIt comes on Friday.",
    "empty template": "Please answer in this form.\n\nFrom:\nTo:\nDate:\nSubject:\n\nThank you.",
    "template": "Use this one.\n\nFrom: you@a.test\nTo: desk@a.test\nDate: 2026-05-12\nSubject: Access\n\nThank you.",
    "settings": "Set it up.\n\nFrom: you@a.test\nTo: desk@a.test\nSubject: Access\n\nThank you.",
    "held mail": "We hold this mail:\n\nFrom: x@a.test\nTo: y@b.test\nDate: 12 May 2026 10:00\nSubject: Hi\n\nSend?",
    "contact form": "Hi!\n\nName: Ann\nPhone: none\nFrom: a@a.test\nDate: 12 May 2026 10:00\nSubject: Hi\n\nHello.",
    "answers below": "See my answers below:\n\nFrom: Ann <a@a.test>\nSent: Monday, 11 May 2026 10:00\nTo: Ben\n"
    "Subject: Plan\n\nWho brings it? I do.",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_with_the_names_of_header_fields_is_no_history(form: str) -> None:
    assert plain(FORMS[form]).visible == FORMS[form]
    assert flat(html(escape(FORMS[form]).replace("\n", "<br>")).visible) == flat(FORMS[form])


PROMPTS = [
    "Try this:\n\n>>> import os\n>>> os.sep\n'/'\n\nIt works here.",
    "It fails.\n>>> 1/0\nTraceback (most recent call last):\nZeroDivisionError\n>>>\nWhy?",
    ">>> sorted('ba')\n['a', 'b']",
    "<<<<<<< ours\na = 1\n=======\na = 2\n>>>>>>> theirs\nWhich one?",
]


@pytest.mark.parametrize("text", PROMPTS)
def test_prompts_and_other_signs_that_no_quoting_makes_stay_as_they_are(text: str) -> None:
    assert plain(text).visible == text
    assert plain(f"{text}\n\nOn Mon, 2 Feb 2026 at 10:00, Ann <a@x.test> wrote:\n> old\n>> older").visible == text
    assert html(f"<pre>{escape(text)}</pre>").visible == text
    stuffed = "\n".join(f" {line}" if line.startswith(">") else line for line in text.split("\n"))
    assert unfold(stuffed) == text
    assert unfold(text) == text


def test_a_prompt_under_a_quote_is_an_answer_to_it() -> None:
    text = "On Mon, 2 Feb 2026 at 10:00, Ann <a@x.test> wrote:\n> How?\n\n>>> print(1)\n1\n\nSo."
    assert plain(text).visible == ">>> print(1)\n1\n\nSo."


def test_marks_that_grow_with_the_quotes_before_them_are_quotes() -> None:
    head = "On Mon, 2 Feb 2026 at 10:00, Ann <a@x.test> wrote:\n"
    assert ">>> oldest" in plain(f"Yes.\n\n{head}> old\n>> older\n\n>>> oldest").quoted
    assert plain(f"Yes.\n\n{head}>>> oldest\n>> older").visible == "Yes."


@pytest.mark.parametrize("kind", ['class="moz-cite-prefix"', 'class="gmail_attr"', 'id="reply-intro"'])
def test_the_line_over_a_quote_is_quoted_only_over_a_quote(kind: str) -> None:
    words = "<p>Hi,</p><div {}>{}</div>{}"
    said = "Je kunt om 10 uur komen"
    alone = words.format(kind, said, "<p>Tot dan</p>")
    assert html(alone).visible == f"Hi,\n\n{said}\n\nTot dan"
    assert html(words.format(kind, said, "")).visible == f"Hi,\n\n{said}"
    over = words.format(kind, "Om 10 uur zei Ann dit", '<br>\n<div><blockquote type="cite">Kom je?</blockquote></div>')
    assert html(over).visible == "Hi,"


def test_a_header_block_of_people_without_addresses_begins_history() -> None:
    head = "From: Ann Berg\nSent: Monday, 2 February 2026 10:00\nTo: Ben Cole\nSubject: RE: Plan"
    assert plain(f"Yes.\n\n{head}\n\nold").visible == "Yes."
    assert plain(f"Yes.\n{head}\nSensitivity of it: none\n\nold").visible == "Yes."


# --- signatures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        ("new\n-- \nAnn\nExample Ltd", "--\nAnn\nExample Ltd"),
        ("new\n\nSent from my iPhone", "Sent from my iPhone"),
        ("new\n\n—\nSent from Gmail Mobile", "—\nSent from Gmail Mobile"),
        ("new\n\n—\nReply to this email directly or view it.", "—\nReply to this email directly or view it."),
        ("new\n\nGesendet mit der Outlook-App", "Gesendet mit der Outlook-App"),
        *(
            (f"new\n\n{one}", one)
            for one in (
                "Holen Sie sich Outlook für iOS<https://aka.ms/o0ukef>", "获取适用于 iOS 的 Outlook<https://aka.ms/o0ukef>",
                "iOS 用 Outlook を入手<https://aka.ms/o0ukef>", "Получить Outlook для iOS<https://aka.ms/o0ukef>",
                "Získejte Outlook pro Android <https://aka.ms/AAb9ysg>", "iOS için Outlook edinin<https://aka.ms/o0ukef>",
                "Get BlueMail for Android", "Yahoo Mail: Search, Organize, Conquer", "Gesendet aus Outlook",
                "Telefonumdan gönderildi", "Отправлено из мобильной Яндекс Почты",
            )
        ),
        ("new\n\n________\nfriends mailing list\nf@lists.test", "________\nfriends mailing list\nf@lists.test"),
    ],
)  # fmt: skip
def test_signatures_stand_apart(body: str, signature: str) -> None:
    channels = plain(body)
    assert (channels.visible, channels.signature) == ("new", signature)


@pytest.mark.parametrize(
    "body",
    [
        "Please install this:\n\nOutlook 2026 for iOS, beta: https://aka.ms/beta",
        "Which one?\n\nOutlook for iOS or Android https://example.com/choose",
        "Which one?\n\nDo you use Outlook for iOS? https://aka.ms/o0ukef",
    ],
)
def test_words_about_a_mail_program_are_no_signature(body: str) -> None:
    assert plain(body).visible == body


def test_a_signature_between_new_text_and_history_is_neither() -> None:
    channels = plain("new\n\n-- \nAnn\n\nOn 2 Feb 2026, Ben <b@x.test> wrote:\n> old")
    assert (channels.visible, channels.signature) == ("new", "--\nAnn")
    assert "old" in channels.quoted


@pytest.mark.parametrize(
    "said", ["PS: cake", "P. S. cake", "PPS. cake\nand tea", "P.S.: cake", "Υ.Γ. cake", "追伸 cake"]
)
@pytest.mark.parametrize("signed", ["--\nAnn\nPS Example Ltd", "Sent from my iPhone"])
def test_a_postscript_below_the_signature_is_new(signed: str, said: str) -> None:
    for history in ("", "\n\nOn 2 Feb 2026, Ben <b@x.test> wrote:\n> old"):
        channels = plain(f"new\n\n{signed}\n\n{said}{history}")
        assert (channels.visible, channels.signature) == (f"new\n\n{said}", signed)


def test_what_stands_below_a_postscript_belongs_to_the_signature_again() -> None:
    channels = plain("new\n\n-- \nAnn\nPS: cake\n\nNorthwind")
    assert (channels.visible, channels.signature) == ("new\n\nPS: cake", "--\nAnn\n\nNorthwind")


def test_a_rule_of_the_writer_above_the_footer_of_a_list_is_no_part_of_it() -> None:
    text = "first\n\n---\n\nsecond\n\n--\nTo unsubscribe from the list, write to https://lists.app.example/listinfo/"
    assert plain(text).visible == "first\n\n---\n\nsecond"


@pytest.mark.parametrize(
    "said",
    [
        "As discussed, this agreement is confidential and we should keep this email between us.",
        "I have read it, and I think that the confidential parts of this email thread should go to nobody else.",
    ],
)
def test_a_person_who_speaks_of_a_mail_and_of_secrets_writes_no_small_print(said: str) -> None:
    text = f"Hi Bob,\n\n{said}\n\nThe rest is fine.\n\nBest,\nAnn"
    assert plain(text).visible == text


def test_small_print_that_holds_a_number_is_not_cut() -> None:
    print_ = "This e-mail is confidential and for you only. Your code is 482913, do not share it with anyone at all."
    assert "482913" in plain(f"Hello\n\n{print_}").visible


def test_small_print_right_under_a_rule_is_part_of_the_signature() -> None:
    print_ = f"{'_' * 70}\nThis message is confidential and intended solely for the addressee, who alone may read it."
    channels = plain(f"Hello\n\n{print_}")
    assert (channels.visible, channels.signature) == ("Hello", print_)


def test_a_mail_that_is_only_a_signature_is_shown() -> None:
    assert plain("Sent from my iPhone").visible == "Sent from my iPhone"
    assert html("<div class=gmail_signature>Ann</div>").visible == "Ann"


# --- places ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "<div class=moz-cite-prefix>On 2/2/26, Ann wrote:</div><blockquote type=cite><p><a href='https://x.test/q'>old</a>"
        "</p><p>with <a href='https://x.test/0'>this</a>?</p></blockquote>"
        "<p>Use <a href='https://x.test/1'>this one</a> and <b>482913</b></p>"
        "<blockquote type=cite><p>more"
        "</p><p>see <a href='https://x.test/2'>that</a>?</p></blockquote><p><a href='https://x.test/3'>here</a></p>"
        "<p>words words words words words words words words words words words words words words words words words</p>",
    ],
)
def test_places_of_links_and_emphasis_fit_after_the_cuts(body: str) -> None:
    channels = html(body)
    assert "old" not in channels.visible
    assert [link.url for link in channels.links] == [f"https://x.test/{number}" for number in range(4)]
    for link in channels.links:
        assert channels.visible[link.offset :].startswith(link.text)
    assert "482913" in [channels.visible[start:end] for start, end in channels.emphasis]


def test_places_of_links_of_plain_text_fit_after_the_cuts() -> None:
    channels = plain(
        "On 2/2/26, Ann wrote:\n> https://x.test/old\n> is it https://x.test/kept?\n\n"
        "no, https://x.test/new\n\n> more\nyes"
    )
    assert [link.url for link in channels.links] == ["https://x.test/kept", "https://x.test/new"]
    for link in channels.links:
        assert channels.visible[link.offset :].startswith(link.url)


def test_every_line_is_somewhere() -> None:
    for case in CASES:
        if case["kind"] == "text":
            channels = plain(case["input"], case["subject"])
            shown = set(re.findall(r"\w+", f"{channels.visible} {channels.quoted} {channels.signature}"))
            said = cleaned(case["input"])[0]
            assert shown >= set(re.findall(r"\w+", said)), case["name"]


@pytest.mark.parametrize("seed", range(8))
def test_lines_in_any_order_give_something_and_places_that_fit(seed: int) -> None:
    chance = random.Random(seed)
    lines = [line for case in CASES if case["kind"] == "text" for line in case["input"].split("\n")]
    lines += ["see https://x.test/a", "> https://x.test/b", "", "", "-- ", "___________", "words of a paragraph."]
    for _ in range(60):
        text = "\n".join(chance.choice(lines) for _ in range(chance.randrange(1, 30)))
        channels = plain(text)
        assert channels.visible.strip() or not text.strip()
        for link in channels.links:
            assert channels.visible[link.offset :].startswith(link.text)


# --- limits ----------------------------------------------------------------------------------------------------

UNITS = [
    ">", "> ", ">\n", "> x\nown\n", "On ", "On a\n", "On 2 Feb 2026 wrote:\n", "\n", "\n\n>\n", " ", "From: ",
    "From: a\n", "From: a\nTo: b\n", "-", "---\n", "-- \n", "Sent from my iPhone\n\n", "a. On 2026 ", "wrote:\n", ":\n",
    "2026-02-02 10:00 <a@b>:\n", "<\n", "(", "-----Original", "--forwarded", "> a\n(https://x.test/a)\n", "你好\n",
    "this e-mail is confidential\n\n", "On 2 Feb 2026, X <x@y.test> wrote:\n\n", "--- On 2 Feb 2026, x@y.test wrote:",
    "#", "--- above this line\n", "-- \nPS: x\n", "PS: x\n\n", "----\nTo: a\nSubject: b\n",
    "-----Original Message-----\n> a\nb\n", "--\nAnn\n\n", "--\nAnn Lee\n040 555 0100\n", "```\n", "```\na\n> b\n",
    "Message:\n", "Sent from my iPhone\na\n", "you received this message because\n---\n",
    "--- x ---\nA: a@b\n", "--- x ---\n", "Eva wrote 3.7.2026 14:36\n> a\n", "wrote\n:\n",
    "Subject: a\n\nFrom: b\n\n", "wrote:\nAE> a\n", "X: a <a@b>\nSent: x\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.slow
def test_a_megabyte_of_bait_takes_seconds_at_most(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    divided(text)
    # As many lines as are looked at.
    divided((unit * (MAX_LINES + 1))[: min(1_000_000, (MAX_LINES - 2) * len(unit.split("\n")[0] + "\n"))])
    assert plain("words\n" + text[:100_000]).visible.strip()


@pytest.mark.parametrize(
    "unit", ["<blockquote>x</blockquote>y", "<blockquote type=cite>x</blockquote>y", "<div class=gmail_quote>x</div>"]
)
@pytest.mark.slow
def test_html_of_many_quotes_takes_seconds_at_most(unit: str) -> None:
    assert html(unit * 20_000).visible


@pytest.mark.parametrize(
    "line",
    [
        "您正在为账号 lin_1998***@app.example 更换手机（尾号 3306）。本次操作的动态密码为：",
        "2026-03-01 account ann_1998@app.example, your sign-in code is:",
        "For ann@app.example on 1 March 2026 the code is:",
        "The password of ann2019@app.example was asked for at 10:42, your code:",
    ],
)
def test_a_sentence_with_an_address_and_a_number_is_no_attribution(line: str) -> None:
    body = f"Hello,\n\n{line}\n\n482913\n\nIt is valid for 10 minutes."
    channels = read(Message(text=body))
    assert "482913" in channels.visible
    assert channels.quoted == ""


def test_an_answer_over_a_quoted_forward_is_what_is_new() -> None:
    passed_on = "> ---------- Forwarded message ---------\n> From: Cem <cem@app.example>\n> The plan"
    found = plain(f"Thanks, done.\n\nOn 24 Nov 2026, at 10:00, Ann <ann@app.example> wrote:\n\n{passed_on}\n")
    assert found.visible == "Thanks, done."
    assert "The plan" in found.quoted
    assert "The plan" in plain(f"Please look.\n\n{passed_on}\n").visible


@pytest.mark.parametrize(
    "head",
    [
        ">>> Ann Example <ann@app.example> 24.11.2026 15:14 >>>",
        '"Ann Example" ---24.11.2026 15:14:02---Plan\n\nFrom: Ann Example/App\nTo: Ben/App@App\nDate: 24.11.2026 15:14',
        "នៅ អង្គារ 24 វិច្ឆិកា 2026 ម៉ោង 15:14 Ann Example <ann@app.example> បានសរសេរ៖",
    ],
    ids=["groupwise", "notes", "khmer"],
)
def test_history_without_marks_begins_under_such_a_line(head: str) -> None:
    for found in (
        plain(f"Fine.\n\n{head}\n\nOld words.\n"),
        html(f"<p>Fine.</p><pre>{escape(head)}\n\nOld words.</pre>"),
    ):
        assert found.visible == "Fine."
        assert "Old words." in found.quoted


def test_a_paragraph_that_was_moved_to_the_right_is_no_history() -> None:
    moved = '<blockquote style="margin:0 0 0 40px;border:none;padding:0"><div>Two nights: 30 euro</div></blockquote>'
    assert "30 euro" in html(f"<p>Here are the prices</p>{moved}").visible
    old = moved.replace("border:none", "border:none;border-left:solid #ccc 1pt")
    assert "30 euro" not in html(f"<p>Fine.</p>{old}").visible
