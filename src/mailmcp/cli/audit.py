"""``mailmcp audit``: what was done and decided, and whether the log of it is still what was written."""

from __future__ import annotations

import argparse
import json
import sys

from mailmcp.cli.desk import OpenMailroom, in_room
from mailmcp.cli.terminal import plain, say
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import AuditCheck, AuditRow

LISTED = 50


def audit(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp audit list|export|verify``; 1 when the log is not what was written."""

    async def work(room: Mailroom) -> int:
        if options.action == "verify":
            return _told(await room.auditing.verify(options.head), compared=options.head is not None)
        async for row in room.auditing.rows(last=LISTED if options.action == "list" else None):
            sys.stdout.write(_line(row) if options.action == "list" else _record(row))
        return 0

    return in_room(options, open_mailroom, work)


def _told(check: AuditCheck, *, compared: bool) -> int:
    if check.broken is not None:
        say(f"Row {check.broken} of the audit log is not as it was: {check.why}.")
        return 1
    if not check.rows:
        say("The audit log is empty.")
        return 0
    say(f"All {check.rows} rows of the audit log are as they were written. Its head is {check.rows}:{check.head}.")
    if check.begun:
        rows = "Row 1 was" if check.begun == 1 else f"Rows 1 to {check.begun} were"
        say(f"{rows} there before anything was noted outside of the database, or its notes (audit.heads) were removed.")
    for first, last in check.late:
        rows = f"Row {first} was" if first == last else f"Rows {first} to {last} were"
        say(f"{rows} noted only later: written by a process that ended at that moment, or by hand. Look at them.")
    if not compared:
        say(
            "Rows that were removed from the end of the log and of its notes alike are missed by a head that was noted"
            " elsewhere alone: compare one of an approval page, of mail_status or of the server's log with --head."
        )
    return 0


def _line(row: AuditRow) -> str:
    detail = " ".join(f"{name}={plain(str(value))}" for name, value in row.detail.items() if value not in (None, ""))
    return f"{row.id}\t{row.at:%Y-%m-%d %H:%M:%S}\t{plain(row.event)}\t{' '.join(detail.split())}\n"


def _record(row: AuditRow) -> str:
    record = {"id": row.id, "at": row.at.isoformat(), "event": row.event, "detail": row.detail, "hash": row.hash}
    return json.dumps(record, ensure_ascii=False) + "\n"
