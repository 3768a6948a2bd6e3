"""Mails as applications send them."""

from __future__ import annotations

import itertools
from email.message import EmailMessage

_numbers = itertools.count(1)


def letter(
    to: str,
    *,
    from_: str = "Example App <no-reply@app.example>",
    subject: str = "Hello",
    text: str = "Some words.",
    html: str | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A mail as an application would send it, with a Message-ID of its own."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = from_, to, subject
    mail["Message-ID"] = f"<{next(_numbers)}.{id(mail)}@app.example>"
    for name, value in (headers or {}).items():
        del mail[name]
        mail[name] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes().replace(b"\n", b"\r\n")
