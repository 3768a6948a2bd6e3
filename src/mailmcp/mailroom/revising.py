"""From a held draft and what a human changed to the submission of its next revision."""

from __future__ import annotations

from mailmcp.errors import BadInput
from mailmcp.mail import compose, parse
from mailmcp.mailroom.requests import Edit
from mailmcp.models import Draft, Inbox, OutgoingFile, Submission


def revised(draft: Draft, mime: bytes, inbox: Inbox, edit: Edit) -> tuple[Submission, str]:
    """(what the draft says after the edit, its Message-ID). What is not edited is taken from its bytes.

    An edited text takes the HTML part away: it would still say what the text said before.
    Raises BadInput or BadAddress, each naming the field.
    """
    now = parse.parse(mime)
    if now.message_id is None:
        raise BadInput(f"The stored message of {draft.id} cannot be read; reject it and have it written again.")
    text = now.text or ""
    body = text if edit.body is None or same_words(edit.body, text) else edit.body
    html = now.html if body == text else None
    files: list[OutgoingFile] = []
    for one in now.attachments:
        attachment, data = parse.attachment_bytes(mime, one.part)
        cid = None if html is None else attachment.content_id  # without the HTML nothing shows it in its place
        files.append(
            OutgoingFile(filename=attachment.filename, content_type=attachment.content_type, data=data, cid=cid)
        )
    to, cc, bcc = (
        before if given is None else tuple(map(compose.address, filter(str.strip, given)))
        for before, given in ((draft.to, edit.to), (draft.cc, edit.cc), (draft.bcc, edit.bcc))
    )
    submission = Submission(
        inbox=inbox,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=now.subject if edit.subject is None else edit.subject,
        body=body,
        html=html,
        attachments=tuple(files),
        in_reply_to=now.in_reply_to[0] if now.in_reply_to else None,
        answers=draft.answers,
        references=now.references,
        carries=draft.carries,
        send_at=draft.send_at,
        automatic=any(name.lower() == "auto-submitted" for name, _ in now.headers),
    )
    return submission, now.message_id


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same but for the line ends that a form changes."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()


def as_read(words: str) -> str:
    """A text without what nobody sees of it and mails and forms change: line ends, and blanks before them."""
    return "\n".join(line.rstrip() for line in words.splitlines()).rstrip()
