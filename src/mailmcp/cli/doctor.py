"""``mailmcp doctor``: everything a user would ask about, looked at without changing anything (but for --repair).

It opens no mailroom: that would make, migrate or lead a home, and a home in trouble is what it is for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import smtplib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp import __version__
from mailmcp.cli.wire import wire
from mailmcp.config import Settings, load_settings, named_in
from mailmcp.errors import ConfigError
from mailmcp.models import Finding, ListenerStatus, Standing
from mailmcp.server.launcher import command, launcher
from mailmcp.store import examination, whereabouts

if TYPE_CHECKING:
    from mailmcp.backends.contract import Backend

ANSWER_SECONDS = 3
_ASKED = "example.com"
"""A name that is reserved for examples, and answers everywhere (RFC 2606)."""
_WIDTH, _LEFT = 100, 22


def doctor(options: argparse.Namespace) -> int:
    """``mailmcp doctor``; 1 when something keeps mailmcp from working."""
    if options.wire:
        return wire(options)
    if options.repair:
        from mailmcp.cli import mending

        return mending.repair(options)
    found = list(findings(options.home))
    works = not any(one.stops for one in found)
    if options.json:
        kept = [{"subject": one.subject, "standing": one.standing, "sentence": one.sentence} for one in found]
        sys.stdout.write(json.dumps({"works": works, "findings": kept}, indent=2, ensure_ascii=False) + "\n")
        return 0 if works else 1
    for one in found:
        for at, words in enumerate(textwrap.wrap(one.sentence, _WIDTH - _LEFT, break_long_words=False)):
            left = f"{one.subject:{_LEFT - 9}}{one.standing:9}" if at == 0 else ""
            sys.stdout.write(f"{left:{_LEFT}}{words}\n")
    wrong = ", ".join(dict.fromkeys(one.subject for one in found if one.standing is Standing.WRONG))
    sound = f"mailmcp works here, but for what is wrong above ({wrong})." if wrong else "mailmcp works here."
    sys.stdout.write(f"\n{sound}\n" if works else "\nmailmcp does not work here: see above.\n")
    return 0 if works else 1


def findings(home: Path | None) -> Iterator[Finding]:
    """One finding or more of each thing, in the order in which they depend on each other."""
    yield _fine(
        "program",
        f"mailmcp {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}; started"
        f" by {' '.join([launcher()[0], *launcher()[1]])}.",
    )
    try:
        settings = load_settings(home)
    except ConfigError as error:
        yield Finding(subject="settings", standing=Standing.WRONG, sentence=error.public, stops=True)
        return
    yield from _settings(settings)
    yield from whereabouts.examined(settings.home)
    database = examination.examined(settings.home / "mailmcp.db")
    yield from database.findings
    if database.listener and _is_alive(database.listener.pid) and database.leader:
        from mailmcp.mailroom.in_force import differ, differences

        if said := differ(differences(settings, json.loads(database.leader))):
            yield Finding(subject="settings", standing=Standing.WEAK, sentence=said)
    if "imap" in settings.backends:
        yield from _mailbox(settings)
    if "local" in settings.backends:
        yield _listener(settings, database.listener)
    yield from _services(settings)
    yield asyncio.run(_dns(settings))
    if database.held or database.unknown:
        yield Finding(
            subject="drafts",
            standing=Standing.WEAK,
            sentence=f"{_open_drafts(database)}: `{command(settings.home, 'held')}` lists them.",
        )
    yield from _clients()


def _open_drafts(database: examination.Examination) -> str:
    """Those of whose fate nobody knows are counted apart: a human says what became of them."""
    said = [f"{database.held} wait(s) for you"] if database.held else []
    said += [f"of {database.unknown} nobody knows whether it left"] if database.unknown else []
    return ", and ".join(said)


def _settings(settings: Settings) -> Iterator[Finding]:
    given, ignored = named_in(os.environ)
    sources = [f"{settings.home / 'config.toml'}"] if (settings.home / "config.toml").exists() else []
    sources += given
    sends = settings.send_backend or ", ".join("smtp" if one == "imap" else one for one in settings.backends)
    where = {"imap": "in your own mailbox", "local": f"at @{settings.local.domain}"}
    inboxes = f"inboxes {', '.join(where.get(one, f'at {one}') for one in settings.backends)}"
    yield _fine(
        "settings",
        f"backend {settings.backend}, sends by {sends}, {inboxes}, policy {settings.send.policy}; set by"
        f" {', '.join(sources) or 'nobody: defaults'}. {' '.join(ignored)}".rstrip(),
    )


def _mailbox(settings: Settings) -> list[Finding]:
    from mailmcp.backends.imap import ImapBackend

    try:
        return asyncio.run(ImapBackend(settings).examine())
    except ConfigError as error:
        return [Finding(subject="mailbox", standing=Standing.WRONG, sentence=error.public, stops=True)]


def _services(settings: Settings) -> Iterator[Finding]:
    """What the services say of the keys that they were given, each by its cheapest call."""
    from mailmcp.backends import BACKENDS, class_of

    rows = {row.name: row for row in BACKENDS}
    for name in dict.fromkeys((*settings.backends, *filter(None, [settings.send_backend]))):
        if name not in rows:
            sentence = f"There is no backend {name}: `mailmcp backends` lists those that there are."
            yield Finding(subject="settings", standing=Standing.WRONG, sentence=sentence, stops=True)
            continue
        try:
            make = class_of(rows[name])
            if hasattr(make, "look") and hasattr(make, "examine"):
                yield from asyncio.run(_examined(make, settings))
        except ConfigError as error:
            yield Finding(subject=name, standing=Standing.WRONG, sentence=error.public, stops=True)


async def _examined(make: Callable[..., Backend], settings: Settings) -> list[Finding]:
    from mailmcp.backends.services import Examines
    from mailmcp.mailroom.budgets import Unshared

    backend = make(settings, Unshared())
    try:
        return await backend.examine() if isinstance(backend, Examines) else []
    finally:
        await backend.aclose()


def _listener(settings: Settings, said: ListenerStatus | None) -> Finding:
    if said is None or not _is_alive(said.pid):
        return Finding(
            subject="listener",
            standing=Standing.MISSING,
            sentence="No mailmcp runs in this home now: SMTP is heard as soon as your client starts one.",
        )
    if said.port is None:
        return Finding(subject="listener", standing=Standing.WRONG, sentence=said.trouble or "It cannot be opened.")
    where = f"{said.host}:{said.port}"
    try:
        with smtplib.SMTP(str(said.host), said.port, timeout=ANSWER_SECONDS) as smtp:
            smtp.noop()
    except (OSError, smtplib.SMTPException) as error:
        why = error.strerror or type(error).__name__
        return Finding(
            subject="listener",
            standing=Standing.WRONG,
            sentence=f"Process {said.pid} says it hears SMTP at {where}, but does not answer there ({why}): end it.",
        )
    return _fine("listener", f"SMTP is heard at {where} by process {said.pid}, and answers.")


async def _dns(settings: Settings) -> Finding:
    from mailmcp.authenticity.nameservers import SystemResolver

    try:
        answer = await asyncio.wait_for(SystemResolver(settings.dns.servers).txt(_ASKED), ANSWER_SECONDS)
        trouble = answer.detail if answer.troubled else None
    except TimeoutError:
        trouble = "no answer in time"
    except ValueError as error:
        return Finding(
            subject="DNS",
            standing=Standing.WRONG,
            sentence=f"The setting MAILMCP_DNS__SERVERS cannot be used: {error}.",
            stops=True,
        )
    if trouble:
        return Finding(
            subject="DNS",
            standing=Standing.WEAK,
            sentence=f"No name server answered ({trouble}): senders on the internet stay unverified, and are checked"
            " again later.",
        )
    return _fine("DNS", "A name server answers: senders can be verified.")


def _clients() -> Iterator[Finding]:
    from mailmcp.cli import connect

    starting, reaching = list[str](), list[str]()
    for client, file in connect.places():
        starts = connect.started_by(client, file)
        if starts is None:
            if address := connect.reached_at(client, file):
                reaching.append(f"{client.title} reaches one at {address}")
            continue
        if shutil.which(starts):
            starting.append(client.title)
            continue
        yield Finding(
            subject="clients",
            standing=Standing.WRONG,
            sentence=f"{client.title} starts {starts}, which is not there: `mailmcp connect {client.name}` mends that.",
        )
    if starting:
        yield _fine("clients", f"{', '.join(starting)} start(s) it.")
    if reaching:
        yield _fine("clients", f"{', '.join(reaching)}, over HTTP.")
    if not starting and not reaching:
        yield Finding(
            subject="clients",
            standing=Standing.MISSING,
            sentence="No client on this machine starts it: `mailmcp connect` lists those it can be added to.",
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _fine(subject: str, sentence: str) -> Finding:
    return Finding(subject=subject, standing=Standing.FINE, sentence=sentence)
