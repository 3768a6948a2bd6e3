"""What one peer may take: time, bytes, recipients, commands, places; and how the listener parts with its peers."""

from __future__ import annotations

import asyncio
import smtplib

import pytest
from reception import WAIT, Connect, KeepingReception, Listen, Peer, seen

from mailmcp.backends.contract import MAX_MESSAGE_BYTES

pytestmark = pytest.mark.anyio

AGENT = "agent@agents.internal"


# --- sizes and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_message_of_25_mib_is_taken_and_one_byte_more_is_not(port: int, reception: KeepingReception) -> None:
    head = b"Subject: big\r\n\r\n"
    line = b"x" * 74 + b"\r\n"
    body = line * ((MAX_MESSAGE_BYTES - len(head)) // len(line) - 1)
    text = head + body + b"y" * (MAX_MESSAGE_BYTES - len(head) - len(body) - 2) + b"\r\n"

    def send() -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.ehlo()
            for mail in (text, b"z" + text):
                client.mail("app@shop.example")
                client.rcpt(AGENT)
                code, reply = client.data(mail)
                if mail is text:
                    assert code == 250, reply
        return code, reply

    code, reply = await asyncio.to_thread(send)
    assert (code, reply[:6]) == (552, b"5.3.4 ")
    (arrival,) = reception.arrivals
    assert len(arrival.raw) == MAX_MESSAGE_BYTES
    assert arrival.raw[:] == text


async def test_a_message_that_is_too_large_is_refused_once_and_the_next_is_taken(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    peer = await connect((await listen(message=1000)).port)
    assert (await peer.ask("MAIL FROM:<a@b.example> SIZE=1001")).startswith("552 5.3.4")
    assert (await peer.mail(b"MAIL FROM:<a@b.example>\r\n" * 100)).startswith("552 5.3.4")
    assert (await peer.mail(b"Subject: small")).startswith("250")
    assert len(reception.arrivals) == 1


async def test_a_message_without_an_end_is_cut_off(connect: Connect, listen: Listen) -> None:
    peer = await connect((await listen(message=1000)).port)
    await peer.begin_data()
    peer.send(b"x" * 5000)
    assert (await peer.everything()).startswith("552 5.3.4")


async def test_a_5_kb_line_of_html_is_taken(connect: Connect, port: int, reception: KeepingReception) -> None:
    html = b"<p>" + b"<b>code</b>" * 500 + b"</p>"
    peer = await connect(port)
    assert (await peer.mail(b"Content-Type: text/html\r\n\r\n" + html)).startswith("250")
    assert reception.arrivals[0].raw.endswith(html + b"\r\n")


async def test_a_line_past_the_bound_refuses_its_message_and_only_that(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    assert (await peer.mail(b"Subject: hi\r\n\r\n" + b"x" * (1024 * 1024 - 2))).startswith("250")
    assert (await peer.mail(b"Subject: hi\r\n\r\n" + b"x" * (1024 * 1024 - 1))).startswith("550 5.6.0")
    assert (await peer.mail(b"Subject: hi\r\n\r\nshort")).startswith("250")
    assert len(reception.arrivals) == 2


async def test_the_hundred_and_first_recipient_waits_for_the_next_message(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.inboxes = {f"a{number}@agents.internal" for number in range(101)}
    peer = await connect(port)
    await peer.ask("MAIL FROM:<app@shop.example>")
    replies = [await peer.ask(f"RCPT TO:<a{number}@agents.internal>") for number in range(101)]
    assert {reply[:9] for reply in replies[:100]} == {"250 2.1.5"}
    assert replies[100].startswith("452 4.5.3")
    assert (await peer.ask("DATA")).startswith("354")
    assert (await peer.ask("Subject: hi\r\n.")).startswith("250")
    assert len(reception.arrivals[0].envelope.recipients) == 100


async def test_all_peers_together_may_not_fill_the_memory(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    port = (await listen(memory=10_000)).port
    first, second = await connect(port), await connect(port)
    for peer in (first, second):
        await peer.begin_data()
    first.send(b"x" * 6000 + b"\r\n")
    await seen(port)
    second.send(b"x" * 6000 + b"\r\n.\r\n")
    assert (await second.reply()).startswith("250")  # its end came with it: nothing has to be kept waiting
    await second.begin_data()
    second.send(b"x" * 6000 + b"\r\n")
    await seen(port)
    second.send(b"more\r\n.\r\n")
    assert (await second.reply()).startswith("452 4.3.1")
    first.send(b".\r\n")
    assert (await first.reply()).startswith("250")
    assert (await second.mail(b"x" * 6000)).startswith("250")


async def test_long_messages_of_many_peers_do_not_count_as_memory(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    port = (await listen(memory=200_000, short=10_000)).port
    peers = [await connect(port) for _ in range(10)]
    text = b"Subject: big\r\n\r\n" + (b"x" * 98 + b"\r\n") * 5_000
    for peer in peers:
        await peer.begin_data()
        peer.send(text)
    await seen(port)
    for peer in peers:
        assert (await peer.ask(b".")).startswith("250")
    assert [arrival.raw[:] for arrival in reception.arrivals] == [text] * 10


async def test_the_files_of_all_peers_together_are_bounded_and_freed(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    port = (await listen(files=400_000, short=10_000)).port
    text = b"Subject: big\r\n\r\n" + (b"x" * 98 + b"\r\n") * 3_000
    gone = await connect(port)
    await gone.begin_data()
    gone.send(text)
    await seen(port)
    await gone.close()
    await seen(port)
    first, second = await connect(port), await connect(port)
    for peer in (first, second):
        await peer.begin_data()
    first.send(text)
    await seen(port)
    second.send(text)
    await seen(port)
    assert (await second.ask(b".")).startswith("452 4.3.1")
    assert (await first.ask(b".")).startswith("250")
    assert (await second.mail(text.removesuffix(b"\r\n"))).startswith("250")
    assert len(reception.arrivals) == 2


async def test_a_peer_that_goes_gives_its_memory_back(connect: Connect, listen: Listen) -> None:
    port = (await listen(memory=10_000)).port
    for _ in range(3):
        peer = await connect(port)
        await peer.begin_data()
        peer.send(b"x" * 6000 + b"\r\n")
        await seen(port)
        await peer.close()
        await seen(port)
    peer = await connect(port)
    await peer.begin_data()
    peer.send(b"x" * 6000 + b"\r\n")
    await seen(port)
    assert (await peer.ask(".")).startswith("250")


async def test_commands_without_end_are_ended(connect: Connect, listen: Listen) -> None:
    peer = await connect((await listen(commands=20)).port)
    for _ in range(20):
        assert (await peer.ask("NOOP")).startswith("250")
    assert (await peer.ask("NOOP")).startswith("421 4.7.0")
    assert await peer.everything() == ""


async def test_nonsense_is_ended_soon(connect: Connect, port: int) -> None:
    peer = await connect(port)
    for _ in range(4):
        assert (await peer.ask("HELLO there")).startswith("500")
    assert (await peer.ask("HELLO there")).startswith("502 5.5.1")
    assert await peer.everything() == ""


async def test_a_peer_too_many_hears_421_and_gets_the_place_that_falls_free(connect: Connect, listen: Listen) -> None:
    port = (await listen(peers=2)).port
    first, _second = await connect(port), await connect(port)
    third = await connect(port, greeted=False)
    assert (await third.everything()).startswith("421 4.7.0 ")
    assert (await first.ask("QUIT")).startswith("221")
    assert await first.everything() == ""
    await connect(port)


async def test_of_many_peers_too_many_the_log_says_little(
    connect: Connect, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    port = (await listen(peers=1)).port
    await connect(port)
    for _ in range(20):
        assert (await (await connect(port, greeted=False)).everything()).startswith("421 4.7.0 ")
    assert len([record for record in caplog.records if "turned a peer away" in record.getMessage()]) == 1


# --- time ---------------------------------------------------------------------------------------------------------


async def test_a_peer_that_says_nothing_is_let_go(connect: Connect, listen: Listen) -> None:
    peer = await connect((await listen(command_wait=0.05)).port, greeted=False)
    greeting, goodbye, _ = (await peer.everything()).split("\r\n")
    assert greeting.startswith("220 ")
    assert goodbye.startswith("421 4.4.2 ")


async def test_a_slow_loris_does_not_prolong_its_time_by_dripping(connect: Connect, listen: Listen) -> None:
    port = (await listen(command_wait=0.5)).port
    peer = await connect(port)
    goodbye = asyncio.create_task(peer.reply())
    drops = 0
    async with asyncio.timeout(WAIT):
        while not goodbye.done():
            peer.send(b"x")
            drops += 1
            await asyncio.wait([goodbye], timeout=0.02)
    assert goodbye.result().startswith("421 4.4.2 ")
    assert drops > 2


async def test_mail_data_that_stops_is_given_up_and_not_stored(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    peer = await connect((await listen(data_wait=0.05)).port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n\r\nno end\n.\n")
    assert (await peer.everything()).startswith("421 4.4.2 The end of the message")
    assert not reception.begun.is_set()


async def test_mail_data_that_drips_is_given_up_at_the_total(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    peer = await connect((await listen(data_total=0.3)).port)
    await peer.begin_data()
    goodbye = asyncio.create_task(peer.reply())
    async with asyncio.timeout(WAIT):
        while not goodbye.done():
            peer.send(b"x\r\n")
            await asyncio.wait([goodbye], timeout=0.02)
    assert goodbye.result().startswith("421 4.4.2 ")
    assert not reception.begun.is_set()


async def test_mail_data_may_take_longer_than_a_command(connect: Connect, listen: Listen) -> None:
    port = (await listen(command_wait=1)).port
    peer = await connect(port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n")
    idle = await connect(port)  # its time begins later, so when it is over that of a command was over here too
    assert (await idle.everything()).startswith("421 4.4.2 ")
    assert (await peer.ask(".")).startswith("250")


async def test_a_store_that_takes_its_time_is_not_the_peers_fault(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    reception.door = asyncio.Event()
    port = (await listen(command_wait=1, data_wait=1)).port
    peer = await connect(port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n.\r\n")
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    idle = await connect(port)
    assert (await idle.everything()).startswith("421 4.4.2 ")
    reception.door.set()
    assert (await peer.reply()).startswith("250")


# --- closing ------------------------------------------------------------------------------------------------------


async def test_closing_says_421_to_idle_peers_and_takes_no_more(connect: Connect, listen: Listen) -> None:
    before = asyncio.all_tasks()
    listener = await listen()
    peers = [await connect(listener.port) for _ in range(3)]
    assert (await peers[0].ask(f"MAIL FROM:<{AGENT}>")).startswith("250")
    await listener.aclose()
    for peer in peers:
        assert (await peer.everything()).startswith("421 4.3.2 ")
    with pytest.raises(ConnectionRefusedError):
        await Peer.connect(listener.port)
    await listener.aclose()
    assert asyncio.all_tasks() == before


async def test_a_message_whose_end_had_come_is_answered_before_closing(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    listener = await listen()
    reception.door = asyncio.Event()
    peer = await connect(listener.port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n.\r\n")
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    idle = await connect(listener.port)
    closing = asyncio.create_task(listener.aclose())
    assert (await idle.everything()).startswith("421 4.3.2 ")
    assert not closing.done()
    reception.door.set()
    await asyncio.wait_for(closing, WAIT)
    stored, goodbye, _ = (await peer.everything()).split("\r\n")
    assert stored.startswith("250 ")
    assert goodbye.startswith("421 4.3.2 ")
    assert len(reception.arrivals) == 1


async def test_a_message_under_way_may_end_within_the_grace(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    listener = await listen()
    peer, idle = await connect(listener.port), await connect(listener.port)
    await peer.begin_data()
    closing = asyncio.create_task(listener.aclose())
    assert (await idle.everything()).startswith("421 4.3.2 ")
    peer.send(b"Subject: hi\r\n.\r\n")
    assert (await peer.everything()).startswith("250 ")
    await asyncio.wait_for(closing, WAIT)
    assert len(reception.arrivals) == 1


async def test_closing_does_not_wait_longer_than_the_grace(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    before = asyncio.all_tasks()
    listener = await listen(grace=0.05)
    reception.door = asyncio.Event()
    stuck, talking = await connect(listener.port), await connect(listener.port)
    for peer in (stuck, talking):
        await peer.begin_data()
    stuck.send(b"Subject: hi\r\n.\r\n")
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    await asyncio.wait_for(listener.aclose(), WAIT)
    for peer in (stuck, talking):
        assert (await peer.everything()).startswith("421 4.3.2 ")
    assert reception.arrivals == []
    assert reception.broken_off == 1
    assert asyncio.all_tasks() == before


async def test_closing_that_is_itself_cut_short_leaves_no_peer_behind(
    connect: Connect, listen: Listen, reception: KeepingReception
) -> None:
    before = asyncio.all_tasks()
    listener = await listen()
    peer, idle = await connect(listener.port), await connect(listener.port)
    await peer.begin_data()
    closing = asyncio.create_task(listener.aclose())
    assert (await idle.everything()).startswith("421 4.3.2 ")
    closing.cancel()
    assert (await peer.everything()).startswith("421 4.3.2 ")
    await asyncio.wait([closing], timeout=WAIT)
    assert closing.cancelled()
    assert asyncio.all_tasks() == before
