"""The words of a header as they may be shown: without characters that nobody sees, on one line."""

from __future__ import annotations

from dataclasses import replace

from mailmcp.language.characters import cleaned
from mailmcp.models import Address, Message


def legible(message: Message) -> Message:
    """A message whose subject, names, addresses and file names hold nothing invisible; bodies stay as they are."""
    return replace(
        message,
        subject=line(message.subject),
        from_=_people(message.from_),
        sender=_person(message.sender) if message.sender else None,
        reply_to=_people(message.reply_to),
        to=_people(message.to),
        cc=_people(message.cc),
        attachments=tuple(
            replace(one, filename=line(one.filename) or f"part-{one.part}") for one in message.attachments
        ),
    )


def line(words: str) -> str:
    """Words on one line, without characters that nobody sees."""
    return " ".join(cleaned(words)[0].split())


def _people(people: tuple[Address, ...]) -> tuple[Address, ...]:
    return tuple(map(_person, people))


def _person(person: Address) -> Address:
    return Address(line(person.name), marked(person.email))


def marked(email: str) -> str:
    """An address with U+FFFD for each character in it that nobody sees: no mail goes there, and it is nobody's."""
    if email.isascii() or cleaned(email)[0] == email:
        return email
    return "".join(sign if cleaned(sign)[0] else "\N{REPLACEMENT CHARACTER}" for sign in email)
