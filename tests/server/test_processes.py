"""Several processes of one home: who listens, who takes over, and mail that one receives and another waits for."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest
from hosts import LIMIT, Served, first_to_answer, mail_by_smtp
from letters import code_letter
from ports import free_port

from mailmcp.cli import doctor
from mailmcp.cli.doctor import findings
from mailmcp.models import Standing

# The server, whose waits leave to each other for as long as a test takes what another was given.
PATIENT = (
    "-c",
    "import sys; from mailmcp.mailroom import pace; pace.STEADY = pace.Pace(share=3600);"
    " from mailmcp.cli import main; sys.exit(main(sys.argv[sys.argv.index('serve') :]))",
)


def opened(serve, *arguments, **environment) -> Served:
    """A server that a host has opened."""
    served = serve(*arguments, **environment)
    served.initialize()
    return served


def test_the_first_process_listens_and_the_second_says_so(serve):
    first = opened(serve)
    address = first.listener()
    second = opened(serve)
    assert second.listener() == address
    assert (first.call("mail_status")["leader"], first.call("mail_status")["listener"]) == (True, "this_process")
    assert (second.call("mail_status")["leader"], second.call("mail_status")["listener"]) == (False, "another_process")


def test_a_process_waits_for_mail_that_another_receives(serve):
    first = opened(serve)
    address = first.listener()
    second = opened(serve)
    inbox = second.call("create_inbox")["address"]
    wait = second.ask("tools/call", {"name": "wait_for_otp", "arguments": {"inbox": inbox, "timeout": 60}})
    mail_by_smtp(address, inbox, code_letter(inbox))
    found = second.answer(wait)["result"]["structuredContent"]
    assert (found["status"], found["code"]) == ("found", "482913")
    again = first.call("wait_for_otp", inbox=inbox, timeout=0)
    assert (again["code"], again["repeated"]) == ("482913", True)


@pytest.mark.slow
def test_waits_in_two_processes_get_two_codes_and_never_the_same_one(serve):
    first, second = (opened(serve, *PATIENT) for _ in range(2))
    address = first.listener()
    for turn in range(3):
        inbox = first.call("create_inbox")["address"]
        # Filters of their own: an identical call that comes a moment later is a repeat of the first.
        asked = [{"inbox": inbox, "timeout": 300} | filters for filters in ({}, {"from_": "app.example"})]
        waits = {
            served: served.ask("tools/call", {"name": "wait_for_otp", "arguments": arguments})
            for served, arguments in zip((first, second), asked, strict=True)
        }
        for code in (f"48291{turn}", f"70350{turn}"):
            # The next code comes when this one was given: a wait that is given the newer leaves the older to nobody.
            mail_by_smtp(address, inbox, code_letter(inbox, code))
            served = first_to_answer(waits)
            found = served.answer(waits.pop(served))["result"]["structuredContent"]
            assert (found["code"], found.get("repeated")) == (code, None)
        assert not waits


def test_when_the_leader_is_killed_another_takes_over_the_listener(serve):
    first = opened(serve)
    _, port = first.listener()
    second = opened(serve)
    inbox = second.call("create_inbox")["address"]
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(LIMIT)
    address = second.listener(not_at=port, this_process=True)
    mail_by_smtp(address, inbox, code_letter(inbox))
    assert second.call("wait_for_otp", inbox=inbox, timeout=60)["code"] == "482913"


def test_when_the_leader_ends_another_takes_over_the_same_port(serve):
    port = free_port()
    first = opened(serve, MAILMCP_LOCAL__SMTP_PORT=str(port))
    second = opened(serve, MAILMCP_LOCAL__SMTP_PORT=str(port))
    inbox = second.call("create_inbox")["address"]
    assert first.listener()[1] == port
    assert first.close() == 0
    mail_by_smtp(second.listener(this_process=True), inbox, code_letter(inbox))
    assert second.call("wait_for_otp", inbox=inbox, timeout=60)["code"] == "482913"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell who is stopped")
def test_while_the_leader_is_stopped_the_others_say_so_and_work_and_afterwards_it_leads_on_alone(serve):
    first = opened(serve)
    address = first.listener()
    second = opened(serve)
    inbox, other = (second.call("create_inbox")["address"] for _ in range(2))
    first.process.send_signal(signal.SIGSTOP)
    try:
        until = time.monotonic() + LIMIT  # a busy system stops a process some time after it was asked to
        while not any(f"kill -CONT {first.process.pid}" in one for one in second.call("mail_status")["warnings"]):
            assert time.monotonic() < until
        assert not second.call("mail_status")["leader"]
        assert second.call("send", inbox=other, to=[inbox], subject="Hi", body="x")["status"] == "sent"
        with socket.create_connection(address, LIMIT) as waiting:  # the system takes the call, nobody answers
            first.process.send_signal(signal.SIGCONT)
            assert waiting.recv(100).startswith(b"220")
    finally:
        first.process.send_signal(signal.SIGCONT)
    mail_by_smtp(address, inbox, code_letter(inbox))
    assert second.call("wait_for_otp", inbox=inbox, timeout=60)["code"] == "482913"
    assert second.call("mail_status")["warnings"] == []
    assert second.listener() == first.listener() == address
    assert first.call("mail_status")["leader"]


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_and_used_as_soon_as_it_is_free(serve):
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        served = opened(serve, MAILMCP_LOCAL__SMTP_PORT=str(port))
        made = served.call("create_inbox")
        assert "not up" in made["how_to_reach"]
        status = served.call("mail_status")
        assert status["listener"] == "off"
        assert str(port) in status["warnings"][0]
        other = served.call("create_inbox")["address"]
        assert served.call("send", inbox=other, to=[made["address"]], subject="Hi", body="x")["status"] == "sent"
    assert served.listener() == ("127.0.0.1", port)
    assert served.call("mail_status")["warnings"] == []


def test_mail_that_was_accepted_by_a_process_that_was_killed_is_there_after_a_restart(serve):
    first = opened(serve)
    inbox = first.call("create_inbox")["address"]
    mail_by_smtp(first.listener(), inbox, code_letter(inbox))
    first.process.send_signal(signal.SIGKILL)  # after the 250, whether or not it was read yet
    first.process.wait(LIMIT)
    second = opened(serve)
    assert second.call("wait_for_otp", inbox=inbox, timeout=60)["code"] == "482913"


def test_the_doctor_tries_the_listener_of_a_running_server_and_tells_what_waits(serve, home, monkeypatch):
    monkeypatch.setattr(doctor, "ANSWER_SECONDS", LIMIT)
    served = opened(serve)
    inbox = served.call("create_inbox")["address"]
    served.call("draft_for_approval", inbox=inbox, to=[inbox], subject="Hi", body="x")
    host, port = served.listener()
    found = {one.subject: one for one in findings(home) if one.subject != "clients"}
    heard = f"SMTP is heard at {host}:{port} by process {served.process.pid}, and answers."
    assert found["listener"].sentence == heard
    assert found["drafts"].sentence.startswith("1 wait(s) for you: `")
    assert (found["home"].standing, found["database"].standing) == (Standing.FINE, Standing.FINE)
    assert served.call("mail_status")["leader"]


def test_the_doctor_in_another_shell_says_what_the_running_server_has_set_otherwise(serve, home):
    served = opened(serve, MAILMCP_SEND__POLICY="approve")
    served.listener()
    told = [one for one in findings(home) if one.subject == "settings"]
    assert "MAILMCP_SEND__POLICY is first_contact here and approve there" in told[-1].sentence


def test_a_cancelled_wait_gives_its_message_to_the_next_one(serve):
    served = opened(serve)
    inbox = served.call("create_inbox")["address"]
    address = served.listener()
    wait = served.ask("tools/call", {"name": "wait_for_otp", "arguments": {"inbox": inbox, "timeout": 300}})
    served.say({"method": "notifications/cancelled", "params": {"requestId": wait, "reason": "the user went on"}})
    assert served.call("mail_status")["inboxes"] == 1
    mail_by_smtp(address, inbox, code_letter(inbox))
    found = served.call("wait_for_otp", inbox=inbox, timeout=60)
    assert (found["code"], found.get("repeated")) == ("482913", None)
    assert wait not in served._answers
