"""Nothing leaves without a seal that fits it: a row that was changed in the database, an edit, a passphrase."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.backends.relay_sink import Relay, relay

from mailmcp.errors import BadInput, Refused
from mailmcp.mail import parse
from mailmcp.mailroom import sealing
from mailmcp.mailroom.requests import Edit, FileRequest, SendRequest
from mailmcp.models import Address, Leave
from mailmcp.policy import approval
from mailmcp.store import seals

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@world.example", "bob@world.example"
PASSPHRASE = "four plain old words"


@pytest.fixture(autouse=True)
def _quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "COST", 2**14)


def environment(sink: Relay, **more: str) -> dict[str, str]:
    return {
        "MAILMCP_SEND_BACKEND": "smtp",
        "MAILMCP_SMTP__HOST": "127.0.0.1",
        "MAILMCP_SMTP__PORT": str(sink.port),
        "MAILMCP_SMTP__SECURITY": "none",
        "MAILMCP_SEND__UNDO": "0",
        **more,
    }


async def hold(house: Any, **fields: Any) -> Any:
    request = SendRequest(
        **{
            "inbox": await house.inbox(),
            "to": (ANN,),
            "bcc": (BOB,),
            "subject": "May I?",
            "body": "The words.",
            "html": "<p>The <b>words</b>.</p>",
            **fields,
        }
    )
    return (await house.room.draft_for_approval(request, note="")).draft


async def change(house: Any, statement: str, *values: Any) -> None:
    await house.room._store.write(lambda db: db.execute(statement, values) and None)


async def log(house: Any) -> list[tuple[str, dict[str, Any]]]:
    def rows(db: Any) -> list[tuple[str, dict[str, Any]]]:
        return [(row["event"], json.loads(row["detail"])) for row in db.execute("SELECT * FROM audit ORDER BY id")]

    return await house.room._store.read(rows)


async def held_again(house: Any, draft: Any) -> Any:
    await house.room._dispatch.flush()
    await house.room._dispatch.aclose()
    return await house.room.draft(draft.id)


# --- forged rows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["queued", "claimed"])
async def test_a_held_row_that_is_moved_in_the_database_is_held_again_and_logged(open_house: Any, state: str) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        draft = await hold(house)
        await change(house, "UPDATE drafts SET state = ?, not_before = NULL, expires_at = NULL", state)
        async with asyncio.timeout(60):
            while (now := await house.room.draft(draft.id)).state != "held":
                await held_again(house, draft)
        assert [reason.code for reason in now.reasons][-1] == "no_approval"
        assert now.expires_at is not None
        assert ("draft.held_again", "no_approval") in [(event, one.get("why")) for event, one in await log(house)]
        assert sink.arrived == []
        agreed = await house.room._store.read(lambda db: db.execute("SELECT count(*) FROM agreed").fetchone()[0])
        assert agreed == 0
        assert (await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")).state == "sent"
        assert len(sink.arrived) == 1


async def test_the_approval_of_one_draft_lets_no_other_go(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        good, bad = await hold(house), await hold(house, subject="Another")
        await change(house, "UPDATE drafts SET send_at = 32503680000000 WHERE id = ?", good.row)  # it waits
        good = await house.room.draft(good.id)
        assert (await house.room.approve(good.id, sha256=good.sha256, approver="ann")).state == "queued"
        await change(
            house,
            "INSERT INTO seals SELECT ?, revision, sha256, decision, approver, expires_at, nonce, mac, signature"
            " FROM seals",
            bad.row,
        )
        await change(house, "UPDATE drafts SET state = 'queued' WHERE id = ?", bad.row)
        assert (await held_again(house, bad)).state == "held"
        assert sink.arrived == []


async def test_a_draft_that_left_does_not_leave_again_by_its_old_approval(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        draft = await hold(house)
        assert (await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")).state == "sent"
        await change(house, "DELETE FROM deliveries")
        await change(house, "UPDATE drafts SET state = 'queued', claim = NULL")
        assert (await held_again(house, draft)).state == "held"
        assert len(sink.arrived) == 1


async def test_what_policy_allowed_leaves_by_a_seal_of_its_own(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__POLICY="open", MAILMCP_SEND__UNDO="3600"))
        draft = (await house.send(await house.inbox(), to=(ANN,))).draft
        assert draft.state == "queued"
        await change(house, "UPDATE drafts SET not_before = 0, send_at = NULL, not_before = NULL")
        assert (await held_again(house, draft)).state == "sent"
        other = (await house.send(await house.inbox(), to=(BOB,))).draft
        await change(house, "UPDATE seals SET approver = 'eve'")
        await change(house, "UPDATE drafts SET not_before = NULL WHERE id = ?", other.row)
        assert (await held_again(house, other)).state == "held"
        assert len(sink.arrived) == 1


async def test_without_the_homes_key_what_was_approved_before_waits_for_a_human(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        draft = await hold(house, send_at="2999-01-01T00:00:00Z")
        await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        (house.settings.home / "approval.key").unlink()
        await change(house, "UPDATE drafts SET not_before = NULL, send_at = NULL")
        assert (await held_again(house, draft)).state == "held"
        (house.settings.home / "approval.key").write_bytes(b"short")
        with pytest.raises(Exception, match="is damaged: remove it"):
            await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        assert sink.arrived == []


async def test_the_key_is_for_its_owner_alone_and_never_in_the_database(house: Any) -> None:
    await hold(house, to=(await house.inbox("bert"),), bcc=())
    draft = await hold(house, to=(await house.inbox("cleo"),), bcc=())
    await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
    file = house.settings.home / "approval.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_bytes()
    database = (house.settings.home / "mailmcp.db").read_bytes()
    assert len(key) == 32
    assert key not in database
    assert key.hex().encode() not in database


# --- edits ----------------------------------------------------------------------------------------------------------


async def test_an_edit_is_a_new_revision_with_a_hash_and_a_code_of_its_own(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        files = (FileRequest(name="list.csv", text="a;b\n"),)
        draft = await hold(house, attachments=files)
        code = await house.room.code(draft)
        edit = Edit(subject="You may?", to=("Cleo <cleo@world.example>",), bcc=())
        edited = await house.room.edit(draft.id, edit, sha256=draft.sha256, editor="ann")
        assert (edited.state, edited.revision, edited.recipients) == ("held", 2, ("cleo@world.example",))
        assert edited.sha256 != draft.sha256
        assert await house.room.code(edited) != code
        with pytest.raises(Refused, match="not what was shown"):
            await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        before = parse.parse((await house.room.shown(draft.id))[1])
        assert (before.message_id is not None, before.subject) == (True, "You may?")
        assert (await house.room.approve(draft.id, sha256=edited.sha256, approver="ann")).state == "sent"
        (left,) = sink.arrived
        mail = parse.parse(left.content)
        assert (left.rcpt_tos, mail.subject) == (["cleo@world.example"], "You may?")
        assert ((mail.text or "").strip(), (mail.html or "").strip()) == ("The words.", "<p>The <b>words</b>.</p>")
        assert [one.filename for one in mail.attachments] == ["list.csv"]
        assert mail.message_id == before.message_id
        events = [(event, one.get("revision")) for event, one in await log(house) if event.startswith("draft.")]
        assert events[:3] == [("draft.held", None), ("draft.edited", 2), ("draft.approved", 2)]


async def test_an_edit_keeps_the_name_of_the_inbox_and_the_pictures_in_their_place(house: Any) -> None:
    inbox, _, _ = await house.room.create_inbox(name="desk", display_name="The Desk")
    logo = FileRequest(name="logo.png", base64="iVBORw0KGgo=", cid="logo1")
    html = '<p>The words.</p><img src="cid:logo1">'
    to = (await house.inbox("bert"),)
    draft = await hold(house, inbox=inbox.address, to=to, bcc=(), html=html, attachments=(logo,))
    edited = await house.room.edit(draft.id, Edit(subject="You may?"), sha256=draft.sha256, editor="ann")
    mail = parse.parse((await house.room.shown(draft.id))[1])
    assert mail.from_ == (Address("The Desk", inbox.address),)
    assert ((mail.html or "").strip(), [one.content_id for one in mail.attachments]) == (html, ["logo1"])
    await house.room.edit(draft.id, Edit(body="Other words."), sha256=edited.sha256, editor="ann")
    mail = parse.parse((await house.room.shown(draft.id))[1])
    assert (mail.html, [(one.filename, one.content_id) for one in mail.attachments]) == (None, [("logo.png", None)])


async def test_an_edited_text_takes_the_html_of_before_away(house: Any) -> None:
    draft = await hold(house, to=(await house.inbox("bert"),), bcc=())
    same = await house.room.edit(draft.id, Edit(body="The words.\r\n"), sha256=draft.sha256, editor="ann")
    assert parse.parse((await house.room.shown(draft.id))[1]).html is not None
    edited = await house.room.edit(draft.id, Edit(body="Other words."), sha256=same.sha256, editor="ann")
    mail = parse.parse((await house.room.shown(draft.id))[1])
    assert ((mail.text or "").strip(), mail.html, edited.revision) == ("Other words.", None, 3)


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (Edit(subject="Hello\r\nBcc: eve@evil.example"), BadInput),
        (Edit(subject="Hello\x00"), BadInput),
        (Edit(to=("ann@world.example\r\nBcc: eve@evil.example",)), BadInput),
        (Edit(to=("ann@world.example>, <eve@evil.example",)), BadInput),
        (Edit(cc=("Eve\n <eve@evil.example>",)), BadInput),
        (Edit(to=(), bcc=()), BadInput),
        (Edit(body="x" * 2_000_000), BadInput),
        (Edit(to=("eve@denied.example",)), Refused),
        (Edit(bcc=("eve@sub.denied.example",)), Refused),
    ],
    ids=lambda one: "",
)
async def test_an_edit_that_cannot_be_changes_nothing(open_house: Any, edit: Edit, error: type[Exception]) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__DENY="denied.example"))
        draft = await hold(house)
        with pytest.raises(error):
            await house.room.edit(draft.id, edit, sha256=draft.sha256, editor="ann")
        now = await house.room.draft(draft.id)
        assert (now.revision, now.sha256, now.state) == (1, draft.sha256, "held")


async def test_of_two_edits_of_one_revision_the_second_is_told_to_look_again(house: Any) -> None:
    draft = await hold(house, to=(await house.inbox("bert"),), bcc=())
    await house.room.edit(draft.id, Edit(subject="One"), sha256=draft.sha256, editor="ann")
    with pytest.raises(Refused, match="not what was shown"):
        await house.room.edit(draft.id, Edit(subject="Two"), sha256=draft.sha256, editor="bob")
    rejected = await house.room.draft(draft.id)
    await house.room.reject(draft.id, word="", approver="ann")
    with pytest.raises(Refused, match="it is rejected"):
        await house.room.edit(draft.id, Edit(subject="Two"), sha256=rejected.sha256, editor="bob")


async def test_an_edit_keeps_the_reasons_that_are_not_about_its_words(house: Any) -> None:
    inbox = await house.inbox("anna")
    request = SendRequest(inbox=inbox, to=(inbox,), subject="May I?", body="x")
    await house.room.send(request)
    again = (await house.room.send(request, allow_duplicate=True)).draft
    edited = await house.room.edit(again.id, Edit(body="y"), sha256=again.sha256, editor="ann")
    assert "duplicate" in [reason.code for reason in edited.reasons]


async def test_a_repeat_of_the_first_version_finds_the_edited_draft(house: Any) -> None:
    inbox = await house.inbox("anna")
    request = SendRequest(inbox=inbox, to=(inbox,), subject="May I?", body="x")
    draft = (await house.room.draft_for_approval(request, note="")).draft
    await house.room.edit(draft.id, Edit(body="y"), sha256=draft.sha256, editor="ann")
    again = await house.room.draft_for_approval(request, note="")
    assert (again.repeated, again.draft.id, again.draft.revision) == (True, draft.id, 2)


# --- passphrase -----------------------------------------------------------------------------------------------------


async def test_with_a_passphrase_an_approval_needs_it(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        draft = await hold(house)
        await house.room.approver.set(PASSPHRASE)
        assert await house.room.approver.is_set()
        for wrong in (None, "", "four plain old word", PASSPHRASE.upper()):
            with pytest.raises(Refused, match="passphrase"):
                await house.room.approve(draft.id, sha256=draft.sha256, approver="ann", passphrase=wrong)
        assert (await house.room.draft(draft.id)).state == "held"
        sent = await house.room.approve(draft.id, sha256=draft.sha256, approver="ann", passphrase=PASSPHRASE)
        assert (sent.state, len(sink.arrived)) == ("sent", 1)


async def test_whoever_has_every_file_but_not_the_passphrase_lets_nothing_go(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        draft = await hold(house)
        await house.room.approver.set(PASSPHRASE)
        forger = sealing.Sealing(house.settings.home)
        key = forger.key()
        given = forger._approval(draft, Leave.APPROVED, "ann", datetime.now(UTC))
        seal = approval.seal(given, key, b"guessed seed of 32 octets.......")
        await house.room._store.write(seals.put, draft, seal)
        await change(house, "UPDATE drafts SET state = 'queued', not_before = NULL")
        now = await held_again(house, draft)
        assert (now.state, sink.arrived) == ("held", [])
        assert "without the approver's passphrase" in now.reasons[-1].sentence


async def test_a_passphrase_is_changed_and_cleared_only_by_whoever_knows_it(house: Any) -> None:
    await house.room.approver.set(PASSPHRASE)
    for attempt in (
        house.room.approver.set("another long one"),
        house.room.approver.set("another long one", old="wrong"),
        house.room.approver.clear("wrong"),
    ):
        with pytest.raises(Refused):
            await attempt
    with pytest.raises(BadInput, match="too short"):
        await house.room.approver.set("short", old=PASSPHRASE)
    await house.room.approver.set("another long one", old=PASSPHRASE)
    await house.room.approver.clear("another long one")
    assert not await house.room.approver.is_set()
    file = house.settings.home / "approver.json"
    assert not file.exists()
    assert [event for event, _ in await log(house)][-3:] == ["approver.set", "approver.set", "approver.cleared"]


async def test_what_is_kept_of_a_passphrase_does_not_say_it(house: Any) -> None:
    await house.room.approver.set(PASSPHRASE)
    file = house.settings.home / "approver.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSPHRASE not in file.read_text("utf-8")
    assert set(json.loads(file.read_text("utf-8"))) == {"salt", "cost", "public"}


# --- looser rules ---------------------------------------------------------------------------------------------------


async def test_a_policy_that_is_loosened_applies_to_new_drafts_only_and_is_logged(open_house: Any) -> None:
    async with relay() as sink:
        strict = await open_house(**environment(sink, MAILMCP_SEND__POLICY="approve"))
        inbox = await strict.inbox("anna")
        draft = (await strict.send(inbox, to=(ANN,), subject="First")).draft
        assert draft.state == "held"
        await strict.room.aclose()
        loose = await open_house(**environment(sink, MAILMCP_SEND__POLICY="open"))
        assert (await held_again(loose, draft)).state == "held"
        assert (await loose.send(inbox, to=(ANN,), subject="Second")).draft.state == "sent"
        assert [left.rcpt_tos for left in sink.arrived] == [[ANN]]
        (change_,) = [one for event, one in await log(loose) if event == "settings.changed"]
        assert '"approve"' in change_["before"]
        assert '"open"' in change_["after"]
        again = await open_house(**environment(sink, MAILMCP_SEND__POLICY="open"))
        assert [event for event, _ in await log(again)].count("settings.changed") == 1
