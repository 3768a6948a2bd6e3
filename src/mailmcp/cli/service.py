"""`mailmcp service install|uninstall|status`: a leader that stays, started by the system when its user is there.

Scheduled and retried mail then leaves with no window open. What is written is shown first; done again it changes
nothing. The words of the three systems are made here, each by a function of its own without effects.
"""

from __future__ import annotations

import argparse
import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from mailmcp.cli.terminal import agreed, plain, say
from mailmcp.config import default_home, load_settings, named_in
from mailmcp.errors import BadInput
from mailmcp.private import write_private
from mailmcp.server.launcher import launcher

UNIT, LABEL, TASK = "mailmcp", "org.mailmcp.stay", "mailmcp"
COMMAND_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes it a service on one system."""

    system: str
    file: Path
    text: str
    start: tuple[tuple[str, ...], ...]
    """Commands that bring it up once the file is there."""
    stop: tuple[tuple[str, ...], ...]
    """Commands that end it before the file goes."""
    ask: tuple[str, ...]
    """Says 0 when it runs."""


def service(options: argparse.Namespace) -> int:
    """``mailmcp service install|uninstall|status``."""
    made = plan(sys.platform, dict(os.environ), Path.home(), load_settings(options.home).home)
    if options.action == "status":
        return _status(made)
    return _install(made, yes=options.yes) if options.action == "install" else _uninstall(made, yes=options.yes)


def plan(platform: str, environment: dict[str, str], user: Path, home: Path) -> Plan:
    """The service of a home on a system. Raises BadInput where there is none."""
    program, first = launcher()
    where = [] if home == default_home() else ["--home", str(home)]
    line = [program, *first, "serve", "--no-client", *where]
    name = UNIT if home == default_home() else f"{UNIT}-{_short(home)}"
    if platform == "darwin":
        label = LABEL if name == UNIT else f"{LABEL}.{_short(home)}"
        file = user / "Library" / "LaunchAgents" / f"{label}.plist"
        domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/0"
        return Plan(
            "launchd",
            file,
            launchd(label, line, home),
            (("launchctl", "bootstrap", domain, str(file)),),
            (("launchctl", "bootout", f"{domain}/{label}"),),
            ("launchctl", "print", f"{domain}/{label}"),
        )
    if platform == "win32":
        file = home / "service.xml"
        return Plan(
            "the Task Scheduler",
            file,
            task(line, environment.get("USERDOMAIN", ""), environment.get("USERNAME", "")),
            (("schtasks", "/create", "/tn", name, "/xml", str(file), "/f"), ("schtasks", "/run", "/tn", name)),
            (("schtasks", "/end", "/tn", name), ("schtasks", "/delete", "/tn", name, "/f")),
            ("schtasks", "/query", "/tn", name),
        )
    if platform.startswith("linux"):
        base = Path(environment.get("XDG_CONFIG_HOME") or user / ".config")
        return Plan(
            "systemd",
            base / "systemd" / "user" / f"{name}.service",
            systemd(line, home),
            (("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", f"{name}.service")),
            (("systemctl", "--user", "disable", "--now", f"{name}.service"),),
            ("systemctl", "--user", "is-active", "--quiet", f"{name}.service"),
        )
    raise BadInput(
        "On this system it cannot be made a service: let `mailmcp serve --no-client` be started another way."
    )


def systemd(line: Sequence[str], home: Path) -> str:
    """A unit for ``systemctl --user`` (systemd.service(5), systemd.exec(5))."""
    return (
        "[Unit]\n"
        f"Description=mailmcp: mail of {_percent(str(home))}\n"
        "After=network-online.target\n"
        "\n"
        "[Service]\n"
        f"ExecStart={' '.join(_unit_word(word) for word in line)}\n"
        "Restart=on-failure\n"
        "RestartSec=5\n"
        "TimeoutStopSec=30\n"
        "UMask=0077\n"
        "NoNewPrivileges=yes\n"
        "\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


def launchd(label: str, line: Sequence[str], home: Path) -> str:
    """A property list for ``launchctl`` (launchd.plist(5))."""
    record = {
        "Label": label,
        "ProgramArguments": list(line),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ProcessType": "Background",
        "Umask": 0o077,
        "ExitTimeOut": 30,
        "StandardErrorPath": str(home / "service.log"),
    }
    return plistlib.dumps(record, sort_keys=False).decode()


def task(line: Sequence[str], domain: str, user: str) -> str:
    """A task that starts when its user signs in (Task Scheduler Schema 1.2)."""
    who = escape("\\".join(filter(None, (domain, user))))
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\n'
        "  <RegistrationInfo><Description>mailmcp</Description></RegistrationInfo>\n"
        f"  <Triggers><LogonTrigger><Enabled>true</Enabled><UserId>{who}</UserId></LogonTrigger></Triggers>\n"
        f'  <Principals><Principal id="Author"><UserId>{who}</UserId><LogonType>InteractiveToken</LogonType>'
        "<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>\n"
        "  <Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>"
        "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>"
        "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>"
        "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>"
        "<RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure></Settings>\n"
        f'  <Actions Context="Author"><Exec><Command>{escape(line[0])}</Command>'
        f"<Arguments>{escape(subprocess.list2cmdline(line[1:]))}</Arguments></Exec></Actions>\n"
        "</Task>\n"
    )


def _unit_word(word: str) -> str:
    """A word of a command line in a unit: no variable and no specifier in it means anything."""
    quoted = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{_percent(quoted).replace("$", "$$")}"'


def _percent(text: str) -> str:
    return " ".join(text.splitlines()).replace("%", "%%")


def _short(home: Path) -> str:
    """A name for a home that is not the usual one."""
    import hashlib

    return hashlib.sha256(str(home).encode()).hexdigest()[:8]


def _install(made: Plan, *, yes: bool) -> int:
    before = _text(made.file)
    if before == made.text:
        say(f"{made.file}: nothing to change.")
        if made.system == "launchd" and _call(made.ask)[0] == 0:
            return 0  # to begin one that runs is an error there
    else:
        say(f"{made.file}:")
        for line in made.text.splitlines():
            say(f"  {line}")
        if given := named_in(os.environ)[0]:
            say(
                f"It will not have what is set here alone: {', '.join(given)}. Write that into config.toml of the home."
            )
        if not _agreed(yes):
            return 1
        if before is not None:
            _ran(made.stop, quiet=True)  # one that runs as it was written before would go on so
        try:
            made.file.parent.mkdir(parents=True, exist_ok=True)
            encoding = "utf-16" if made.file.suffix == ".xml" else "utf-8"
            write_private(made.file, made.text.encode(encoding), replace=True)
        except OSError as error:
            raise BadInput(f"{made.file} cannot be written ({error.strerror}).") from error
    if not _ran(made.start):
        say(f"{made.file} stays: install it again where {made.system} can be reached.")
        return 1
    say(f"{made.system} runs it from now on, and starts it again when you sign in.")
    if made.system == "systemd":
        say("So that it also runs while you are not signed in, type `loginctl enable-linger`.")
    return 0


def _uninstall(made: Plan, *, yes: bool) -> int:
    if _text(made.file) is None:
        say(f"{made.file} is not there: nothing to take away.")
        return 0
    say(f"{made.file} is removed, and the service ended; all mail is kept.")
    if not _agreed(yes):
        return 1
    _ran(made.stop, quiet=True)
    made.file.unlink(missing_ok=True)
    if made.system == "systemd":
        _ran((("systemctl", "--user", "daemon-reload"),), quiet=True)
    return 0


def _status(made: Plan) -> int:
    if (present := _text(made.file)) is None:
        say(f"It is no service here: {made.file} is not there. `mailmcp service install` makes it one.")
        return 1
    same = "" if present == made.text else " It was written for another mailmcp: install it again."
    runs, why = _call(made.ask)
    state = "runs" if runs == 0 else "does not run" if runs is not None else f"cannot be asked for at {made.system}"
    say(f"The service of {made.file} {state}{f' ({why})' if runs and why else ''}.{same}")
    return 0 if runs == 0 and not same else 1


def _text(file: Path) -> str | None:
    try:
        octets = file.read_bytes()
        return octets.decode("utf-16" if file.suffix == ".xml" else "utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def _agreed(yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        say("Nothing was changed: add --yes, or type this in a terminal.")
        return False
    if agreed("Do it?"):
        return True
    say("Nothing was changed.")
    return False


def _ran(commands: Sequence[Sequence[str]], *, quiet: bool = False) -> bool:
    for command in commands:
        code, why = _call(command)
        if code != 0 and not quiet:
            say(f"This did not work: {' '.join(command)} ({why or f'it ended with {code}'}).")
            return False
    return True


def _call(command: Sequence[str]) -> tuple[int | None, str]:
    """(the exit code of a command of the system, what it said of an error); None when it is not there or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return None, f"there is no {command[0]} here"
    try:
        run = [program, *command[1:]]
        done = subprocess.run(run, capture_output=True, timeout=COMMAND_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"it does not answer: {type(error).__name__}"
    said = done.stderr.decode(errors="replace").split("\n")[0].strip()
    return done.returncode, plain(said).removesuffix(".")[:200]
