"""Replies and forwards as mail programs write them: each line is new, quoted, or of the signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from mailmcp.language.characters import cleaned
from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

CORPUS = Path(__file__).parents[2] / "corpus" / "replies"
_BLOCK = re.compile(r"(?i)<li>|</?(?:div|p|br|td|blockquote)\b[^>]*>")
_TAG = re.compile(r"<!--.*?-->|<style.*?</style>|<[^>]*>", re.DOTALL)
_DRAWN = re.compile(r"(?m)^(?:> |\d\. )")
"""What is written before answered lines and items of lists of a page."""


@dataclass(frozen=True)
class Reply:
    """A mail of roles.txt or ordinary.txt."""

    name: str
    language: str
    client: str
    subject: str
    lines: tuple[str, ...]

    @property
    def html(self) -> bool:
        return self.name.startswith("html-")

    def body(self, roles: str = "+&=~") -> str:
        """Its lines of some roles."""
        return "\n".join(line[1:] for line in self.lines if not line or line[0] in roles)

    def said(self, roles: str = "+&=~") -> str:
        """The words of these lines."""
        body = self.body(roles)
        return cleaned(unescape(_TAG.sub("", _BLOCK.sub("\n", body))) if self.html else body)[0]


def replies() -> Iterator[Reply]:
    mails = "\n".join((CORPUS / name).read_text("utf-8") for name in ("roles.txt", "ordinary.txt"))
    for block in re.split(r"(?m)^@@ ", mails)[1:]:
        head, _, body = block.rstrip("\n").partition("\n")
        name, language, client, subject = head.split("|")
        yield Reply(name, language, client, subject, tuple(body.split("\n")))


REPLIES = list(replies())
SIGNATURES = (CORPUS / "signatures.txt").read_text("utf-8").splitlines()
ATTRIBUTIONS = [line.split("|") for line in (CORPUS / "attributions.txt").read_text("utf-8").splitlines()]
HEADERS = [line.split("|") for line in (CORPUS / "headers.txt").read_text("utf-8").splitlines()]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def plain(text: str, subject: str = "") -> Channels:
    return read(Message(text=text, subject=subject))


def test_the_corpus_is_as_wide_as_it_says() -> None:
    assert len(REPLIES) >= 490
    assert len({one.name for one in REPLIES}) == len(REPLIES)
    assert len({one.language for one in REPLIES}) >= 35
    assert len({one.client for one in REPLIES}) >= 70


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_each_line_of_a_reply_is_in_the_channel_of_its_role(reply: Reply) -> None:
    body = reply.body()
    channels = read(Message(html=body, subject=reply.subject)) if reply.html else plain(body, reply.subject)
    shown = _DRAWN.sub("", channels.visible) if reply.html else channels.visible
    assert "".join(shown.split()) == "".join(reply.said("+&").split())
    for role, channel in (("=", channels.quoted), ("~", channels.signature)):
        said = set(words(reply.said(role)))
        assert said <= set(words(channel))
        assert said or not channel.strip()


@pytest.mark.parametrize("line", SIGNATURES)
def test_the_line_with_which_a_program_signs_is_a_signature(line: str) -> None:
    channels = plain(f"Yes, that is fine with me.\n\n{line}\n")
    assert channels.visible == "Yes, that is fine with me."
    assert words(channels.signature) == words(line)


@pytest.mark.parametrize(
    "line",
    [
        "Doğrulama kodu telefonunuza gönderildi.",
        "验证码已向手机发送",
        "I sent it from my phone.",
        "Sent it by mail to the office, they have a phone.",
        "Ich habe es dir von meinem Handy gesendet.",
        "Print the environment before the build, please.",
        "Download it at www.avast.com",
        "Please sign above this line.",
        "PS Example Ltd sends the papers.",
    ],
)
def test_a_sentence_of_the_writer_is_no_signature(line: str) -> None:
    assert plain(f"Hello,\n\nthat is all.\n\n{line}").visible.endswith(line)


@pytest.mark.parametrize("names", HEADERS, ids=lambda names: names[0])
@pytest.mark.parametrize(
    "form",
    [
        "{1}: Mia Lund <mia@app.example>\n{2}: {5}\n{3}: Ben Cole <ben@app.example>\n{4}: Plan\n",
        "*{1}: *Mia Lund <mia@app.example>\n*{2}: *{5}\n*{3}: *Ben Cole <ben@app.example>\n*{4}: *Plan",
        "{1} : Mia Lund <mia@app.example>\n{4} : Plan\n{2} : {5}\n{3} : ben@app.example\n",
        "________________________________\n{1}: Mia Lund <mia@app.example>\n{2}: {5}\n{3}: Ben Cole\n{4}: Plan\n",
    ],
    ids=["plain", "bold", "spaced", "ruled"],
)
def test_a_header_block_begins_history_in_every_language(form: str, names: list[str]) -> None:
    head = form.format(*names)
    channels = plain(f"Yes.\n\n{head}\nOld words.\n")
    assert (channels.visible, channels.signature) == ("Yes.", "")
    assert words(channels.quoted) == words(f"{cleaned(head)[0]} Old words.")


@pytest.mark.parametrize(("language", "line"), ATTRIBUTIONS, ids=[language for language, _ in ATTRIBUTIONS])
@pytest.mark.parametrize(
    "form", ["{}\n\n> Old words.", "{}\n> Old words.", "{}\n\nOld words.", "> {}\n>\n> Old words."]
)
def test_the_line_over_a_quote_begins_history_in_every_language(form: str, language: str, line: str) -> None:
    channels = plain(f"Yes.\n\n{form.format(line)}")
    assert (channels.visible, channels.signature) == ("Yes.", ""), language
    assert "Old words" in channels.quoted


def test_answers_to_marked_lines_below_a_head_are_new_and_to_unmarked_ones_are_old() -> None:
    head = "From: Mia Lund <mia@app.example>\nSent: Monday, November 23, 2026 9:14 AM\nTo: Ben\nSubject: Rota"
    assert plain(f"See below.\n\n{head}\n\n> Friday?\n\nYes.").visible == "See below.\n\nYes."
    mias = "On 22/11/2026 20:00, Ben Cole wrote:\n> Friday?\n\nYes."
    assert plain(f"See below.\n\n{head}\n\n{mias}").visible == "See below."
    separator = "-------- Original Message --------"
    assert plain(f"See below.\n\n{separator}\n{mias}").visible == "See below.\n\nYes."


def test_a_separator_at_the_end_leaves_what_stands_over_it() -> None:
    assert plain("Yes.\n\n-----Original Message-----").visible == "Yes."
