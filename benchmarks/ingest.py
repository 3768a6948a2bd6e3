"""Messages taken in a second, and the memory of the process that took them."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.delivery import send
from benchmarks.figures import Figure, Part
from benchmarks.mails import large_mail, ordinary_mail
from benchmarks.serving import LOOK_SECONDS, ServerFailed, Serving

TARGET_PER_SECOND = 200
TARGET_MEMORY = 120 * 1024 * 1024
INBOXES = 10
LARGE_AT_ONCE = 10
ANNOUNCED_SECONDS = 0.05
"""Between two looks whether all is announced: how much too slow a figure may be."""


def measure(*, quick: bool) -> list[Part]:
    """A server process for each figure; the memory is that of the one which had ten connections."""
    count = 100 if quick else 1_000
    rates: dict[int, tuple[float, float]] = {}
    parts: list[Part] = []
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        for connections in (1, 10):
            with Serving.mailmcp(Path(folder) / f"home-{connections}") as serving:
                serving.initialize()
                serving.smtp().quit()
                idle = serving.memory()[0]
                rates[connections] = _rate(serving, count=count, connections=connections)
                after_many = serving.memory()[0]
                if connections == 10:
                    parts.append(_large(serving, idle, after_many, count=count, at_once=2 if quick else LARGE_AT_ONCE))
    return [_ingest(count, rates), *parts]


def _ingest(count: int, rates: dict[int, tuple[float, float]]) -> Part:
    figures: list[Figure] = []
    for connections, (acknowledged, announced) in rates.items():
        figures.append(
            Figure(
                what=f"{connections} connection{'s' if connections > 1 else ''}",
                measured=f"{announced:.0f} a second ({acknowledged:.0f} a second until the last 250)",
                target=f"at least {TARGET_PER_SECOND} a second",
                met=announced >= TARGET_PER_SECOND,
            )
        )
    return Part(
        title="Taking mail in",
        how=(
            f"{count:,} mails of 5 KB (text and HTML) by SMTP to {INBOXES} inboxes, one after another on each"
            " connection: from the first byte until all were stored, judged and announced."
        ),
        figures=tuple(figures),
    )


def _large(serving: Serving, idle: int, after_many: int, *, count: int, at_once: int) -> Part:
    """The memory with large mails: one, then several that come at the same time."""
    with serving.watched() as one:
        _send_large(serving, 1)
    after_one, left = serving.memory()
    with serving.watched() as several:
        seconds = _send_large(serving, at_once)
    after_several, finally_left = serving.memory()
    return Part(
        title="Memory",
        how=(
            "The most that the serving process had resident (VmHWM) until then, and what it has at the end (VmRSS)."
            " Long mail is judged in a process of its own that ends afterwards; *together* is the most that both had"
            f" resident at one moment (VmRSS, looked at every {LOOK_SECONDS * 1000:.0f} ms; shared pages count twice)."
        ),
        figures=(
            _bytes("started and listening", idle),
            _bytes(f"after {count:,} mails of 5 KB on 10 connections", after_many),
            _bytes("and then one mail of 20 MiB, until it was announced and read", after_one, judged=True),
            _bytes("the same, together with the process that judged it", one["together"]),
            _bytes("resident after that", left),
            _bytes(
                f"and then {at_once} mails of 20 MiB at once ({seconds:.1f} s until all were announced)", after_several
            ),
            _bytes("the same, together with the process that judged them", several["together"]),
            _bytes("resident after that", finally_left),
        ),
    )


def _bytes(what: str, peak: int, *, judged: bool = False) -> Figure:
    return Figure(
        what=what,
        measured=f"{peak / 1024 / 1024:.0f} MiB" if peak else "not known on this system",
        target=f"under {TARGET_MEMORY // 1024 // 1024} MiB" if judged else "",
        met=peak < TARGET_MEMORY if judged and peak else None,
    )


def _rate(serving: Serving, *, count: int, connections: int) -> tuple[float, float]:
    """(messages a second until the last 250, and until all were announced)."""
    addresses = [serving.call("create_inbox")["address"] for _ in range(INBOXES)]
    mails = [(addresses[number % INBOXES], ordinary_mail(addresses[number % INBOXES])) for number in range(count)]
    opened = [serving.smtp() for _ in range(connections)]
    ready = threading.Barrier(connections + 1)

    def post(number: int) -> None:
        ready.wait(10)
        for to, mail in mails[number::connections]:
            send(opened[number], to, mail)

    with ThreadPoolExecutor(connections) as pool:
        posting = [pool.submit(post, number) for number in range(connections)]
        ready.wait(10)
        began = time.perf_counter()
        for one in posting:
            one.result(120)
    acknowledged = time.perf_counter() - began
    _until_announced(serving, addresses, count)
    announced = time.perf_counter() - began
    for connection in opened:
        connection.quit()
    return count / acknowledged, count / announced


def _until_announced(serving: Serving, addresses: Sequence[str], count: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        inboxes = serving.call("list_inboxes")["inboxes"]
        if sum(inbox["unread"] for inbox in inboxes if inbox["address"] in addresses) >= count:
            return
        if time.monotonic() > deadline:
            raise ServerFailed("not all mails were announced within 120 s")
        time.sleep(ANNOUNCED_SECONDS)


def _send_large(serving: Serving, count: int) -> float:
    """Send large mails at the same time, each on a connection of its own; gives the seconds until all are found."""
    inboxes = [serving.call("create_inbox")["address"] for _ in range(count)]
    mails = [large_mail(inbox) for inbox in inboxes]
    opened = [serving.smtp() for _ in range(count)]
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(send, opened, inboxes, mails))
    for inbox in inboxes:
        found = serving.call("wait_for_mail", inbox=inbox, timeout=55)
        if found["status"] != "found":
            raise ServerFailed(f"a large mail was not announced: {found}")
        serving.call("read_thread", thread=found["thread"])
    seconds = time.perf_counter() - began
    for connection in opened:
        connection.quit()
    return seconds
