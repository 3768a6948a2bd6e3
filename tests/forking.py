"""Processes of mailmcp that begin at once: forked from one that has loaded the program already.

To start Python and load the program takes a second of CPU for each of the hundreds of processes of these tests. Those
that look at the start itself (what is loaded when, closed streams, an environment that Python reads) start for real.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

LIMIT = 120
"""Seconds until the parent has loaded the program, on a busy machine."""
PIPE = subprocess.PIPE


class Forked:
    """A process that runs the ``mailmcp`` command, with as much of ``subprocess.Popen`` as tests need."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: int = PIPE,
        stdout: int = PIPE,
        stderr: int = PIPE,
        terminal: bool = False,
    ) -> None:
        self.returncode: int | None = None
        self.stdin: BinaryIO | None = None
        self.stdout: BinaryIO | None = None
        self.stderr: BinaryIO | None = None
        theirs: list[int] = []
        if stdin == PIPE:
            end, ours = os.pipe()
            self.stdin = os.fdopen(ours, "wb")
            theirs.append(end)
        else:
            theirs.append(os.dup(stdin))
        for name, given in (("stdout", stdout), ("stderr", stderr)):
            if given == PIPE:
                ours, end = os.pipe()
                setattr(self, name, os.fdopen(ours, "rb"))
                theirs.append(end)
            else:
                theirs.append(os.dup(given))
        told, tell = os.pipe()
        theirs.append(tell)
        self._told = told
        request = {"arguments": list(arguments), "env": dict(env), "cwd": os.getcwd(), "terminal": terminal}
        try:
            socket.send_fds(_parent(), [json.dumps(request).encode()], theirs)
        finally:
            for one in theirs:
                os.close(one)
        line = self._line(LIMIT)
        assert line, "no process was forked"
        self.pid = int(line)

    def _line(self, seconds: float | None) -> bytes | None:
        """The next that the parent tells of this process; nothing when it does not in time."""
        if not select.select([self._told], [], [], seconds)[0]:
            return None
        line = b""
        while (one := os.read(self._told, 1)) not in (b"\n", b""):  # written at once, so the whole of it is there
            line += one
        return line

    def poll(self) -> int | None:
        """How it ended, if it has."""
        if self.returncode is None and (line := self._line(0)) is not None:
            self.returncode = int(line)
            os.close(self._told)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """How it ends. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            line = self._line(timeout)
            if line is None:
                raise subprocess.TimeoutExpired("mailmcp", timeout)
            self.returncode = int(line)
            os.close(self._told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, given: bytes, timeout: float) -> tuple[bytes, bytes]:
        """Say all of that, and hear everything. Raises subprocess.TimeoutExpired."""
        heard = {"stdout": b"", "stderr": b""}

        def hear(name: str) -> None:
            heard[name] = getattr(self, name).read()

        def say() -> None:
            assert self.stdin is not None
            with contextlib.suppress(BrokenPipeError), self.stdin:
                self.stdin.write(given)

        until = time.monotonic() + timeout
        threads = [threading.Thread(target=hear, args=[one]) for one in heard if getattr(self, one) is not None]
        if self.stdin is not None:
            threads.append(threading.Thread(target=say))
        for one in threads:
            one.start()
        try:
            self.wait(timeout)
        finally:
            self.kill()
            for one in threads:
                one.join(max(1.0, until - time.monotonic()))
            for stream in (self.stdout, self.stderr):
                if stream is not None:
                    stream.close()
        return heard["stdout"], heard["stderr"]


def begun(arguments: Sequence[str], *, env: Mapping[str, str], **streams: Any) -> Any:
    """A ``Forked``, or where the system has no such sockets a ``subprocess.Popen`` that starts for real."""
    if sys.platform == "linux":
        return Forked(arguments, env=env, **streams)
    if streams.pop("terminal", False):
        streams |= {"start_new_session": True, "preexec_fn": control_the_terminal}
    streams = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE} | streams
    return subprocess.Popen([sys.executable, "-m", "mailmcp", *arguments], env=env, **streams)


def ran(
    arguments: Sequence[str], *, env: Mapping[str, str], given: str | None = None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """What a command said and how it ended; without anything given it reads from nothing."""
    if sys.platform != "linux":
        command = [sys.executable, "-m", "mailmcp", *arguments]
        return subprocess.run(command, env=env, input=given or "", capture_output=True, text=True, timeout=timeout)
    with open(os.devnull, "rb") as nothing:
        process = Forked(arguments, env=env, stdin=nothing.fileno() if given is None else PIPE)
    stdout, stderr = process.communicate((given or "").encode(), timeout)
    assert process.returncode is not None
    return subprocess.CompletedProcess(list(arguments), process.returncode, stdout.decode(), stderr.decode())


@functools.cache
def _parent() -> socket.socket:
    """The one that forks, for as long as this process lives: it ends when our end of the socket closes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=kept,
        )

    def end() -> None:
        ours.close()
        process.wait(LIMIT)

    atexit.register(end)
    return ours


