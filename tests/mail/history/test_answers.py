"""Answers that people put into history that has no marks: in another colour, or behind their name in brackets."""

from __future__ import annotations

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

HEAD = (
    "<b>From:</b> Eva &lt;eva@x.test&gt;<br><b>Sent:</b> Friday, 3 July 2026 14:36<br><b>To:</b> Ben<br>"
    "<b>Subject:</b> The boat"
)
HEADS = {
    "outlook": f"<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{HEAD}</p></div>",
    "owa": f"<hr><div id=divRplyFwdMsg>{HEAD}</div>",
    "telephone": f"<div class=ms-outlook-mobile-reference-message><div>{HEAD}</div>",
    "gmail": "<div class=gmail_quote>On Fri, 3 Jul 2026 at 14:36, Eva &lt;eva@x.test&gt; wrote:"
    "<blockquote class=gmail_quote>",
}
RED = "<p style='color:{}'>{}</p>"


def inked(*said: str, colour: str = "red") -> str:
    """Paragraphs, every other one in a colour."""
    return "".join(RED.format(colour, one) if number % 2 else f"<p>{one}</p>" for number, one in enumerate(said))


def answer(page: str, **header: str) -> Channels:
    return read(Message(html=page, subject=header.get("subject", "Re: The boat")))


ASKED = inked("Is the boat free?", "From Friday on.", "Who brings oars?", "I do.")
SHOWN = "> Is the boat free?\n\nFrom Friday on.\n\n> Who brings oars?\n\nI do."


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "new",
    [
        "See my answers in red below.",
        "My comments in red.",
        "Antworten in rot",
        "Mes réponses en rouge.",
        "Svar med rødt under hvert spørsmål",
        "Ответы красным",
        "回答は赤字です",
        "Answers inline.",
        "Siehe unten!",
        "详见下面",
    ],
)
def test_answers_in_a_colour_that_the_new_text_speaks_of_are_shown_with_what_they_answer(head: str, new: str) -> None:
    found = answer(f"<p>{new}</p>{HEADS[head]}{ASKED}")
    assert found.visible == f"{new}\n\n{SHOWN}"
    assert "From Friday on." not in found.quoted


@pytest.mark.parametrize(("name", "colour"), [("blue", "#1F497D"), ("green", "#00B050"), ("purple", "#7030A0")])
def test_each_colour_is_known_by_its_name(name: str, colour: str) -> None:
    page = f"<p>See {name}.</p>{HEADS['outlook']}{inked('Free?', 'Yes.', colour=colour)}"
    assert answer(page).visible == f"See {name}.\n\n> Free?\n\nYes."
    assert answer(page.replace(f"See {name}", "See orange")).visible == "See orange."


def test_answers_in_the_colour_of_the_new_text_are_of_the_same_hand() -> None:
    page = f"<p style='color:#1F497D'>Dear Eva,</p>{HEADS['outlook']}" + ASKED.replace("red", "#1F497D") + "<p>Eva</p>"
    assert answer(page).visible == f"Dear Eva,\n\n{SHOWN}"
    assert answer(page.replace("color:#1F497D'>Dear", "color:#000'>Dear")).visible == "Dear Eva,"


def test_an_answer_in_the_line_that_it_answers_is_shown_with_it() -> None:
    asked = "<p>Is the boat free? <span style='color:red'>From Friday on.</span></p><p>We are six.</p>"
    assert answer(f"<p>In red.</p>{HEADS['owa']}{asked}").visible == "In red.\n\nIs the boat free? From Friday on."


OLD = {
    "nothing is said": f"<p>Thanks!</p>{HEADS['outlook']}{ASKED}",
    "another colour is named": f"<p>Mine are blue.</p>{HEADS['outlook']}{ASKED}",
    "several colours": f"<p>Below.</p>{HEADS['outlook']}{ASKED}{inked('We are six.', 'Six!', 'Eva', colour='green')}",
    "a signature at the end": f"<p>Below.</p>{HEADS['outlook']}<p>Is it free?</p>{RED.format('#1F497D', 'Northwind')}",
    "grey": f"<p>Below.</p>{HEADS['outlook']}{inked('Is it free?', 'This is small print.', 'Eva', colour='#777')}",
    "links": f"<p>Below.</p>{HEADS['outlook']}<p>Is it free?</p><p><a href='https://x.test'>Look</a></p><p>Eva</p>",
    "an older mail": f"<p>In red.</p>{HEADS['outlook']}<p>See below.</p>{HEADS['outlook']}{ASKED}",
    "not drawn": f"<p>In red.</p>{HEADS['owa']}<p>Is it free?</p><p style='color:red;font-size:0'>Never.</p>",
}


@pytest.mark.parametrize("case", OLD)
def test_colours_that_the_old_mail_may_have_itself_are_history(case: str) -> None:
    assert "\n" not in answer(OLD[case]).visible


PLAIN = "From: Eva <eva@x.test>\nSent: Friday, 3 July 2026 14:36\nTo: Ben\nSubject: The boat\n\n"


def test_answers_behind_a_name_in_brackets_are_shown_with_what_they_answer() -> None:
    asked = (
        "Is the boat free?\n\n[Ben Hill] From Friday on,\nif it is dry.\n\nWho brings oars?\n[Ben Hill] I do.\n\nEva"
    )
    shown = "> Is the boat free?\n\n[Ben Hill] From Friday on,\nif it is dry.\n\n> Who brings oars?\n[Ben Hill] I do."
    for new in ("See my answers below.", "Dear Eva,\n\nBen"):
        found = read(Message(text=f"{new}\n\n{PLAIN}{asked}", subject="Re: The boat"))
        assert (found.visible, found.quoted.endswith("Eva")) == (f"{new}\n\n{shown}", True)


@pytest.mark.parametrize(
    ("new", "asked"),
    [
        ("Thanks!", "Is it free?\n[Ben] From Friday on."),
        ("See below.", "[Eva] Is it free?\n[Ben] From Friday on."),
        ("See below.", "Is it free?\n\nOn 1 Jul 2026 at 10:00, Cem <cem@x.test> wrote:\n\n[Cem] We sold it."),
    ],
)
def test_names_in_brackets_that_the_old_mail_may_have_itself_are_history(new: str, asked: str) -> None:
    assert read(Message(text=f"{new}\n\n{PLAIN}{asked}", subject="Re: The boat")).visible == new
