"""Documents read in a process of their own, which is ended when it takes too long.

Libraries for PDF and office files bound most work, but a small file can still ask for minutes of it, and a thread
that runs Python cannot be stopped from outside. A process can.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

from mailmcp.errors import BadInput, MailError, Unsupported
from mailmcp.mail.documents import DocumentText, text_of
from mailmcp.models import Attachment

SECONDS = 15.0
MEMORY = 1024 * 1024 * 1024
"""Bytes of address space that the process may take, where the system can limit it."""

HARMLESS = ("text/plain", "text/csv", "text/markdown", "text/calendar", "application/json")
"""Types whose text is the bytes themselves: read in this process, since nothing in them can stall."""

_TOO_SLOW = "The document takes too long to read: ask for base64 or file instead."
_TOO_HARD = "The document cannot be read: ask for base64 or file instead."
_ERRORS = {"BadInput": BadInput, "Unsupported": Unsupported}


async def read_document(attachment: Attachment, data: bytes, *, seconds: float = SECONDS) -> DocumentText:
    """The text of an attachment. Raises Unsupported for types without text, BadInput when it cannot be read in time."""
    if attachment.content_type in HARMLESS:
        return await asyncio.to_thread(text_of, attachment, data)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mailmcp.mailroom.documents",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await process.communicate(json.dumps(asdict(attachment)).encode() + b"\n" + data)
    except TimeoutError as error:
        raise BadInput(_TOO_SLOW) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise BadInput(_TOO_HARD)
    record = json.loads(answer)
    if "error" in record:
        raise _ERRORS.get(record["error"], BadInput)(record["public"])
    return DocumentText(**record)


def main() -> None:
    """The process: an attachment's record and its bytes on standard input, its text on standard output."""
    _limit_memory()
    record, _, data = sys.stdin.buffer.read().partition(b"\n")
    try:
        answer = asdict(text_of(Attachment(**json.loads(record)), data))
    except MailError as error:
        answer = {"error": type(error).__name__, "public": error.public}
    sys.stdout.write(json.dumps(answer))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
