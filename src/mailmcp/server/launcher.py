"""The launcher that runs now, for config lines and commands that are shown to people.

The package may not be published yet and desktop hosts lack the shell's PATH: what is shown is an absolute path.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def launcher() -> tuple[str, list[str]]:
    """(command, arguments before mailmcp's own)."""
    script = Path(sys.argv[0])
    if script.stem == "mailmcp" and (found := shutil.which(str(script))):
        return str(Path(found).absolute()), []
    return sys.executable, ["-m", "mailmcp"]


def command(home: Path, *arguments: str) -> str:
    """A complete command line for a human's terminal. It names the home: another shell's environment may not."""
    program, first = launcher()
    return shlex.join([program, *first, *arguments, "--home", str(home)])
