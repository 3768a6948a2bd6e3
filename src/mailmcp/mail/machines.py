"""Mail that a program sent by itself, told by its header (RFC 3834, and the older ways).

Whoever answers such mail without a human risks a loop, so what is meant is wide: lists and bulk mail count. Whether
the reverse path was null only the envelope tells.
"""

from __future__ import annotations

import re

from mailmcp.mail.mime import headers
from mailmcp.mail.mime.headers import Block

DAEMONS = frozenset(
    {"mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "mailer_daemon", "mdaemon", "microsoftexchange"}
)
"""Local parts under which mail systems write."""

_EXCHANGE = re.compile(r"microsoftexchange[0-9a-f]{32}")
_WORD = re.compile(r"[a-z0-9_-]+")
_REPLIES = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-mail-autoreply")
_NOT_AUTOMATIC = frozenset({"", "no", "none", "false"})
_SUPPRESSED = frozenset({"all", "autoreply", "oof"})
# What programs write before the subject of the mail that they answer, also in brackets or behind a ticket's.
_REPLY_SUBJECT = re.compile(
    r"(?:\[[^\[\]]{1,80}\]\s{0,3})?(?P<open>\[)?"
    r"(?:automatic reply|auto(?:matic)?[ -]?reply|auto[ -]?response|out of (?:the )?office(?: auto[ -]?reply)?"
    r"|automatische antwort|abwesenheits(?:notiz|nachricht)|réponse automatique|respuesta automática"
    r"|risposta automatica|resposta automática|automatisch antwoord|automatiskt svar|automatisk svar"
    r"|automaattinen vastaus|automatyczna odpowiedź|автоответ|自動応答|自动答复|자동 회신)\s{0,2}(?(open)\]|[:：])",
    re.IGNORECASE,
)
_NOTES = re.compile(r"AUTO ?: \S[^()]{0,200}\([^()]{0,60}\d[^()]{0,20}\)\s*")
"""Notes instead writes who is out of the office, and in brackets until when."""


def repeats_subject(subject: str) -> bool:
    """Is a subject that of another mail, behind the words with which programs answer it?"""
    return _REPLY_SUBJECT.match(subject.strip()) is not None


def automatic(block: Block, subject: str = "") -> str:
    """Why a mail is a program's own: auto_replied, auto_generated, list, bulk or no_answers; ``""`` when it is not."""
    submitted = _first_word(block, "auto-submitted")
    precedence = _first_word(block, "precedence")
    if (
        submitted in ("auto-replied", "auto-notified")
        or precedence in ("auto_reply", "auto-reply")
        or repeats_subject(subject)
        or _NOTES.fullmatch(subject.strip())
    ):
        return "auto_replied"
    if any(_first_word(block, name) not in _NOT_AUTOMATIC for name in _REPLIES):
        return "auto_replied"
    if submitted not in _NOT_AUTOMATIC:
        return "auto_generated"
    if precedence == "list" or any(field.name.lower().startswith("list-") for field in block.fields):
        return "list"
    if precedence in ("bulk", "junk"):
        return "bulk"
    if _SUPPRESSED & set(_WORD.findall(_text(block, "x-auto-response-suppress"))):
        return "no_answers"
    return ""


def is_daemon(email: str) -> bool:
    """Whether an address is one under which mail systems write about mail."""
    local = email.rpartition("@")[0].lower()
    return local in DAEMONS or bool(_EXCHANGE.fullmatch(local))


def answers_a_program(raw_header: bytes) -> bool:
    """Whether an answer to a mail with this header is to say that it is automatic (RFC 3834 §5).

    Mail of lists does not ask for that: people write there.
    """
    return automatic(headers.split(raw_header)) in ("auto_replied", "auto_generated")


def _first_word(block: Block, name: str) -> str:
    match = _WORD.search(_text(block, name))
    return match[0] if match else ""


def _text(block: Block, name: str) -> str:
    return (block.first(name) or b"")[:200].decode("ascii", "replace").lower()
