"""Pigeon, a mail service that does not exist: the worked example of ``docs/backends.md``.

Quirks (none is of any date, since there is no such service):
- Its cursor is the number of the last mail that it gave; one older than a purge is answered with 410.
- A list has mails in any order, and what was sent is not in it.
- It knows a repeat by its Idempotency-Key, and lists what was sent under one.
- It gives a mail its own Message-ID, and takes any header that an answer needs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr

from mailmcp.backends.calls import (
    STEADY,
    Declined,
    Pace,
    Repeat,
    address_of,
    id_of,
    legible,
    moment_of,
    record,
    understood,
)
from mailmcp.backends.contract import MAX_MESSAGE_BYTES, AboutToCommit, Reception
from mailmcp.backends.fields import Fields, File, checked, fields_of, mailbox, once, written
from mailmcp.backends.http import Service
from mailmcp.backends.services import CursorGone, Missing, unanswered
from mailmcp.config.sections import Section
from mailmcp.errors import AddressTaken, BackendError, BadAddress, NoAnswer
from mailmcp.models import Finding, Found, Incoming, OutboundMail, Page, Receipt, RemoteInbox, Standing

if TYPE_CHECKING:
    import httpx2


class PigeonSettings(Section):
    """Pigeon (MAILMCP_BACKEND=pigeon)."""

    api_key: SecretStr | None = Field(default=None, description="Key of Pigeon.")
    domain: str = Field(default="pigeon.example", description="Domain of new inboxes.")
    url: str = Field(default="https://api.pigeon.example", description="Where Pigeon answers.")
    calls: int = Field(default=60, ge=6, le=6000, description="Calls a minute of all processes together.")


class PigeonBackend:
    """Inboxes at Pigeon."""

    name = "pigeon"
    supports = frozenset({"cc", "bcc", "html", "attachments", "in_reply_to", "reply_to"})

    def __init__(
        self,
        settings: Any,
        reception: Reception,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        own: PigeonSettings = settings.pigeon
        self.domain = own.domain
        self.per_minute = own.calls
        self._service = Service.of(self.name, own, reception, transport=transport, pace=pace)

    async def aclose(self) -> None:
        """Free connections."""
        await self._service.aclose()

    async def examine(self) -> list[Finding]:
        """Whether the key is known there."""
        try:
            await self._service.ask(("v1", "boxes"), {"limit": "1"})
        except BackendError as error:
            return [unanswered(self.name, error)]
        return [Finding(subject=self.name, standing=Standing.FINE, sentence="Pigeon takes the key.")]

    # --- inboxes -----------------------------------------------------------------------------------------------

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Make an inbox; the same key gives the same one."""
        body = {"display_name": display_name, **({"name": name} if name else {})}
        try:
            answer = await self._service.call(
                "POST", ("v1", "boxes"), repeat=Repeat.BY_KEY, body=body, headers={"Idempotency-Key": once(key, body)}
            )
        except Declined as error:
            if error.code == "name_taken":
                raise AddressTaken(f"{name}@{self.domain} is taken: choose another name.") from error
            if error.code == "bad_name":
                raise BadAddress(f"Pigeon has no inbox of the name {name!r}: choose another.") from error
            raise
        with understood("Pigeon"):
            return _inbox(record(answer.json))

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """All inboxes of the key."""
        found: list[RemoteInbox] = []
        async for page in self._service.pages(("v1", "boxes"), {"limit": "100"}):
            with understood("Pigeon"):
                found += legible("Pigeon", page.json["boxes"], _inbox)
        return tuple(found)

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Remove an inbox with its mail."""
        try:
            await self._service.ask(("v1", "boxes", inbox.id), method="DELETE")
        except Declined as error:
            if error.status != 404:
                raise

    # --- the way in --------------------------------------------------------------------------------------------

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """What arrived after a cursor, which is the service's own."""
        query = {"after": cursor} if cursor else {"since": since.astimezone(UTC).isoformat()}
        try:
            answer = await self._service.ask(("v1", "boxes", inbox.id, "mails"), query)
        except Declined as error:
            if error.code == "cursor_gone":
                raise CursorGone(error.public) from error
            if error.status == 404:
                raise Missing(error.public) from error
            raise
        with understood("Pigeon"):
            said = record(answer.json)
            return Page(
                found=tuple(legible("Pigeon", said["mails"], _found)),
                cursor=id_of(said["cursor"]),
                more=said["more"] is True,
            )

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The mail as it came."""
        try:
            answer = await self._service.call(
                "GET",
                ("v1", "boxes", inbox.id, "mails", found.id, "raw"),
                repeat=Repeat.FREELY,
                largest=MAX_MESSAGE_BYTES,
                octets=True,
            )
        except Declined as error:
            if error.status == 404:
                raise Missing(error.public) from error
            raise
        return Incoming(raw=answer.body, received_at=found.at)

    # --- the way out -------------------------------------------------------------------------------------------

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Hand over what was approved."""
        meant = fields_of(mail)
        request = _request(meant)
        said = _said(request)
        checked(said, meant, "Pigeon")
        await about_to_commit(replace(mail, recipients=said.recipients))
        path, token = ("v1", "boxes", mail.mail_from, "sends"), {"Idempotency-Key": once(key, request)}
        try:
            answer = await self._service.call("POST", path, repeat=Repeat.BY_KEY, body=request, headers=token)
        except Declined as error:
            raise BackendError(f"Nothing left: {error.public}") from error
        with understood("Pigeon", NoAnswer):
            return _receipt(record(answer.json), mail)

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """What it lists under the key."""
        query = {"idempotency_key": once(key, _request(fields_of(mail)))}
        answer = await self._service.ask(("v1", "boxes", mail.mail_from, "sends"), query)
        with understood("Pigeon"):
            sent = legible("Pigeon", record(answer.json)["sends"], lambda one: _receipt(one, mail))
        return sent[0] if sent else None


