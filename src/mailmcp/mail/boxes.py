"""Files of mail: mbox (RFC 4155) and Maildir, read and written.

A Maildir keeps every byte and whether a message was read. An mbox parts messages by lines that begin with "From ", so
such a line in a message gets a ``>``, as does one that has some already (mboxrd): reading takes one away again. No line
keeps its CR there.
"""

from __future__ import annotations

import mailbox
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from mailmcp.errors import BadInput
from mailmcp.mail import mboxes
from mailmcp.models import KeptMail

_FROM = re.compile(r"(?P<sender>\S{0,320})\s+(?P<when>.{10,80})")
_ASCTIME = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M %Y")
_UNQUOTED_FROM = re.compile(rb"^From ", re.MULTILINE)
_DATE = re.compile(rb"^date:[ \t]*([^\r\n]{5,100})", re.IGNORECASE | re.MULTILINE)
_LIKE_FROM, _QUOTED_FROM = re.compile(rb"^(>*From )", re.MULTILINE), re.compile(rb"^>(>*From )", re.MULTILINE)
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_EARLIEST, _AHEAD = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
HEAD_BYTES = 64 * 1024
SENT_FOLDER = ".Sent"
_MARK = ":2," if os.name != "nt" else "!2,"
"""What parts a file's name from the flags; Windows takes no colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """A message of a file of mail, with CR LF at the end of its lines."""

    raw: bytes
    mail_from: str = ""
    received_at: datetime | None = None
    read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What of a file of mail could not be read."""

    what: str
    """Where it is, as the beginning of a sentence."""
    why: str
    too_large: bool = False


class MboxWriter:
    """Writes a new mbox; what was sent goes into one of its own beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: dict[Path, Any] = {}

    def add(self, mail: KeptMail) -> None:
        """Append a message."""
        path = self._path.with_name(f"{self._path.name}.sent") if mail.sent else self._path
        if path not in self._open:
            self._open[path] = _created(path)
        sender = re.sub(r"\s", "_", mail.mail_from) or "MAILER-DAEMON"
        when = mail.received_at.astimezone(UTC).strftime(_ASCTIME[0])
        line = f"From {sender} {when}\n".encode("utf-8", "replace")
        self._open[path].add(line + _LIKE_FROM.sub(rb">\1", mail.raw.replace(b"\r\n", b"\n")))

    def close(self) -> None:
        """Write everything to the disk."""
        for one in self._open.values():
            one.close()

    def discard(self) -> None:
        """Take away what was written: a part of the mail must not be taken for all of it."""
        for path, one in self._open.items():
            with suppress(OSError):  # of a full disk
                one.close()
            path.unlink(missing_ok=True)


class MaildirWriter:
    """Writes a new Maildir, to the byte; what was sent goes into its folder ``.Sent``."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise BadInput(f"{path} is there already: name a folder that is not.")
        self._path = path
        _make_maildir(path)

    def add(self, mail: KeptMail) -> None:
        """Append a message: a file of its own, whole or not there."""
        folder = self._path
        if mail.sent:
            folder = folder / SENT_FOLDER
            _make_maildir(folder)
        seconds = mail.received_at.timestamp()
        name = f"{int(seconds)}.R{mail.row}.mailmcp"
        unfinished = folder / "tmp" / name
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(mail.raw)
        os.utime(unfinished, (seconds, seconds))
        unfinished.rename(folder / "cur" / f"{name}{_MARK}{'S' if mail.read else ''}")

    def close(self) -> None:
        """Every message is a file that is written already."""

    def discard(self) -> None:
        """Take away what was written; the folder was not there before."""
        shutil.rmtree(self._path, ignore_errors=True)


