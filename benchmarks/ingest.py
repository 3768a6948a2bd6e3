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
from benchmarks.serving import ServerFailed, Serving

TARGET_PER_SECOND = 200
TARGET_MEMORY = 120 * 1024 * 1024
INBOXES = 10
LOOK_SECONDS = 0.05
"""Between two looks whether all is announced: how much too slow a figure may be."""


def measure(*, quick: bool) -> list[Part]:
    """A server process for each figure; the memory is that of the one which had ten connections."""
    count = 100 if quick else 1_000
    rates: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        for connections in (1, 10):
            with Serving.mailmcp(Path(folder) / f"home-{connections}") as serving:
                serving.initialize()
                serving.smtp().quit()
                idle = serving.memory()[0]
                rates[connections] = _rate(serving, count=count, connections=connections)
                after_many = serving.memory()[0]
                if connections == 10:
                    _one_large(serving)
                after_large, left = serving.memory()
    return [_ingest(count, rates), _memory(count, idle, after_many, after_large, left)]


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


def _memory(count: int, idle: int, after_many: int, after_large: int, left: int) -> Part:
    def figure(what: str, peak: int, *, judged: bool = False) -> Figure:
        return Figure(
            what=what,
            measured=f"{peak / 1024 / 1024:.0f} MiB" if peak else "not known on this system",
            target=f"under {TARGET_MEMORY // 1024 // 1024} MiB" if judged else "",
            met=peak < TARGET_MEMORY if judged and peak else None,
        )

    return Part(
        title="Memory",
        how="The most that the serving process had resident (VmHWM) until then, and what it has at the end (VmRSS).",
        figures=(
            figure("started and listening", idle),
            figure(f"after {count:,} mails of 5 KB on 10 connections", after_many),
            figure("and then one mail of 20 MiB", after_large, judged=True),
            figure("resident after that", left),
        ),
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
        time.sleep(LOOK_SECONDS)


def _one_large(serving: Serving) -> None:
    inbox = serving.call("create_inbox")["address"]
    smtp = serving.smtp()
    send(smtp, inbox, large_mail(inbox))
    smtp.quit()
    found = serving.call("wait_for_mail", inbox=inbox, timeout=60)
    if found["status"] != "found":
        raise ServerFailed(f"the large mail was not announced: {found}")
    serving.call("read_thread", thread=found["thread"])
