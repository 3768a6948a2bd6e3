"""Which conversation a message belongs to: the rules, without the store.

References and In-Reply-To decide (RFC 5322 §3.6.4). The subject is only a cautious fallback for clients that write
neither: a guessed subject must not put a stranger's mail into somebody's conversation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailmcp.models import Message

MAX_ANCESTORS = 100
"""Most ids of References that are looked at, the nearest ones."""
SUBJECT_WINDOW = timedelta(days=30)
"""How long after a conversation's last message its subject may still gather an answer."""

# "Re" as mail programs write it: en, de, sv/da/no, nl, fi, pl, hr/sl, tr, it, pt/fr, el, hu, ru, uk/bg, zh, ja, ko, ar,
# he, vi, id, th, and with a counter.
_REPLY = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|svar|vs|odp|odg|ynt|rif|res|ref|ref\.|r|απ|σχετ|válasz|ответ|отв|на"
    r"|回复|回覆|答复|答覆|返信|답장|회신|رد|השב|תשובה|tl|trả lời|bls|balas|ตอบ)"
    r"\s{0,2}(?:[\[(]\d{1,3}[\])])?\s{0,2}[:：]\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|vl|vb|doorst|pd|i|enc|转发|轉寄|転送|전달)\s{0,2}[:：]\s*", re.IGNORECASE)
_LIST_TAG = re.compile(r"\s*\[[^\]\[]{1,40}\]\s*")
_BLANKS = re.compile(r"\s+")
MAX_PREFIXES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What the fallback must know of a conversation with the same base subject."""

    last_at: datetime
    wrote_to: frozenset[str]
    """Addresses (lower case) that this inbox itself has written to in it."""


def ancestors(message: Message) -> tuple[str, ...]:
    """The Message-IDs that a message answers, nearest first, each once and never its own."""
    nearest_first = (*reversed(message.in_reply_to), *reversed(message.references))
    unique = dict.fromkeys(reference for reference in nearest_first if reference != message.message_id)
    return tuple(unique)[:MAX_ANCESTORS]


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without reply and forward prefixes and list tags, folded; and whether it is marked as an answer."""
    rest, answer = subject[:1000], False
    for _ in range(MAX_PREFIXES):
        if match := _REPLY.match(rest):
            answer = True
        elif not (match := _FORWARD.match(rest) or _LIST_TAG.match(rest)):
            break
        rest = rest[match.end() :]
    return _BLANKS.sub(" ", rest).strip().casefold(), answer


def says_the_same(subject: str, topic: str) -> bool:
    """Whether a subject is the topic behind the marks of answers; a tag that the topic has not is something new."""
    tags = {tag.strip() for tag in _LIST_TAG.findall(subject[:1000].casefold())}
    known = all(tag in topic.casefold() for tag in tags)
    return known and bool(topic) and base_subject(subject)[0] == base_subject(topic)[0]


def may_join_by_subject(message: Message, conversation: Conversation, now: datetime) -> bool:
    """Whether a message without references may join the conversation that has the same base subject.

    Only an answer by somebody whom this inbox itself wrote to there, soon enough; a subject alone proves nothing.
    """
    subject, answer = base_subject(message.subject)
    author = message.author
    return (
        bool(subject)
        and answer
        and not ancestors(message)
        and author is not None
        and author.email.lower() in conversation.wrote_to
        and now - conversation.last_at <= SUBJECT_WINDOW
    )
