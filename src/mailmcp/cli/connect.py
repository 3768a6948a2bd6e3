"""``mailmcp connect`` and ``disconnect``: the server's entry in the settings of a client."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from mailmcp.cli import jsonc, tables
from mailmcp.cli.clients import CLIENTS, NAME, Client
from mailmcp.cli.terminal import agreed
from mailmcp.cli.usage import Misused
from mailmcp.config import default_home, load_settings
from mailmcp.errors import BadInput, MailError
from mailmcp.server.fence import one_line
from mailmcp.server.launcher import launcher

COPY = ".before-mailmcp"
"""What was there before a change is kept beside the file, under its name with this behind it (and a number: a copy is
never written over, since it may hold the only keys of a server that was taken out)."""
_ADDRESSES = ("url", "serverUrl", "httpUrl")
"""By these names clients keep the address of a server that they reach over HTTP."""


@dataclass(frozen=True, slots=True)
class Change:
    """What would be written to a client's file."""

    client: Client
    file: Path
    before: str
    after: str


def connect(options: argparse.Namespace) -> int:
    """``mailmcp connect [CLIENT]``."""
    if not options.client:
        return _overview()
    client = _client(options.client, "connect")
    home = load_settings(options.home).home
    change = planned(client, _file(client, options.file), entry(client, home))
    return _carry_out(change, yes=options.yes, done=f"{client.title} has it. {client.after}")


def disconnect(options: argparse.Namespace) -> int:
    """``mailmcp disconnect CLIENT``."""
    if not options.client:
        raise Misused("Which client? Write `mailmcp disconnect CLIENT`; `mailmcp connect` lists them.")
    client = _client(options.client, "disconnect")
    change = planned(client, _file(client, options.file), None)
    return _carry_out(change, yes=options.yes, done=f"{client.title} does not start it any more; its mail is kept.")


def entry(client: Client, home: Path) -> dict[str, Any]:
    """What a client's settings say of the server that runs now."""
    command, first = launcher()
    where = [] if home == default_home() else ["--home", str(home)]
    return client.entry(command, [*first, "serve", *where])


def planned(client: Client, file: Path, wanted: dict[str, Any] | None) -> Change:
    """The change that puts the entry in (None: takes it out). Raises BadInput for a file that cannot be edited."""
    before = _text_of(file)
    path = (*client.keys, NAME)
    try:
        present = tables.at(_read(client, before), path)
        if wanted and (address := _address(present)):
            raise BadInput(
                f"{file} was left as it is: {client.title} reaches a mailmcp over HTTP, at {address}. To start one on"
                f" this machine instead, type `mailmcp disconnect {client.name}` first."
            )
        if wanted and isinstance(present, dict):  # what somebody added to it stays: environment, time limits
            wanted = {**cast(dict[str, Any], present), **wanted}
        if client.is_toml:
            after = tables.with_table(before, path, wanted) if wanted else tables.without_table(before, path)
        else:
            after = jsonc.with_member(before, path, wanted) if wanted else jsonc.without_member(before, path)
        after.encode()
    except (jsonc.NotJson, tables.NotToml, UnicodeEncodeError) as error:
        raise BadInput(
            f"{file} was left as it is, since it cannot be edited safely ({error}): put it right, or add the entry by"
            f" hand."
        ) from error
    return Change(client, file, before, after)


def started_by(client: Client, file: Path) -> str | None:
    """The program that a client's entry of that name starts; None when there is no such entry."""
    starts = _named(client, file).get("command")
    return starts if isinstance(starts, str) else None


def reached_at(client: Client, file: Path) -> str | None:
    """The address at which a client's entry of that name reaches it over HTTP; None when there is no such entry."""
    return _address(_named(client, file))


def _named(client: Client, file: Path) -> dict[str, Any]:
    try:
        present = tables.at(_read(client, _text_of(file)), (*client.keys, NAME))
    except (MailError, ValueError):
        return {}
    return cast(dict[str, Any], present) if isinstance(present, dict) else {}


def _address(present: Any) -> str | None:
    """Without what may be a secret in it."""
    entry = cast(dict[str, Any], present) if isinstance(present, dict) else {}
    found: list[str] = [entry[one] for one in _ADDRESSES if isinstance(entry.get(one), str)]
    if not found or "command" in entry:
        return None
    try:
        parts = urlsplit(found[0])
    except ValueError:
        return "an address that is none"
    return one_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")[:200]


