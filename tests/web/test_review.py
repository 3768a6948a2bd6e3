"""Links by mail: a reviewer elsewhere sees a held draft and decides with the mail's code; scanners decide nothing."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP
from rig import Answer, Rig
from tests.backends.relay_sink import through

from mailmcp.errors import BadAddress, ConfigError, Refused
from mailmcp.mailroom.requests import Edit
from mailmcp.models import Draft
from mailmcp.store import inboxes

LIMIT = 15
ANN = "ann@elsewhere.example"
PASSPHRASE = "correct horse battery"


@dataclass
class Outside:
    """A relay that keeps what it is given."""

    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)
    answer: str = "250 OK"
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
            self.mails.append(cast(EmailMessage, BytesParser(policy=default).parsebytes(envelope.content)))
        self.came.set()
        return self.answer

    def next(self) -> EmailMessage:
        """The mail that came, or comes soon."""
        assert self.came.wait(LIMIT)
        self.came.clear()
        return self.mails[-1]


@pytest.fixture
def outside() -> Iterator[Outside]:
    kept = Outside()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(kept, hostname="outside.example", loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(LIMIT)
    kept.port = server.sockets[0].getsockname()[1]
    yield kept
    server.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(LIMIT)
    loop.close()


@pytest.fixture
def reviewed(outside: Outside, open_rig: Callable[..., Rig]) -> Callable[..., Rig]:
    """Opens a home that mails links to Ann."""

    def opened(**environment: str) -> Rig:
        return open_rig(
            **through(outside.port),
            **{"MAILMCP_APPROVAL__REVIEWER": ANN} | environment,
        )

    return opened


@dataclass
class Reviewer:
    """Whoever has the mail."""

    rig: Rig
    token: str
    code: str
    draft: Draft

    @classmethod
    def of(cls, rig: Rig, mail: EmailMessage, draft: Draft) -> Reviewer:
        text = mail.get_content()
        token = re.search(r"/review#([\w-]{43})\s", text)
        code = re.search(r"Code: (\d{6})", text)
        assert token is not None, text
        assert code is not None, text
        return cls(rig, token[1], code[1], draft)

    def look(self, **headers: str) -> Answer:
        return self.rig.ask("GET", "/api/review", authorization=f"Bearer {self.token}", **headers)

    def decide(self, what: str, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        shown = {"code": self.code, "sha256": self.draft.sha256, "revision": self.draft.revision}
        body = json.dumps(shown | ({"word": "No."} if what == "reject" else {}) | fields).encode()
        given = {"origin": self.rig.origin, "content_type": "application/json", "authorization": f"Bearer {self.token}"}
        return self.rig.ask("POST", f"/api/review/{what}", body, **(given | (headers or {})))


@pytest.fixture
def reviewer(outside: Outside, reviewed: Callable[..., Rig]) -> Reviewer:
    """A held draft, and the mail about it."""
    rig = reviewed()
    draft = rig.hold(subject="A secret subject", body="Secret words.")
    return Reviewer.of(rig, outside.next(), draft)


def state(reviewer: Reviewer) -> str:
    return str(reviewer.rig.draft(reviewer.draft).state)


# --- the mail --------------------------------------------------------------------------------------------------------


def test_the_mail_goes_to_the_reviewer_alone_and_says_nothing_of_the_message(reviewer, outside):
    mail = outside.mails[-1]
    assert outside.envelopes == [("mailmcp-approval@agents.internal", [ANN])]
    assert (mail["To"], mail["Reply-To"], mail["Auto-Submitted"]) == (ANN, ANN, "auto-generated")
    written = mail.as_string()
    for word in ("secret", "bert", reviewer.draft.id, reviewer.draft.sha256):
        assert word not in written.lower()
    assert "anna@agents.internal" in written


def test_nothing_that_an_assistant_can_read_nor_the_database_holds_the_token_or_the_code(reviewer):
    rig = reviewer.rig
    inboxes = rig.do(rig.room.list_inboxes())
    assert {one.inbox.address.partition("@")[0] for one in inboxes} == {"anna", "bert"}
    dump = rig.do(rig.room._store.read(lambda db: "\n".join(db.iterdump())))
    assert reviewer.token not in dump
    assert "review.mailed" in dump
    drafts = rig.do(rig.room.open_drafts())
    assert [draft.id for draft in drafts] == [reviewer.draft.id]
    kept = [file.read_bytes() for file in rig.home.rglob("*") if file.is_file()]
    assert not any(reviewer.token.encode() in one or f"Code: {reviewer.code}".encode() in one for one in kept)


def test_without_a_reviewer_nothing_is_mailed_and_the_address_does_not_exist(reviewed, outside):
    rig = reviewed(MAILMCP_APPROVAL__REVIEWER="")
    rig.hold()
    assert rig.ask("GET", "/review").status == 404
    assert rig.ask("GET", "/api/review", authorization="Bearer x").status == 404
    assert outside.mails == []


def test_the_link_shows_the_html_and_saves_the_files_of_its_own_draft_alone(reviewed, outside):
    rig = reviewed()
    held = rig.hold(html="<p>The <b>words</b>.</p><script>1</script>", files=({"name": "list.csv", "text": "a;b"},))
    mine = Reviewer.of(rig, outside.next(), held)
    shown = mine.look().json()
    (part,) = [one["part"] for one in shown["files"]]
    page = rig.ask("GET", f"/api/review/html?permit={shown['permit']}", sec_fetch_site="same-origin")
    assert page.status == 200
    assert b"<b>words</b>" in page.body
    assert b"<script" not in page.body
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    bearer = {"authorization": f"Bearer {mine.token}"}
    assert rig.ask("GET", f"/api/review/files/{part}", **bearer).body == b"a;b"
    assert rig.ask("GET", "/api/review/files/99", **bearer).status == 404
    for path in ("/api/review/html", "/api/review/html?permit=", f"/api/review/html?permit={mine.token}"):
        assert rig.ask("GET", path).status == 401
    assert rig.ask("GET", f"/api/review/files/{part}").status == 404
    rig.do(rig.room.edit(held.id, Edit(body="Other words."), sha256=held.sha256, editor="human"))
    assert rig.ask("GET", f"/api/review/html?permit={shown['permit']}").status == 404
    assert rig.ask("GET", f"/api/review/files/{part}", **bearer).status == 404


def test_an_edit_makes_the_link_void_and_mails_another(reviewer, outside):
    rig, draft = reviewer.rig, reviewer.draft
    edited = rig.do(rig.room.edit(draft.id, Edit(body="Other words."), sha256=draft.sha256, editor="human"))
    other = Reviewer.of(rig, outside.next(), edited)
    assert reviewer.look().status == reviewer.decide("approve").status == 404
    assert other.decide("approve").json()["state"] in ("queued", "sent")


def test_a_version_is_mailed_once_also_when_another_process_takes_the_lead(reviewer, outside, open_rig):
    rig = reviewer.rig
    for _ in range(3):
        assert rig.do(rig.room.pages.reviewing.mail_all())
    assert len(outside.mails) == 1


def test_what_could_not_leave_is_mailed_later(reviewed, outside):
    outside.answer = "451 later"
    rig = reviewed()
    draft = rig.hold()
    assert outside.came.wait(LIMIT)
    outside.answer = "250 OK"
    outside.came.clear()

    async def until_mailed() -> None:
        async with asyncio.timeout(LIMIT):
            while not outside.mails:  # the duty waits a minute before it tries again by itself
                await rig.room.pages.reviewing.mail_all()
                await asyncio.sleep(0.02)

    rig.do(until_mailed())
    assert Reviewer.of(rig, outside.next(), draft).look().status == 200


def test_what_the_relay_refuses_for_good_is_not_tried_again_and_again(reviewed, outside):
    outside.answer = "550 5.7.1 no"
    rig = reviewed()
    rig.hold()
    assert outside.came.wait(LIMIT)
    outside.came.clear()
    for _ in range(3):
        assert rig.do(rig.room.pages.reviewing.mail_all())
    assert not outside.came.is_set()


def test_only_so_many_are_mailed_in_an_hour(reviewed, outside, monkeypatch):
    from mailmcp.mailroom import reviewing

    monkeypatch.setattr(reviewing, "MOST_PER_HOUR", 2)
    rig = reviewed()
    for number in range(4):
        rig.hold(body=f"number {number}")
    rig.do(rig.room.pages.reviewing.mail_all())

    async def until_two() -> None:
        async with asyncio.timeout(LIMIT):
            while len(outside.mails) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    rig.do(until_two())
    assert not rig.do(rig.room.pages.reviewing.mail_all())
    assert len(outside.mails) == 2


# --- whom it must never reach ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reviewer", "environment"),
    [
        ("boss@Agents.internal", {}),
        ("boss@All.example", {"MAILMCP_IMAP__CATCH_ALL": "all.example"}),
        ("Anna+boss@elsewhere.example", {"MAILMCP_IMAP__ADDRESS": "anna@elsewhere.example"}),
    ],
)
def test_a_reviewer_where_an_assistant_can_make_inboxes_is_refused(reviewed, reviewer, environment):
    with pytest.raises(ConfigError, match="MAILMCP_APPROVAL__REVIEWER"):
        reviewed(MAILMCP_APPROVAL__REVIEWER=reviewer, **environment)


@pytest.mark.parametrize(
    "environment",
    [
        {"MAILMCP_APPROVAL__REVIEW_SENDER": "anna@agents.internal"},
        {"MAILMCP_APPROVAL__REVIEW_SENDER": "Anna+x@agents.internal"},
        {"MAILMCP_SMTP__USERNAME": "anna@agents.internal", "MAILMCP_SMTP__PASSWORD": "x"},
    ],
)
def test_nothing_is_mailed_through_or_from_an_inbox_that_an_assistant_can_read(reviewed, outside, environment):
    rig = reviewed(**environment)
    rig.hold()
    assert not rig.do(rig.room.pages.reviewing.mail_all())
    assert any("could read it and approve its own mail" in one for one in rig.do(rig.room.status()).unwise)
    assert not outside.came.is_set()


def test_a_link_is_good_for_nothing_once_its_reviewer_became_an_inbox(reviewer):
    store, now = reviewer.rig.room.pages.reviewing._store, datetime.now(UTC)
    mailbox = {"address": ANN, "label": "", "backend": "imap", "key": None, "now": now}
    reviewer.rig.do(store.write(inboxes.create, **mailbox))
    assert reviewer.look().status == 404
    assert reviewer.decide("approve").status == 404
    assert state(reviewer) == "held"


def test_no_inbox_can_have_the_name_that_these_mails_come_from(reviewed):
    with pytest.raises(BadAddress, match="another name"):
        reviewed().inbox("MAILMCP-approval")


# --- deciding --------------------------------------------------------------------------------------------------------


def test_get_shows_the_draft_and_decides_nothing_however_often(reviewer):
    for _ in range(3):
        shown = reviewer.look().json()
        assert (shown["plain"], shown["sha256"]) == ("Secret words.\n", reviewer.draft.sha256)
        assert reviewer.code not in json.dumps(shown["text"])
    assert reviewer.rig.ask("GET", "/review").status == 200
    assert state(reviewer) == "held"


def test_the_code_decides_once(reviewer):
    assert reviewer.decide("approve").json()["state"] in ("queued", "sent")
    for what in ("approve", "reject"):
        assert reviewer.decide(what).status == 404
    assert reviewer.look().status == 404
    rows = reviewer.rig.do(
        reviewer.rig.room._store.read(lambda db: [str(tuple(one)) for one in db.execute("SELECT * FROM audit")])
    )
    assert sum("draft.approved" in one and "by a link in a mail" in one for one in rows) == 1


def test_a_rejection_reaches_the_assistant_with_its_word(reviewer):
    assert reviewer.decide("reject", word="Ask me on Monday.").json()["state"] == "rejected"
    assert reviewer.rig.draft(reviewer.draft).error == "Ask me on Monday."


def test_a_scanner_that_runs_scripts_and_posts_forms_decides_nothing(reviewer):
    tries: list[dict[str, Any]] = [{"code": ""}, {"code": "000000"}, {"code": None}, {"code": 5}, {"sha256": "x"}]
    for fields in tries:
        assert reviewer.decide("approve", **fields).status in (400, 409)
    assert state(reviewer) == "held"


def test_after_five_wrong_codes_the_link_is_good_for_nothing(reviewer):
    wrong = "000000" if reviewer.code != "000000" else "000001"
    for _ in range(5):
        assert reviewer.decide("approve", code=wrong).status == 409
    assert reviewer.decide("approve").status == 404
    assert state(reviewer) == "held"


def test_of_many_codes_at_once_five_are_compared(reviewer):
    wrong = "000000" if reviewer.code != "000000" else "000001"

    async def guess() -> list[Any]:
        spend = reviewer.rig.room.pages.reviewing.spend
        return await asyncio.gather(*(spend(reviewer.token, wrong) for _ in range(40)), return_exceptions=True)

    assert sum(isinstance(one, Refused) for one in reviewer.rig.do(guess())) == 5
    assert reviewer.decide("approve").status == 404


def test_another_version_than_the_one_that_was_shown_is_not_approved_and_the_link_stays(reviewer):
    assert reviewer.decide("approve", sha256="0" * 64).status == 409
    assert reviewer.decide("approve", revision=2).status == 409
    assert reviewer.decide("approve").status == 200


def test_a_link_that_has_run_out_shows_and_decides_nothing(reviewer):
    rig = reviewer.rig
    rig.do(rig.room._store.write(lambda db: db.execute("UPDATE review_links SET expires_at = 1") and None))
    assert reviewer.look().status == reviewer.decide("approve").status == 404
    assert state(reviewer) == "held"


def test_who_decided_elsewhere_was_first(reviewer):
    rig, draft = reviewer.rig, reviewer.draft
    rig.do(rig.room.reject(draft.id, word="", approver="human"))
    assert reviewer.look().status == reviewer.decide("approve").status == 404
    assert state(reviewer) == "rejected"


def test_with_a_passphrase_the_link_needs_it_too_and_survives_a_wrong_one(reviewer, monkeypatch):
    from mailmcp.mailroom import sealing

    monkeypatch.setattr(sealing, "COST", 2**14)
    reviewer.rig.do(reviewer.rig.room.approver.set(PASSPHRASE))
    assert reviewer.look().json()["passphrase"] is True
    assert reviewer.decide("approve").status == 409
    assert reviewer.decide("approve", passphrase="wrong").status == 409
    assert state(reviewer) == "held"
    assert reviewer.decide("approve", passphrase=PASSPHRASE).status == 200


def test_of_many_decisions_at_once_one_counts(reviewer):
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(reviewer.decide("approve").status)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(LIMIT)
    assert sorted(answers) == [200] + [404] * 7


def test_guessing_tokens_is_stopped(reviewer):
    for _ in range(20):
        assert Reviewer(reviewer.rig, "A" * 43, "1", reviewer.draft).look().status == 404
    assert reviewer.look().status == 429


def test_the_link_opens_nothing_but_its_draft(reviewer):
    bearer = {"authorization": f"Bearer {reviewer.token}"}
    for path in ("/api/drafts", f"/api/drafts/{reviewer.draft.id}", f"/api/drafts/{reviewer.draft.id}/source"):
        assert reviewer.rig.ask("GET", path, **bearer).status == 401


# --- under another name ----------------------------------------------------------------------------------------------


@pytest.fixture
def proxied(outside, reviewed) -> Reviewer:
    rig = reviewed(MAILMCP_APPROVAL__REVIEW_URL="https://approve.example.com")
    draft = rig.hold()
    mail = outside.next()
    assert "https://approve.example.com/review#" in mail.get_content()
    return Reviewer.of(rig, mail, draft)


def test_behind_a_proxy_the_link_works_under_its_name_and_nothing_else_does(proxied):
    host = {"host": "approve.example.com"}
    for path in ("/review", "/review.js", "/page.js", "/page.css", "/icon.svg"):
        assert proxied.rig.ask("GET", path, **host).status == 200, path
    for path in ("/", "/api/drafts", "/api/session", "/api/reviews", "/review/"):
        assert proxied.rig.ask("GET", path, **host).status == 421, path
    assert proxied.look(**host).status == 200
    for origin in (proxied.rig.origin, "https://evil.example", "http://approve.example.com", ""):
        assert proxied.decide("approve", {**host, "origin": origin}).status == 403
    assert proxied.decide("approve", {"origin": "https://approve.example.com"}).status == 403
    assert state(proxied) == "held"
    assert proxied.decide("approve", {**host, "origin": "https://approve.example.com"}).status == 200


def test_without_that_setting_another_name_is_refused_for_the_link_as_well(reviewer):
    assert reviewer.look(host="approve.example.com").status == 421


def test_the_page_behind_the_link_has_the_same_headers_as_the_other(reviewer):
    answer = reviewer.rig.ask("GET", "/review")
    for name in ("content-security-policy", "x-frame-options", "cache-control", "referrer-policy"):
        assert answer.headers[name] == reviewer.rig.ask("GET", "/").headers[name]
    assert b"<script>" not in answer.body
