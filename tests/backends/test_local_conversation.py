"""The dialogue: what is announced works, what is wrong is refused with the right code, and 250 means stored."""

from __future__ import annotations

import asyncio
import logging
import smtplib

import pytest
from reception import WAIT, Connect, KeepingReception, Listen, seen

from mailmcp.errors import NotFound, StoreFull, StoreUnavailable

pytestmark = pytest.mark.anyio

AGENT = "agent@agents.internal"


# --- what is announced -----------------------------------------------------------------------------------------


async def test_the_greeting_names_the_domain_and_no_software_version(connect: Connect, port: int) -> None:
    peer = await connect(port, greeted=False)
    assert await peer.reply() == "220 agents.internal ESMTP mailmcp"


async def test_ehlo_announces_exactly_what_works(connect: Connect, port: int) -> None:
    peer = await connect(port, greeted=False)
    await peer.reply()
    lines = (await peer.ask("EHLO app.example")).split("\n")
    assert lines[0] == "250-agents.internal"
    assert {line[4:] for line in lines[1:]} == {
        "PIPELINING",
        "SIZE 26214400",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "HELP",
    }


async def test_helo_gives_a_plain_session_that_takes_mail(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port, helo="HELO old.example")
    assert (await peer.mail(b"Subject: hi")).startswith("250")
    assert reception.arrivals[0].envelope.helo == "old.example"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("NOOP", "250 2.0.0 "),
        ("NOOP with words", "250 2.0.0 "),
        ("RSET", "250 2.0.0 "),
        ("HELP", "250 2.0.0 "),
        ("HELP MAIL", "250 2.0.0 Syntax: MAIL FROM"),
        ("VRFY agent", "252 2.0.0 "),
        ("VRFY", "501 5.5.4 "),
        ("EXPN list", "502 5.5.1 "),
        ("AUTH PLAIN AGEAYg==", "500 5.5.2 "),
        ("STARTTLS", "500 5.5.2 "),
        ("BDAT 10 LAST", "500 5.5.2 "),
        ("", "500 5.5.2 "),
        ("XY\x1b[31mZ", "500 5.5.2 "),
        ("DATA", "503 5.5.1 "),
        (f"RCPT TO:<{AGENT}>", "503 5.5.1 "),
        ("EHLO", "501 5.5.4 "),
        ("EHLO two words", "501 5.5.4 "),
        ("EHLO a\x07b", "501 5.5.4 "),
        ("MAIL", "501 5.5.4 "),
        ("MAIL FROM:", "501 5.5.4 "),
        ("MAIL FROM:<a b>", "553 5.1.3 "),
        ("MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4 "),
        ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4 "),
        ("MAIL FROM:<a@b.example> RET=FULL", "555 5.5.4 "),
        ("MAIL FROM:<a@b.example> SIZE=26214401", "552 5.3.4 "),
        ("MAIL FROM:<a@b.example> SIZE=26214400 BODY=8BITMIME", "250 2.1.0 "),
        ("MAIL FROM:<>", "250 2.1.0 "),
        ("mail from:<a@b.example>", "250 2.1.0 "),
        ("NOOP " + "x" * 1100, "500 5.5.2 "),
        ("NOOP " + "x" * 9000, "500 5.5.2 "),
    ],
)
async def test_every_command_has_its_reply_with_an_enhanced_code(
    command: str, reply: str, connect: Connect, port: int
) -> None:
    peer = await connect(port)
    got = await peer.ask(command)
    assert got.startswith(reply), got
    assert got.isprintable()
    assert (await peer.ask("NOOP")) == "250 2.0.0 OK"  # and the conversation is in step


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        (f"<{AGENT}>", "250 2.1.5 "),
        ("<agent@AGENTS.Internal>", "250 2.1.5 "),
        ("<nobody@agents.internal>", "550 5.1.1 "),
        ("<agent@elsewhere.example>", "550 5.1.1 "),
        ("<postmaster>", "550 5.1.1 "),
        ("<>", "501 5.1.3 "),
        ("", "501 5.5.4 "),
        ("<agent>", "553 5.1.3 "),
        ("<agent@agents.internal", "553 5.1.3 "),
        (f"<{AGENT}> NOTIFY=NEVER", "555 5.5.4 "),
        ("<jörg@agents.internal>", "553 5.6.7 "),
    ],
)
async def test_recipients_are_taken_when_an_inbox_and_refused_politely_else(
    recipient: str, reply: str, connect: Connect, port: int
) -> None:
    peer = await connect(port)
    await peer.ask("MAIL FROM:<app@shop.example>")
    got = await peer.ask(f"RCPT TO:{recipient}")
    assert got.startswith(reply), got


