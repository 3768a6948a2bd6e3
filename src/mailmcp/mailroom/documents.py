"""Parts and documents read in a process of their own, which is ended when it takes too long.

Libraries for PDF and office files bound most work, but a small file can still ask for minutes of it; and to take one
part out of a long message needs several times its size, which is free again when the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import asynccontextmanager
from dataclasses import asdict

from mailmcp.errors import BadInput, MailError, NotFound, Unsupported
from mailmcp.mail import parse
from mailmcp.mail.files.contents import examined
from mailmcp.mail.files.documents import DocumentText, text_of
from mailmcp.mailroom import apart
from mailmcp.models import Attachment, Content

SECONDS = 15.0

HARMLESS = ("text/plain", "text/csv", "text/markdown", "text/calendar", "application/json")
"""Types whose text is the bytes themselves: read in this process, since nothing in them can stall."""

_TOO_SLOW = "The document takes too long to read: ask for base64 or file instead."
_TOO_HARD = "The document cannot be read: ask for base64 or file instead."
_PART_TOO_SLOW = "The message takes too long to be taken apart: ask again when the machine is less busy."
_PART_TOO_HARD = "The message cannot be taken apart: its attachments cannot be read here."
_ERRORS = {"BadInput": BadInput, "Unsupported": Unsupported, "NotFound": NotFound}


async def read_document(attachment: Attachment, data: bytes, *, seconds: float = SECONDS) -> DocumentText:
    """The text of an attachment. Raises Unsupported for types without text, BadInput when it cannot be read in time."""
    if attachment.content_type in HARMLESS:
        return await asyncio.to_thread(text_of, attachment, data)
    asked = {"attachment": asdict(attachment)}
    async with _answered(asked, len(data), apart.all_of(data), seconds, _TOO_SLOW, _TOO_HARD) as (record, _):
        return DocumentText(**record["text"])


async def read_part(
    size: int, octets: AsyncIterable[bytes], part: str, *, seconds: float = SECONDS
) -> tuple[Attachment, Content, DocumentText]:
    """One part of a message of ``size`` octets, as text. Raises NotFound too."""
    async with _answered({"part": part, "text": True}, size, octets, seconds, _TOO_SLOW, _TOO_HARD) as (record, _):
        return Attachment(**record["attachment"]), Content(**record["content"]), DocumentText(**record["text"])


def why_no_text(error: MailError, content: Content | None) -> str:
    """Why an attachment gives no text: that it is not what it is called comes before what the reader of that met."""
    if content is None or content.doubt is None:
        return error.public
    return f"{content.doubt.removesuffix('.')}: ask for base64 or file instead."


@asynccontextmanager
async def taken_out(
    size: int, octets: AsyncIterable[bytes], part: str, *, seconds: float = 4 * SECONDS
) -> AsyncGenerator[tuple[Attachment, AsyncIterable[bytes]]]:
    """One part of a message of ``size`` octets, with its bytes piece by piece. Raises NotFound, BadInput."""
    asked = {"part": part, "text": False}
    async with _answered(asked, size, octets, seconds, _PART_TOO_SLOW, _PART_TOO_HARD) as (record, found):
        yield Attachment(**record["attachment"]), found


@asynccontextmanager
async def _answered(
    asked: apart.Record, size: int, octets: AsyncIterable[bytes], seconds: float, too_slow: str, too_hard: str
) -> AsyncGenerator[tuple[apart.Record, AsyncIterable[bytes]]]:
    try:
        async with apart.begun("mailmcp.mailroom.documents") as process:
            async with asyncio.timeout(seconds):
                await process.ask(asked, size, octets)
                record = await process.answer()
            if "error" in record:
                raise _ERRORS.get(record["error"], BadInput)(record["public"])
            yield record, process.octets()
    except TimeoutError as error:
        raise BadInput(too_slow) from error
    except apart.Ended as error:
        raise BadInput(too_hard) from error


# --- in that process -----------------------------------------------------------------------------------------------


def _reply(asked: apart.Record, octets: bytes) -> tuple[apart.Record, bytes]:
    content: Content | None = None
    try:
        if "attachment" in asked:
            return {"text": asdict(text_of(Attachment(**asked["attachment"]), octets))}, b""
        attachment, data = parse.attachment_bytes(octets, asked["part"])
        if not asked["text"]:
            return {"attachment": asdict(attachment)}, data
        content = examined(attachment, data)
        known = {"attachment": asdict(attachment), "content": asdict(content)}
        return {**known, "text": asdict(text_of(attachment, data))}, b""
    except MailError as error:
        return {"error": type(error).__name__, "public": why_no_text(error, content)}, b""


if __name__ == "__main__":
    apart.serve(_reply)
