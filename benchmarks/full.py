"""A small file system, filled so that the next write fails at each point in turn: what SMTP and the tools say, and
whether what was acknowledged is there.

The file system is a tmpfs in a mount namespace of its own (Linux; as an ordinary user, where the system allows that).
"""

from __future__ import annotations

import asyncio
import json
import os
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part

MIB = 12
"""Of the whole file system."""
BLOCK = 4096
KINDS = {"short": 1_500, "long": 90_000}
"""Bytes of the mails; a mail of 90 kB takes many pages of the database and of its journal."""
LIMIT = 60
_MOUNT = "mount -t tmpfs -o size={size}m,mode=700 tmpfs {folder} && exec {python} -m benchmarks.full {folder} {points}"


def is_possible() -> bool:
    """Whether a process may mount a file system of its own here."""
    try:
        run = [*_unshare(), "sh", "-c", "mount -t tmpfs tmpfs /tmp"]
        return subprocess.run(run, capture_output=True, timeout=LIMIT, check=False).returncode == 0
    except OSError:
        return False


def _unshare() -> list[str]:
    return ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]


def run(points: int) -> dict[str, int]:
    """Fill the disk at so many points; what was counted."""
    with tempfile.TemporaryDirectory(prefix="mailmcp-full-") as folder:
        line = _MOUNT.format(size=MIB, folder=folder, python=sys.executable, points=points)
        done = subprocess.run(
            [*_unshare(), "sh", "-c", line], capture_output=True, text=True, timeout=30 * points + LIMIT, check=False
        )
    if done.returncode:
        raise RuntimeError(f"the run in a small file system failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(*, quick: bool) -> list[Part]:
    """One part, for the page of measurements."""
    if not is_possible():
        return []
    found = run(8 if quick else 120)
    wrong = found["lost"] + found["twice"] + found["unclear"]
    return [
        Part(
            title="A full disk",
            how=(
                f"A file system of {MIB} MiB, filled so that 0 to {found['points'] - 1} blocks of {BLOCK} bytes are"
                " free when a short and a long mail come by SMTP and a draft is made; after each point the room is"
                " given back, and a mail must be taken again by the same process."
            ),
            figures=(
                Figure(
                    what="mails answered with 250 while the disk was full or nearly so", measured=f"{found['taken']}"
                ),
                Figure(what="mails answered with 452", measured=f"{found['refused']}"),
                Figure(
                    what="acknowledged and not there, or there twice", measured=f"{wrong}", target="0", met=not wrong
                ),
                Figure(
                    what="points after which it did not go on by itself",
                    measured=f"{found['stuck']}",
                    target="0",
                    met=not found["stuck"],
                ),
            ),
        )
    ]


async def _work(folder: Path, points: int) -> dict[str, int]:
    from benchmarks.kills import QUICK
    from mailmcp.authenticity.dns import StaticResolver
    from mailmcp.backends import open_backend
    from mailmcp.config import load_settings
    from mailmcp.errors import StoreFull
    from mailmcp.mailroom.requests import SendRequest
    from mailmcp.mailroom.room import Mailroom

    settings = load_settings(folder / "home", {"MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_WEB__ENABLED": "false"})
    room = await Mailroom.open(
        settings,
        lambda reception: open_backend(settings.backend, settings, reception),
        QUICK,
        resolver=StaticResolver({}),
    )
    inbox = (await room.create_inbox(name="ann"))[0].address
    status = await room.status()
    assert status.listener
    assert status.listener.port
    said: dict[str, int] = {}
    counts: Counter[str] = Counter(dict.fromkeys(("lost", "twice", "unclear", "stuck", "taken", "refused"), 0))
    for point in range(points):
        _fill(folder, free=point)
        for kind, size in KINDS.items():
            subject = f"{kind} {point}"
            said[subject] = await asyncio.to_thread(_mail, status.listener.port, inbox, subject, size)
        try:
            await room.draft_for_approval(
                SendRequest(inbox=inbox, to=("bob@world.example",), subject=f"draft {point}", body="x" * 3000), note=""
            )
        except StoreFull:
            counts["drafts_refused"] += 1
        (folder / "filler").unlink()
        again = f"again {point}"
        said[again] = await asyncio.to_thread(_mail, status.listener.port, inbox, again, KINDS["short"])
        counts["stuck"] += said[again] != 250
        if point % 10 == 9:  # old mail makes room, as a human would
            await room.delete_inbox((await room.create_inbox(name=f"other{point}"))[0].address)
    await room.aclose()
    with closing(sqlite3.connect(folder / "home" / "mailmcp.db")) as db:
        there = Counter(
            bytes(row[0]).partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
            for row in db.execute("SELECT bytes FROM messages JOIN raws ON raws.id = messages.raw")
        )
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    for subject, code in said.items():
        counts["taken" if code == 250 else "refused" if code == 452 else "unclear"] += not subject.startswith("again")
        counts["lost"] += code == 250 and not there[subject]
        counts["twice"] += there[subject] > 1
        counts["unclear"] += code != 250 and there[subject] > 0
    return {**counts, "points": points}


def _fill(folder: Path, *, free: int) -> None:
    """Leave exactly so many blocks."""
    room = os.statvfs(folder)
    with (folder / "filler").open("wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, max(1, room.f_bavail - free) * room.f_frsize)


def _mail(port: int, inbox: str, subject: str, size: int) -> int:
    with smtplib.SMTP("127.0.0.1", port, timeout=LIMIT) as smtp:
        smtp.ehlo("app.example")
        smtp.mail("bob@app.example")
        code, _ = smtp.rcpt(inbox)
        if code != 250:
            return code
        words = b"Some words of a letter.\r\n" * (size // 25)
        head = f"From: bob@app.example\r\nTo: {inbox}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n"
        return smtp.data(head.replace("<short ", "<short.").encode() + words)[0]


def _main(arguments: list[str]) -> Any:
    folder, points = Path(arguments[0]), int(arguments[1])
    print(json.dumps(asyncio.run(_work(folder, points))))


if __name__ == "__main__":
    _main(sys.argv[1:])
