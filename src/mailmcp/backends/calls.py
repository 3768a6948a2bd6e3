"""What a call over HTTP is made of: how often it may be tried, what a service says is wrong, and paths of any ids."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from mailmcp.errors import BackendError, ConfigError, NoAnswer, TryLater

log = logging.getLogger("mailmcp.services")

T = TypeVar("T")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,64}@[A-Za-z0-9\u00a1-\ud7ff.-]{1,253}")
OF_ANOTHER_FORM = (ValueError, LookupError, TypeError, AttributeError, OverflowError)
"""What reading an answer raises that is not made as is known here."""


class Repeat(Enum):
    """What may be done about a call of which no answer came."""

    FREELY = "freely"
    """It reads, or doing it twice is the same as once."""
    BY_KEY = "by_key"
    """The service knows a repeat by its key. Without any answer in the end, nobody knows whether it was done."""
    NEVER = "never"
    """A repeat would be a second deed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patiently a call is tried again; a laboratory takes shorter seconds."""

    tries: int = 3
    back_off: float = 0.5
    """Seconds before the second try, then twice as long each time; a random half of it is taken off."""
    longest: float = 8.0
    """The longest pause within one call, also when the service asks for more: then the caller hears of it."""
    seconds: float = 30.0
    """For one try."""

    def pause(self, tried: int, wish: float | None) -> float | None:
        """Seconds before the next try; None when the service wishes more than a caller would wait."""
        if wish is not None:
            return wish if wish <= self.longest else None
        whole = min(self.back_off * 2 ** (tried - 1), self.longest)
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - so that those who failed together do not come back so


STEADY = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a service says is wrong, as its backend reads it."""

    code: str = ""
    """The service's own word, for the backend to decide by."""
    message: str = ""
    advice: str = ""
    """What the service says is to be done."""
    again: bool | None = None
    """Whether the same call may succeed in a moment; None: as its status says (429 and from 500 on)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered to a call that it carried out."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def json(self) -> Any:
        """The body as JSON; an empty one is None. Raises ValueError for what is none, or nested beyond reason."""
        try:
            return json.loads(self.body) if self.body.strip() else None
        except RecursionError:
            raise ValueError("nested beyond reason") from None

    @property
    def record(self) -> dict[str, Any]:
        """The same of an answer that is an object; {} of any other."""
        said = self.json
        return cast(dict[str, Any], said) if isinstance(said, dict) else {}

    def records(self, name: str) -> list[dict[str, Any]]:
        """The objects that a list of it holds; whatever else stands there is left out."""
        return records_of(self.record, name)


class Declined(BackendError):
    """The service did not do it: ``status`` and the service's own ``code`` say why."""

    def __init__(self, public: str, *, status: int, code: str) -> None:
        super().__init__(public)
        self.status = status
        self.code = code


class Busy(TryLater):
    """The service will not do it now; nothing was done. ``lasting``: it will not in a moment either."""

    def __init__(self, public: str, *, after: float | None = None, code: str = "", lasting: bool = False) -> None:
        super().__init__(public)
        self.after = after
        self.code = code
        self.lasting = lasting


Explain = Callable[[Any], Trouble]


class Unsure(NoAnswer):
    """No answer, and a wish when to ask again."""

    def __init__(self, public: str, *, after: float) -> None:
        super().__init__(public)
        self.after = after


class TooLong(BackendError):
    """The answer is longer than anybody wants to read: whatever was asked was done."""


@contextmanager
def understood(service: str, otherwise: type[BackendError] = TryLater) -> Generator[None]:
    """While an answer is read: one of another form than the service's is an error of its kind, and not of ours."""
    try:
        yield
    except OF_ANOTHER_FORM as error:
        raise otherwise(f"{service} gave an answer that cannot be read.") from error


def furthest(overlap: timedelta = timedelta(0)) -> datetime:
    """How far a cursor of time may go, whatever was met: one row of the future would hide all that comes after it."""
    return datetime.now(UTC) - overlap


