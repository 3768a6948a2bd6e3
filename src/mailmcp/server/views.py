"""The one window through which strangers' words leave (law 4): what a model may see of stored mail.

Every view gives two things that say the same: a short text, and the record for ``structuredContent``. In the text,
each line of a mail begins with a random mark that no mail can know (``fence``); in both, the marks of chat roles and
tool calls are made inert. The view of a thread has a file of its own, ``conversation``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from mailmcp.errors import BadInput
from mailmcp.language.graphemes import shortened
from mailmcp.mailroom.requests import Found
from mailmcp.mailroom.requests import Waited as WaitEnded
from mailmcp.models import Attachment, Content, StoredMessage, ThreadSummary, Trust, Verdict
from mailmcp.server import results
from mailmcp.server.conversation import PEOPLE_SHOWN, conversation
from mailmcp.server.fence import Page, inert
from mailmcp.server.targets import harmless
from mailmcp.server.telling import NO_SENDER, SIGNS, legend, person, short, size, titled, warnings

__all__ = ["attachment", "conversation", "threads", "waited_code", "waited_mail"]

DOCUMENT_SHOWN = 9_000
"""Characters of an attachment's text in one answer."""
BASE64_BYTES = 1024 * 1024
"""Of an attachment that are given as base64: a file is the way for more."""
LINK_SHOWN = 6_000
"""Characters of a sign-in link: a longer one is none that a person would use, and would fill the answer."""
LIST_CHARACTERS = 16_000
"""Of one page of find_mail, as a record."""
LIST_TEXT = 3_900
"""Of one page of find_mail, as text: shared by its lines, so that a long list is as cheap as a short one."""
FIRST_LINE_LEAST = 40
LINE_LEAST, LINE_MOST = 78, 240
_OPERATOR = re.compile(r"(is|label|in|after|since|newer|newer_than|has|before|older|older_than|category):\S")
_FILTERS = {"is": "unread", "label": "label", "in": "inbox", "after": "since", "since": "since", "newer": "since",
            "newer_than": "since"}  # fmt: skip
"""What other mail programs write in a query, and the arguments that find_mail has for it."""


