"""The launcher that runs now, for config lines and commands that are shown to people.

The package may not be published yet and desktop hosts lack the shell's PATH: what is shown is an absolute path.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from mailmcp import __version__


def launcher() -> tuple[str, list[str]]:
    """(command, arguments before mailmcp's own)."""
    if _is_uvx() and (uvx := _uvx()):
        # uvx keeps what it runs in a cache that is emptied now and then; the version stays the one at hand.
        return uvx, [f"mailmcp@{__version__}"]
    script = Path(sys.argv[0])
    if script.stem == "mailmcp" and (found := shutil.which(str(script))):
        return str(Path(found).absolute()), []
    return sys.executable, ["-m", "mailmcp"]


def command(home: Path, *arguments: str) -> str:
    """A complete command line for a human's terminal. It names the home: another shell's environment may not."""
    program, first = launcher()
    return shlex.join([program, *first, *arguments, "--home", str(home)])


def _is_uvx() -> bool:
    """Whether uvx made the environment that runs: then it lies in uv's cache (uv 0.3 to 0.13: ``archive-v0``)."""
    return any(part.startswith("archive-v") for part in Path(sys.prefix).parts)


def _uvx() -> str | None:
    """uv says in ``UV`` where it is; uvx lies beside it."""
    beside = Path(os.environ.get("UV", "")).parent if os.environ.get("UV") else None
    found = shutil.which("uvx", path=str(beside)) if beside else None
    found = found or shutil.which("uvx")
    return str(Path(found).absolute()) if found else None
