"""Many windows on one home: real server processes that lead in turn, work side by side, and go on for long."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import smtplib
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, Part, p99, spread
from benchmarks.serving import ServerFailed, Serving

LIMIT = 60.0
SEED = 20261128
INBOX = "ann@agents.internal"
_TASKS = (
    "import asyncio, gc, os, signal, sys\n"
    "from mailmcp.store import db\n"
    "if sys.argv.pop(1) == 'wal': db.WAL_IS_SAFE = True\n"  # a test's own choice; no setting allows it
    "elif db.WAL_IS_SAFE: db.WAL_IS_SAFE = False\n"
    "def told(*_):\n"
    "    count = sum(isinstance(one, asyncio.Task) and not one.done() for one in gc.get_objects())\n"
    "    with open(f'{sys.argv[3]}/tasks.{os.getpid()}', 'w') as file: file.write(str(count))\n"
    "signal.signal(signal.SIGUSR1, told)\n"
    "from mailmcp.cli import main\n"
    "sys.exit(main(sys.argv[1:]))\n"
)


def window(home: Path, port: int, *, wal: bool = False) -> Serving:
    """A server process of the home, with its handshake done and its mailroom open."""
    command = [sys.executable, "-c", _TASKS, "wal" if wal else "truncate", "serve", "--home", str(home)]
    served = Serving(command, {"MAILMCP_LOCAL__SMTP_PORT": str(port), "MAILMCP_WEB__ENABLED": "false"})
    served.initialize()
    served.call("list_inboxes")
    return served


def a_port() -> int:
    """A port that is free now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def greeted(port: int, until: float) -> bool:
    """Whether somebody says 220 there before a moment."""
    while time.perf_counter() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as peer:
            if peer.recv(200).startswith(b"220"):
                return True
        time.sleep(0.002)
    return False


def listeners(port: int) -> int:
    """How many sockets listen on a port (Linux; else 1)."""
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return 1
    return sum(int(line.split()[1].rpartition(":")[2], 16) == port and line.split()[3] == "0A" for line in lines)


