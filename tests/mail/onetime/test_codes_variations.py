"""What must not change the answer: mails of the corpus, each changed in one way, give what they gave."""

from __future__ import annotations

import dataclasses
import html as markup
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mailmcp.mail import codes, text
from mailmcp.mail.parse import parse
from mailmcp.models import Codes, Message

CORPUS = Path(__file__).parents[2] / "corpus" / "codes"
SPLITS = ("dev_europe", "dev_world", "dev_ordinary", "dev_fresh", "dev_life", "dev_second", "dev_third")
UNCHANGED = 0.98
"""Share of the mails whose answer stays, for each way of changing them."""

Change = Callable[[Message, str | None], Message | None]
"""Gives the changed mail, None where it does not apply; its second argument is the code."""


@cache
def known(every: int) -> tuple[tuple[str, Message, Codes], ...]:
    """Every n-th mail, where it is right as it is, with what was found in it."""
    found: list[tuple[str, Message, Codes]] = []
    for split in SPLITS:
        for line in (CORPUS / split / "expected.jsonl").read_text("utf-8").splitlines()[::every]:
            row = json.loads(line)
            message = parse((CORPUS / split / row["file"]).read_bytes())
            answer = read(message)
            if (answer.code is None) == (row["code"] is None) and answer.link == row["link"]:
                found.append((f"{split}/{row['file']}", message, answer))
    return tuple(found)


def read(message: Message) -> Codes:
    author = message.author
    return codes.find(message.subject, text.read(message), author.email.rpartition("@")[2] if author else None)


def with_end(message: Message, words: str) -> Message:
    """The mail with a paragraph at its end, in each of its parts."""
    plain, html = message.text, message.html
    if html:
        body = re.search(r"</body>", html, re.IGNORECASE)
        at = body.start() if body else len(html)
        html = f"{html[:at]}<p>{markup.escape(words)}</p>{html[at:]}"
    if plain:
        plain = f"{plain.rstrip()}\n\n{words}\n"
    return dataclasses.replace(message, text=plain, html=html)


def footer(message: Message, code: str | None) -> Message | None:
    return with_end(message, "Sample Ltd, 18 Linden Way, 10115 Berlin · HRB 204417 · +49 30 555 0142 · VAT DE999888777")


def order(message: Message, code: str | None) -> Message | None:
    return with_end(message, "Customer no. 77182034, order 2026-448120.")


def quoted(message: Message, code: str | None) -> Message | None:
    """The history of an answer, with another code in it."""
    old = "Your verification code is 118204."
    plain, html = message.text, message.html
    if plain:
        plain = f"{plain.rstrip()}\n\nOn Mon, 3 Mar 2026 at 10:20, Ann <ann@mail.example> wrote:\n> {old}\n"
    if html:
        html += (
            f'<div class="gmail_quote"><div>On Mon, 3 Mar 2026, Ann wrote:</div><blockquote>{old}</blockquote></div>'
        )
    return dataclasses.replace(message, text=plain, html=html)


def forwarded(message: Message, code: str | None) -> Message | None:
    head = (
        "---------- Forwarded message ---------",
        "From: Sample <box@mail.example>",
        "Date: Mon, 3 Mar 2026 at 10:20",
    )
    head = (*head, f"Subject: {message.subject}", "To: <ann@mail.example>")
    plain, html = message.text, message.html
    if plain:
        plain = "\n".join((*head, "", plain))
    if html:
        html = f"<div>{'<br>'.join(map(markup.escape, head))}</div><br>{html}"
    return dataclasses.replace(message, subject=f"Fwd: {message.subject}", text=plain, html=html)


def in_tables(message: Message, code: str | None) -> Message | None:
    if not message.html:
        return None
    opened = '<table width="100%"><tr><td align="center"><table width="600"><tr><td>'
    return dataclasses.replace(message, html=f"{opened}{message.html}</td></tr></table></td></tr></table>")


def as_plain(message: Message, code: str | None) -> Message | None:
    """What a client shows, as plain text: no emphasis, no buttons; links stand behind their words."""
    if not message.html or re.search(r"<s>|<del|<strike|line-through", message.html):
        return None  # what is struck out would stand there like the rest
    channels = text.read(message)
    if channels.read_from != "html":
        return None
    words = channels.visible
    for link in reversed(channels.links):
        if link.text and "://" not in link.text:
            at = link.offset + len(link.text)
            words = (
                f"{words[:at]}\n{link.url}\n{words[at:]}" if link.button else f"{words[:at]} <{link.url}>{words[at:]}"
            )
    return dataclasses.replace(message, html=None, text=words.replace("\t", "  "))


def as_html(message: Message, code: str | None) -> Message | None:
    if message.html or not message.text:
        return None
    linked = re.sub(r"https?://[^\s<>\"]+", lambda url: f'<a href="{url.group()}">{url.group()}</a>', message.text)
    if linked != message.text and ("&" in message.text or "<" in message.text):
        return None
    lines = linked if linked != message.text else markup.escape(linked)
    paragraphs = "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in lines.split("\n\n"))
    return dataclasses.replace(message, html=f"<html><body>{paragraphs}</body></html>", text=None)


def greeting(message: Message, code: str | None) -> Message | None:
    """Words of no matter before all else."""
    plain, html = message.text, message.html
    if plain:
        plain = f"Hello Sam,\n\n{plain}"
    if html:
        html = f"<p>Hello Sam,</p>{html}"
    return dataclasses.replace(message, text=plain, html=html)


def swap_digits(words: str) -> str:
    return words.translate(str.maketrans("0123456789", "5739460281"))


def other_digits(message: Message, code: str | None) -> Message | None:
    """Another number in place of the code, as long and grouped alike."""
    if not code or not code.isdigit() or not code.isascii():
        return None
    pattern = re.compile(r"(?<![0-9])" + r"([ \u00a0-]?)".join(code) + r"(?![0-9])")
    if not pattern.search(message.html or message.text or ""):
        return None  # in other numerals, or each digit set by itself
    swapped = swap_digits(code)

    def swap(words: str | None) -> str | None:
        if not words:
            return words
        return pattern.sub(
            lambda found: (
                swapped[0] + "".join(gap + digit for gap, digit in zip(found.groups(), swapped[1:], strict=True))
            ),
            words,
        )

    changed = dataclasses.replace(
        message, subject=swap(message.subject) or "", text=swap(message.text), html=swap(message.html)
    )
    return changed if changed != message else None


@pytest.mark.parametrize("every", [6, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "change", [footer, order, quoted, forwarded, in_tables, as_plain, as_html, greeting, other_digits]
)
@pytest.mark.slow
def test_what_does_not_matter_changes_no_answer(change: Change, every: int) -> None:
    tried, wrong = 0, list[str]()
    for name, message, answer in known(every):
        changed = change(message, answer.code)
        if changed is None:
            continue
        tried += 1
        expected, link = answer.code, answer.link
        if change is other_digits and expected:
            link = link and link.replace(expected, swap_digits(expected))
            expected = swap_digits(expected)
        found = read(changed)
        if (found.code, found.link) != (expected, link):
            wrong.append(f"  {name}: {found.code!r} {found.link!r}, before {answer.code!r} {answer.link!r}")
    report = f"{change.__name__}: {len(wrong)} of {tried} changed\n" + "\n".join(wrong)
    print(report)
    assert tried > 200 // every, report
    assert len(wrong) <= (1 - UNCHANGED) * tried, report
