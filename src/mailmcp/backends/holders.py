"""Which program listens on a port of this machine, where the system tells that."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_LISTENS = "0A"
"""The state in /proc/net/tcp (net/tcp_states.h)."""
ANSWER_SECONDS = 2
_INTERPRETER = re.compile(r"(?:python|pypy|node|ruby|perl)[\d.]*")
_ALONE = re.compile(r"-[a-zA-Z]*[abBdEiIOPqsSuvx]")
"""An option of an interpreter that takes no argument."""


def holder_of(port: int, proc: Path = Path("/proc")) -> str | None:
    """The program that listens on a TCP port, such as ``nginx (process 812)``; None where nobody tells."""
    try:
        found = _by_lsof(port) if sys.platform == "darwin" else _by_proc(port, proc)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if found is None:
        return None
    name, process = found
    return f"{re.sub(r'[^!-~]', '?', name)[:40]} (process {process})"


def _by_proc(port: int, proc: Path) -> tuple[str, int] | None:
    """proc(5): the socket's number stands in a table of the network, and among the open files of its process."""
    sockets: set[str] = set()
    for table in (proc / "net" / "tcp", proc / "net" / "tcp6"):
        for line in table.read_text("ascii", "replace").splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    if not sockets:
        return None
    for process in proc.iterdir():
        if not process.name.isdecimal():
            continue
        try:
            if any(os.readlink(file) in sockets for file in (process / "fd").iterdir()):
                return _called(process), int(process.name)
        except OSError:  # it ended, or belongs to another user
            continue
    return None


def _called(process: Path) -> str:
    """What runs there, as its user knows it: of an interpreter the script or module, never any other argument."""
    name = (process / "comm").read_text("utf-8", "replace").strip()
    if not _INTERPRETER.fullmatch(name):
        return name
    given = iter((process / "cmdline").read_text("utf-8", "replace").split("\0")[1:])
    for argument in given:
        if argument == "-m":
            return next(given, "") or name
        if not argument.startswith("-"):
            return Path(argument).name or name
        if not _ALONE.fullmatch(argument):  # what follows is its own, as the words of a -c are
            break
    return name


def _by_lsof(port: int) -> tuple[str, int] | None:
    program = shutil.which("lsof", path="/usr/sbin:/usr/bin")
    if program is None:
        return None
    run = [program, "-nP", "-w", "-Fpc", f"-iTCP:{port}", "-sTCP:LISTEN"]
    said = subprocess.run(run, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False).stdout  # noqa: S603
    process, name = re.search(r"^p(\d+)$", said, re.MULTILINE), re.search(r"^c(.+)$", said, re.MULTILINE)
    return (name[1], int(process[1])) if process and name else None
