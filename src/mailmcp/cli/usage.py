"""What may be typed: the commands, their help, and what is said to a mistyped line.

argparse reads the arguments of one command. The rest is done here, since its own words (a usage line, then every
choice there is) help nobody who has typed one letter too many.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

Run = Callable[[argparse.Namespace], int]

SEE_HELP = "`mailmcp --help` tells what there is."
HOME = "where mail and settings are kept (else MAILMCP_HOME, else your data folder)"
_SHOWN = 40


class Misused(Exception):
    """A line that cannot be understood; one sentence, with the way out."""


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table of commands."""

    name: str
    run: Run
    summary: str
    group: str
    takes: tuple[str, ...] = ()
    """Names of what follows the command, in order; the last ones may be left out where the command says so itself."""
    actions: tuple[str, ...] = ()
    """What the first of them may be, when it is a word of ours."""
    options: dict[str, str] = field(default_factory=dict[str, str])
    """Further options with a value, and what each is for."""
    repeated: tuple[str, ...] = ()
    """Those of them that may be given several times."""
    flags: dict[str, str] = field(default_factory=dict[str, str])
    """Further options without a value."""
    home: str = HOME
    """What --home means to it."""
    forms: tuple[tuple[str, str], ...] = ()
    """How it is written, form by form, when the name alone is not all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was understood."""

    command: Command | None
    options: argparse.Namespace
    asked: str | None = None
    """``help`` or ``version``."""


def understood(given: Sequence[str], commands: Sequence[Command]) -> Line:
    """What a command line asks for. Raises Misused."""
    rest, home = list(given), None
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option in ("-h", "--help"):
            rest.insert(0, "help")
        elif option in ("-V", "--version"):
            return Line(None, argparse.Namespace(home=None), "version")
        elif option != "--home":
            raise Misused(f"There is no option '{_short(option)}'{_near(option, ['--home', '--help', '--version'])}.")
        elif equals or rest:
            home = _folder(value if equals else rest.pop(0))
        else:
            home = _folder("")
    if not rest:
        return Line(None, argparse.Namespace(home=home))
    name, *rest = rest
    names = {command.name: command for command in commands}
    if name == "help":
        asked = next((names[one] for one in rest if one in names), None)
        if asked is None and rest and not rest[0].startswith("-"):
            raise Misused(f"There is no command '{_short(rest[0])}'{_near(rest[0], list(names))}.")
        return Line(asked, argparse.Namespace(home=home), "help")
    if name not in names:
        raise Misused(f"There is no command '{_short(name)}'{_near(name, [*names, 'help'])}.")
    return _of_command(names[name], rest, home)


def help_of(commands: Sequence[Command], command: Command | None = None) -> str:
    """The page that is shown, of one command or of all."""
    if command is not None:
        forms = command.forms or ((command.name, command.summary),)
        lines = [f"{command.summary[:1].upper()}{command.summary[1:]}.", "", *_table(forms, "mailmcp ")]
        options = [(f"{name} VALUE", what) for name, what in command.options.items()] + list(command.flags.items())
        return "\n".join([*lines, "", *_table([*options, ("--home FOLDER", command.home)])])
    lines = [
        "mailmcp gives your AI assistant an e-mail address of its own.",
        "",
        "It is an MCP server: a program such as Claude Desktop, Claude Code or Cursor starts it and talks to it.",
        "To see what it does, type `mailmcp try`. That ends with the line which adds mailmcp to your program.",
        "",
        "usage: mailmcp [--home FOLDER] COMMAND ...",
    ]
    for group in dict.fromkeys(one.group for one in commands):
        rows = [row for one in commands if one.group == group for row in one.forms or ((one.name, one.summary),)]
        lines += ["", f"{group}:", *_table(rows)]
    lines += ["", "Options, before the command or after it:", *_table(_OPTIONS)]
    lines += ["", "Exit codes:", *_table(_EXIT_CODES)]
    lines += ["", "Without a command it serves, unless it is started in a terminal. Settings: docs/configuration.md."]
    return "\n".join(lines)


_OPTIONS = (
    ("--home FOLDER", HOME),
    ("--version", "say which version this is"),
    ("-h, --help", "show this; `mailmcp help COMMAND` shows one command"),
)
_EXIT_CODES = (
    ("0", "done"),
    ("1", "it failed, or was refused: the reason is on standard error"),
    ("2", "the line was mistyped"),
    ("130", "interrupted with Ctrl-C"),
)


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """argparse found an option without its value; nothing else can go wrong with these arguments."""
        option = message.partition("argument ")[2].partition(":")[0]
        raise Misused(f"After {option} must stand a value." if option else f"{message}.")


def _of_command(command: Command, rest: Sequence[str], home: Path | None) -> Line:
    parser = _Arguments(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    for option in ("--home", *command.options):
        parser.add_argument(option, action="append" if option in command.repeated else "store")
    for flag in command.flags:
        parser.add_argument(flag, action="store_true")
    for name in command.takes:
        parser.add_argument(name, nargs="?")
    options, unknown = parser.parse_known_args(list(rest))
    if options.help:
        return Line(command, argparse.Namespace(home=home), "help")
    for one in unknown:
        if one.startswith("-") and one != "--":
            known = ["--home", "--help", *command.options, *command.flags]
            name = one.partition("=")[0]
            raise Misused(f"`mailmcp {command.name}` has no option '{_short(name)}'{_near(name, known)}.")
        raise Misused(f"`mailmcp {command.name}` takes no further '{_short(one)}'; {SEE_HELP}")
    first = getattr(options, command.takes[0]) if command.takes else None
    if command.actions and first not in command.actions:
        *others, last = command.actions
        said = f", not '{_short(first)}'{_near(first, command.actions, '')}" if first else ""
        raise Misused(f"`mailmcp {command.name}` takes {', '.join(others)} or {last}{said}.")
    options.home = home if options.home is None else _folder(options.home)
    options.command = command.name
    return Line(command, options)


def _folder(value: str) -> Path:
    if not value.strip() or value.startswith("-"):
        raise Misused("After --home must stand a folder.")
    return Path(value)


def _near(given: str, known: Sequence[str], otherwise: str = f"; {SEE_HELP[:-1]}") -> str:
    near = difflib.get_close_matches(given[:_SHOWN].lower(), known, 1, 0.6)
    return f" (did you mean {near[0]}?)" if near else otherwise


def _short(given: str) -> str:
    plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in given[: _SHOWN + 1])
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"


def _table(rows: Sequence[tuple[str, str]], before: str = "") -> list[str]:
    width = max(len(left) for left, _ in rows) + len(before)
    return [f"  {before + left:{max(width, 26)}}  {right}" for left, right in rows]
