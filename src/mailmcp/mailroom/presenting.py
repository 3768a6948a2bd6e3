"""A draft as the human who decides must see it: read from the bytes that would leave, never from a summary of them."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from mailmcp.errors import NotFound
from mailmcp.language.characters import cleaned, comparable
from mailmcp.language.domains import ascii_host, same_organisation
from mailmcp.mail import parse, targets, text
from mailmcp.mail.files.contents import examined
from mailmcp.mail.sight import inert
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.requests import Piece, Presented, ShownAddress, ShownFile, ShownMessage, Words
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import Address, Channels, Draft, Message, OutboundMail
from mailmcp.store import Store, audit, inboxes, outbox, sends

THREAD_SHOWN = 4
"""Messages of the conversation that is answered."""
CHARACTERS_SHOWN = 4_000
"""Of each of them."""
TEXT_SHOWN = 400_000
HIDDEN_SHOWN, LINKS_SHOWN = 50, 200
_HIDDEN_WORDS = 2_000
EMPTY_LINES = 20
"""So many in a row from which on it is told that words stand below them."""
MORE_IN_HTML, MORE_SHOWN = 4, 12
"""Words of the HTML alone from which on they are told, and how many of them are."""
_WORD = re.compile(r"\w+")


class Presenting:
    """Makes drafts visible."""

    def __init__(self, store: Store, reading: Reading, sealing: Sealing, providers: Providers) -> None:
        self._store = store
        self._providers = providers
        self._reading = reading
        self._sealing = sealing

    async def present(self, draft_id: str) -> Presented:
        """A draft with everything that a decision needs. Raises NotFound."""
        draft, leaving = await self._leaving(draft_id)
        own = await self._store.read(inboxes.by_recipient, draft.recipients)
        inbox = await self._store.read(inboxes.get, draft.inbox)
        agreed = await self._store.read(sends.agreed, inbox.row, draft.recipients)
        outside = [one for one in draft.recipients if not any(one in group for group in own.values())]
        gone = await self._store.read(sends.suppressed, outside)
        shown = await asyncio.to_thread(_shown, draft, leaving.mime)
        mine = {one.lower() for group in own.values() for one in group}
        known = {one.lower() for one in agreed} | mine
        people = tuple(
            replace(
                one,
                own=one.address.email.lower() in mine,
                new=one.role in ("to", "cc", "bcc") and one.address.email.lower() not in known,
            )
            for one in shown.people
        )
        thread, count = await self._thread(draft)
        return replace(
            shown,
            people=people,
            notices=(
                *(f"Nothing is sent to {one} any more ({why})." for one, why in gone.items()),
                *shown.notices,
                *filter(None, [self._providers.rewrites(inbox.backend) if outside else ""]),
            ),
            thread=thread,
            thread_count=count,
            audit=await self._store.read(audit.head),
            passphrase=await asyncio.to_thread(self._sealing.approver) is not None,
        )

    async def html(self, draft: Draft) -> str:
        """The HTML of a draft with nothing in it that runs, leads away or is fetched. Raises NotFound."""
        leaving = await self._store.read(outbox.mail, draft)
        html = (await asyncio.to_thread(parse.parse, leaving.mime)).html
        if not html:
            raise NotFound(f"The draft {draft.id} has no HTML part.")
        return await asyncio.to_thread(inert.inert, html)

    async def file(self, draft_id: str, part: str) -> tuple[Draft, str, bytes]:
        """(the draft, the name, the bytes) of an attachment of a draft. Raises NotFound."""
        draft, leaving = await self._leaving(draft_id)
        attachment, data = await asyncio.to_thread(parse.attachment_bytes, leaving.mime, part)
        return draft, attachment.filename, data

    async def _leaving(self, draft_id: str) -> tuple[Draft, OutboundMail]:
        draft = await self._store.read(outbox.get, draft_id)
        return draft, await self._store.read(outbox.mail, draft)

    async def _thread(self, draft: Draft) -> tuple[tuple[ShownMessage, ...], int]:
        """The end of the conversation that a draft answers, and how many messages it has."""
        if draft.answers is None:
            return (), 0
        try:
            answered = await self._reading.message(draft.answers)
            whole = await self._reading.conversation(answered.thread)
        except NotFound:  # deleted meanwhile
            return (), 0
        last = list(whole.messages[-THREAD_SHOWN:])
        if answered.id not in [message.id for message, _ in last]:
            last = [one for one in whole.messages if one[0].id == answered.id] + last[1:]
        shown = tuple(
            ShownMessage(
                id=message.id,
                outgoing=message.outgoing,
                from_=written(message.from_) if message.from_ else "nobody that can be named",
                when=message.date or message.received_at,
                text=channels.visible[:CHARACTERS_SHOWN],
                verdict=message.trust.verdict,
                cut=len(channels.visible) > CHARACTERS_SHOWN,
                answered=message.id == answered.id,
            )
            for message, channels in last
        )
        return shown, whole.count


def named(words: str) -> Words:
    """Words with the characters that nobody sees named where they stand."""
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    bare, removed = cleaned(words)
    if not removed:
        return (Piece(words),) if words else ()
    pieces: list[Piece] = []
    plain: list[str] = []
    place = 0
    for one in words:
        if place < len(bare) and one == bare[place]:
            plain.append(one)
            place += 1
            continue
        if plain:
            pieces.append(Piece("".join(plain)))
            plain = []
        sign = f"U+{ord(one):04X} {unicodedata.name(one, 'control character')}"
        if pieces and pieces[-1].sign == sign:
            pieces[-1] = Piece(pieces[-1].text + one, sign)
        else:
            pieces.append(Piece(one, sign))
    if plain:
        pieces.append(Piece("".join(plain)))
    return tuple(pieces)


def written(address: Address) -> str:
    """An address with its name."""
    return f"{address.name} <{address.email}>" if address.name else address.email


def _shown(draft: Draft, mime: bytes) -> Presented:
    message = parse.parse(mime)
    channels = targets.with_flags(text.read(message)) if message.html else Channels()
    channels = replace(channels, links=channels.every_link)
    plain = message.text or ""
    files = tuple(_files(message, mime))
    people = (
        *(_person("from", one) for one in message.from_),
        *(_person("reply_to", one) for one in message.reply_to),
        # The envelope is what counts: Bcc stands in no header, and the header was compared with it when it was made.
        *(_person("to", one) for one in draft.to),
        *(_person("cc", one) for one in draft.cc),
        *(_person("bcc", one) for one in draft.bcc),
    )
    return Presented(
        draft=draft,
        mime=mime,
        people=people,
        subject=named(message.subject),
        text=named(plain[:TEXT_SHOWN]),
        html=bool(message.html),
        links=channels.links[:LINKS_SHOWN],
        hidden=tuple((one.kind, one.text[:_HIDDEN_WORDS]) for one in channels.hidden[:HIDDEN_SHOWN]),
        notices=tuple(dict.fromkeys(_notices(draft, message, channels, people, files))),
        files=files,
        note=named(draft.note),
        thread=(),
        thread_count=0,
        audit=None,
        passphrase=False,
    )


def _person(role: str, address: Address) -> ShownAddress:
    domain = address.email.rpartition("@")[2]
    return ShownAddress(
        role=role,  # type: ignore[arg-type]
        name=named(address.name),
        address=address,
        ascii=ascii_host(domain) if not domain.isascii() else None,
    )


def _files(message: Message, mime: bytes) -> Iterator[ShownFile]:
    for one in message.attachments:
        attachment, data = parse.attachment_bytes(mime, one.part)
        yield ShownFile(
            part=one.part,
            name=named(one.filename),
            filename=one.filename,
            content_type=one.content_type,
            size=len(data),
            content=examined(attachment, data),
        )


def _notices(
    draft: Draft, message: Message, channels: Channels, people: tuple[ShownAddress, ...], files: tuple[ShownFile, ...]
) -> Iterator[str]:
    """What a glance at the message would not tell."""
    sender = draft.inbox.rpartition("@")[2]
    if [one.email.lower() for one in message.from_] != [draft.inbox.lower()]:
        yield f"From in the message is not the inbox {draft.inbox} that sends it."
    for one in people:
        email = one.address.email
        if one.role == "reply_to" and not same_organisation(email.rpartition("@")[2], sender):
            yield f"Answers would go to {email}, which is not at the domain of the inbox."
        if one.ascii:
            yield f"{email} is written in letters beyond ASCII; machines read it as {one.ascii}."
        if not (local := email.rpartition("@")[0]).isascii():
            signs = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in dict.fromkeys(local) if not sign.isascii())
            yield f"The name before the @ of {email} has letters beyond ASCII, which may look like others: {signs}."
        if (seen := _legible(email.rpartition("@")[2])) is not None:
            yield f"Mail programs may show the domain of {email} as {seen}."
        if "@" in comparable(one.address.name) and comparable(one.address.name).strip("\"' ") != comparable(email):
            yield f"The name of {email} looks like another address: {one.address.name[:100]}."
    counted = (("subject", message.subject), ("text", message.text or ""))
    for where, words in (*counted, *(("name of a recipient", one.address.name) for one in people)):
        if invisible := cleaned(words)[1]:
            yield f"The {where} holds {_counted(invisible, 'invisible character')}, named where they stand."
    if channels.invisible and channels.read_from == "html":
        yield f"The HTML holds {_counted(channels.invisible, 'invisible character')}."
    if message.html and (more := _said_in_html_alone(message.text or "", channels)):
        yield f"The HTML version, which most programs show, says what the text does not: {more}."
    if channels.hidden:
        pieces = _counted(len(channels.hidden), "piece")
        yield f"The HTML hides {pieces} of text from whoever reads it; what they say stands below it."
    yield from (one.detail for one in channels.defects)
    yield from (one.detail for one in message.defects)
    for file in files:
        if file.content.doubt:
            yield f"{file.filename}: {file.content.doubt}"
        if cleaned(file.filename)[1]:
            yield "The name of an attachment holds invisible characters; each is named where it stands."
    if message.text and len(message.text) > TEXT_SHOWN:
        yield f"The text is longer than {TEXT_SHOWN} characters; the rest is in the source."
    if gap := _longest_gap(message.text or ""):
        yield f"The text goes on below {gap} empty lines: read it to its end."
    for flag, sentence in _FLAGS.items():
        if any(flag in link.flags for link in channels.links):
            yield sentence


def _said_in_html_alone(plain: str, channels: Channels) -> str:
    """Words that are seen in the HTML and not in the text, when they are more than an unsubscribe line or a button."""
    seen = "\n".join((channels.visible, channels.quoted, channels.signature))
    said = frozenset(_WORD.findall(comparable(plain)))
    words = [one for one in dict.fromkeys(_WORD.findall(comparable(seen))) if one not in said]
    if len(words) < MORE_IN_HTML:
        return ""
    return " ".join(words[:MORE_SHOWN]) + (" …" if len(words) > MORE_SHOWN else "")


def _longest_gap(words: str) -> int:
    """The most empty lines in a row with words below them, where they are so many that these may be missed."""
    longest = gap = 0
    for line in words.rstrip().splitlines():
        gap = 0 if line.strip() else gap + 1
        longest = max(longest, gap)
    return longest if longest >= EMPTY_LINES else 0


def _legible(domain: str) -> str | None:
    """A domain of A-labels in the letters that they stand for; None when it has none."""
    import idna

    if "xn--" not in domain.lower():
        return None
    try:
        return idna.decode(domain)
    except UnicodeError:  # of the idna package: labels that stand for nothing
        return None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


_FLAGS = {
    "text_names_another_host": "A link shows one address and leads to another.",
    "punycode": "A link leads to a domain written in letters beyond ASCII.",
    "ip_address": "A link leads to a bare IP address.",
}
