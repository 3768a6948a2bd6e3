"""An answer that was lost, asked for again and again in several processes: one mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hosts import Served
from tests.backends.relay_sink import relay, through

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

PATIENCE = 60
"""Three processes start side by side."""


def ask(host: Served, tool: str, **arguments: Any) -> int:
    return host.ask("tools/call", {"name": tool, "arguments": arguments})


async def answer(host: Served, number: int) -> dict[str, Any]:
    result = (await asyncio.to_thread(host.answer, number, PATIENCE))["result"]
    assert not result.get("isError"), result
    return result["structuredContent"]


async def test_a_lost_answer_repeated_in_three_processes_at_once_and_five_times_more_is_one_mail(
    serve: Callable[..., Served],
) -> None:
    async with relay() as sink:
        sink.cut = "dot"
        hosts = [
            serve(
                **through(sink.port),
                MAILMCP_SEND__POLICY="open",
                MAILMCP_SEND__UNDO="0",
            )
            for _ in range(3)
        ]
        client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "host", "version": "1"}}
        numbers = [host.ask("initialize", client) for host in hosts]
        for host, number in zip(hosts, numbers, strict=True):
            await asyncio.to_thread(host.answer, number, PATIENCE)
            host.say({"method": "notifications/initialized"})
        inbox = (await answer(hosts[0], ask(hosts[0], "create_inbox", name="anna")))["address"]
        mail = {"inbox": inbox, "to": ["ann@world.example"], "subject": "Once", "body": "Some words."}
        asked = [(host, ask(host, "send", **mail)) for host in (*hosts, *hosts[:2])]
        drafts = {(await answer(host, number))["draft"] for host, number in asked}
        assert len(drafts) == 1
        for host in (*hosts, *hosts[:2]):
            again = await answer(host, ask(host, "send", **mail))
            assert (again["status"], {again["draft"]}, again["repeated"]) == ("unknown", drafts, True)
        assert len(sink.arrived) == 1
