"""The keys of our domains as files, and what leaves signed with them, verified by another implementation."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from letters import letter

from mailmcp.authenticity import sign
from mailmcp.errors import ConfigError
from mailmcp.mail import compose, parse
from mailmcp.mailroom import signing
from mailmcp.mailroom.requests import SendRequest
from mailmcp.models import Address, Inbox, Submission, Verdict
from mailmcp.store import messages

pytestmark = pytest.mark.anyio
DOMAIN = "shop.example"


def composed(sender: str = f"agent@{DOMAIN}") -> bytes:
    """A mail as it leaves, but for its signatures."""
    inbox = Inbox(row=1, address=sender, label="", backend="local", created_at=datetime.now(UTC))
    submission = Submission(
        inbox=inbox, to=(Address("Ann Ünal", "ann@app.example"),), subject="Grüße, und mehr " * 12, body="Ja. \n\n" * 9
    )
    made = compose.compose(submission, sender=Address("", sender), message_id=f"<1@{DOMAIN}>")
    return compose.dated(made.mime, datetime.now(UTC))


def verified(raw: bytes, home: Path, domain: str = DOMAIN) -> list[bool]:
    """What dkimpy says of each signature."""
    keys = signing.keys_of(home, domain)
    records = {f"{one.name}.".encode(): sign.public_record(one).encode() for one in keys}
    judge = dkim.DKIM(raw)
    count = raw.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [judge.verify(at, dnsfunc=lambda name, timeout=0: records.get(name)) for at in range(count)]


def test_dkimpy_verifies_both_signatures_of_what_leaves_and_none_once_it_was_changed(tmp_path: Path) -> None:
    signing.make_keys(tmp_path, DOMAIN)
    raw = signing.signed(composed(), f"agent@{DOMAIN}", tmp_path)
    assert raw.endswith(composed()[-200:])
    assert verified(raw, tmp_path) == [True, True]
    assert {b"a=rsa-sha256", b"a=ed25519-sha256"} <= set(raw.replace(b";", b" ").split())
    assert verified(raw.replace(b"Subject:", b"Subject: x", 1), tmp_path) == [False, False]


def test_what_leaves_has_a_message_id_a_date_and_a_mime_version_and_all_are_signed(tmp_path: Path) -> None:
    signing.make_keys(tmp_path, DOMAIN)
    raw = signing.signed(composed(), f"agent@{DOMAIN}", tmp_path)
    read = parse.parse(raw)
    assert read.message_id == f"<1@{DOMAIN}>"
    assert abs((datetime.now(UTC) - read.date).total_seconds()) < 60
    names = [name.lower() for name, _ in read.headers]
    assert [names.count(one) for one in ("message-id", "date", "mime-version", "from")] == [1, 1, 1, 1]
    covered = raw.partition(b"bh=")[0].lower().replace(b"\r\n ", b"").partition(b"h=")[2].split(b";")[0].split(b":")
    assert {b"message-id", b"date", b"mime-version", b"from", b"subject", b"to"} <= set(covered)


def test_a_name_below_a_domain_with_keys_is_signed_by_that_domain(tmp_path: Path) -> None:
    signing.make_keys(tmp_path, DOMAIN)
    raw = signing.signed(composed(f"agent@mail.{DOMAIN}"), f"agent@mail.{DOMAIN}", tmp_path)
    assert verified(raw, tmp_path) == [True, True]


def test_without_keys_the_bytes_stay_as_they_are(tmp_path: Path) -> None:
    signing.make_keys(tmp_path, "other.example")
    assert signing.signed(b"From: a@shop.example\r\n\r\nHi\r\n", "a@shop.example", tmp_path) == (
        b"From: a@shop.example\r\n\r\nHi\r\n"
    )


@pytest.mark.parametrize("damage", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_mail_leaves_unsigned_when_a_key_is_damaged_and_the_log_says_so(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    signing.make_keys(tmp_path, DOMAIN)
    (signing.folder_of(tmp_path, DOMAIN) / "mailmcp-rsa.pem").write_bytes(damage)
    mail = letter("a@app.example", from_=f"x@{DOMAIN}")
    assert signing.signed(mail, f"x@{DOMAIN}", tmp_path) == mail
    assert "leaves without a signature" in caplog.text
    with pytest.raises(ConfigError, match="cannot be read"):
        signing.keys_of(tmp_path, DOMAIN)


def test_keys_are_for_their_owner_alone_also_when_they_were_not_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    old = os.umask(0)
    try:
        signing.make_keys(home, DOMAIN)
    finally:
        os.umask(old)
    folder = signing.folder_of(home, DOMAIN)
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in (home, folder.parent, folder, *folder.iterdir())}
    assert [f"{mode:o}" for mode in modes.values()] == ["700", "700", "700", "600", "600"]
    file = folder / "mailmcp-rsa.pem"
    file.chmod(0o644)
    assert signing.open_to_others(home, DOMAIN) == ("mailmcp-rsa.pem",)
    signing.make_keys(home, DOMAIN)
    assert signing.open_to_others(home, DOMAIN) == ()


def test_keys_are_made_once_however_often_and_by_however_many_it_is_asked(tmp_path: Path) -> None:
    made: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: made.append(signing.make_keys(tmp_path, DOMAIN))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(name for names in made for name in names) == ["mailmcp-ed25519", "mailmcp-rsa"]
    before = signing.keys_of(tmp_path, DOMAIN)
    assert signing.make_keys(tmp_path, DOMAIN) == ()
    assert signing.keys_of(tmp_path, DOMAIN) == before
    assert sorted(one.name for one in signing.folder_of(tmp_path, DOMAIN).iterdir()) == [
        "mailmcp-ed25519.pem",
        "mailmcp-rsa.pem",
    ]


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(
        ConfigError, match=r"The keys of shop\.example cannot be kept in .*: (File exists|Not a directory)\."
    ):
        signing.make_keys(tmp_path, DOMAIN)


async def test_mail_leaves_signed_when_its_domain_has_keys_and_our_copy_is_what_left(open_house):
    house = await open_house(MAILMCP_LOCAL__DOMAIN=DOMAIN)
    anna, bert = await house.inbox(), await house.inbox()
    await house.room.domains.add(DOMAIN)
    await house.send(anna, to=(bert,), subject="Hi")
    came = (await house.wait(bert)).message
    raw = await house.room._store.read(messages.raw, came.row)
    home = house.room.settings.home
    assert verified(raw, home) == [True, True]
    assert (came.trust.verdict, came.subject) == (Verdict.LOCAL, "Hi")


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({}, False),
        ({"Auto-Submitted": "no"}, False),
        ({"Auto-Submitted": "No (a person)"}, False),
        ({"List-Id": "<talk.lists.example>", "Precedence": "list"}, False),
        ({"Auto-Submitted": "auto-replied"}, True),
        ({"Auto-Submitted": "auto-generated; owner-email=a@b.example"}, True),
        ({"Precedence": "auto_reply"}, True),
        ({"X-Autoreply": "yes"}, True),
    ],
)
async def test_only_the_answer_to_a_programs_own_mail_says_that_it_is_automatic(open_house, headers, automatic):
    house = await open_house()
    inbox = await house.inbox()
    came = await house.receive(inbox, headers=headers, peer="127.0.0.1")
    for answers in (came.id, None):
        outcome = await house.room.draft_for_approval(
            SendRequest(inbox=inbox, body="Thanks.", to=(inbox,), in_reply_to=answers), note=""
        )
        mime = (await house.room.shown(outcome.draft.id))[1]
        said = [line for line in mime.split(b"\r\n") if line.lower().startswith(b"auto-submitted")]
        assert said == ([b"Auto-Submitted: auto-replied"] if automatic and answers else [])
