"""AgentSend: inboxes by an API key. Facts of November 2026, of its published source: not proven against the service.

Quirks, each with a test:

- A list is newest first with an offset and shifts while mail arrives, so its pages overlap.
- Bytes are not to be had: a mail is rebuilt of its row, its files fetched by links of Amazon's.
- Repeated headers are joined by commas, so of Authentication-Results only what stands before the first comma counts,
  and only as what AgentSend says of it.
- It takes fields, and neither a key nor a mark: a send without an answer is known by a row that was not there before.
  Where none is found, or the process ended meanwhile, nobody knows, and a person decides.
- An answer names what it answers only by the thread that AgentSend has for it, and then the newest message there.
  Message-ID, References, the names of people and an address for replies cannot be given.
- The Message-ID in its rows is not the one that travels: that is made of Amazon's own id.
- Its threads cross inboxes and break: they are used to answer, and for nothing else.
- In its sandbox a mail is taken and goes to nobody (``dry-run``): that is not sent.
- A limit of calls and one of mails a day have the same code; 402 wants a person to claim the account.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailmcp.backends.agentsend_wire import (
    as_sent,
    claim_of,
    event_of,
    explained,
    form_of,
    is_same,
    moment_of,
    rebuilt_of,
    receipt_of,
    request_of,
    said_of,
    time_of,
    timed,
)
from mailmcp.backends.calls import (
    STEADY,
    Declined,
    Pace,
    Repeat,
    address_of,
    furthest,
    id_of,
    legible,
    record,
    records,
    understood,
)
from mailmcp.backends.fields import Fields, File, checked, fields_of, missing
from mailmcp.backends.http import Service
from mailmcp.backends.lookups import looked_for, states, unseen
from mailmcp.backends.services import Missing, unanswered
from mailmcp.config.services import revealed
from mailmcp.errors import AddressTaken, BackendError, BadAddress, BadInput, NoAnswer, TryLater
from mailmcp.models import (
    Event,
    Events,
    Finding,
    Found,
    Hook,
    HookForm,
    HookSigning,
    Incoming,
    OutboundMail,
    Page,
    Receipt,
    RemoteInbox,
    Standing,
)

if TYPE_CHECKING:
    import httpx2

    from mailmcp.backends.contract import AboutToCommit, Reception
    from mailmcp.config import Settings

PAGE = 100
OVERLAP = timedelta(minutes=5)
LARGEST = 30 * 1024 * 1024
HOSTS = ("agentsend.io", "amazonaws.com")
REMEMBERED = 200
"""Sends of which it is known what was there before them."""


class AgentSendBackend:
    """Inboxes at AgentSend."""

    name = "agentsend"
    supports = frozenset({"cc", "bcc", "html", "attachments", "in_reply_to", "forward", "send_at"})

    def __init__(
        self,
        settings: Settings,
        reception: Reception,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        given = settings.agentsend
        self.per_minute = given.calls
        self._reception, self._pace, self.domain = reception, pace, given.domain.lower()
        self._ids: dict[str, str] = {}
        """Address -> id of the inboxes that were met."""
        self._before: dict[str, frozenset[str]] = {}
        """Key of a mail that is being sent -> rows like it that were there before."""
        self.hook_signing = HookSigning(
            form=HookForm.BODY,
            header="x-agentsend-signature",
            secrets=revealed(given.hook_secrets),
        )
        self._service = Service.of(
            self.name,
            given,
            reception,
            secrets=self.hook_signing.secrets,
            explain=explained,
            transport=transport,
            pace=pace,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()

    # --- inboxes -------------------------------------------------------------------------------------------------

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Make an inbox. A made-up name is the key's own, so that a repeat finds what was made."""
        prefix = name or f"agent-{key.rpartition('-')[2][:12]}"
        body = {"prefix": prefix, **({"displayName": display_name} if display_name else {})}
        # Looked before: after a lost answer, what was there already would be taken for what was made.
        if name is not None and (there := await self._named(prefix)) is not None:
            raise AddressTaken(f"{there.address} is an inbox of yours already: choose another name.")
        try:
            answer = await self._service.call("POST", ("inboxes",), repeat=Repeat.NEVER, body=body)
            with understood(self.name, NoAnswer):
                made = record(answer.json)
                return RemoteInbox(address=address_of(made["address"]), id=id_of(made["id"]))
        except NoAnswer:
            if (found := await self._named(prefix)) is None:
                raise
            return found
        except Declined as error:
            if error.code != "VALIDATION_ERROR":
                raise
            if (found := await self._named(prefix)) is None:
                raise BadAddress(
                    f"{prefix} cannot be an inbox at AgentSend, or somebody has it: {error.public}"
                ) from error
            if name is None:
                return found
            raise AddressTaken(f"{found.address} is an inbox of yours already: choose another name.") from error

    async def _named(self, prefix: str) -> RemoteInbox | None:
        found = await self.list_inboxes()
        return next((one for one in found if one.address.partition("@")[0] == prefix.lower()), None)

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """The account's inboxes."""
        with understood(self.name):
            found = legible(
                self.name,
                (await self._read("inboxes"))["data"],
                lambda one: RemoteInbox(address=address_of(one["address"]), id=id_of(one["id"])),
            )
        self._ids = {one.address: one.id for one in found}
        return tuple(found)

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Remove an inbox."""
        try:
            await self._service.call("DELETE", ("inboxes", inbox.id), repeat=Repeat.FREELY)
        except Declined as error:
            if error.status != 404:
                raise

    # --- receiving -----------------------------------------------------------------------------------------------

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """A page of what was received, the newest first. A walk has its ``offset``, and the ``newest`` that it met."""
        state: dict[str, Any] = json.loads(cursor) if cursor else {"from": time_of(since)}
        offset, newest = int(state.get("offset", 0)), str(state.get("newest", state["from"]))
        self._ids[inbox.address] = inbox.id
        asked = {"limit": str(PAGE), "offset": str(offset), "status": "received"}
        with understood(self.name):
            said = record(await self._read("inboxes", inbox.id, "messages", query=asked))
            rows, count = legible(self.name, said["data"], timed), int(said["total"])
            found = tuple(
                Found(id=id_of(one["id"]), at=moment_of(one["createdAt"]))
                for one in rows
                if one.get("inboxId", inbox.id) == inbox.id and time_of(moment_of(one["createdAt"])) >= state["from"]
            )
            times = [time_of(moment_of(one["createdAt"])) for one in rows]
        newest = max([newest, *times])
        if offset + len(rows) >= count or not rows or times[-1] < state["from"]:
            begin = max(state["from"], time_of(moment_of(newest) - OVERLAP))
            return Page(found=found, cursor=json.dumps({"from": min(begin, time_of(furthest(OVERLAP)))}))
        # Some rows once more: mail that was deleted meanwhile has moved the others up.
        ahead = {"from": state["from"], "newest": newest, "offset": offset + max(1, len(rows) - 10)}
        return Page(found=found, cursor=json.dumps(ahead), more=True)

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The mail, rebuilt of its row."""
        with understood(self.name):
            row = record(await self._read("messages", found.id))
            files = [await self._file(one) for one in records(row.get("attachments"))]
            return Incoming(
                raw=rebuilt_of(row, files, found.at), rebuilt=True, received_at=found.at, claim=claim_of(row)
            )

    async def _file(self, said: dict[str, Any]) -> File:
        """A file of a mail; one that is not there any more is a file that says so."""
        name, kind = str(said.get("filename") or "file"), str(said.get("contentType") or "application/octet-stream")
        try:
            about = record(await self._read("attachments", str(said["id"])))
            link = str(about.get("url") or about.get("downloadUrl") or "")
            data = await self._service.download(link, hosts=HOSTS, largest=LARGEST)
            return File(filename=name, content_type=kind, data=data)
        except BackendError as error:
            if isinstance(error, TryLater):
                raise
            return missing(name, error.public)

    def read_hook(self, body: bytes) -> Hook:
        """An event names a message and its inbox; nothing of the mail is in it."""
        try:
            said = json.loads(body)
            kind, data = str(said["event"]), said["data"]
            inbox = next((address for address, id_ in self._ids.items() if id_ == data.get("inboxId")), None)
            arrived = str(data["messageId"]) if kind == "message.received" else None
            return Hook(id=f"{kind} {data.get('messageId', said.get('timestamp'))}", inbox=inbox, message=arrived)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput("An event of AgentSend cannot be read.") from error

    # --- sending -------------------------------------------------------------------------------------------------

    def foresee(self, mail: OutboundMail) -> None:
        """See ``Foresees``."""
        meant = as_sent(fields_of(mail))
        checked(said_of(request_of(meant, [("", one) for one in meant.files], None), meant), meant, "AgentSend")

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """One call, made once: it has no key, and a second one would be a second mail."""
        meant = as_sent(fields_of(mail))
        inbox = await self._inbox(meant.sender.email)
        body = request_of(meant, [await self._put(one) for one in meant.files], await self._thread(meant, inbox))
        checked(said_of(body, meant), meant, "AgentSend")
        while len(self._before) >= REMEMBERED:
            self._before.pop(next(iter(self._before)))
        self._before[key] = frozenset(one["id"] for one in await self._like(meant, inbox))
        await about_to_commit(replace(mail, recipients=meant.recipients))
        path = ("inboxes", inbox, "messages")
        try:
            answer = await self._service.call("POST", path, repeat=Repeat.NEVER, body=body)
        except Declined as error:
            raise BackendError(f"Nothing left: {error.public}") from error
        with understood(self.name, NoAnswer):
            return receipt_of(meant.recipients, record(answer.json))

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """By a row with the same words that was not there before. Raises BackendError when that cannot be told."""
        before = self._before.get(key)
        if before is None:
            raise unseen("AgentSend")
        meant = as_sent(fields_of(mail))
        inbox = await self._inbox(meant.sender.email)

        async def look() -> Receipt | None:
            new = [one for one in await self._like(meant, inbox) if one["id"] not in before]
            return receipt_of(meant.recipients, new[0]) if len(new) == 1 else None

        return await looked_for("AgentSend", self._pace, look)

    async def _inbox(self, address: str) -> str:
        """The id of an inbox. Raises BackendError when there is none: nothing left."""
        if address.lower() not in self._ids:
            await self.list_inboxes()
        if (found := self._ids.get(address.lower())) is None:
            raise BackendError(f"Nothing left: AgentSend has no inbox {address} for this key.")
        return found

    async def _put(self, file: File) -> tuple[str, File]:
        """A file at the service, under its id; one that no message names is no harm."""
        kind, octets = form_of(file)
        headers = {"Content-Type": kind}
        answer = await self._service.call("POST", ("attachments",), repeat=Repeat.FREELY, body=octets, headers=headers)
        with understood(self.name):
            return id_of(record(answer.json)["id"]), file

    async def _thread(self, meant: Fields, inbox: str) -> str | None:
        """The thread of what is answered, when it is one of this inbox."""
        if meant.in_reply_to is None:
            return None
        id_ = await self._reception.called(self.name, meant.sender.email, meant.in_reply_to)
        try:
            row = record(await self._read("messages", id_)) if id_ is not None else {}
        except Missing:
            row = {}
        return str(row["threadId"]) if row.get("inboxId") == inbox and row.get("threadId") else None

    async def _like(self, meant: Fields, inbox: str) -> list[dict[str, Any]]:
        """What was sent from an inbox lately with the same words to the same people."""
        with understood(self.name):
            rows = records((await self._read("inboxes", inbox, "messages", query={"limit": str(PAGE)}))["data"])
            alike = [one for one in rows if one.get("direction") == "outbound" and is_same(one, meant)]
            return [{**one, "id": id_of(one["id"])} for one in alike]

    async def events(self, inbox: RemoteInbox, cursor: str | None, sent: Sequence[str]) -> Events:
        """The state of sent mails, some at a time; of whom it speaks AgentSend does not say."""

        async def ask(one: str) -> Event | None:
            with understood(self.name):
                return event_of(record(await self._read("messages", one)))

        return await states(cursor, sent, ask)

    # --- the key -------------------------------------------------------------------------------------------------

    async def examine(self) -> list[Finding]:
        """Whether the key works: there are no lesser ones."""
        try:
            count = len(await self.list_inboxes())
        except BackendError as error:
            return [unanswered(self.name, error)]
        sentence = f"The key works, for everything in the account; it has {count} inboxes."
        return [Finding(subject="agentsend", standing=Standing.FINE, sentence=sentence)]

    async def _read(self, *path: str, query: dict[str, str] | None = None) -> Any:
        try:
            return (await self._service.call("GET", path, repeat=Repeat.FREELY, query=query, largest=LARGEST)).json
        except Declined as error:
            if error.status == 404:
                raise Missing(error.public) from error
            raise
