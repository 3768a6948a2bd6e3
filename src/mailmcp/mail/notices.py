"""Notices that mail came back in words for people: qmail, Exim, older Gmail and Exchange, and whoever writes like them.

Asked only of mail whose sender is a mail system by its name. Such a notice has three pieces: what the program says,
the recipients with the reason of each, and a copy of the message or of its header.
"""

from __future__ import annotations

import re

from mailmcp.mail import machines
from mailmcp.mail.mime.headers import Block
from mailmcp.models import Fate, Message, ReturnKind

MAX_TEXT = 200_000
MAX_LINES = 2_000
LONGEST_WORDS = 200
MAX_RECIPIENTS = 50

ADDRESS = re.compile(r"[^\s<>()\[\]{},;:\"'@\x00-\x1f]{1,64}@[^\s<>()\[\]{},;:\"'@\x00-\x1f]{1,253}")

# What says that it is a notice: the subject, or a sentence of the text.
_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|delivery (?:status notification|(?:has )?fail|report|problem|incomplete|delayed)"
    r"|mail delivery (?:failed|failure|delayed|error)|fail(?:ed|ure) (?:notice|delivery)|returned (?:mail|to sender)"
    r"|non[- ]?(?:remise|delivery|recapitabile)|could not be delivered|not delivered|message (?:not |delayed|status)"
    r"|unzustellbar|nicht zustellbar|zustellung|no se (?:ha )?(?:pudo|podido) entregar|non remis|échec de"
    r"|mancato recapito|onbestelbaar|não (?:foi )?entreg|不達|配信不能|退信|доставк",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"wasn't able to deliver|unable to deliver|could(?: not|n't) be delivered|(?:was|were) not delivered"
    r"|not (?:yet )?been delivered|delivery to the following recipients?.{0,20}failed|fatal errors"
    r"|had (?:permanent|transient)|delivery has failed|wasn't delivered|has been delayed|undeliverable"
    r"|konnte nicht (?:an |zugestellt)|n'a pas pu être (?:remis|livr)|no se pudo entregar",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|not yet been delivered|will (?:be retried|continue|keep trying|retry|try again)|still trying"
    r"|temporar(?:y|ily)|warning message only|do not need to resend|noch nicht zugestellt",
    re.IGNORECASE,
)
_FOR_GOOD = re.compile(
    r"permanent|giv(?:en|ing) up|gave up|failed permanently|retry time(?:out)? (?:has been )?exceeded|too long"
    r"|undeliverable|delivery has failed|address not found|no longer|couldn't be delivered",
    re.IGNORECASE,
)
# Where the copy of what was sent begins.
_COPY = re.compile(
    r"^[ \t>]*(?:-{2,}[ \t]*(?:below this line|this is a copy|the (?:header|body)|original message|returned message"
    r"|message header|unsent message|included is|the unsent|forwarded message|transcript of)"
    r"|original message (?:headers|details)\b|received: |return-path: |message-id: |dkim-signature: )",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSCRIPT = re.compile(r"transcript of", re.IGNORECASE)
_COPIED_ID = re.compile(r"^[ \t>]*message-id:\s{0,80}(<[^<>\s]{1,996}>)", re.IGNORECASE | re.MULTILINE)
_AT_START = re.compile(rf"[ \t]{{0,20}}(?:[-*•][ \t])?<?(?:mailto:)?({ADDRESS.pattern})>?[ \t]*[:.]?(?:[ \t]|$)")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.#])([45])\d\d(?=[ \-#])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_LINKS = re.compile(r"\b[a-z][a-z+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)


def read(block: Block, message: Message) -> tuple[tuple[list[Fate], list[str], str] | None, list[str]]:
    """(what it says of recipients, or None when it is no such notice; the Message-IDs of what it copies)."""
    text = (message.text or "")[:MAX_TEXT]
    copy = next((one.start() for one in _COPY.finditer(text) if not _TRANSCRIPT.search(one[0])), len(text))
    said, copied = text[:copy], text[copy:]
    ids = [match[1] for match in _COPIED_ID.finditer(copied)][:5]
    failed = (block.first("x-failed-recipients") or b"").decode("utf-8", "replace")
    named = [one.lower() for one in ADDRESS.findall(failed)][:MAX_RECIPIENTS]
    if not named and not (_SUBJECT.search(message.subject) or _SENTENCE.search(said[:4_000])):
        return None, ids
    reasons = _reasons(said) or _reason_of_one(said, message)
    for one in named:
        reasons.setdefault(one, "")
    if named:
        reasons = {one: words for one, words in reasons.items() if one in named}
    fates = [
        Fate(addresses=(address,), kind=_kind(words, said, message.subject), status=_status(words), words=words)
        for address, words in list(reasons.items())[:MAX_RECIPIENTS]
    ]
    return ((fates, [], "") if fates else None), ids


def cleaned(words: str) -> str:
    """A stranger's words on one line, bounded, without links, marks and controls."""
    plain = "".join(one if one.isprintable() else " " for one in words[: 20 * LONGEST_WORDS])
    plain = _LINKS.sub("[link]", plain).replace('"', "'")
    return " ".join(plain.split())[:LONGEST_WORDS]


def _reasons(said: str) -> dict[str, str]:
    """Each address that begins a line, with the words that follow it up to the next one."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in said.splitlines()[:MAX_LINES]:
        if match := _AT_START.match(line[:1_000]):
            current = found.setdefault(match[1].lower().rstrip("."), [])
            current.append(line[match.end() :])
        elif current is not None and sum(map(len, current)) < 2_000:
            current.append(line)
    return {address: cleaned(" ".join(lines)) for address, lines in found.items()}


def _reason_of_one(said: str, message: Message) -> dict[str, str]:
    """Where no line begins with an address: the one that is named in sentences, when it is the only one of others.

    Its reason is the paragraph that names it first. Who wrote the notice, who gets it, and whom to ask are no others.
    """
    known = {one.email.lower() for one in (*message.from_, *message.to, *message.cc, *message.reply_to)}
    found = {one.lower().rstrip(".") for one in ADDRESS.findall(_LINKS.sub(" ", said[: 20 * LONGEST_WORDS]))}
    others = [one for one in found - known if not machines.is_daemon(one)]
    if len(others) != 1:
        return {}
    paragraphs = _PARAGRAPH.split(said[: 20 * LONGEST_WORDS])
    return {others[0]: cleaned(next(one for one in paragraphs if others[0] in one.lower()))}


def _status(words: str) -> str:
    match = _STATUS.search(words)
    return match[0] if match else ""


def _kind(words: str, said: str, subject: str) -> ReturnKind:
    """Whether somebody goes on trying: by the words about the recipient, then by those about all, then not."""
    for place in (words, subject, said[:4_000]):
        if _FOR_GOOD.search(place):
            return ReturnKind.BOUNCE
        if _DELAYED.search(place):
            return ReturnKind.DELAY
    status = _STATUS.search(words) or _REPLY.search(words)
    return ReturnKind.DELAY if status and status[1] == "4" else ReturnKind.BOUNCE