def threads(found: Found, query: str | None = None) -> tuple[str, results.ThreadList]:
    """The lists of find_mail; where one is empty, what of ``query`` is a filter elsewhere and a word here."""
    next_cursor, budget = found.next_cursor, LIST_CHARACTERS
    first_line = max(FIRST_LINE_LEAST, LIST_TEXT // max(1, len(found.threads)) - 80)
    lines = [_thread(one, first_line) for one in found.threads]
    if len(results.ThreadList(threads=lines).model_dump_json(exclude_none=True)) > budget:  # else all of them fit
        for at, line in enumerate(lines):
            budget -= len(line.model_dump_json(exclude_none=True))
            if budget < 0 and at:
                next_cursor = found.threads[at - 1].cursor
                lines = lines[:at]
                break
    data = results.ThreadList(threads=lines, next_cursor=next_cursor, searched=list(found.searched) or None)
    if not lines:
        none = "No mail matches. Leave out a filter, or call wait_for_mail for mail that is still to come."
        return " ".join([none, *_misread(query or ""), *found.searched]), data
    page = Page()
    signs = legend(line.trust for line in lines)
    page.say(f"{len(lines)} thread(s), newest first, for read_thread. {signs}{{mark}} = mail text.")
    width = max(LINE_LEAST, min(LINE_MOST, LIST_TEXT // len(lines)))
    several = len({line.inbox for line in lines}) > 1
    for line in lines:
        _write_thread(page, line, width, several)
    if next_cursor:
        page.say(f"More: call find_mail again with the same arguments and cursor={next_cursor}.")
    for sentence in found.searched:
        page.say(sentence)
    return page.text(), data


def _misread(query: str) -> Iterator[str]:
    met = {match[1] for word in query.lower().split() if (match := _OPERATOR.match(word))}
    for name in sorted(met):
        instead = f"give {_FILTERS[name]} instead" if name in _FILTERS else "leave it out"
        yield f"{name}: was looked for as a word; {instead}."


def waited_mail(ended: WaitEnded) -> tuple[str, results.Waited]:
    """How wait_for_mail ended."""
    message = ended.message
    if message is None:
        text = f"Nothing yet {_go_on(ended)}."
        return text, results.Waited(status="pending", cursor=ended.cursor, waited=round(ended.waited, 1))
    data = results.Waited(status="found", **_arrived(ended, message))
    page = Page()
    page.say(f"{_again(ended)}{_verdict(message.trust)}. {{mark}} = mail text.")
    if message.from_:
        page.say(f"{message.id} in {message.thread}", person(message.from_))
    else:
        page.say(f"{message.id} in {message.thread} from {NO_SENDER}")
    page.say("subject", titled(message.subject))
    page.say(f"Read it with read_thread; for a newer one call again with since={ended.cursor}.")
    return page.text(), data


def waited_code(ended: WaitEnded, flags: tuple[str, ...] = ()) -> tuple[str, results.Otp]:
    """How wait_for_otp ended; ``flags`` are those of the link that signs in."""
    message = ended.message
    if message is None:
        waited = results.Otp(
            status="pending", cursor=ended.cursor, waited=round(ended.waited, 1), without_code=ended.without_code
        )
        other = (
            f" The newest mail, {ended.without_code}, holds none: read_thread shows it." if ended.without_code else ""
        )
        return f"No code yet {_go_on(ended)}; do not ask for a new code yet.{other}", waited
    codes = message.codes
    link = codes.link if codes.link and len(codes.link) <= LINK_SHOWN else None
    confidence = max(codes.code_confidence if codes.code else 0, codes.link_confidence if codes.link else 0)
    data = results.Otp(
        status="found",
        code=codes.code,
        link=link,
        link_flags=list(flags) or None if link else None,
        confidence=round(confidence, 2),
        evidence=harmless(codes.evidence) or None,
        **_arrived(ended, message),
    )
    page = Page()
    given = [f"code {codes.code}"] if codes.code else []
    given += ["the link below"] if link else []
    page.say(f"{_again(ended)}{' and '.join(given)} (confidence {confidence:.2f}). {_verdict(message.trust)}.")
    page.say(f"{message.id} in {message.thread}, {_when(message)}", person(message.from_) if message.from_ else None)
    page.say("subject", titled(message.subject))
    if codes.evidence and codes.evidence != message.subject:
        page.say("evidence", harmless(codes.evidence))
    if link:
        page.say(f"link{warnings(flags)}", link)
    page.say(f"{{mark}} = mail text. If it does not work, ask for a new one and call again with since={ended.cursor}.")
    return page.text(), data


def attachment(
    message: str,
    found: Attachment,
    content: Content,
    *,
    text: str | None = None,
    truncated: bool = False,
    offset: int = 0,
    data: bytes | None = None,
    file: str | None = None,
) -> tuple[str, results.AttachmentBody]:
    """One attachment: as text (a page of it from ``offset`` on), as bytes, or where it was saved."""
    whole, goes_on_at = inert(text or ""), None
    if text is not None:
        text, goes_on_at = _page_from(whole, offset)
    record = results.AttachmentBody(
        message=message,
        part=found.part,
        name=inert(found.filename),
        type=found.content_type,
        size=found.size,
        sha256=content.sha256,
        content=content.kind,
        doubt=content.doubt,
        text=text,
        next_offset=goes_on_at,
        chars=len(whole) if text is not None else None,
        truncated=truncated or None,
        base64=base64.b64encode(data).decode() if data is not None else None,
        file=file,
    )
    doubt = f" {content.doubt}" if content.doubt else ""
    kind = found.content_type if content.named else content.kind
    what = f"{f'{kind}, ' if kind else ''}{size(found.size)}, SHA-256 {content.sha256}"
    if file is not None:
        return f"Saved to {file} ({what}).{doubt}", record
    if text is None:
        return f"Part {found.part} ({what}) is in the structured content as base64.{doubt}", record
    page = Page()
    page.say(f"Part {found.part} ({what}).{doubt} {{mark}} = its text.")
    page.quote(text)
    if goes_on_at is not None:
        page.say(f"More of it: call again with offset={goes_on_at} (of {len(whole)} characters).")
    elif truncated:
        page.say("It is longer than what is read of it: get it as a file for the rest.")
    return page.text(), record


def _page_from(text: str, offset: int) -> tuple[str, int | None]:
    """A page of a document's text, and where the next begins; it ends with a line if one ends in its second half."""
    if offset and offset >= len(text):
        raise BadInput(f"The text has {len(text)} characters: give a smaller `offset`.")
    rest = text[offset:]
    if len(rest) <= DOCUMENT_SHOWN:
        return rest, None
    shown = shortened(rest, DOCUMENT_SHOWN)
    shown = shown[: shown.rfind("\n", DOCUMENT_SHOWN // 2) + 1] or shown
    return shown, offset + len(shown)


def _thread(one: ThreadSummary, first_line: int) -> results.ThreadLine:
    return results.ThreadLine(
        id=one.id,
        inbox=one.inbox,
        subject=titled(one.subject),
        who=[person(writer) for writer in one.who[:PEOPLE_SHOWN]],
        when=one.last_at,
        count=one.count,
        unread=one.unread,
        first_line=_shortened(harmless(one.first_line), first_line),
        trust=one.trust.value,
        labels=list(one.labels) or None,
    )


def _write_thread(page: Page, one: results.ThreadLine, width: int, several: bool) -> None:
    """One line: id, trust, time, how many messages (and unread ones), then who, subject and first words, cut to fit."""
    count = f" {one.count}" if one.count > 1 else ""
    unread = " unread" if one.unread == one.count else f" {one.unread} unread" if one.unread else ""
    labels = f" [{' '.join(one.labels)}]" if one.labels else ""
    inbox = f" {one.inbox}" if several else ""
    ours = f"{one.id} {SIGNS[one.trust]}{short(one.when)}{count}{unread}{inbox}{labels}"
    room = max(24, width - len(ours) - 5)
    who = ", ".join(writer.rpartition(" <")[0] or writer for writer in one.who)
    who = _shortened(who, max(12, room // 3))
    first = f" / {one.first_line}" if one.first_line and one.first_line != one.subject else ""
    page.say(ours, _shortened(f"{f'{who}: ' if who else ''}{one.subject}{first}", room))


def _shortened(words: str, room: int) -> str:
    return words if len(words) <= room else shortened(words, room - 1).rstrip() + "…"


def _arrived(ended: WaitEnded, message: StoredMessage) -> dict[str, Any]:
    return {
        "cursor": ended.cursor,
        "waited": round(ended.waited, 1),
        "repeated": True if ended.repeated else None,
        "message": message.id,
        "thread": message.thread,
        "sender": person(message.from_) if message.from_ else None,
        "subject": titled(message.subject),
        "received_at": message.received_at,
        "trust": message.trust.verdict.value,
        "verified_domain": message.trust.verified_domain,
    }


def _go_on(ended: WaitEnded) -> str:
    return f"after {ended.waited:.0f} s. Call again with since={ended.cursor}: no mail is missed meanwhile"


def _again(ended: WaitEnded) -> str:
    return "The same as before, no newer one has come: " if ended.repeated else ""


def _verdict(trust: Trust) -> str:
    if trust.verdict is Verdict.VERIFIED:
        return f"domain {trust.verified_domain} verified (DMARC pass)"
    # A domain that is proved says nothing good of a sender who pretends to be another. The callers end the sentence.
    return f"{trust.verdict.value}: {trust.reasons[0].sentence.rstrip('.')}" if trust.reasons else trust.verdict.value


def _when(message: StoredMessage) -> str:
    return f"{message.received_at:%Y-%m-%d %H:%M:%S}Z"
