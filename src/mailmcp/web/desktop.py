"""The desktop that a server may run on: its browser, and its notifications. Nothing of a draft is told to either."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence


def is_there(environment: Mapping[str, str] | None = None) -> bool:
    """Whether somebody sits before this machine: a session with a display, and not one from elsewhere."""
    given = os.environ if environment is None else environment
    if given.get("SSH_CONNECTION") or given.get("CI"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(given.get("DISPLAY") or given.get("WAYLAND_DISPLAY")) and shutil.which("xdg-open") is not None


def show(address: str) -> bool:
    """Open an address in the browser; False where there is no way to."""
    if sys.platform == "win32":
        os.startfile(address)  # noqa: S606 - an address that we made
        return True
    return _begun(["open" if sys.platform == "darwin" else "xdg-open", address])


def notify(words: str) -> bool:
    """A notification, of words of ours; False where there is no way to."""
    if sys.platform == "darwin":
        return _begun(["osascript", "-e", f'display notification "{words}" with title "mailmcp"'])
    return _begun(["notify-send", "--app-name=mailmcp", "mailmcp", words])


def _begun(command: Sequence[str]) -> bool:
    """Start a program that goes on without us: our own output belongs to the MCP client."""
    program = shutil.which(command[0])
    if program is None:
        return False
    try:
        process = subprocess.Popen(  # noqa: S603 - a program of the desktop, with words of ours
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    threading.Thread(target=process.wait, daemon=True, name="mailmcp-desktop").start()
    return True
