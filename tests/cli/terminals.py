"""A terminal that a test sits at."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import forking

LIMIT = 60


class Terminal:
    """A command of mailmcp in a pseudo-terminal; with ``program`` the one that starts it, before its arguments."""

    def __init__(
        self, arguments: Sequence[str], environment: dict[str, str], program: Sequence[str] | None = None
    ) -> None:
        self._fd, theirs = pty.openpty()
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        if program is None:
            self.process: Any = forking.begun(arguments, env=environment, terminal=True, **streams)
        else:
            self.process = subprocess.Popen(
                [*program, *arguments],
                start_new_session=True,
                preexec_fn=forking.control_the_terminal,
                env=environment,
                **streams,
            )
        os.close(theirs)
        self.shown = ""

    def read_until(self, words: str) -> None:
        """Read what is shown until it holds these words."""
        until = time.monotonic() + LIMIT
        while words not in self.shown:
            left = until - time.monotonic()
            assert left > 0, f"{words!r} was not shown, but: {self.shown}"
            if not self._read(left):
                raise AssertionError(f"{words!r} was not shown, but: {self.shown}")

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        """The key that interrupts, until it is heard: one that falls between prompt and reading is not."""
        seconds = 0.25
        while seconds < LIMIT:
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                return
            seconds *= 2  # one more key shall not fall into an end that a busy machine makes long

    def end(self) -> int:
        """The exit code, and the rest in ``shown``."""
        until = time.monotonic() + LIMIT
        while self._read(max(0.0, until - time.monotonic())):
            pass
        code = self.process.wait(LIMIT)
        os.close(self._fd)
        return code

    def _read(self, seconds: float) -> bool:
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        with contextlib.suppress(OSError):  # the other side is closed
            if chunk := os.read(self._fd, 65_536):
                self.shown += chunk.decode("utf-8", "replace").replace("\r\n", "\n")
                return True
        return False
