"""Mails as applications send them."""

from __future__ import annotations

import itertools
import os
from email.message import EmailMessage
from typing import Any

_numbers = itertools.count(1)


def letter(
    to: str,
    *,
    from_: str = "Example App <no-reply@app.example>",
    subject: str = "Hello",
    text: str = "Some words.",
    html: str | None = None,
    files: tuple[tuple[str, str, bytes], ...] = (),
    headers: dict[str, str] | None = None,
) -> bytes:
    """A mail as an application would send it; ``files`` are (name, content type, bytes)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = from_, to, subject
    mail["Message-ID"] = f"<{next(_numbers)}.{os.getpid()}@app.example>"
    for name, value in (headers or {}).items():
        del mail[name]
        mail[name] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, content_type, data in files:
        main, _, sub = content_type.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def code_letter(to: str, digits: str = "482913", **fields: Any) -> bytes:
    """A mail with a sign-in code."""
    return letter(to, **({"subject": "Your code", "text": f"Your sign-in code is {digits}\n"} | fields))