@dataclass
class Mailing:
    """A program that mails without a pause, and remembers what was answered with 250."""

    port: int
    every: float = 0.0
    acknowledged: list[str] = field(default_factory=list[str])
    taken: list[float] = field(default_factory=list[float])
    refused: Counter[int] = field(default_factory=Counter[int])
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is ended."""
        number = 0
        while not self.ended.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=LIMIT) as smtp:
                    smtp.ehlo("app.example")
                    while not self.ended.is_set():
                        number += 1
                        self._mail(smtp, f"{threading.get_ident()}-{number}")
                        self.ended.wait(self.every)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.005)

    def _mail(self, smtp: smtplib.SMTP, subject: str) -> None:
        before = time.perf_counter()
        smtp.mail("bob@app.example")
        smtp.rcpt(INBOX)
        code, _ = smtp.data(
            f"From: bob@app.example\r\nTo: {INBOX}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@app.example>\r\n\r\n"
            f"{'Some words of a letter. ' * 20}\r\n".encode()
        )
        if code == 250:
            self.acknowledged.append(subject)
            self.taken.append(time.perf_counter() - before)
        else:
            self.refused[code] += 1


@contextlib.contextmanager
def mailing(port: int, every: float = 0.0) -> Iterator[Mailing]:
    """Mail comes while this lasts."""
    one = Mailing(port, every)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield one
    finally:
        one.ended.set()
        thread.join(LIMIT)


def stored(home: Path) -> tuple[Counter[str], bool]:
    """(how often each subject is stored, whether the database is sound)."""
    with closing(sqlite3.connect(home / "mailmcp.db")) as db:
        found = Counter(
            bytes(row[0]).partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
            for row in db.execute("SELECT substr(bytes, 1, 400) FROM messages JOIN raws ON raws.id = messages.raw")
        )
        return found, db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"


@dataclass
class Kills:
    """What came of killing leaders."""

    takeovers: list[float] = field(default_factory=list[float])
    late: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    shared: int = 0
    sound: bool = True


def takeovers(home: Path, *, kills: int, windows: int = 3, wal: bool = False) -> Kills:
    """Kill the leader so often while mail comes; how long nobody greeted, and what became of the mail."""
    chance, found, port = random.Random(SEED), Kills(), a_port()
    servers = [window(home, port, wal=wal) for _ in range(windows)]
    try:
        servers[0].call("create_inbox", name="ann")
        assert greeted(port, time.perf_counter() + LIMIT)
        with mailing(port) as mails:
            for _ in range(kills):
                time.sleep(chance.uniform(0.1, 0.8))
                leader = int((home / "leader.lock").read_text())
                began = time.perf_counter()
                os.kill(leader, signal.SIGKILL)
                if greeted(port, began + LIMIT):
                    found.takeovers.append(time.perf_counter() - began)
                else:
                    found.late += 1
                found.shared += listeners(port) > 1
                for place, server in enumerate(servers):
                    if server._process.pid == leader:
                        server.__exit__()
                        servers[place] = window(home, port, wal=wal)
        found.acknowledged = len(mails.acknowledged)
    finally:
        for server in servers:
            server.__exit__()
    there, found.sound = stored(home)
    found.lost = sum(not there[subject] for subject in mails.acknowledged)
    found.twice = sum(count > 1 for count in there.values())
    return found


@dataclass
class Load:
    """What tools said under mixed load."""

    calls: int = 0
    seconds: list[float] = field(default_factory=list[float])
    by_tool: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    locked: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])
    mails: int = 0
    sound: bool = True


def mixed(home: Path, *, windows: int = 8, seconds: float = 60, wal: bool = False) -> Load:
    """So many windows that call tools without a pause, while mail comes by SMTP."""
    port, load, lock = a_port(), Load(), threading.Lock()
    servers = [window(home, port, wal=wal) for _ in range(windows)]
    try:
        servers[0].call("create_inbox", name="ann")
        assert greeted(port, time.perf_counter() + LIMIT)
        until = time.perf_counter() + seconds
        threads = [
            threading.Thread(target=_use, args=(server, random.Random(SEED + place), until, load, lock))
            for place, server in enumerate(servers)
        ]
        with mailing(port, every=0.02) as mails:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(seconds + 2 * LIMIT)
        load.mails = len(mails.acknowledged)
    finally:
        for server in servers:
            server.__exit__()
    _, load.sound = stored(home)
    return load


def _use(server: Serving, chance: random.Random, until: float, load: Load, lock: threading.Lock) -> None:
    thread = ""
    while time.perf_counter() < until:
        tool, arguments = _some_call(chance, thread)
        before = time.perf_counter()
        try:
            said = server.call(tool, **arguments)
        except ServerFailed as error:
            said = {}
            with lock:
                load.locked += "busy" in str(error) or "locked" in str(error)
                load.errors[re.sub(r"\S*[_@/]\S*", "…", str(error))[:120]] += 1
        took = time.perf_counter() - before
        with lock:
            load.calls += 1
            load.seconds.append(took)
            load.by_tool.setdefault(tool, []).append(took)
        if tool == "find_mail" and said.get("threads"):
            thread = chance.choice(said["threads"])["id"]


def _some_call(chance: random.Random, thread: str) -> tuple[str, dict[str, object]]:
    number = chance.random()
    if number < 0.3:
        return "find_mail", {"inbox": INBOX, **({"query": "letter"} if chance.random() < 0.5 else {})}
    if number < 0.55 and thread:
        return "read_thread", {"thread": thread}
    if number < 0.7:
        return "wait_for_mail", {"inbox": INBOX, "timeout": 0}
    if number < 0.8 and thread:
        return "mark", {"target": thread, "read": True}
    if number < 0.9:
        words = str(chance.random())
        return "send", {"inbox": INBOX, "to": [INBOX], "subject": words, "body": f"Note {words}"}
    if number < 0.93:
        return "draft_for_approval", {"inbox": INBOX, "to": [INBOX], "subject": str(chance.random()), "body": "x"}
    return ("list_inboxes", {}) if chance.random() < 0.5 else ("mail_status", {})


@dataclass
class Soak:
    """Samples over time, by process."""

    memory: dict[int, list[tuple[float, float]]] = field(default_factory=dict[int, list[tuple[float, float]]])
    files: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    tasks: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    mails: int = 0
    lost: int = 0

    def growth(self) -> float:
        """The worst growth of memory over the run, by the slope of its second half, in percent of its mean."""
        worst = 0.0
        for samples in self.memory.values():
            half = samples[len(samples) // 2 :]
            span = samples[-1][0] - samples[0][0]
            mean = sum(size for _, size in half) / len(half)
            worst = max(worst, 100 * _slope(half) * span / mean)
        return worst

    def more(self, counts: dict[int, list[int]]) -> int:
        """By how much a count grew at worst: the least of the last quarter against the most of the second."""
        return max(
            min(one[-max(1, len(one) // 4) :]) - max(one[len(one) // 4 : len(one) // 2 + 1]) for one in counts.values()
        )


def soak(home: Path, *, windows: int = 4, seconds: float = 1800, every: float = 0.2, sample: float = 5) -> Soak:
    """Steady mail and a call now and then in each window."""
    port, found = a_port(), Soak()
    servers = [window(home, port) for _ in range(windows)]
    began = time.perf_counter()
    try:
        servers[0].call("create_inbox", name="ann")
        assert greeted(port, began + LIMIT)
        with mailing(port, every=every) as mails:
            while time.perf_counter() < began + seconds:
                for server in servers:
                    for tool, arguments in (
                        ("find_mail", {"inbox": INBOX}),
                        ("wait_for_mail", {"inbox": INBOX, "timeout": 0}),
                    ):
                        server.call(tool, **arguments)
                time.sleep(sample)
                for server in servers:
                    _sample(server._process.pid, time.perf_counter() - began, home, found)
        found.mails = len(mails.acknowledged)
    finally:
        for server in servers:
            server.__exit__()
    there, _ = stored(home)
    found.lost = sum(not there[subject] for subject in mails.acknowledged)
    return found


def _sample(pid: int, at: float, home: Path, found: Soak) -> None:
    proc = Path(f"/proc/{pid}")
    rolled = re.search(r"^Pss:\s+(\d+)", (proc / "smaps_rollup").read_text(), re.MULTILINE)
    assert rolled
    found.memory.setdefault(pid, []).append((at, int(rolled[1]) / 1024))
    found.files.setdefault(pid, []).append(len(list((proc / "fd").iterdir())))
    file = home / f"tasks.{pid}"
    file.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    for _ in range(200):
        if file.exists() and (said := file.read_text()):
            found.tasks.setdefault(pid, []).append(int(said))
            break
        time.sleep(0.01)


def _slope(samples: list[tuple[float, float]]) -> float:
    count = len(samples)
    at, size = sum(one for one, _ in samples) / count, sum(one for _, one in samples) / count
    spread_ = sum((one - at) ** 2 for one, _ in samples)
    return sum((one - at) * (two - size) for one, two in samples) / spread_ if spread_ else 0.0


def idle(home: Path, *, seconds: float = 30) -> dict[str, float]:
    """Percent of a core that a leader and a follower take when nothing happens."""
    port = a_port()
    with window(home, port) as leader, window(home, port) as follower:
        assert greeted(port, time.perf_counter() + LIMIT)
        time.sleep(3)
        processes = {"leader": leader._process.pid, "follower": follower._process.pid}
        before = {name: _spent(pid) for name, pid in processes.items()}
        began = time.perf_counter()
        time.sleep(seconds)
        took = time.perf_counter() - began
        return {name: 100 * (_spent(pid) - before[name]) / took for name, pid in processes.items()}


def _spent(pid: int) -> float:
    """Seconds of a processor, to the nanosecond: the ticks of /proc/stat are too coarse for little."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


