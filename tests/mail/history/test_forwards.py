"""Mails that are passed on: their readers have them from nowhere else, so they are shown."""

from __future__ import annotations

from html import escape

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

FIELDS = "From: Eva <eva@x.test>\nSent: Friday, 3 July 2026 14:36\nTo: Ben\nSubject: The boat"
HEADS = {
    "outlook": FIELDS,
    "ruled": f"________________________________\n{FIELDS}",
    "original": f"-----Original Message-----\n{FIELDS}",
    "samsung": "-------- Original message --------\nFrom: Eva <eva@x.test>\nDate: 3/7/26 14:36 (GMT+02:00)\nTo: Ben",
    "apple": "From: Eva <eva@x.test>\nSubject: The boat\nDate: 3 July 2026 at 14:36:02 CEST\nTo: Ben <ben@x.test>",
    "chinese": "------------------ 原始邮件 ------------------\n发件人: Eva <eva@x.test>\n"
    "发送时间: 2026年7月3日 14:36\n主题: The boat",
    "groupwise": ">>> Eva Sommer <eva@x.test> 3.7.2026 14:36 >>>",
    "title alone": "-----Original Message-----",
}
OLD = "The boat is free.\n\nOn Mon, 29 Jun 2026 at 10:00, Cem <cem@x.test> wrote:\n> Is it?\n\nEva"


def plain(text: str, subject: str, *answers: str) -> Channels:
    return read(Message(text=text, subject=subject, in_reply_to=answers))


@pytest.mark.parametrize("head", HEADS)
def test_a_mail_that_answers_none_hands_on_what_stands_below_a_title_or_a_header_block(head: str) -> None:
    text = f"For you.\n\n{HEADS[head]}\n\n{OLD}"
    assert plain(text, "The boat").visible == text
    assert read(Message(html=f"<pre>{escape(text)}</pre>", subject="The boat")).visible == text


@pytest.mark.parametrize("head", HEADS)
def test_the_same_is_history_in_a_mail_that_answers_by_its_subject_or_its_header(head: str) -> None:
    text = f"For you.\n\n{HEADS[head]}\n\nThe boat is free."
    for found in (plain(text, "Re: The boat"), plain(text, "AW: The boat"), plain(text, "Boat", "<1@x.test>")):
        assert (found.visible, "The boat is free." in found.quoted) == ("For you.", True)
    assert read(Message(text=text, subject="Boat", references=("<1@x.test>",))).visible == "For you."


BLOCK = (
    "<b>From:</b> Eva &lt;eva@x.test&gt;<br><b>Sent:</b> Friday, 3 July 2026 14:36"
    "<br><b>To:</b> Ben<br><b>Subject:</b> Boat"
)
PAGES = {
    "owa": f"<div id=appendonsend></div><hr><div id=divRplyFwdMsg>{BLOCK}</div><div>It is free.</div>",
    "owa in a container": "<div id=mail-editor-reference-message-container><hr>"
    f"<div id=divRplyFwdMsg>{BLOCK}</div><div>It is free.</div></div>",
    "outlook": f"<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{BLOCK}</p></div><p>It is free.</p>",
    "telephone": "<div class=ms-outlook-mobile-reference-message><div>________________________________</div>"
    f"<div>{BLOCK}</div>It is free.</div>",
    "titled": f"<div class=yahoo_quoted>----- Original Message -----<br>{BLOCK}<br><br>It is free.</div>",
    "apple": f"<blockquote type=cite><div>{BLOCK}</div><br><div>It is free.</div></blockquote>",
}


@pytest.mark.parametrize("page", PAGES)
def test_containers_of_mail_programs_hold_a_forward_in_a_mail_that_answers_none(page: str) -> None:
    body = f"<div>For you.</div>{PAGES[page]}"
    assert "It is free." in read(Message(html=body, subject="The boat")).visible
    found = read(Message(html=body, subject="Re: The boat"))
    assert (found.visible, "It is free." in found.quoted) == ("For you.", True)


def test_what_stands_below_the_line_of_an_answer_is_history_whatever_the_subject_says() -> None:
    head = "On Fri, 3 Jul 2026 at 14:36, Eva <eva@x.test> wrote:"
    assert plain(f"Yes.\n\n{head}\n> Is it free?", "The boat").visible == "Yes."
    quote = f"<div class=gmail_quote>{escape(head)}<blockquote class=gmail_quote>Is it free?</blockquote></div>"
    assert read(Message(html=f"<p>Yes.</p>{quote}", subject="The boat")).visible == "Yes."
