"""`mailmcp doctor --repair`: a damaged database made anew from what can be read, and said in plain words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mailmcp.cli.terminal import say
from mailmcp.cli.usage import Misused
from mailmcp.config import load_settings
from mailmcp.errors import StoreUnavailable
from mailmcp.mailroom.lock import LEADER_LOCK, LockFile
from mailmcp.server.launcher import command
from mailmcp.store.repair import NAME, Repaired
from mailmcp.store.repair import repair as repaired


def repair(options: argparse.Namespace) -> int:
    """Repair the database of a home, when it needs that."""
    if options.json:
        raise Misused("--json and --repair do not go together.")
    settings = load_settings(options.home)
    path = settings.home / NAME
    lock = LockFile(settings.home / LEADER_LOCK)  # an older mailmcp tells of itself by this alone
    if path.exists() and not lock.acquire():
        raise StoreUnavailable(
            "A mailmcp process leads this home: close every program that uses mailmcp (and stop the service, if there"
            " is one), then type this again."
        )
    try:
        done = repaired(settings.home, datetime.now(UTC), expiry=timedelta(seconds=settings.approval.expiry))
    finally:
        lock.release()
    if done is None and path.exists() and path.stat().st_size == 0:
        say(f"{path} is empty, and nothing can be saved of it: put a copy in its place, or the next run begins anew.")
        return 1
    if done is None:
        why = "every page of it is whole" if path.exists() else "it does not exist yet"
        say(f"{path} needs no repair: {why}.")
        return 0
    for line in sentences(done):
        say(line)
    say(f"Look at it with `{command(settings.home, 'inbox', 'list')}`; delete the old file when nothing is missing.")
    return 0


def sentences(done: Repaired) -> Iterator[str]:
    """What was saved, what was lost, and what is to be done."""
    counts, taken, mended = done.counts, done.taken, done.mended
    yield (
        f"Saved: {counts['messages']:,} message(s) in {counts['threads']:,} conversation(s), {counts['inboxes']:,}"
        f" inbox(es), {counts['drafts']:,} draft(s), {counts['contacts']:,} contact(s), {counts['suppressions']:,}"
        f" address(es) that nothing is sent to, {counts['audit']:,} row(s) of the audit log."
    )
    lost = [
        f"{count:,} {what}"
        for count, what in (
            (mended.lost["messages"], "message(s)"),
            (mended.lost["drafts"], "draft(s)"),
            (done.audit_lost, "row(s) of the audit log (`mailmcp audit verify` names the first)"),
            (sum(mended.lost.values()) - mended.lost["messages"] - mended.lost["drafts"], "row(s) of other tables"),
            (taken.lost_rows, "row(s) that could be read in part only"),
        )
        if count > 0
    ]
    if taken.lost_pages:
        yield f"{taken.lost_pages:,} page(s) could not be read at all."
    yield f"Lost for certain: {', '.join(lost)}." if lost else "Nothing is known to be lost."
    missing = taken.last.get("messages", 0) - taken.rows.get("messages", 0) - mended.lost["messages"] - mended.found
    for count, sentence in (
        (missing, "further number(s) of messages are not in use: so many at most were lost, or deleted before"),
        (mended.inboxes, "inbox(es) were made again from their mail, without label and lists of senders"),
        (taken.replaced, "value(s) could not be read for what they should be: an empty one is in their place, or none"),
        (mended.rebuilt, "message(s) lost their original bytes: their text is kept"),
        (mended.again, "message(s) are read and judged again at the next start; no wait is given them"),
        (mended.held, "draft(s) that waited to leave wait for you now: find out first whether they left"),
        (taken.stray, "row(s) were found where nothing led to them: mail deleted earlier may be among them"),
    ):
        if count > 0:
            yield f"{count:,} {sentence}."
    if not done.had_header:
        yield "The beginning of the file was gone, so that it could not be told what had been deleted."
    yield "The list of words for the search was made anew."
    yield f"The damaged database is kept as {done.kept}."
