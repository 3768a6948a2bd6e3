"""A mailbox elsewhere: the first look at one with many mails, calls on what is stored, new mail to its announcement.

Against Debian's Dovecot on loopback, asked over stdio as hosts do; beside it the same things asked of the server
directly, with imapclient, as a program without a store would have to; and, with ``--peers``, of another MCP server.
"""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part, p99, spread
from benchmarks.stdio import Server, started

_TESTS = Path(__file__).parents[1] / "tests"
_WORDS = ("account", "order", "invoice", "meeting", "report", "project", "delivery", "update", "question", "answer")
RARE = "xylophone"
THREAD = 12
PEER = "mcp-email-server"
"""On PyPI; the Python program that reads a mailbox by IMAP best, as far as we know."""
LIST, READ, SEARCH, CONVERSATION = "list 50 threads", "read one", "search a rare word", f"read a thread of {THREAD}"


def measure(*, quick: bool, peers: bool = False) -> list[Part]:
    """One mailbox from its first sight on; with ``peers`` another program is installed (from PyPI) and asked too."""
    sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(_TESTS / "server")]
    import dovecot_server  # type: ignore[import-not-found] # shared with the tests
    from tests.authenticity.name_server import NameServer

    if not dovecot_server.is_there():
        return [Part(title="A mailbox elsewhere", how=f"Not measured: {dovecot_server.MISSING}.", figures=())]
    mails, rounds = (300, 5) if quick else (5000, 40)
    how = (
        f"{mails:,} mails of 1 to 4 KB, a conversation of {THREAD} among the newest; TLS; IDLE. From the line that asks"
        " to the line that answers, over stdio."
    )
    with (
        dovecot_server.running() as server,
        tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder,
        NameServer().in_a_thread() as names,
    ):
        _fill(server, mails)
        figures, calls = _measured(server, Path(folder), mails, rounds, f"127.0.0.1:{names.port}")
        beside = [("asked directly", _directly(server, rounds))]
        if peers:
            version, first, theirs = _of_peer(server, Path(folder), rounds)
            beside.append((PEER, theirs))
            figures[0] = Figure(
                what=figures[0].what,
                measured=f"{figures[0].measured}; {PEER} {first:.2f} s",
                target=figures[0].target,
                met=figures[0].met,
            )
            how += f" Beside it {PEER} {version}, which has no conversations and no waiting."
    for what, seconds in calls.items():
        others = "".join(f"; {name} {spread(found[what])}" for name, found in beside if what in found)
        met = sorted(seconds)[len(seconds) // 2] < 0.01
        figures.append(Figure(what=what, measured=f"{spread(seconds)}{others}", target="10 ms", met=met))
    return [Part(title="A mailbox elsewhere", how=how, figures=tuple(figures))]


def _fill(server: Any, mails: int) -> None:
    from letters import letter  # type: ignore[import-not-found]

    chance = random.Random(7)
    now = datetime.now(UTC)
    with server.session() as client:
        for number in range(mails):
            headers = {"Message-ID": f"<{number}@app.example>"}
            of_thread = mails - 200 < number <= mails - 200 + THREAD
            if of_thread and number > mails - 200 + 1:
                headers["In-Reply-To"] = f"<{number - 1}@app.example>"
            words = " ".join(chance.choices(_WORDS, k=chance.randrange(120, 600)))
            text = f"{words} {RARE}" if number in (mails - 30, 3) else words
            subject = "Re: The plan" if of_thread else f"Number {number}"
            raw = letter(server.users[0], subject=subject, text=text, headers=headers)
            client.append("INBOX", raw, (), now - timedelta(days=30) + timedelta(minutes=number))


def _measured(
    server: Any, folder: Path, mails: int, rounds: int, name_server: str
) -> tuple[list[Figure], dict[str, list[float]]]:
    home, inbox = folder / "home", server.users[0]
    environment = server.environment(MAILMCP_IMAP__CACHE=str(2 * mails), MAILMCP_DNS__SERVERS=name_server)
    began = time.perf_counter()
    command = [sys.executable, "-m", "mailmcp", "serve", "--home", str(home)]
    with started(command, folder / "errors", **environment) as ours:
        first = _until(lambda: len(ours.call("find_mail", inbox=inbox, limit=50)["threads"]), 1, began)

        def judged() -> int:
            with closing(sqlite3.connect(home / "mailmcp.db", timeout=30)) as db:
                return int(db.execute("SELECT count(*) FROM messages WHERE position IS NOT NULL").fetchone()[0])

        newest = _until(judged, min(500, mails), began)
        announced = _announced(server, ours, inbox, rounds)
        all_of_it = _until(judged, mails + rounds, began)
        quiet = _announced(server, ours, inbox, rounds, "quiet")
        calls = _calls(ours, inbox, rounds)
    return [
        Figure(
            what="from the start of the process, with nothing stored, to the first list",
            measured=f"{first:.2f} s",
            target="3 s",
            met=first < 3,
        ),
        Figure(what="the newest 500 stored and judged", measured=f"{newest:.1f} s"),
        Figure(what="all of them, while new mail comes", measured=f"{all_of_it:.0f} s"),
        Figure(
            what="LMTP's 250 to the result of wait_for_mail",
            measured=spread(quiet),
            target="p99 1 s",
            met=p99(quiet) < 1000,
        ),
        Figure(
            what="the same while older mail is fetched",
            measured=spread(announced),
            target="p99 1 s",
            met=p99(announced) < 1000,
        ),
    ], calls


def _until(look: Callable[[], int], count: int, began: float) -> float:
    while look() < count:
        time.sleep(0.02)
    return time.perf_counter() - began


def _announced(server: Any, ours: Server, inbox: str, rounds: int, name: str = "new") -> list[float]:
    seconds: list[float] = []
    for number in range(rounds):
        waiting = ours.tool("wait_for_mail", inbox=inbox, subject=f"{name} {number}.", timeout=30)
        time.sleep(0.3)
        server.deliver(inbox, subject=f"{name} {number}.")
        began = time.perf_counter()
        assert ours.answer(waiting)["structuredContent"]["status"] == "found"
        seconds.append(time.perf_counter() - began)
    return seconds


def _calls(ours: Server, inbox: str, rounds: int) -> dict[str, list[float]]:
    one = ours.call("find_mail", inbox=inbox, limit=50)["threads"][30]["id"]
    (plan,) = [thread["id"] for thread in ours.call("find_mail", query="plan")["threads"]]
    return _timed(
        ours,
        {
            LIST: ("find_mail", {"inbox": inbox, "limit": 50}),
            READ: ("read_thread", {"thread": one}),
            SEARCH: ("find_mail", {"query": RARE}),
            CONVERSATION: ("read_thread", {"thread": plan}),
        },
        rounds,
    )


def _timed(of: Server, kinds: dict[str, tuple[str, dict[str, Any]]], rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {what: [] for what in kinds}
    for _ in range(rounds):
        for what, (tool, arguments) in kinds.items():
            began = time.perf_counter()
            of.call(tool, **arguments)
            seconds[what].append(time.perf_counter() - began)
    return seconds


def _of_peer(server: Any, folder: Path, rounds: int) -> tuple[str, float, dict[str, list[float]]]:
    """(version, seconds from its start to its first list, seconds of each call) of the other program."""
    place = folder / "peer"
    venv.create(place, with_pip=True)
    install = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", PEER]
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shown = subprocess.run([str(place / "bin" / "pip"), "show", PEER], check=True, capture_output=True, text=True)
    version = re.search(r"^Version: (\S+)", shown.stdout, re.MULTILINE)
    environment = {
        "HOME": str(place),
        "MCP_EMAIL_SERVER_CONFIG_PATH": str(place / "config.toml"),
        "MCP_EMAIL_SERVER_ACCOUNT_NAME": "home",
        "MCP_EMAIL_SERVER_EMAIL_ADDRESS": server.users[0],
        "MCP_EMAIL_SERVER_USER_NAME": server.users[0],
        "MCP_EMAIL_SERVER_PASSWORD": _password(),
        "MCP_EMAIL_SERVER_IMAP_HOST": "127.0.0.1",
        "MCP_EMAIL_SERVER_IMAP_PORT": str(server.imaps),
        "MCP_EMAIL_SERVER_IMAP_SSL": "true",
        "MCP_EMAIL_SERVER_IMAP_VERIFY_SSL": "false",
        "MCP_EMAIL_SERVER_SMTP_HOST": "127.0.0.1",
        "MCP_EMAIL_SERVER_SMTP_PORT": "1",
    }
    began = time.perf_counter()
    with started([str(place / "bin" / PEER), "stdio"], folder / "peer.errors", **environment) as theirs:
        listed = theirs.call("list_emails_metadata", account_name="home", page_size=50)
        first = time.perf_counter() - began
        one = listed["emails"][0]["email_id"]
        kinds = {
            LIST: ("list_emails_metadata", {"account_name": "home", "page_size": 50}),
            READ: ("get_emails_content", {"account_name": "home", "email_ids": [one]}),
            SEARCH: ("list_emails_metadata", {"account_name": "home", "text": RARE}),
        }
        return version[1] if version else "", first, _timed(theirs, kinds, rounds)


def _password() -> str:
    from dovecot_server import PASSWORD  # type: ignore[import-not-found]

    return str(PASSWORD)


def _directly(server: Any, rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {LIST: [], READ: [], SEARCH: []}
    with server.session() as client:
        for _ in range(rounds):
            began = time.perf_counter()
            newest = client.search()[-50:]
            client.fetch(newest, ["ENVELOPE", "FLAGS"])
            listed = time.perf_counter()
            client.fetch(newest[-1:], ["BODY.PEEK[]"])
            read = time.perf_counter()
            client.search(["TEXT", RARE])
            searched = time.perf_counter()
            for what, span in zip(seconds, (listed - began, read - listed, searched - read), strict=True):
                seconds[what].append(span)
    return seconds