def _found(said: Mapping[str, Any]) -> Found:
    if (at := moment_of(said["received_at"])) is None:
        raise ValueError("no time")
    return Found(id=id_of(said["id"]), at=at)


def _inbox(said: Mapping[str, Any]) -> RemoteInbox:
    return RemoteInbox(address=address_of(said["address"]), id=id_of(said["id"]))


def _receipt(said: Mapping[str, Any], mail: OutboundMail) -> Receipt:
    return Receipt(accepted=mail.recipients, provider_id=id_of(said["id"]), message_id=id_of(said["message_id"]))


def _request(meant: Fields) -> dict[str, Any]:
    return {
        "from": written(meant.sender),
        "to": [written(one) for one in meant.to],
        "cc": [written(one) for one in meant.cc],
        "bcc": list(meant.bcc),
        "reply_to": [written(one) for one in meant.reply_to],
        "subject": meant.subject,
        "text": meant.text,
        "html": meant.html,
        "in_reply_to": meant.in_reply_to,
        "references": list(meant.lineage),
        "files": [
            {
                "name": one.filename,
                "type": one.content_type,
                "cid": one.cid,
                "data": base64.b64encode(one.data).decode(),
            }
            for one in meant.files
        ],
    }


def _said(request: Mapping[str, Any]) -> Fields:
    """The way back of ``_request``."""
    return Fields(
        sender=mailbox(request["from"]),
        to=tuple(map(mailbox, request["to"])),
        cc=tuple(map(mailbox, request["cc"])),
        bcc=tuple(request["bcc"]),
        reply_to=tuple(map(mailbox, request["reply_to"])),
        subject=request["subject"],
        text=request["text"],
        html=request["html"],
        in_reply_to=request["in_reply_to"],
        references=tuple(request["references"]),
        files=tuple(
            File(filename=one["name"], content_type=one["type"], cid=one["cid"], data=base64.b64decode(one["data"]))
            for one in request["files"]
        ),
    )