def _make_maildir(path: Path) -> None:
    for name in ("tmp", "new", "cur"):
        (path / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def _created(path: Path) -> Any:
    if path.exists():
        raise BadInput(f"{path} is there already: name a file that is not.")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return mailbox.mbox(path, create=False)


def read(path: Path, *, largest: int) -> Iterator[Boxed | LeftOut]:
    """The messages of an mbox or of a Maildir (of its own folder, not of those in it), and what of them is left out.

    No message larger than ``largest`` is held in memory. Raises BadInput for what is no file of mail.
    """
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            if not ((path / "cur").is_dir() and (path / "new").is_dir()):
                raise BadInput(f"{path} is no Maildir: it has no folders cur and new.")
        elif not stat.S_ISREG(kind):
            raise BadInput(f"{path} is neither a file nor a folder: write the mail to a file first.")
        else:
            with path.open("rb") as file:
                if file.read(5) != b"From ":
                    raise BadInput(f'{path} is no mbox: the first line of one begins with "From ".')
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    yield from _of_maildir(path, largest) if stat.S_ISDIR(kind) else _of_mbox(path, largest)


def _of_maildir(path: Path, largest: int) -> Iterator[Boxed | LeftOut]:
    for folder in (path / "cur", path / "new"):
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            yield LeftOut(what=f"The folder {folder.name}", why=f"cannot be read ({error.strerror})")
            continue
        for name in names:
            if name.startswith("."):
                continue
            try:
                if (boxed := _of_file(folder / name, f"{folder.name}/{name}", largest)) is not None:
                    yield boxed
            except OSError as error:
                yield LeftOut(what=f"{folder.name}/{name}", why=f"cannot be read ({error.strerror})")


def _of_file(file: Path, name: str, largest: int) -> Boxed | LeftOut | None:
    """A message of a Maildir; None for a folder. Raises OSError."""
    found = file.lstat()
    if stat.S_ISDIR(found.st_mode):
        return None
    if not stat.S_ISREG(found.st_mode):
        # A link may lead to any file of this machine: somebody else's folder must not make it mail.
        return LeftOut(what=name, why="is no file but a link or a device")
    with file.open("rb") as opened:
        raw = opened.read(min(largest, found.st_size) + 1)
    if len(raw) > largest:
        return _too_large(name, largest)
    flags = name.rpartition("2,")[2] if ":2," in name or "!2," in name else ""
    try:
        received = _credible(datetime.fromtimestamp(found.st_mtime, UTC))
    except (ValueError, OverflowError):  # a clock was wrong beyond all years
        received = None
    return _boxed(name, largest, raw, received_at=received, read="S" in flags)


def _of_mbox(path: Path, largest: int) -> Iterator[Boxed | LeftOut]:
    where = "The beginning"
    try:
        with path.open("rb") as file:
            for part in mboxes.parts(file, largest):
                where = f"The message at byte {part.at:,}"
                if part.octets is None:
                    yield _too_large(where, largest)
                    continue
                raw = unquoted(part.octets)
                sender, received = _of_from_line(part.line.decode("utf-8", "replace"))
                yield _boxed(where, largest, raw, mail_from=sender, received_at=received or _dated(raw))
    except OSError as error:
        yield LeftOut(what=f"{where} and all behind it", why=f"cannot be read ({error.strerror})")


def _boxed(what: str, largest: int, raw: bytes, **known: Any) -> Boxed | LeftOut:
    raw = _with_crlf(raw)
    return Boxed(raw=raw, **known) if len(raw) <= largest else _too_large(what, largest)


def _too_large(what: str, largest: int) -> LeftOut:
    return LeftOut(what=what, why=f"is larger than {largest // 1024 // 1024} MiB", too_large=True)


def unquoted(octets: bytes) -> bytes:
    """A message without the ``>`` that its "From " lines got. One with such a line that has none was never quoted."""
    return octets if _UNQUOTED_FROM.search(octets) else _QUOTED_FROM.sub(rb"\1", octets)


def _of_from_line(line: str) -> tuple[str, datetime | None]:
    found = _FROM.match(line.removeprefix("From ").strip())
    if found is None:
        return "", None
    sender = "" if found["sender"].upper() in ("MAILER-DAEMON", "-") else found["sender"]
    for form in _ASCTIME:
        try:
            when = datetime.strptime(found["when"].strip(), form)  # noqa: DTZ007 - UTC where it names no zone
        except ValueError:
            continue
        return sender, _credible(when)
    return sender, None


def _dated(raw: bytes) -> datetime | None:
    """When a message says that it was written."""
    found = _DATE.search(raw[:HEAD_BYTES])
    if found is None:
        return None
    try:
        when = parsedate_to_datetime(found[1].decode("ascii", "replace").strip())
    except (ValueError, OverflowError):
        return None
    return _credible(when)


def _credible(when: datetime) -> datetime | None:
    """A time at which mail can have come: some files tell of the year 1, or of one that no calendar here can show."""
    try:
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return when if _EARLIEST <= when <= datetime.now(UTC) + _AHEAD else None


def _with_crlf(raw: bytes) -> bytes:
    return raw if b"\r\n" in raw[:HEAD_BYTES] else _BARE_LINE_FEED.sub(b"\r\n", raw)
