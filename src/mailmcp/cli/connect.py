"""``mailmcp connect`` and ``disconnect``: the server's entry in the settings of a client."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mailmcp.cli import jsonc, tables
from mailmcp.cli.clients import CLIENTS, NAME, Client
from mailmcp.cli.usage import Misused
from mailmcp.config import default_home, load_settings
from mailmcp.errors import BadInput, MailError
from mailmcp.server.launcher import launcher

COPY = ".before-mailmcp"
"""What was there before a change is kept beside the file, under its name with this behind it."""


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
        if wanted and isinstance(present, dict):  # what somebody added to it stays: environment, time limits
            wanted = {**cast(dict[str, Any], present), **wanted}
        if client.is_toml:
            after = tables.with_table(before, path, wanted) if wanted else tables.without_table(before, path)
        else:
            after = jsonc.with_member(before, path, wanted) if wanted else jsonc.without_member(before, path)
    except (jsonc.NotJson, tables.NotToml) as error:
        raise BadInput(
            f"{file} was left as it is, since it cannot be edited safely ({error}): put it right, or add the entry by"
            f" hand."
        ) from error
    return Change(client, file, before, after)


def started_by(client: Client, file: Path) -> str | None:
    """The program that a client's entry of that name starts; None when there is no such entry."""
    try:
        present = tables.at(_read(client, _text_of(file)), (*client.keys, NAME))
    except (MailError, ValueError):
        return None
    return str(cast(dict[str, Any], present).get("command")) if isinstance(present, dict) else None


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
        state = "connected" if started_by(client, file) else "found" if is_there else "-"
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
        if input("Write it? [y/N] ").strip().lower() not in ("y", "yes"):
            _say("Nothing was written.")
            return 1
    _write(change)
    if change.before:
        _say(f"Before, it was as {change.file.name}{COPY} is.")
    _say(done)
    return 0


def _shown(change: Change) -> Iterator[str]:
    """Only the lines that change: those around them may hold other servers' keys."""
    for line in difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield f"  {line}"


def _write(change: Change) -> None:
    """Whole or not at all; a link is followed, and the file's rights are kept. Raises BadInput."""
    file = Path(os.path.realpath(change.file))
    made = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if _text_of(file) != change.before:
            raise BadInput(f"{file} changed in the meantime, and was left as it is: type the command again.")
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
        if change.before:
            _put(file.with_name(file.name + COPY), change.before, mode)
        with tempfile.NamedTemporaryFile("wb", dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
            made = new.name
            new.write(change.after.encode())
            new.flush()
            os.fsync(new.fileno())
        os.chmod(made, mode)
        os.replace(made, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(made)
        raise BadInput(f"{file} was left as it is, since it cannot be written ({error.strerror}).") from error


def _put(file: Path, text: str, mode: int) -> None:
    with open(file, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as copy:
        copy.write(text.encode())
    os.chmod(file, mode)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