def control_the_terminal() -> None:
    """In a process that begins: its standard input is the terminal whose keys it hears."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that the key that interrupts does


# --- in the parent ---------------------------------------------------------------------------------------------------


def _load() -> None:
    """Everything that a server and a command need; nothing of it may begin a thread."""
    import made_once
    import new_home
    import pytest

    import mailmcp.backends.local
    import mailmcp.cli.desk
    import mailmcp.cli.page
    import mailmcp.web.serving  # noqa: F401
    from mailmcp.mailroom import judging
    from mailmcp.mailroom.room import Mailroom
    from mailmcp.models import Source
    from mailmcp.server.build import build_server
    from mailmcp.server.session import Session
    from mailmcp.store import db

    judging.judge(judging.SAMPLE, source=Source.SMTP, peer=None, outgoing=False)
    made_once.for_servers(pytest.MonkeyPatch())
    session = Session(Mailroom.open)  # never opened
    build_server(session, made_once.all_tools).furnished()
    new_home.migrated()
    db._prepare = new_home.prepare
    assert threading.active_count() == 1


def _fork_as_asked(control: socket.socket) -> list[str]:
    """Fork whenever asked to, and tell how each ended. Returns in the forked processes, with their arguments."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the key that interrupts the tests
    living: dict[int, int] = {}
    while True:
        ready = select.select([control, woken], [], [])[0]
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            while living:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                tell = living.pop(pid)
                with contextlib.suppress(BrokenPipeError):
                    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(tell)
        if control in ready:
            said, fds, _, _ = socket.recv_fds(control, 1024 * 1024, 4)
            if not said:
                os._exit(0)
            *streams, tell = fds
            pid = os.fork()
            if not pid:
                for one in (woken, wake, tell, *living.values()):
                    os.close(one)
                control.close()
                return _become(json.loads(said), streams)
            os.write(tell, b"%d\n" % pid)
            living[pid] = tell
            for one in streams:
                os.close(one)


def _become(asked: dict[str, Any], streams: Sequence[int]) -> list[str]:
    """Be as Python is at its start: streams, environment, signals."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    if asked["terminal"]:
        os.setsid()
        control_the_terminal()
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
    for name in ("stdout", "stderr"):
        number = 1 if name == "stdout" else 2
        stream = io.TextIOWrapper(
            os.fdopen(number, "wb", closefd=False),
            encoding="utf-8",
            errors="strict" if number == 1 else "backslashreplace",
            line_buffering=number == 2 or os.isatty(number),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    import mailmcp.__main__ as program

    return [program.__file__, *asked["arguments"]]


def _carried_out() -> int:
    """The command, and all that Python does at an end but taking the modules apart: that would cost more than most."""
    from mailmcp.cli import main

    try:
        main()
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    assert isinstance(code, int | None)
    return code or 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    _load()
    gc.freeze()  # else a forked process would copy all of it at its first collection
    sys.argv = _fork_as_asked(socket.socket(fileno=int(sys.argv[1])))
    os._exit(_carried_out())
