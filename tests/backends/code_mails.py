"""A mail with a code, and the walk over all that a service has of an inbox."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any


def code_mail(to: str, subject: str = "Sign in", text: str = "Your code is 482913.", **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "App <no-reply@app.example>", to, subject
    made["Message-ID"] = f"<{subject.replace(' ', '-')}@app.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


async def ids_of(backend: Any, inbox: Any, cursor: str | None, since: datetime) -> tuple[list[str], str | None]:
    """The ids of one whole walk, each once (pages may share what came in one millisecond), and the cursor after it."""
    ids: dict[str, None] = {}
    while True:
        page = await backend.look(inbox, cursor, since)
        ids |= dict.fromkeys(one.id for one in page.found)
        cursor = page.cursor
        if not page.more:
            return list(ids), cursor
