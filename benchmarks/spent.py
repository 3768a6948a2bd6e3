"""Characters that a model pays for reading mail: the text of a result, and its record for hosts that show that."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from mcp import Client

from benchmarks.figures import Figure, Part
from benchmarks.mails import words
from mailmcp.backends import open_backend
from mailmcp.backends.contract import Reception
from mailmcp.config import LocalSettings, Settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.server.build import build_server
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools

_HOW = (
    "Characters of the text that a tool gives, and of its structured record as compact JSON (hosts show a model one of"
    " the two). The mails are made up: a code mail of two short paragraphs in text and HTML; a reply with 491 new"
    " characters under six levels of history, 4,500 in all; a thread of twelve mails with 3,900 new characters, each"
    " quoting all before it; fifty threads of other people; a newsletter with 17 KB of HTML and 24 tracked links."
)
_LEVELS = 6


def measure(*, quick: bool) -> list[Part]:
    """The same mails every time."""
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        rows = asyncio.run(_measured(Path(folder)))
    figures = [
        Figure(
            what=what,
            measured=f"text {text:,}, record {record:,}",
            target=f"text at most {most:,}",
            met=text <= most,
        )
        for what, text, record, most in rows
    ]
    return [Part(title="Characters spent", how=_HOW, figures=tuple(figures))]


async def _measured(home: Path) -> list[tuple[str, int, int, int]]:
    settings = Settings(home=home, local=LocalSettings(smtp_port=0))
    desks: list[Reception] = []

    def backend(reception: Reception) -> Any:
        desks.append(reception)
        return open_backend("local", settings, reception)

    room = await Mailroom.open(settings, backend)

    async def opened() -> Mailroom:
        return room

    async with Client(build_server(Session(opened), all_tools)) as client:

        async def arrived(mails: Sequence[EmailMessage]) -> tuple[str, str]:
            """(inbox, thread of the last mail) after the mails came to an inbox of their own."""
            inbox, _, cursor = await room.create_inbox()
            for mail in mails:
                mail["To"] = inbox.address
                envelope = Envelope(
                    mail_from="bounces@app.example",
                    recipients=(inbox.address,),
                    received_at=datetime.now(UTC),
                    peer="127.0.0.1",
                )
                raw = mail.as_bytes(policy=SMTP)
                await desks[0].accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))
            for _ in mails:
                asked = {"inbox": inbox.address, "since": cursor, "timeout": 30}
                found = (await client.call_tool("wait_for_mail", asked)).structured_content or {}
                cursor = found["cursor"]
            return inbox.address, found["thread"]

        async def spent(tool: str, **arguments: Any) -> tuple[int, int]:
            result = await client.call_tool(tool, arguments)
            text = "\n".join(part.text for part in result.content if part.type == "text")
            record = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
            return len(text), len(record)

        choose = random.Random(4)
        code_inbox, code = await arrived([_code_mail()])
        _, reply = await arrived([_reply(choose)])
        _, thread = await arrived(_thread(choose))
        several, _ = await arrived([_short(choose, number) for number in range(50)])
        _, newsletter = await arrived([_newsletter(choose)])
        return [
            ("a code mail by read_thread", *await spent("read_thread", thread=code), 300),
            ("the same by wait_for_otp", *await spent("wait_for_otp", inbox=code_inbox), 600),
            ("a reply over six levels of history", *await spent("read_thread", thread=reply), 900),
            ("a thread of twelve mails", *await spent("read_thread", thread=thread), 4_800),
            ("a list of fifty threads", *await spent("find_mail", inbox=several, limit=50), 4_200),
            ("a newsletter", *await spent("read_thread", thread=newsletter), 3_600),
        ]


def _begun(sender: str, subject: str, number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{number}.{abs(hash(subject))}@app.example>"
    mail["Date"] = f"Mon, 05 Jan 2026 {number // 60 + 8:02}:{number % 60:02}:00 +0000"
    return mail


def _code_mail() -> EmailMessage:
    mail = _begun("Example App <no-reply@app.example>", "Your sign-in code", 1)
    mail.set_content("Your sign-in code is 482913.\n\nIt is valid for 10 minutes. Tell it to nobody.\n")
    mail.add_alternative(
        "<div style='display:none'>Use it soon</div><p>Your sign-in code is <b>482913</b>.</p>"
        "<p>It is valid for 10 minutes. Tell it to nobody.</p>",
        subtype="html",
    )
    return mail


def _letter(choose: random.Random, length: int) -> str:
    """A letter of short paragraphs, ``length`` characters in all."""
    return "\n\n".join(words(choose, 200) for _ in range(1 + length // 180))[: length - 5].rstrip() + "\nBea."


def _quoting(new: str, old: str, number: int) -> str:
    history = "\n".join(f"> {line}" for line in old.split("\n"))
    return f"{new}\n\nOn Mon, Jan 5, 2026 at 9:{number:02} AM Bea Example <bea@other.example> wrote:\n{history}\n"


def _reply(choose: random.Random) -> EmailMessage:
    text = _letter(choose, 600)
    for level in range(_LEVELS - 1):
        text = _quoting(_letter(choose, 600), text, level)
    mail = _begun("Bea Example <bea@other.example>", "Re: The offer", 2)
    mail.set_content(_quoting(_letter(choose, 491), text, 9))
    return mail


def _thread(choose: random.Random) -> list[EmailMessage]:
    mails: list[EmailMessage] = []
    history = ""
    for number in range(12):
        who = ("Bea Example <bea@other.example>", "Ann Sample <ann@app.example>")[number % 2]
        new = _letter(choose, 325)
        mail = _begun(who, "Re: The plan" if number else "The plan", number)
        if mails:
            mail["In-Reply-To"] = mails[-1]["Message-ID"]
        history = _quoting(new, history, number) if history else new
        mail.set_content(history)
        mails.append(mail)
    return mails


def _short(choose: random.Random, number: int) -> EmailMessage:
    name = words(choose, 12).title()
    mail = _begun(f"{name} <writer{number}@other.example>", words(choose, 40).capitalize(), number)
    mail.set_content(_letter(choose, 300))
    return mail


def _newsletter(choose: random.Random) -> EmailMessage:
    blocks: list[str] = []
    for number in range(12):
        links = "".join(
            f'<a href="https://click.news.example/ls/click?upn={choose.getrandbits(640):x}" target="_blank" '
            f'style="color:#1155cc;text-decoration:none">{words(choose, 18)}</a> '
            for _ in range(2)
        )
        blocks.append(
            '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:'
            'collapse"><tr><td style="padding:18px 24px;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-'
            'height:22px;color:#333333"><h2 style="margin:0 0 8px 0;font-size:18px;line-height:24px;color:#111111">'
            f'{words(choose, 40).capitalize()}</h2><p style="margin:0 0 12px 0">{words(choose, 150)}</p>{links}</td>'
            f'</tr><tr><td><img src="https://img.news.example/{number}.png" width="552" height="200" alt="" '
            'style="display:block;border:0;outline:none"></td></tr></table>'
        )
    preheader = "&#847;&zwnj;&nbsp;" * 150
    html = (
        "<!doctype html><html><head><style>body{margin:0}a{color:#15c}@media(max-width:600px){.w{width:100%!important}}"
        f"</style></head><body><div style='display:none;max-height:0'>The news of the week{preheader}</div>"
        f"{''.join(blocks)}<p style='font-size:11px;color:#888888'>You get this since you asked for it. "
        "<a href='https://click.news.example/unsubscribe?u=482913'>Unsubscribe</a></p></body></html>"
    )
    mail = _begun("The News <news@news.example>", "The news of the week", 3)
    mail.set_content("View this mail in a browser.\n")
    mail.add_alternative(html, subtype="html")
    return mail
