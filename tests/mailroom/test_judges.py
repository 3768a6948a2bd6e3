"""The judge in a thread and in a process: the same judgements, and a mail that stalls either."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from letters import letter

from mailmcp.errors import NotFound
from mailmcp.mailroom import judges, judging
from mailmcp.mailroom.judges import JudgeProcess, JudgeThread, Stuck
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.store import Store, inboxes, judgements, messages
from mailmcp.store.judgements import Judgement, Unjudged

pytestmark = pytest.mark.anyio

LIMIT = 60
"""Seconds that no mail of these takes, however busy the machine is."""
CORPUS = Path(__file__).parent.parent / "corpus"
TO = "ann@agents.internal"
ENVELOPE = Envelope(
    mail_from="bounces@app.example", recipients=(TO,), received_at=datetime(2026, 11, 1, tzinfo=UTC), peer="192.0.2.1"
)


def item(raw: bytes, row: int = 0) -> Unjudged:
    return Unjudged(row=row, size=len(raw), raw=raw, source=Source.SMTP, envelope=ENVELOPE, outgoing=False)


def judged(raw: bytes) -> Judgement:
    return judging.judge(raw, source=Source.SMTP, peer="192.0.2.1", outgoing=False)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "home")
    now = datetime.now(UTC)
    await opened.write(inboxes.create, address=TO, label="", backend="local", key=None, now=now)
    yield opened
    await opened.aclose()


@pytest.fixture
async def process(store: Store) -> AsyncIterator[JudgeProcess]:
    begun = await JudgeProcess.begin(store, alone=True)
    yield begun
    await begun.aclose()


@pytest.fixture
async def thread() -> AsyncIterator[JudgeThread]:
    begun = JudgeThread(LIMIT)
    yield begun
    begun.close()


async def stored(store: Store, raw: bytes) -> Unjudged:
    envelope = Envelope(mail_from="", recipients=(TO,), received_at=datetime.now(UTC))
    arrival = Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local")
    (row,) = await store.write(messages.accept, arrival, fingerprint=None)
    return (await store.read(judgements.unjudged, [row]))[0]


@pytest.mark.slow
async def test_a_process_concludes_to_the_letter_what_a_thread_does(process: JudgeProcess, thread: JudgeThread) -> None:
    mails = [path.read_bytes() for path in sorted((CORPUS / "mime").rglob("*.eml"))]
    mails += [path.read_bytes() for path in sorted((CORPUS / "codes" / "dev_world").rglob("*.eml"))]
    items = [item(raw) for raw in mails]
    assert len(items) > 100
    beside = asyncio.create_task(process.judge_all(items))
    expected = await thread.judge_all(items)
    assert expected[0] == judged(mails[0])
    assert await beside == expected


async def test_a_long_message_is_read_from_the_store(process: JudgeProcess, store: Store) -> None:
    raw = letter(TO, subject="Long", text="The words.\n" + "x" * 70 + "\n") + b"y" * 70 + b"\r\n"
    raw += (b"z" * 70 + b"\r\n") * 50_000
    long = await stored(store, raw)
    assert long.raw is None
    (found,) = await process.judge_all([long])
    assert found.message.subject == "Long"
    assert found == judging.judge(raw, source=Source.SMTP, peer=None, outgoing=False)


async def test_a_long_message_that_is_deleted_meanwhile_is_no_stall(process: JudgeProcess, store: Store) -> None:
    long = await stored(store, b"x" * 3_000_000)
    await store.write(inboxes.delete, TO)
    with pytest.raises(NotFound):
        await process.judge_all([long])


async def test_a_mail_that_ends_its_process_is_told_with_what_was_judged_before_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "MODULE", "crashing_judge")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    process = await JudgeProcess.begin(store, alone=True)
    mails = [letter(TO, text=text) for text in ("one", "two", "ends here", "four")]
    with pytest.raises(Stuck) as stuck:
        await process.judge_all([item(raw) for raw in mails])
    assert [one.channels.visible for one in stuck.value.found] == ["one", "two"]
    await process.aclose()


async def test_a_process_that_takes_too_long_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "SECONDS", 0)
    process = await JudgeProcess.begin(store)
    with pytest.raises(Stuck):
        await process.judge_all([item(letter(TO))])
    with pytest.raises(Stuck):
        await process.judge_all([item(letter(TO))])


async def test_a_thread_that_stalls_is_left_alone_and_the_next_mail_gets_another(
    thread: JudgeThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, judge = threading.Event(), judging.judge

    def stalls(raw: bytes, **about: object) -> Judgement:
        if b"stalls" in raw:
            may_end.wait(LIMIT)
        return judge(raw, **about)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "judge", stalls)
    monkeypatch.setattr(thread, "_seconds", 0.5)
    try:
        with pytest.raises(Stuck) as stuck:
            await thread.judge_all([item(letter(TO, text=text)) for text in ("stalls", "two")])
        assert stuck.value.found == []
        assert thread.stuck
        monkeypatch.setattr(thread, "_seconds", LIMIT)
        (found,) = await thread.judge_all([item(letter(TO, text="three"))])
        assert found.channels.visible == "three"
        stalled = thread._left
    finally:
        may_end.set()
    assert stalled is not None
    stalled.join(LIMIT)
    assert not thread.stuck


async def test_only_the_header_of_a_message_can_be_read(store: Store) -> None:
    process = await JudgeProcess.begin(store, alone=True, header_only=True)
    raw = letter(TO, subject="Header", from_="Bob <bob@app.example>", text="ends here") + b"x" * 2_000_000
    for one in (item(raw), await stored(store, raw)):
        (found,) = await process.judge_all([one])
        assert found.message.subject == "Header"
        assert found.message.author is not None
        assert found.channels.visible == ""
        assert [defect.code for defect in found.message.defects] == ["unreadable_text"]
    await process.aclose()
