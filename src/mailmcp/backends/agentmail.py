"""AgentMail (agentmail.to), a service that keeps inboxes for agents.

Arrivals are looked for in the unfiltered list and fetched as raw MIME by a signed link. It sends from fields, and one
idempotency key makes one mail of all tries.

Quirks, November 2026, by its documentation and its Python client 2.0.18 (nothing was tried against the live service):

- Ids of messages are Message-IDs, which whoever wrote a mail has chosen: in paths they are encoded whole.
- A name that is taken is 403 ``already_exists`` or ``resource_taken``; 409 means that a call with the same key is still
  under way, or that two first calls met. An error with ``message`` alone comes from the edge in front of the service.
- Lists filtered by labels lag by seconds and hide the labels spam, blocked, unauthenticated and trash: the unfiltered
  list is asked for. Whether it is ordered by a time of the service's or of the sender's is not documented: every look
  goes back ten minutes, and once an hour a day.
- What is sent lies in the same list with the label ``sent``; a draft or a held mail is no arrival.
- ``reply`` quotes the original below what was approved and ``reply-all`` chooses recipients itself: neither is used.
  In-Reply-To and References go as ``headers`` of ``send``; whether the service lets them through is not certain.
- It gives sent mail a Message-ID of its own, which it returns, and a Date; the sender's name is that of the inbox.
  On its shared domain a List-Unsubscribe field is added, on free plans a footer too.
- A fresh inbox may answer 404 to ``send`` for a second or two.
- ``message_rejected`` means that nothing went to anybody, also when one of many recipients was the reason.
- Bounces and complaints show as labels of the sent message, which do not say whom they are about.
- Its WebSocket is at a host of its own, says nothing before it is asked to, repeats nothing that was missed, and ends
  after a day.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from mailmcp.backends.agentmail_wire import asked_of, claim_of, event_of, hook_of, marker_of, request_of, sockets_of
from mailmcp.backends.calls import (
    STEADY,
    Answer,
    Declined,
    Pace,
    Repeat,
    Trouble,
    address_of,
    explained,
    furthest,
    id_of,
    legible,
    moment_of,
    record,
    understood,
)
from mailmcp.backends.contract import MAX_MESSAGE_BYTES, AboutToCommit, Budgets
from mailmcp.backends.fields import fields_of, once
from mailmcp.backends.services import CursorGone, Missing
from mailmcp.backends.streams import StreamingService
from mailmcp.config import Settings
from mailmcp.config.services import revealed
from mailmcp.errors import AddressTaken, BackendError, BadAddress, BadInput, NoAnswer, TryLater
from mailmcp.models import (
    Event,
    EventKind,
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

OVERLAP, DEEP, DEEP_EVERY = timedelta(minutes=10), timedelta(days=1), timedelta(hours=1)
FOUND_WITHIN = timedelta(days=30)
"""So far back it is looked for what was sent: a home may sleep for longer than the service remembers a key."""
MOST_WATCHED = 100
"""Inboxes that one WebSocket tells of."""
HOSTS = ("agentmail.to", "agentmail.eu", "amazonaws.com", "cloudfront.net")
"""Where its signed links lead."""
_FATES = (
    ("complained", EventKind.COMPLAINED),
    ("bounced", EventKind.BOUNCED),
    ("rejected", EventKind.REJECTED),
    ("delivered", EventKind.DELIVERED),
)


class AgentmailBackend:
    """Keeps inboxes at AgentMail."""

    name = "agentmail"
    supports = frozenset(
        {"cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )

    def __init__(
        self,
        settings: Settings,
        reception: Budgets,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        self._settings = settings.agentmail
        self.per_minute = self._settings.calls
        self._pace = pace
        self._narrow = False
        """The key may not see what the service has screened."""
        self._service = StreamingService.of(
            self.name,
            self._settings,
            reception,
            secrets=revealed(self._settings.hook_secrets),
            explain=_explained,
            transport=transport,
            pace=pace,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()

    @property
    def hook_signing(self) -> HookSigning:
        """Svix, with the secrets that are set."""
        secrets = revealed(self._settings.hook_secrets)
        return HookSigning(form=HookForm.SVIX, header="svix", secrets=secrets)

    def read_hook(self, body: bytes) -> Hook:
        """An event, as a reason to look."""
        return hook_of(body)

    # --- inboxes -------------------------------------------------------------------------------------------------

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        return self._settings.domain.lower()

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Make an inbox; the same ``key`` gives the same one."""
        if re.search(r'[()<>@,;:\\"\[\]\x00-\x1f]', display_name):
            raise BadInput('AgentMail takes no ( ) < > @ , ; : \\ " [ ] in a display name: leave them out.')
        asked = {"username": name, "domain": self.domain, "display_name": display_name or None, "client_id": key}
        body = {field: value for field, value in asked.items() if value is not None}
        try:
            answer = await self._service.ask(("v0", "inboxes"), method="POST", body=body)
        except Declined as error:
            if error.code in ("already_exists", "resource_taken"):
                raise AddressTaken(f"{name}@{self.domain} is taken at AgentMail: choose another name.") from error
            if error.status == 400 and name is not None:
                raise BadAddress(error.public) from error
            raise
        with understood("AgentMail"):
            return _inbox(record(answer.json))

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """All inboxes that the key may see."""
        pages = self._service.pages(("v0", "inboxes"), {"limit": "100"})
        rows = [one async for page in pages for one in page.records("inboxes")]
        return tuple(legible("AgentMail", rows, _inbox))

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Remove an inbox with its mail."""
        try:
            await self._service.ask(("v0", "inboxes", inbox.id), method="DELETE")
        except Declined as error:
            if error.status != 404 and error.code != "resource_deleting":
                raise

    # --- the way in ----------------------------------------------------------------------------------------------

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """A page of the unfiltered list, from a little before what was seen last."""
        now = datetime.now(UTC)
        state: dict[str, str] = json.loads(cursor) if cursor else {"newest": since.isoformat(), "deep": now.isoformat()}
        if "token" not in state:
            newest = datetime.fromisoformat(state["newest"])
            deep = now - datetime.fromisoformat(state["deep"]) >= DEEP_EVERY
            state = {"newest": state["newest"], "deep": now.isoformat() if deep else state["deep"]}
            state["after"] = (newest - (DEEP if deep else OVERLAP)).isoformat()
        asked = {"after": state["after"], **({"page_token": state["token"]} if "token" in state else {})}
        page = await self._listed(inbox, asked)
        with understood("AgentMail"):
            said = record(page.json)
            items = legible("AgentMail", said["messages"], dict)
            found = legible("AgentMail", list(filter(_is_arrival, items)), _found)
            newest = min(max([datetime.fromisoformat(state["newest"]), *map(_arrived, items)]), furthest())
            ahead = {"newest": newest.isoformat(), "deep": state["deep"]}
            if more := said.get("next_page_token"):
                ahead |= {"after": state["after"], "token": id_of(more)}
        return Page(found=tuple(found), cursor=json.dumps(ahead, sort_keys=True), more=bool(more))

    async def _listed(self, inbox: RemoteInbox, query: Mapping[str, str]) -> Answer:
        while True:
            screened = {} if self._narrow else {"include_spam": "true", "include_unauthenticated": "true"}
            asked = {"limit": "100", "ascending": "true", **screened, **query}
            try:
                return await self._service.ask(("v0", "inboxes", inbox.id, "messages"), asked)
            except Declined as error:
                if error.code == "missing_permission" and not self._narrow:
                    self._narrow = True
                    continue
                if error.status == 400 and "page_token" in query:
                    raise CursorGone(error.public) from error
                if error.status == 404:
                    raise Missing(f"AgentMail has no inbox {inbox.address} for this key.") from error
                raise

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The raw message, by its signed link."""
        path = ("v0", "inboxes", inbox.id, "messages", found.id)
        labels = frozenset(found.detail.get("labels", ()))
        try:
            if "agent-armor-held" in labels:
                labels = _labels((await self._service.ask(path)).record)
                if "agent-armor-held" in labels:
                    raise TryLater("AgentMail keeps a mail back for a review of its own.")
            link = (await self._service.ask((*path, "raw"))).record.get("download_url", "")
            raw = await self._service.download(link, hosts=HOSTS, largest=MAX_MESSAGE_BYTES)
        except Declined as error:
            if error.status == 404 and error.code:
                raise Missing("AgentMail has this mail no more.") from error
            raise
        return Incoming(raw=raw, received_at=found.at, claim=claim_of(raw, labels))

    def streams_for(self, inboxes: Sequence[RemoteInbox]) -> list[tuple[RemoteInbox, ...]]:
        """As many as one WebSocket takes; none where the settings want none, or a transport is the only way out."""
        if not (self._settings.stream and self._service.opens_sockets):
            return []
        return [tuple(inboxes[at : at + MOST_WATCHED]) for at in range(0, len(inboxes), MOST_WATCHED)]

    async def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncGenerator[str | None]:
        """What its WebSocket says of arrivals in these inboxes, once it says that it will."""
        addresses = {one.id.lower(): one.address for one in inboxes}
        async with self._service.socket(("v0",), at=sockets_of(self._settings.url)) as socket:
            await socket.say({"type": "subscribe", "inbox_ids": [one.id for one in inboxes]})
            async with asyncio.timeout(self._pace.seconds):
                while self._said(await socket.heard()).get("type") != "subscribed":
                    pass
            yield None
            while True:
                try:
                    event = event_of(self._said(await socket.heard()))
                except BadInput:
                    continue  # of a kind that nobody knew when this was written
                if event.message is not None and event.inbox in addresses:
                    yield addresses[event.inbox]

    def _said(self, record: dict[str, Any]) -> dict[str, Any]:
        """What came on its WebSocket. Raises BackendError for what says that it will tell nothing."""
        if record.get("type") == "error":
            trouble = explained(record)
            said = self._service.words(trouble.message or trouble.code or "nothing more")
            raise BackendError(f'AgentMail said on its WebSocket: "{said}".')
        return record

    # --- the way out ---------------------------------------------------------------------------------------------

    def foresee(self, mail: OutboundMail) -> None:
        """See ``Foresees``."""
        request_of(mail, "")

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Hand over the approved fields. Raises NoAnswer when it may have left, though it was tried with its key."""
        request, said, token = request_of(mail, key)
        path = ("v0", "inboxes", mail.mail_from.lower(), "messages", "send")
        await about_to_commit(replace(mail, recipients=said.recipients))
        for left in (2, 1, 0):
            try:
                answer = await self._service.call(
                    "POST", path, repeat=Repeat.BY_KEY, body=request, headers={"Idempotency-Key": token}
                )
            except Declined as error:
                if error.code != "not_found":
                    raise BackendError(f"Nothing left: {error.public}") from error
                if not left or not await self._is_fresh(mail.mail_from.lower()):
                    said = f"Nothing left: AgentMail has no inbox {mail.mail_from} for this key."
                    raise BackendError(said) from error
                await asyncio.sleep(2 * self._pace.back_off)
            else:
                with understood("AgentMail", NoAnswer):
                    return _receipt(mail, record(answer.json))
        raise AssertionError("the last try returns or raises")

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """What the service's own list says; what it does not know may be sent again, with the same key."""
        marker = marker_of(once(key, asked_of(fields_of(mail))))
        path = ("v0", "inboxes", mail.mail_from.lower(), "messages")
        since = (datetime.now(UTC) - FOUND_WITHIN).isoformat()
        async for page in self._service.pages(path, {"after": since, "limit": "100"}):
            for one in page.records("messages"):
                if marker in _labels(one):
                    with understood("AgentMail"):
                        return _receipt(mail, one)
        return None

    async def _is_fresh(self, address: str) -> bool:
        """Whether the service has the inbox, so that it is only slow to let it send."""
        try:
            await self._service.ask(("v0", "inboxes", address))
        except BackendError:
            return False
        return True

    async def events(self, inbox: RemoteInbox, cursor: str | None, sent: Sequence[str]) -> Events:
        """What the labels of sent messages say by now."""
        found: list[Event] = []
        for start in range(0, len(sent), 500):
            path = ("v0", "inboxes", inbox.id, "messages", "batch-get")
            body = {"message_ids": list(sent[start : start + 500])}
            for one in (await self._service.ask(path, method="POST", body=body)).records("messages"):
                kind = next((kind for label, kind in _FATES if label in _labels(one)), None)
                if kind is not None and isinstance(one.get("message_id"), str):
                    found.append(Event(provider_id=one["message_id"], kind=kind))
        return Events(events=tuple(found), cursor=None)

    async def examine(self) -> list[Finding]:
        """Whose key it is."""
        try:
            said = (await self._service.ask(("v0", "auth", "me"))).record
        except BackendError as error:
            standing = Standing.WEAK if isinstance(error, TryLater) else Standing.WRONG
            return [Finding(subject=self.name, standing=standing, sentence=error.public)]
        scope = str(said.get("scope_type", "unknown"))
        may = {
            "inbox": f"reads and sends for {said.get('inbox_id', 'one inbox')} alone, and makes none",
            "pod": "makes, reads and deletes inboxes of one pod",
            "organization": "makes, reads and deletes all inboxes of the organisation; a key of a pod would be enough",
        }.get(scope, "is of a kind that mailmcp does not know")
        sentence = f"The key {may}; at most {self.per_minute} calls a minute are made with it."
        return [Finding(subject=self.name, standing=Standing.FINE, sentence=sentence)]