# --- as parts of the page ---------------------------------------------------------------------------------------------


def in_a_home(work: Callable[[Path], Part]) -> Part:
    """A part that is measured in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="mailmcp-windows-") as folder:
        return work(Path(folder) / "home")


def part_of_takeovers(kills: int, *, wal: bool = False) -> Part:
    """Leaders that are killed."""

    def work(home: Path) -> Part:
        found = takeovers(home, kills=kills, wal=wal)
        wrong = found.lost + found.twice + (not found.sound)
        return Part(
            title=f"Leaders killed while mail comes ({'WAL' if wal else 'TRUNCATE'})",
            how=f"Three server processes of one home; the leader is killed (SIGKILL) {kills:,} times, and replaced.",
            figures=(
                Figure(
                    what="from the kill to the next greeting",
                    measured=spread(found.takeovers),
                    target="p99 at most 500 ms",
                    met=p99(found.takeovers) <= 500 and not found.late,
                ),
                Figure(
                    what="acknowledged mails lost or stored twice",
                    measured=f"{found.lost + found.twice} of {found.acknowledged:,}",
                    target="0",
                    met=not wrong,
                ),
                Figure(
                    what="kills after which two processes listened on the port",
                    measured=f"{found.shared}",
                    target="0",
                    met=not found.shared,
                ),
            ),
        )

    return in_a_home(work)


def part_of_load(seconds: float, *, wal: bool) -> Part:
    """Eight windows at once."""

    def work(home: Path) -> Part:
        found = mixed(home, seconds=seconds, wal=wal)
        worst = max(found.by_tool, key=lambda tool: p99(found.by_tool[tool]))
        return Part(
            title=f"Eight processes at once ({'WAL' if wal else 'TRUNCATE'})",
            how=(
                f"Eight server processes of one home whose clients call tools without a pause for {seconds:.0f} s,"
                " while mail comes by SMTP: reading, searching, waiting, marking, sending, drafting."
            ),
            figures=(
                Figure(
                    what=f"a tool call ({found.calls:,} calls, {found.mails:,} mails)",
                    measured=spread(found.seconds),
                    target="p99 under 500 ms",
                    met=p99(found.seconds) < 500,
                ),
                Figure(what=f"the slowest tool, {worst}", measured=spread(found.by_tool[worst])),
                Figure(what="calls answered with 'busy'", measured=f"{found.locked}", target="0", met=not found.locked),
                Figure(
                    what="other errors",
                    measured=", ".join(f"{n} × {what}" for what, n in found.errors.most_common(3)) or "0",
                ),
            ),
        )

    return in_a_home(work)


def part_of_soak(seconds: float) -> Part:
    """Four windows for long."""

    def work(home: Path) -> Part:
        found = soak(home, seconds=seconds)
        growth, files, tasks = found.growth(), found.more(found.files), found.more(found.tasks)
        last = [samples[-1][1] for samples in found.memory.values()]
        return Part(
            title="For long",
            how=f"Four server processes of one home for {seconds / 60:.0f} min, with five mails a second.",
            figures=(
                Figure(
                    what="growth of memory, by the slope of the second half, the worst process",
                    measured=f"{growth:.1f} % (in the end {min(last):.0f} to {max(last):.0f} MiB each)",
                    target="within 10 %",
                    met=growth <= 10,
                ),
                Figure(what="open files more than before", measured=f"{max(0, files)}", target="0", met=files <= 0),
                Figure(what="tasks more than before", measured=f"{max(0, tasks)}", target="0", met=tasks <= 0),
                Figure(
                    what="acknowledged mails lost",
                    measured=f"{found.lost} of {found.mails:,}",
                    target="0",
                    met=not found.lost,
                ),
            ),
        )

    return in_a_home(work)


def part_of_idle(seconds: float) -> Part:
    """Two windows that nobody uses."""

    def work(home: Path) -> Part:
        found = idle(home, seconds=seconds)
        return Part(
            title="Idle",
            how=f"A leader and a follower that nobody asks anything for {seconds:.0f} s, in processor time.",
            figures=tuple(
                Figure(what=f"a {name}", measured=f"{share:.2f} % of a core", target="under 0.5 %", met=share < 0.5)
                for name, share in found.items()
            ),
        )

    return in_a_home(work)
