"""The composition root: which parts make a running mailmcp, and the commands that people type.

Nothing is imported here before it is known which command runs: serving must answer its first message quickly.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, cast

from mailmcp import __version__
from mailmcp.cli.usage import Command, Line, Misused, help_of, understood

if TYPE_CHECKING:
    from mailmcp.config import Settings
    from mailmcp.mailroom.room import Mailroom


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``mailmcp`` command. Exits with a code that ``mailmcp --help`` explains."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if cast(object, sys.stderr) is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if None in (cast(object, sys.stdin), cast(object, sys.stdout)):
        sys.exit("mailmcp: standard input and standard output must be open.")
    try:
        line = understood(given, COMMANDS)
    except Misused as error:
        sys.stderr.write(f"mailmcp: {error}\n")
        sys.exit(2)
    # A subject that a plain terminal cannot show must not end a command.
    cast(TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
    try:
        code = _carry_out(line)
        sys.stdout.flush()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed again while the process ends, the key changes nothing
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to say at exit has nowhere to go either
        sys.exit(1)
    sys.exit(code)


def _carry_out(line: Line) -> int:
    if line.asked == "version":
        sys.stdout.write(f"mailmcp {__version__}\n")
        return 0
    if line.asked == "help" or (line.command is None and sys.stdin.isatty()):
        sys.stdout.write(help_of(COMMANDS, line.command) + "\n")
        return 0
    from mailmcp.errors import MailError

    try:
        # A host that starts us gives a pipe or a socket, and no command is needed.
        return line.command.run(line.options) if line.command else _serve(line.options)
    except Misused as error:
        sys.stderr.write(f"mailmcp: {error}\n")
        return 2
    except MailError as error:
        sys.stdout.flush()
        sys.stderr.write(f"mailmcp: {error.public}\n")
        return 1


async def open_mailroom(settings: Settings, *, leads: bool = True) -> Mailroom:
    """A mailroom with its backend, as the settings say. Raises ConfigError."""
    from mailmcp.backends import open_backend
    from mailmcp.mailroom.room import Mailroom

    return await Mailroom.open(
        settings, lambda reception: open_backend(settings.backend, settings, reception), leads=leads
    )


def _serve(options: argparse.Namespace) -> int:
    import gc

    # Importing the SDK makes some hundred thousand objects that live as long as the process: the collector would go
    # through them again and again while they come in.
    gc.disable()
    from mailmcp.server.serving import serve

    gc.freeze()
    gc.enable()
    return serve(options.home, open_mailroom)


def _try(options: argparse.Namespace) -> int:
    from mailmcp.server.trial import run_trial

    return run_trial(options.home)


def _inbox(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.inboxes(options, open_mailroom)


def _quarantine(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.quarantine(options, open_mailroom)


def _held(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.held(options, open_mailroom)


def _approve(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.approve(options, open_mailroom)


def _reject(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.reject(options, open_mailroom)


def _domain(options: argparse.Namespace) -> int:
    from mailmcp.cli import domains

    return domains.domain(options, open_mailroom)


def _connect_account(options: argparse.Namespace) -> int:
    from mailmcp.cli import accounts

    return accounts.connect_account(options)


def _backends(options: argparse.Namespace) -> int:
    from mailmcp.backends import BACKENDS

    for row in BACKENDS:
        sys.stdout.write(f"{row.name:12} {row.summary}\n")
    return 0


COMMANDS = (
    Command(
        "try",
        _try,
        "run the main job once in a throw-away home, and print what happens",
        "To begin",
        home="where the throw-away home is made (else where temporary files go)",
    ),
    Command("serve", _serve, "serve MCP on standard input and output: what a client of yours runs", "To begin"),
    Command(
        "inbox",
        _inbox,
        "list or delete inboxes, and say whose mail they take",
        "For you, while an assistant uses it",
        takes=("action", "address", "pattern"),
        actions=("list", "delete", "block", "allow", "unlist"),
        forms=(
            ("inbox list", "list the inboxes with what is unread"),
            ("inbox delete ADDRESS", "delete an inbox with all its mail"),
            ("inbox block ADDRESS PATTERN", "refuse mail of an address, a domain, or * (everybody)"),
            ("inbox allow ADDRESS PATTERN", "take it, though a wider pattern is blocked"),
            ("inbox unlist ADDRESS PATTERN", "neither; without PATTERN each shows the lists"),
        ),
    ),
    Command(
        "quarantine",
        _quarantine,
        "list the mail that was blocked, or let one in",
        "For you, while an assistant uses it",
        options={"--release": "the id of a message to let in"},
        forms=(("quarantine [--release MESSAGE]", "list the mail that was blocked, or let one in"),),
    ),
    Command("held", _held, "list the drafts that wait for you", "For you, while an assistant uses it"),
    Command(
        "approve",
        _approve,
        "show a held draft as it will leave, and let it go",
        "For you, while an assistant uses it",
        takes=("draft",),
        forms=(("approve DRAFT", "show a held draft as it will leave, and let it go"),),
    ),
    Command(
        "reject",
        _reject,
        "refuse a held draft",
        "For you, while an assistant uses it",
        takes=("draft",),
        options={"--word": "a word for the assistant"},
        forms=(("reject DRAFT [--word WORD]", "refuse a held draft, with a word for the assistant"),),
    ),
    Command(
        "domain",
        _domain,
        "set up a domain of your own, or look what is wrong with it",
        "For a domain of your own",
        takes=("action", "domain"),
        actions=("add", "check"),
        options={
            "--address": "the public IP addresses of this server, with commas between",
            "--relay": "the name that your mail relay wants included in SPF records",
            "--reports": "where others send their reports (else postmaster@ the domain)",
        },
        flags={"--json": "the same as JSON"},
        forms=(
            ("domain add DOMAIN", "make its keys, and print the records that it needs in DNS"),
            ("domain check DOMAIN", "look up what is published: what is missing, wrong or weak"),
        ),
    ),
    Command(
        "connect-account",
        _connect_account,
        "sign in to a mailbox that you have elsewhere, with a code instead of a password",
        "For a mailbox of your own",
        takes=("address",),
        forms=(("connect-account [ADDRESS]", "sign in to a mailbox elsewhere with a code instead of a password"),),
    ),
    Command("backends", _backends, "list the mail providers that can be used", "Else"),
)
