"""The composition root: which parts make a running mailmcp, and the commands that people type.

Nothing is imported here before it is known which command runs: serving must answer its first message quickly.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import cast

from mailmcp import __version__
from mailmcp.cli.commands import COMMANDS, serve
from mailmcp.cli.usage import Line, Misused, help_of, understood


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
    except UnicodeEncodeError:
        if all(map(_is_text, given)):
            raise
        sys.stderr.write("mailmcp: a word of that line is not text in the encoding of this terminal (UTF-8?).\n")
        sys.exit(2)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed again while the process ends, the key changes nothing
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to say at exit has nowhere to go either
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stderr.write("mailmcp: no space is left where this is written.\n")
        sys.exit(1)
    sys.exit(code)


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _carry_out(line: Line) -> int:
    if line.asked == "version":
        sys.stdout.write(f"mailmcp {__version__}\n")
        return 0
    if line.asked == "help" or (line.command is None and sys.stdin.isatty()):
        sys.stdout.write(help_of(COMMANDS, line.command) + "\n")
        return 0
    from mailmcp.errors import MailError, NotFound

    try:
        # A host that starts us gives a pipe or a socket, and no command is needed.
        return line.command.run(line.options) if line.command else serve(line.options)
    except Misused as error:
        sys.stderr.write(f"mailmcp: {error}\n")
        return 2
    except MailError as error:
        sys.stdout.flush()
        said = error.at_terminal if isinstance(error, NotFound) else error.public
        sys.stderr.write(f"mailmcp: {said}\n")
        return 1