async def test_postmaster_without_a_domain_is_that_of_this_domain(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.inboxes.add("postmaster@agents.internal")
    peer = await connect(port)
    assert (await peer.mail(b"Subject: hi", "Postmaster")).startswith("250")
    assert reception.arrivals[0].envelope.recipients == ("Postmaster@agents.internal",)


async def test_a_recipient_named_twice_is_one_recipient(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    assert (await peer.mail(b"Subject: hi", AGENT, "agent@Agents.INTERNAL", "other@agents.internal")).startswith("250")
    assert reception.arrivals[0].envelope.recipients == (AGENT, "other@agents.internal")


async def test_the_null_path_of_bounces_is_an_empty_sender(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    peer.send(f"MAIL FROM:<>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\nSubject: bounce\r\n.\r\nQUIT\r\n".encode())
    assert "250 2.0.0 OK, stored" in await peer.everything()
    assert reception.arrivals[0].envelope.mail_from == ""


async def test_an_address_beyond_ascii_works_with_smtputf8_and_only_with_it(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.inboxes.add("jörg@agents.internal")
    peer = await connect(port)
    assert (await peer.ask("MAIL FROM:<bücher@läden.example>")).startswith("553 5.6.7")
    assert (await peer.ask("MAIL FROM:<bücher@läden.example> SMTPUTF8")).startswith("250")
    assert (await peer.ask("RCPT TO:<jörg@agents.internal>")).startswith("250")
    assert (await peer.ask("DATA")).startswith("354")
    assert (await peer.ask("Subject: Grüße\r\n\r\nJörg\r\n.")).startswith("250")
    (arrival,) = reception.arrivals
    assert arrival.envelope.mail_from == "bücher@läden.example"
    assert arrival.envelope.recipients == ("jörg@agents.internal",)
    assert arrival.raw == "Subject: Grüße\r\n\r\nJörg\r\n".encode()


async def test_an_address_that_is_no_utf_8_is_malformed(connect: Connect, port: int) -> None:
    peer = await connect(port)
    assert (await peer.ask(b"MAIL FROM:<b\xfccher@b.example> SMTPUTF8")).startswith("553 5.1.3")


async def test_every_byte_of_8_bit_text_survives(connect: Connect, port: int, reception: KeepingReception) -> None:
    text = bytes(set(range(1, 256)) - {10, 13})
    peer = await connect(port)
    assert (await peer.mail(b"Subject: all\r\n\r\n" + text)).startswith("250")
    assert reception.arrivals[0].raw == b"Subject: all\r\n\r\n" + text + b"\r\n"


# --- pipelining ---------------------------------------------------------------------------------------------------


async def test_commands_in_one_packet_are_answered_in_order(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    peer.send(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<no@agents.internal>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\n".encode())
    assert [(await peer.reply())[:3] for _ in range(4)] == ["250", "550", "250", "354"]
    assert (await peer.ask("Subject: hi\r\n\r\nbody\r\n.")).startswith("250")
    assert reception.arrivals[0].envelope.recipients == (AGENT,)


async def test_whole_mails_in_one_packet_are_stored_each(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    mails = [f"Subject: {number}\r\n\r\n{'x' * number}\r\n" for number in range(50)]
    peer = await connect(port)
    peer.send(
        "".join(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\n{mail}.\r\n" for mail in mails).encode()
        + b"QUIT\r\n"
    )
    replies = (await peer.everything()).splitlines()
    assert [reply[:3] for reply in replies] == ["250", "250", "354", "250"] * 50 + ["221"]
    assert [arrival.raw.decode() for arrival in reception.arrivals] == mails


async def test_five_messages_on_one_connection(port: int, reception: KeepingReception) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
            for number in range(5):
                client.sendmail("app@shop.example", [AGENT], f"Subject: {number}\r\n\r\nhi\r\n")

    await asyncio.to_thread(send)
    assert [arrival.raw[9:10] for arrival in reception.arrivals] == [b"0", b"1", b"2", b"3", b"4"]


async def test_twenty_peers_at_once(port: int, reception: KeepingReception) -> None:
    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
            for _ in range(3):
                client.sendmail("app@shop.example", [AGENT], f"Subject: {number}\r\n\r\n" + "x" * 5000)

    await asyncio.gather(*(asyncio.to_thread(send, number) for number in range(20)))
    assert len(reception.arrivals) == 60
    assert {arrival.raw.splitlines()[0].decode() for arrival in reception.arrivals} == {
        f"Subject: {number}" for number in range(20)
    }


async def test_a_browser_that_posts_a_mail_is_hung_up_on(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    mail = f"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\nSubject: hi\r\n.\r\n"
    for method in ("POST", "PUT", "OPTIONS", "GET"):
        peer = await connect(port, greeted=False)
        peer.send(f"{method} / HTTP/1.1\r\n{mail}".encode())
        replies = (await peer.everything()).splitlines()
        assert [reply[:3] for reply in replies] == ["220", "421"]
    assert reception.asked == []
    assert not reception.begun.is_set()


async def test_rset_forgets_sender_and_recipients(connect: Connect, port: int) -> None:
    peer = await connect(port)
    await peer.ask("MAIL FROM:<a@b.example>")
    await peer.ask(f"RCPT TO:<{AGENT}>")
    assert (await peer.ask("MAIL FROM:<again@b.example>")).startswith("503")
    assert (await peer.ask("RSET")).startswith("250")
    assert (await peer.ask("DATA")).startswith("503")


async def test_command_lines_may_end_in_lf_alone(connect: Connect, port: int) -> None:
    peer = await connect(port)
    peer.send(f"NOOP\nMAIL FROM:<a@b.example>\nRCPT TO:<{AGENT}>\n".encode())
    assert [(await peer.reply())[:3] for _ in range(3)] == ["250"] * 3


# --- 250 means stored -------------------------------------------------------------------------------------------


async def test_250_comes_only_after_the_commit(connect: Connect, port: int, reception: KeepingReception) -> None:
    reception.door = asyncio.Event()
    peer = await connect(port)
    await peer.begin_data()
    waiting = asyncio.create_task(peer.ask("Subject: hi\r\n."))
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    await seen(port)
    assert not waiting.done()
    reception.door.set()
    assert (await waiting).startswith("250")
    assert len(reception.arrivals) == 1


async def test_a_recipient_that_was_deleted_while_its_mail_came_is_refused_for_good(
    connect: Connect, port: int, reception: KeepingReception, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await connect(port)
    reception.trouble = NotFound("No inbox here receives mail for these recipients.")
    assert (await peer.mail(b"Subject: hi")).startswith("550 5.1.1 ")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("trouble", "reply"),
    [
        (StoreFull("The disk is full."), "452 4.3.1 "),
        (StoreUnavailable("The database is locked."), "451 4.3.0 "),
        (ValueError("unforeseen\nsecond line"), "451 4.3.0 "),
    ],
)
async def test_a_message_that_cannot_be_stored_is_asked_for_again_and_taken_then(
    trouble: Exception,
    reply: str,
    connect: Connect,
    port: int,
    reception: KeepingReception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer = await connect(port)
    reception.trouble = trouble
    assert (await peer.mail(b"Subject: hi")).startswith(reply)
    assert reception.arrivals == []
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "\n" not in record.getMessage()
    reception.trouble = None
    assert (await peer.mail(b"Subject: hi")).startswith("250")
    assert len(reception.arrivals) == 1


@pytest.mark.parametrize(
    ("trouble", "reply"),
    [
        (StoreUnavailable("The database is locked."), "451 4.3.0 "),
        (StoreFull("The disk is full."), "452 4.3.1 "),
        (RuntimeError("unforeseen"), "451 4.3.0 "),
    ],
)
async def test_a_store_that_cannot_be_asked_makes_no_recipient_unknown(
    trouble: Exception, reply: str, connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.trouble_knowing = trouble
    peer = await connect(port)
    await peer.ask("MAIL FROM:<a@b.example>")
    assert (await peer.ask(f"RCPT TO:<{AGENT}>")).startswith(reply)
    reception.trouble_knowing = None
    assert (await peer.ask(f"RCPT TO:<{AGENT}>")).startswith("250")


async def test_a_peer_that_hangs_up_in_its_message_leaves_nothing(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    for how in ("close", "reset", "half"):
        peer = await connect(port)
        await peer.begin_data()
        peer.send(b"Subject: half a mail\r\n\r\nand then\r\n.")
        await seen(port)
        if how == "half":
            peer.writer.write_eof()
            assert await peer.everything() == ""
        elif how == "reset":
            peer.reset()
        else:
            await peer.close()
        await seen(port)
    assert not reception.begun.is_set()


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
async def test_a_peer_that_hangs_up_while_its_message_is_stored_breaks_no_transaction(
    reset: bool, connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.door = asyncio.Event()
    peer = await connect(port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n.\r\n")
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    if reset:
        peer.reset()
    else:
        await peer.close()
    await seen(port)
    reception.door.set()
    await seen(port)
    assert reception.broken_off == 0
    assert len(reception.arrivals) == 1


async def test_a_peer_that_only_stops_talking_still_hears_that_its_message_is_stored(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    reception.door = asyncio.Event()
    peer = await connect(port)
    await peer.begin_data()
    peer.send(b"Subject: hi\r\n.\r\n")
    await asyncio.wait_for(reception.begun.wait(), WAIT)
    peer.writer.write_eof()
    await seen(port)
    reception.door.set()
    assert await peer.everything() == "250 2.0.0 OK, stored\r\n"


async def test_the_log_tells_what_happened_and_nothing_that_was_written(
    connect: Connect, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = (await listen()).port
    peer = await connect(port)
    await peer.mail(b"Subject: hi\r\n\r\nthe code is 482913")
    await peer.mail(b"Subject: hi\n\r\nthe code is 482913")
    await peer.ask("AUTH PLAIN c2VjcmV0")
    await peer.ask("MAIL FROM:<a@b.example>")
    await peer.ask("RCPT TO:<nobody@agents.internal>")
    messages = [record.getMessage() for record in caplog.records if record.name == "mailmcp.backends.local"]
    assert len(messages) == 4  # listening, stored, refused, unknown recipient
    assert {record.name for record in caplog.records} <= {"mailmcp.backends.local", "asyncio"}
    assert "482913" not in caplog.text
    assert "c2VjcmV0" not in caplog.text
