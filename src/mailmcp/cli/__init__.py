"""The composition root: which parts make a running mailmcp, and the commands that people type.

Nothing is imported here before it is known which command runs: serving must answer its first message quickly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mailmcp import __version__

if TYPE_CHECKING:
    from mailmcp.config import Settings
    from mailmcp.mailroom.room import Mailroom


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``mailmcp`` command. Exits with 0, with 1 when something failed, or with 2 for wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given and not sys.stdin.isatty():
        given = ["serve"]  # a host started us: its input is a pipe or a socket
    parser = _parser()
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return
    from mailmcp.errors import MailError

    # A subject that a plain terminal cannot show must not end a command.
    cast(TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
    try:
        sys.exit(options.run(options))
    except MailError as error:
        sys.exit(f"mailmcp: {error.public}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mailmcp",
        description="An e-mail address for your AI assistant: an MCP server that receives mail and hands over codes.",
        epilog="Without a command, mailmcp serves MCP on standard input when that is not a terminal.",
    )
    parser.add_argument("--version", action="version", version=f"mailmcp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.add_argument("--home", type=Path, help="folder of the database and settings (else MAILMCP_HOME)")
        added.set_defaults(run=run)
        return added

    command("serve", _serve, "serve MCP on standard input and output")
    command("try", _try, "run the main job once, with a throw-away home, and print what happens")
    inbox = command("inbox", _inbox, "list or delete inboxes")
    inbox.add_argument("action", choices=["list", "delete"])
    inbox.add_argument("address", nargs="?")
    command("held", _held, "list the drafts that wait for a human")
    approve = command("approve", _approve, "show a held draft as it will leave, and let it go")
    approve.add_argument("draft")
    reject = command("reject", _reject, "refuse a held draft")
    reject.add_argument("draft")
    reject.add_argument("--word", default="", help="a word for the assistant")
    command("backends", _backends, "list the mail providers that can be used")
    return parser


async def open_mailroom(settings: Settings, *, leads: bool = True) -> Mailroom:
    """A mailroom with its backend, as the settings say. Raises ConfigError."""
    from mailmcp.backends import open_backend
    from mailmcp.errors import ConfigError
    from mailmcp.mailroom.room import Mailroom

    if settings.send_backend not in (None, settings.backend):
        raise ConfigError(
            f"The setting MAILMCP_SEND_BACKEND is {settings.send_backend!r}, but this version delivers only between"
            " inboxes of one home: leave it out."
        )
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

    return run_trial()


def _inbox(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.inboxes(options, open_mailroom)


def _held(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.held(options, open_mailroom)


def _approve(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.approve(options, open_mailroom)


def _reject(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.reject(options, open_mailroom)


def _backends(options: argparse.Namespace) -> int:
    from mailmcp.backends import BACKENDS

    for row in BACKENDS:
        sys.stdout.write(f"{row.name:12} {row.summary}\n")
    return 0