def places() -> Iterator[tuple[Client, Path]]:
    """The clients that run on this system, and the file of each."""
    for client in CLIENTS:
        if file := client.file(sys.platform, os.environ, Path.home()):
            yield client, file


def _read(client: Client, text: str) -> Any:
    return tables.read(text) if client.is_toml else jsonc.read(text if text.strip("\ufeff \t\r\n") else "{}")


def _overview() -> int:
    for client, file in places():
        is_there = file.exists() or (file.parent.is_dir() and file.parent != Path.home())
        has_it = started_by(client, file) or reached_at(client, file)
        state = "connected" if has_it else "found" if is_there else "-"
        _say(f"{client.name:16}{state:11}{file}")
    _say("\n`mailmcp connect CLIENT` shows the change before it is written; `mailmcp disconnect CLIENT` takes it back.")
    return 0


def _client(name: str, command: str) -> Client:
    found = next((one for one in CLIENTS if one.name == name.lower()), None)
    if found is None:
        near = difflib.get_close_matches(name.lower(), [one.name for one in CLIENTS], 1, 0.4)
        guess = f" (did you mean {near[0]}?)" if near else ""
        raise Misused(f"`mailmcp {command}` knows no client '{name[:40]}'{guess}; `mailmcp connect` lists them.")
    return found


def _file(client: Client, given: str | None) -> Path:
    file = Path(given).expanduser() if given else client.file(sys.platform, os.environ, Path.home())
    if file is None:
        raise BadInput(f"{client.title} does not run on this system; name its file with --file.")
    return file


def _text_of(file: Path) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode) and not file.is_dir():  # a pipe would be waited for, a device replaced
            raise BadInput(f"{file} was left as it is: it is no ordinary file.")
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} was left as it is: it is not UTF-8 text.") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}).") from error


def _carry_out(change: Change, *, yes: bool, done: str) -> int:
    if change.after == change.before:
        _say(f"{change.file}: nothing to change.")
        return 0
    _say(f"{change.file}:")
    for line in _shown(change):
        _say(line)
    if not yes:
        if not sys.stdin.isatty():
            _say("Nothing was written: add --yes, or type this in a terminal.")
            return 1
        if not agreed("Write it?"):
            _say("Nothing was written.")
            return 1
    if copy := _write(change):
        _say(f"Before, it was as {copy} is.")
    _say(done)
    return 0


def _shown(change: Change) -> Iterator[str]:
    """Only the lines that change: those around them may hold other servers' keys."""
    for line in difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield f"  {line}"


def _write(change: Change) -> Path | None:
    """Whole or not at all; a link is followed, and the file's rights are kept. Gives the copy of what was there.

    Raises BadInput.
    """
    file = Path(os.path.realpath(change.file))
    made, copy = "", None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if _text_of(file) != change.before:
            raise BadInput(f"{file} changed in the meantime, and was left as it is: type the command again.")
        present = file.stat() if file.exists() else None
        mode = 0o600 if present is None else present.st_mode & 0o777
        if not mode & stat.S_IWUSR:
            raise BadInput(f"{file} was left as it is: it is read-only. Allow writing to it first.")
        if change.before:
            copy = _copied(file, change.before, mode)
        with tempfile.NamedTemporaryFile("wb", dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
            made = new.name
            new.write(change.after.encode())
            new.flush()
            os.fsync(new.fileno())
        os.chmod(made, mode)
        if present is not None and sys.platform != "win32":
            with contextlib.suppress(PermissionError):  # whoever may write to another's file may not give it away
                os.chown(made, present.st_uid, present.st_gid)
        os.replace(made, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(made)
        raise BadInput(f"{file} was left as it is, since it cannot be written ({error.strerror}).") from error
    return copy


def _copied(file: Path, text: str, mode: int) -> Path:
    """The copy of what a file holds: one that there is already, or a new one. Raises OSError."""
    for number in count(1):
        copy = file.with_name(f"{file.name}{COPY}{f'.{number}' if number > 1 else ''}")
        try:
            new = os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")
        except FileExistsError:
            if copy.is_file() and copy.read_bytes() == text.encode():
                return copy
            continue
        try:
            with new:
                new.write(text.encode())
                os.fsync(new.fileno())
        except OSError:
            copy.unlink(missing_ok=True)  # half a copy is none
            raise
        return copy
    raise AssertionError


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
