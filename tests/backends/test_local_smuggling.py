"""SMTP smuggling (2023; CVE-2023-51764, -51765, -51766): a second mail behind something that only looks like an end.

Each form is a known way to end DATA that some server honours and another does not. Here the whole, up to the one true
end, is one message, and it is refused; what it hides is never a command.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from reception import Connect, KeepingReception, seen

from mailmcp.backends.spool import Spool
from mailmcp.backends.transaction import Limits, MailData

pytestmark = pytest.mark.anyio

FORMS = {
    "lf_dot_lf": b"\n.\n",
    "lf_dot_crlf": b"\n.\r\n",
    "crlf_dot_lf": b"\r\n.\n",
    "cr_dot_cr": b"\r.\r",
    "cr_dot_crlf": b"\r.\r\n",
    "crlf_dot_cr": b"\r\n.\r",
    "cr_dot_lf": b"\r.\n",
    "lf_dot_cr": b"\n.\r",
    "crlf_dot_crcrlf": b"\r\n.\r\r\n",
    "crlf_dot_lfcrlf": b"\r\n.\n\r\n",
    "crcrlf_dot_crcrlf": b"\r\r\n.\r\r\n",
    "crlf_nul_dot_crlf": b"\r\n\0.\r\n",
    "crlf_dot_nul_crlf": b"\r\n.\0\r\n",
    "crlf_dot_cr_nul_lf": b"\r\n.\r\0\n",
    "cr_nul_lf_dot_crlf": b"\r\0\n.\r\n",
    "nul_for_crlf": b"\0.\0",
}
HIDDEN = (
    b"MAIL FROM:<ceo@bank.example>\r\nRCPT TO:<agent@agents.internal>\r\nDATA\r\n"
    b"From: ceo@bank.example\r\nSubject: smuggled\r\n\r\nPay at once."
)
OUTER = b"From: app@shop.example\r\nSubject: outer\r\n\r\nHello"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_what_only_looks_like_the_end_gives_one_refused_message_and_no_second(
    form: bytes, connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    await peer.begin_data()
    peer.send(OUTER + form + HIDDEN + b"\r\n.\r\nQUIT\r\n")
    first, last, nothing = (await peer.everything()).split("\r\n")
    assert first.startswith("550 5.6.0 ")
    assert last.startswith("221 ")
    assert nothing == ""
    assert reception.arrivals == []


@pytest.mark.parametrize("name", ["lf_dot_lf", "crlf_dot_lf", "lf_dot_crlf", "crlf_dot_cr", "crlf_dot_nul_crlf"])
async def test_splitting_the_form_across_packets_changes_nothing(
    name: str, connect: Connect, port: int, reception: KeepingReception
) -> None:
    form = FORMS[name]
    for cut in range(len(form) + 1):
        peer = await connect(port)
        await peer.begin_data()
        peer.send(OUTER + form[:cut])
        await seen(port)
        peer.send(form[cut:] + HIDDEN + b"\r\n.\r\nQUIT\r\n")
        first, last, nothing = (await peer.everything()).split("\r\n")
        assert (first[:10], last[:4], nothing) == ("550 5.6.0 ", "221 ", ""), f"cut after {cut} bytes"
    assert reception.arrivals == []


async def test_the_true_end_is_found_wherever_packets_cut_it(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    end = b"\r\n.\r\n"
    for cut in range(len(end) + 1):
        peer = await connect(port)
        await peer.begin_data()
        peer.send(OUTER + end[:cut])
        await seen(port)
        peer.send(end[cut:])
        assert (await peer.reply()).startswith("250"), f"cut after {cut} bytes"
    assert {arrival.raw for arrival in reception.arrivals} == {OUTER + b"\r\n"}
    assert len(reception.arrivals) == len(end) + 1


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_cut_at_every_byte_is_one_refused_message(form: bytes) -> None:
    stream = OUTER + form + HIDDEN + b"\r\n.\r\nNOOP\r\n"
    for cut in range(len(stream) + 1):
        data = MailData(Limits(), Spool(Path(tempfile.gettempdir()), 1000))
        behind = data.feed(stream[:cut])
        behind = data.feed(stream[cut:]) if behind is None else behind + stream[cut:]
        assert behind == b"NOOP\r\n"
        assert str(data.finish()).startswith("550 5.6.0")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_as_the_very_first_bytes_ends_nothing(form: bytes) -> None:
    data = MailData(Limits(), Spool(Path(tempfile.gettempdir()), 1000))
    assert data.feed(form.removeprefix(b"\r\n") + HIDDEN) is None
    assert data.feed(b"\r\n.\r\n") == b""
    assert str(data.finish()).startswith("550 5.6.0")


async def test_a_refused_message_leaves_the_conversation_in_step(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    for _ in range(3):
        assert (await peer.mail(b"Subject: bad\n.\nbody")).startswith("550")
        assert (await peer.mail(b"Subject: good\r\n\r\nbody")).startswith("250")
    assert [arrival.raw for arrival in reception.arrivals] == [b"Subject: good\r\n\r\nbody\r\n"] * 3


async def test_dots_at_the_start_of_lines_are_text_and_end_nothing(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    assert (await peer.mail(b"..\r\n...\r\n..MAIL FROM:<x@y.example>\r\n.lone\r\nend.")).startswith("250")
    assert reception.arrivals[0].raw == b".\r\n..\r\n.MAIL FROM:<x@y.example>\r\nlone\r\nend.\r\n"


async def test_a_second_command_behind_a_bare_cr_is_not_executed(
    connect: Connect, port: int, reception: KeepingReception
) -> None:
    peer = await connect(port)
    assert (await peer.ask("MAIL FROM:<a@b.example>\rRCPT TO:<agent@agents.internal>")).startswith("5")
    assert (await peer.ask("MAIL FROM:<a@b.example>")).startswith("250")
    assert (await peer.ask("RCPT TO:<agent@agents.internal>\rDATA")).startswith("5")
    assert (await peer.ask("DATA")).startswith("503")
    assert reception.asked == []
