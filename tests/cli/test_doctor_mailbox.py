"""``mailmcp doctor`` about a mailbox elsewhere: asked of a real server, and nothing in it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import PASSWORD, USER, Dovecot
from tests.cli.test_doctor import asked


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecot_server.running() as server:
        yield server


RELAY = {"MAILMCP_SMTP__HOST": "smtp.home.example", "MAILMCP_SMTP__USERNAME": "me", "MAILMCP_SMTP__PASSWORD": "x"}


def test_what_is_read_written_and_sent_is_said(tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.deliver()
    more = {"MAILMCP_IMAP__ACCESS": "write", "MAILMCP_IMAP__SAVE_DRAFTS": "true"}
    code, found = asked(tmp_path / "home", **dovecot.environment(**more, **RELAY))
    assert code == 0
    assert "listener" not in found
    assert found["sending"] == [("fine", "Mail leaves by smtp.home.example port 587.")]
    (standing, sentence), *others = found["mailbox"]
    assert standing == "fine"
    assert f"{USER}: the login works at the IMAP server 127.0.0.1 port {dovecot.imaps}" in sentence
    assert "read and written; INBOX with 1 mail(s); new mail is told by IDLE." in sentence
    assert others == [
        ("fine", f"Copies of what is sent from {USER} are filed in Gesendet."),
        ("fine", "Held drafts are shown in Entwürfe."),
    ]
    with dovecot.session() as client:
        assert {flag for one in client.get_flags(client.search()).values() for flag in one} <= {b"\\Recent"}


def test_a_wrong_password_stops_it_and_is_not_repeated(tmp_path: Path, dovecot: Dovecot) -> None:
    code, found = asked(tmp_path / "home", **dovecot.environment(MAILMCP_IMAP__PASSWORD="wrong canary", **RELAY))
    assert code == 1
    ((standing, sentence),) = found["mailbox"]
    assert standing == "wrong"
    assert "MAILMCP_IMAP__PASSWORD" in sentence
    assert "canary" not in str(found)
    assert PASSWORD not in str(found)


def test_a_folder_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path, dovecot: Dovecot) -> None:
    given = dovecot.environment(MAILMCP_IMAP__FOLDERS="INBOX, Werk", **RELAY)
    code, found = asked(tmp_path / "home", **given)
    assert code == 0
    (weak,) = [sentence for standing, sentence in found["mailbox"] if standing == "weak"]
    assert "has no folder 'Werk'" in weak
    assert "Archiv" in weak
    assert "only read" in found["sending"][0][1]


def test_a_server_that_is_away_is_said_and_does_not_stop_it(tmp_path: Path, dovecot: Dovecot) -> None:
    given = dovecot.environment(MAILMCP_IMAP__PORT="1", **RELAY)
    code, found = asked(tmp_path / "home", **given)
    assert code == 0
    assert found["mailbox"] == [("wrong", "The IMAP server 127.0.0.1 port 1 cannot be reached.")]


def test_an_account_without_a_user_name_is_said(tmp_path: Path) -> None:
    code, found = asked(tmp_path / "home", MAILMCP_BACKEND="imap")
    assert code == 1
    assert "MAILMCP_IMAP__USERNAME" in found["mailbox"][0][1]


@pytest.mark.slow
def test_a_domain_that_names_no_server_for_sending_is_said_as_what_it_means(tmp_path: Path, dovecot: Dovecot) -> None:
    _, found = asked(tmp_path / "home", **dovecot.environment())
    ((standing, sentence),) = found["sending"]
    assert standing == "weak"
    assert sentence.startswith("Nothing can be sent: ")
