"""Lines on a pipe or bodies of requests, and the JSON-RPC messages in them: bytes <-> messages, without I/O.

A line that is no message gets an answer where JSON-RPC has one for it (``NoMessage``), so that whoever writes a client
sees what was wrong instead of waiting. Whatever comes, reading it takes bounded memory and never raises anything else.
"""

from __future__ import annotations

import os
import re
from typing import Any, BinaryIO, cast

from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    RequestId,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError
from pydantic_core import from_json

LONGEST_LINE = 32 * 2**20
"""Bytes of a line. A mail has at most 25 MiB, its attachments in base64 as they are in a call."""
ENDS_KEPT = 4096
"""Bytes of each end of a longer line that are looked at, for the id of the request it was."""

_BOM = b"\xef\xbb\xbf"
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""Every escape of a JSON text, one after the other; the group is half a surrogate pair without its other half."""
_NO_TOKEN = re.compile(rb'"progressToken"[ \t]{0,9}:[ \t]{0,9}null')
_ID = rb'\s*"id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,200}")\s*'
_ID_FIRST = re.compile(rb'\s*\{(?:\s*"jsonrpc"\s*:\s*"2\.0"\s*,)?' + _ID + b",")
_ID_LAST = re.compile(b"[{,]" + _ID + rb"\}\s*\Z")


class NoMessage(Exception):
    """A line that holds no message. ``answer`` is what JSON-RPC says to it."""

    def __init__(self, code: int, sentence: str, request_id: RequestId | None = None) -> None:
        super().__init__(sentence)
        self.answer = failure(request_id, code, sentence)


def failure(request_id: RequestId | None, code: int, sentence: str) -> JSONRPCError:
    """An error response; without an id when it is not known which request it answers."""
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=sentence))


class LineReader:
    """Lines of a byte stream, each of bounded length. Its calls block: they belong in a thread."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def next(self) -> bytes:
        """The next line; nothing at the end of the stream, or when the other side broke it off.

        Raises NoMessage for a line that is too long, once it was read to its end and let go.
        """
        try:
            line = self._source.readline(LONGEST_LINE + 1)
            if len(line) <= LONGEST_LINE:
                return line
            head, tail = line[:ENDS_KEPT], line[-ENDS_KEPT:]
            del line
            while not tail.endswith(b"\n") and (more := self._source.readline(2**16)):
                tail = (tail + more)[-ENDS_KEPT:]
        except OSError:
            return b""
        sentence = f"The message is longer than {LONGEST_LINE // 2**20} MiB: send less at once."
        raise NoMessage(INVALID_REQUEST, sentence, _id_at_an_end(head, tail))


def write_all(descriptor: int, line: bytes) -> None:
    """Write a whole line. Raises OSError when the other side has gone."""
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def understood(line: bytes) -> JSONRPCMessage | None:
    """The message in a line; None for a blank line and for a response that answers nothing.

    Raises NoMessage, with the answer to give.
    """
    line = line.removeprefix(_BOM)
    if not line.strip():
        return None
    data = _parsed(line)
    if not isinstance(data, dict):
        what = "Batches are not served" if isinstance(data, list) else "A message is a JSON object"
        raise NoMessage(INVALID_REQUEST, f"{what}: send one object at a time.")
    fields = cast(dict[str, Any], data)
    if "method" not in fields and ("result" in fields or "error" in fields):
        try:
            return jsonrpc_message_adapter.validate_python(fields, by_name=False)
        except ValidationError:
            return None  # an answer to an answer would go round in circles
    return _call(fields)


def for_others(octets: bytes, message: JSONRPCMessage) -> bytes:
    """The octets of an ``understood`` message for a reader that mends nothing: the same, unless there is something."""
    octets = octets.removeprefix(_BOM)
    try:
        if _NO_TOKEN.search(octets):
            raise ValueError
        octets.decode()
        if b"\\u" in octets:
            from_json(octets, allow_inf_nan=False)
    except ValueError:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    return octets


def _call(fields: dict[str, Any]) -> JSONRPCRequest | JSONRPCNotification:
    """A request, or without an id a notification. Raises NoMessage."""
    given = fields.get("id")
    request_id: RequestId | None = given if isinstance(given, int | str) and not isinstance(given, bool) else None
    method, params = fields.get("method"), fields.get("params")
    if "id" in fields and request_id is None:
        raise NoMessage(INVALID_REQUEST, "The `id` of a request must be a string or a whole number.")
    if fields.get("jsonrpc") != "2.0":
        raise NoMessage(INVALID_REQUEST, 'A message must say `"jsonrpc": "2.0"`.', request_id)
    if not isinstance(method, str):
        raise NoMessage(INVALID_REQUEST, "A message needs a `method`, which is a string.", request_id)
    if params is not None and not isinstance(params, dict):
        code = INVALID_PARAMS if isinstance(params, list) else INVALID_REQUEST
        raise NoMessage(code, "The `params` of a message must be an object.", request_id)
    named = cast(dict[str, Any] | None, params)
    meta = cast(Any, named.get("_meta")) if named else None
    if isinstance(meta, dict) and meta.get("progressToken", "") is None:  # pyright: ignore[reportUnknownMemberType]
        del meta["progressToken"]  # clients write null for what they leave out; the SDK would refuse the call
    if request_id is None:
        return JSONRPCNotification(jsonrpc="2.0", method=method, params=named)
    return JSONRPCRequest(jsonrpc="2.0", id=request_id, method=method, params=named)


def _parsed(line: bytes) -> Any:
    """The JSON of a line. Bytes that are no UTF-8, and half surrogate pairs, become U+FFFD: they cannot be written.

    A host escapes half a pair when its model stopped inside an emoji: the call is worth serving all the same.
    """
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        text = line.decode("utf-8", "replace")
    mended = _ESCAPES.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], text)
    try:
        return from_json(mended, allow_inf_nan=False)
    except ValueError as error:
        raise NoMessage(PARSE_ERROR, "That is not valid JSON: send one object at a time.") from error


def _id_at_an_end(head: bytes, tail: bytes) -> RequestId | None:
    """The id of a request of which only the ends are known: clients write it first or last."""
    found = _ID_FIRST.match(head) or _ID_LAST.search(tail)
    value = from_json(found[1]) if found else None
    return value if isinstance(value, int | str) else None