def encoded(path: Sequence[str]) -> str:
    """A path of segments that hold anything: a stranger chooses a Message-ID. Raises BackendError for dots alone."""
    if not path or any(one in ("", ".", "..") for one in path):
        raise BackendError("An id that is empty or made of dots cannot be asked for.")
    return "".join(f"/{quote(one, safe='')}" for one in path)


def explained(said: Any) -> Trouble:
    """An error as most services write it: words beside each other, or inside ``error``."""
    if not isinstance(said, dict):
        return Trouble()
    record = cast(dict[str, Any], said)
    inner = record.get("error")
    if isinstance(inner, dict):
        record = {**record, **cast(dict[str, Any], inner)}
    elif isinstance(inner, str):
        record = {"message": inner, **record}

    def word(*names: str) -> str:
        return next((one for name in names if isinstance(one := record.get(name), str) and one), "")

    return Trouble(
        code=word("code", "name", "type"),
        message=word("message", "detail", "error_description"),
        advice=word("fix", "advice", "hint", "resolution"),
    )


def moment_of(value: Any) -> datetime | None:
    """A time as services write it (RFC 3339), UTC where no zone stands; None for what is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def records_of(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a list of an object."""
    found: Any = record.get(name)
    if not isinstance(found, list):
        return []
    return [cast(dict[str, Any], one) for one in cast(list[Any], found) if isinstance(one, dict)]


def record(said: Any) -> dict[str, Any]:
    """An object. Raises TypeError for anything else."""
    if not isinstance(said, dict):
        raise TypeError("no object")
    return cast(dict[str, Any], said)


def records(said: Any) -> list[dict[str, Any]]:
    """A list of objects. Raises TypeError for anything else."""
    if said is None:
        return []
    if not isinstance(said, list):
        raise TypeError("no list")
    return [record(one) for one in cast(list[Any], said)]


def id_of(said: Any) -> str:
    """What a service calls something: words, which may be any, or a number. Raises ValueError for anything else."""
    if isinstance(said, bool) or not isinstance(said, str | int):
        raise ValueError("no id")
    found = str(said)
    if found in ("", ".", ".."):  # such an id cannot be asked for
        raise ValueError("no id")
    found.encode()  # half a character can neither be kept nor asked for
    return found


def text_of(said: Any) -> str | None:
    """Words, if it is any."""
    return said if isinstance(said, str) else None


def address_of(said: Any) -> str:
    """The address of an inbox, in lower case. Raises ValueError for what is none."""
    if not isinstance(said, str) or not _ADDRESS.fullmatch(said):
        raise ValueError("no address")
    return said.lower()


def legible(service: str, said: Any, read: Callable[[dict[str, Any]], T]) -> list[T]:
    """What can be read of a list of objects: one that says nothing of use keeps no other from being had.

    Raises TryLater when that is none of them, or no list: then the service speaks another way than is known here.
    """
    if said is not None and not isinstance(said, list):
        raise TryLater(f"{service} gave a list that cannot be read.")
    rows, found = cast(list[Any], said or []), list[T]()
    for one in rows:
        try:
            found.append(read(record(one)))
        except OF_ANOTHER_FORM:
            log.warning("%s lists something that cannot be read: it is left there", service)
    if rows and not found:
        raise TryLater(f"{service} gave a list that cannot be read.")
    return found


def query_of(query: Mapping[str, str] | None) -> str:
    """The part of an address behind the path."""
    pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in (query or {}).items()]
    return f"?{'&'.join(pairs)}" if pairs else ""


def origin_of(name: str, base: str) -> str:
    """Scheme and host of a service's address. Raises ConfigError for one that would show the key on the way."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    near = host in ("127.0.0.1", "::1", "localhost")
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"The address of {name} must be https:// with a host, and perhaps a path.")
    if parts.scheme == "http" and not near:
        raise ConfigError(f"The address of {name} must be https://, else everybody on the way could read its key.")
    return f"{parts.scheme}://{parts.netloc}"


def seconds_of(headers: Mapping[str, str]) -> float | None:
    """How long the service wants to be left alone (RFC 9110 §10.2.3), an hour at most; None when it does not say."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", said):
        return min(float(said), 3600.0)
    if said:
        try:
            return min(max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0), 3600.0)
        except (ValueError, TypeError):
            return None
    return None