# --- what it says ----------------------------------------------------------------------------------------------------


def _receipt(mail: OutboundMail, said: Mapping[str, Any]) -> Receipt:
    message_id = id_of(said["message_id"])
    known = message_id if message_id.startswith("<") else None
    return Receipt(accepted=mail.recipients, provider_id=message_id, message_id=known)


def _explained(said: Any) -> Trouble:
    trouble = explained(said)
    if trouble.code in ("race_condition", "conflict"):
        return Trouble(code=trouble.code, message=trouble.message, advice=trouble.advice, again=True)
    record = cast(dict[str, Any], said) if isinstance(said, dict) else {}
    if record.get("window") in ("daily", "monthly"):
        return Trouble(code=trouble.code, message=trouble.message, advice=trouble.advice, again=False)
    return trouble


def _inbox(said: Mapping[str, Any]) -> RemoteInbox:
    return RemoteInbox(address=address_of(said.get("email") or said["inbox_id"]), id=id_of(said["inbox_id"]))


def _found(item: Mapping[str, Any]) -> Found:
    return Found(id=id_of(item["message_id"]), at=_arrived(item), detail={"labels": sorted(_labels(item))})


def _labels(item: Mapping[str, Any]) -> frozenset[str]:
    labels: Any = item.get("labels")
    return frozenset(str(one).lower() for one in cast(list[Any], labels)) if isinstance(labels, list) else frozenset()


def _is_arrival(item: Mapping[str, Any]) -> bool:
    labels = _labels(item)
    return "received" in labels or not labels & {"sent", "draft", "scheduled"}


def _arrived(item: Mapping[str, Any]) -> datetime:
    """When the service had it, by its own clock where it says so."""
    times = [one for name in ("created_at", "timestamp") if (one := moment_of(item.get(name))) is not None]
    return times[0] if times else datetime.now(UTC)
