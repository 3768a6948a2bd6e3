"""e2a: an agent there is an inbox, and its id is its address. Facts of 20 November 2026.

Quirks, each with a test:

- Its default list is of unread inbound mail, so everything is asked for by name; and reading a message marks it as read
  there, whatever we do: who reads the same agent with another program sees that (SDK 5.8.1 has no way to peek).
- An arrival that e2a holds for a review appears, once it is let through, with the time at which it came: the list is
  looked through again from days back now and then.
- Its server may store a mail twice when the sender's server tries twice: two ids, which are two mails here too.
- It takes fields. Headers cannot be given: an answer names what it answers only by the reply call, which chooses
  recipients and subject by itself. That call is used when it would choose exactly what was approved; else the answer
  travels without In-Reply-To. References, Message-ID and the names beside recipients are e2a's in any case, and an
  image that HTML shows in its place cannot be sent.
- A send is made once by its key as long as the octets are the same; ours also stands in ``conversation_id``, which is
  the caller's own there, so that a send of which no answer came is found in the list, after days too.
- ``pending_review`` is no failure and no delivery: it is held there for a person, and nothing sends it again.
- The last recipient's fate is in the list; who exactly, only in the log of events, which wants a key of the account.
- One WebSocket for each agent, and a new one ends the user's own: none is opened unless the settings ask for it, and
  one that was ended in this way is not opened again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailmcp.backends.calls import (
    STEADY,
    Declined,
    Pace,
    Repeat,
    address_of,
    furthest,
    id_of,
    legible,
    understood,
)
from mailmcp.backends.e2a_wire import (
    Parent,
    as_sent,
    claim_of,
    event_of,
    explained,
    fate_of,
    mark_of,
    moment_of,
    octets_of,
    parent_of,
    rebuilt_of,
    receipt_of,
    request_of,
    said_of,
    time_of,
)
from mailmcp.backends.fields import Fields, checked, fields_of
from mailmcp.backends.services import CursorGone, Missing, StreamOver, unanswered
from mailmcp.backends.streams import StreamingService
from mailmcp.config.services import revealed
from mailmcp.errors import AddressTaken, BackendError, BadAddress, BadInput, NoAnswer
from mailmcp.models import (
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
OVERLAP = timedelta(minutes=2)
WIDE, WIDE_EVERY = timedelta(days=8), timedelta(minutes=30)
"""A review ends after seven days at most: so far back it is looked, so often."""
LARGEST = 40 * 1024 * 1024


class E2aBackend:
    """Inboxes at e2a."""

    name = "e2a"
    supports = frozenset({"cc", "bcc", "html", "attachments", "reply_to", "in_reply_to", "forward", "send_at"})

    def __init__(
        self,
        settings: Settings,
        reception: Reception,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        given = settings.e2a
        self.per_minute = given.calls
        self._reception = reception
        self._shared = given.domain or ""
        self._streams = given.stream
        self.hook_signing = HookSigning(
            form=HookForm.STAMPED,
            header="x-e2a-signature",
            secrets=revealed(given.hook_secrets),
        )
        self._service = StreamingService.of(
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

    @property
    def domain(self) -> str:
        """The domain of new inboxes; of e2a's shared one nothing is known before it was asked."""
        return self._shared

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Make an agent. A made-up name is the key's own, so that a repeat finds what was made."""
        if not self._shared:
            with understood(self.name):
                shared = (await self._read("info"))["shared_domain"]
                self._shared = address_of(f"x@{shared}").partition("@")[2]
        address = f"{name or 'agent-' + key.rpartition('-')[2][:12]}@{self._shared}".lower()
        # Looked before: after a lost answer, what was there already would be taken for what was made.
        if name is not None and await self._has(address):
            raise AddressTaken(f"{address} is taken at e2a: choose another name.")
        try:
            body = {"email": address, "name": display_name} if display_name else {"email": address}
            await self._service.call("POST", ("v1", "agents"), repeat=Repeat.NEVER, body=body)
        except NoAnswer:
            if not await self._has(address):
                raise
        except Declined as error:
            if error.code in ("agent_taken", "address_in_trash"):
                if name is None and await self._has(address):
                    return RemoteInbox(address=address, id=address)
                raise AddressTaken(f"{address} is taken at e2a: choose another name.") from error
            if error.code in ("invalid_slug", "reserved_domain"):
                why = "use 2 to 40 letters, digits and -, and no name such as info."
                raise BadAddress(f"{address} cannot be an inbox at e2a: {why}") from error
            raise
        return RemoteInbox(address=address, id=address)

    async def _has(self, address: str) -> bool:
        try:
            return bool(await self._read("agents", address))
        except Missing:
            return False

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """The account's agents, or the one that the key is bound to."""
        try:
            found = legible(self.name, await self._all(("agents",), {}), lambda one: address_of(one["email"]))
        except Declined as error:
            if error.status != 403:
                raise
            found = [str((await self._read("account")).get("agent_email") or "")]
        return tuple(RemoteInbox(address=one.lower(), id=one) for one in found if one)

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Put an agent into e2a's trash, from which it is gone after 30 days."""
        path = ("v1", "agents", inbox.id)
        try:
            await self._service.call("DELETE", path, repeat=Repeat.FREELY, query={"confirm": "DELETE"})
        except Declined as error:
            if error.status != 404:
                raise

    # --- receiving -----------------------------------------------------------------------------------------------

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """A page of what came, the oldest first. A walk through pages has ``next``, and the ``low`` it began at."""
        now = time_of(datetime.now(UTC))
        state: dict[str, str] = json.loads(cursor) if cursor else {"from": time_of(since), "wide": now}
        if "next" not in state:
            state |= {"low": state["from"], "newest": state["from"]}
            if moment_of(now) - moment_of(state["wide"]) >= WIDE_EVERY:
                state |= {"low": min(state["from"], time_of(moment_of(now) - WIDE)), "wide": now}
        asked = {"direction": "inbound", "read_status": "all", "sort": "asc", "limit": str(PAGE), "since": state["low"]}
        path = ("agents", inbox.id, "messages")
        try:
            page = await self._read(*path, query=asked | ({"cursor": state["next"]} if "next" in state else {}))
        except Declined as error:
            if error.code == "invalid_cursor":
                raise CursorGone(error.public) from error
            raise
        with understood(self.name):
            found = tuple(legible(self.name, page["items"], _found))
            state["newest"] = max(state["newest"], *(time_of(one.at) for one in found), "")
            if following := page.get("next_cursor"):
                return Page(found=found, cursor=json.dumps({**state, "next": id_of(following)}), more=True)
        begin = max(state["from"], time_of(moment_of(state["newest"]) - OVERLAP))
        begin = min(begin, time_of(furthest(OVERLAP)))
        return Page(found=found, cursor=json.dumps({"from": begin, "wide": state["wide"]}))

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The mail as it came, and what e2a found out about its sender."""
        view = await self._read("agents", inbox.id, "messages", found.id)
        with understood(self.name):
            raw = octets_of(view.get("raw_message"))
            return Incoming(
                raw=raw or rebuilt_of(view, found.at),
                rebuilt=not raw,
                received_at=found.at,
                mail_from=said if isinstance(said := view.get("envelope_from"), str) else "",
                claim=claim_of(view.get("authentication")),
            )

    def read_hook(self, body: bytes) -> Hook:
        """An event names its agent; the mail itself is never in it."""
        try:
            said = json.loads(body)
            data = said["data"]
            arrived = str(data["message_id"]) if said["type"] == "email.received" else None
            return Hook(id=str(said["id"]), inbox=str(data.get("agent_email") or "") or None, message=arrived)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput("An event of e2a cannot be read.") from error

    def streams_for(self, inboxes: Sequence[RemoteInbox]) -> list[tuple[RemoteInbox, ...]]:
        """Each by itself, where the settings want that."""
        return [(one,) for one in inboxes] if self._streams and self._service.opens_sockets else []

    async def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncGenerator[str | None]:
        """What an agent's WebSocket says of arrivals; at first it says what is unread."""
        from mailmcp.backends.sockets import Ended

        (inbox,) = inboxes
        try:
            async with self._service.socket(("v1", "agents", inbox.id, "ws")) as socket:
                yield None
                while True:
                    if (await socket.heard()).get("type") == "email.received":
                        yield inbox.address
        except Ended as error:
            if error.code == 4000:
                said = f"Another program listens for {inbox.address} at e2a by now, and e2a has one listener for each."
                raise StreamOver(said) from error
            if error.code == 1008 or 4000 < (error.code or 0) < 5000:
                raise StreamOver(f"e2a wants no listener for {inbox.address} ({error.code}).") from error
            raise

    # --- sending -------------------------------------------------------------------------------------------------

    def foresee(self, mail: OutboundMail) -> None:
        """See ``Foresees``."""
        meant = as_sent(fields_of(mail))
        checked(said_of(request_of(meant, None), meant, None), meant, self.name)

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """One call, which e2a makes once by its key."""
        meant = as_sent(fields_of(mail))
        parent = await self._parent(meant)
        body = request_of(meant, parent)
        mark = body["conversation_id"] = mark_of(meant, key)  # the same, whichever call it is
        checked(said_of(body, meant, parent), meant, self.name)
        await about_to_commit(replace(mail, recipients=meant.recipients))
        path = ("v1", "agents", meant.sender.email, "messages", *((parent.id, "reply") if parent else ()))
        try:
            answer = await self._service.call(
                "POST",
                path,
                repeat=Repeat.BY_KEY,
                body=body,
                query={"wait": "sent"},
                headers={"Idempotency-Key": mark},
            )
        except Declined as error:
            if error.code != "idempotency_key_reuse":
                raise BackendError(f"Nothing left: {error.public}") from error
            # An earlier try went another way, since its parent could be had, or could not.
            if (found := await self.find_sent(mail, key)) is not None:
                return found
            raise NoAnswer("e2a knows this message from an earlier try, and does not show it.") from error
        with understood(self.name, NoAnswer):
            said = answer.json
            return receipt_of(meant.recipients, id_of(said["message_id"]), said)

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """By our mark in the list of what was sent; one that e2a does not know would be made once by its key."""
        meant = as_sent(fields_of(mail))
        asked = {"direction": "outbound", "read_status": "all", "conversation_id": mark_of(meant, key)}
        for one in await self._all(("agents", meant.sender.email, "messages"), asked):
            with understood(self.name):
                return receipt_of(meant.recipients, id_of(one["id"]), one)
        return None

    async def _parent(self, meant: Fields) -> Parent | None:
        """What is answered, when e2a would answer it to exactly these recipients under this subject."""
        if meant.in_reply_to is None:
            return None
        id_ = await self._reception.called(self.name, meant.sender.email, meant.in_reply_to)
        if id_ is None:
            return None
        try:
            view = await self._read("agents", meant.sender.email, "messages", id_)
        except Missing:
            return None
        parent = parent_of(id_, view)
        same = {one.lower() for one in parent.to} == {one.email.lower() for one in meant.to}
        return parent if same and parent.subject == meant.subject else None

    async def events(self, inbox: RemoteInbox, cursor: str | None, sent: Sequence[str]) -> Events:
        """What the list says of each mail, and what the log says of each recipient, where the key may read it."""
        if not sent:
            return Events(events=(), cursor=cursor)
        asked = {"direction": "outbound", "read_status": "all", "sort": "desc", "limit": str(PAGE)}
        listed = await self._all(("agents", inbox.id, "messages"), asked, most=3)
        try:
            since = {"since": cursor} if cursor else {}
            log = await self._all(("events",), {"agent_email": inbox.id, **since}, most=5)
        except Declined as error:
            if error.status not in (403, 410, 501):
                raise
            log = []
        except Missing:
            log = []
        with understood(self.name):
            told = [*map(fate_of, listed), *map(event_of, reversed(log))]
            reached = max((time_of(moment_of(one["created_at"]) - OVERLAP) for one in log), default=cursor)
        events = tuple(one for one in told if one is not None and one.provider_id in sent)
        return Events(events=events, cursor=reached)

    # --- the key -------------------------------------------------------------------------------------------------

    async def examine(self) -> list[Finding]:
        """Whose key it is, and what it may do."""
        try:
            account = await self._read("account")
        except BackendError as error:
            return [unanswered(self.name, error)]
        if account.get("scope") == "agent":
            only = f"The key is of {account.get('agent_email')} alone: it makes no inboxes and sees no events."
            return [Finding(subject="e2a", standing=Standing.WEAK, sentence=only)]
        return [Finding(subject="e2a", standing=Standing.FINE, sentence="The key is of the whole account.")]

    # --- calls ---------------------------------------------------------------------------------------------------

    async def _read(self, *path: str, query: dict[str, str] | None = None) -> Any:
        try:
            answer = await self._service.call("GET", ("v1", *path), repeat=Repeat.FREELY, query=query, largest=LARGEST)
        except Declined as error:
            if error.status == 404:
                raise Missing(error.public) from error
            raise
        with understood(self.name):
            return dict(answer.json)

    async def _all(self, path: Sequence[str], asked: dict[str, str], *, most: int = 10) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = dict(asked)
        for _ in range(most):
            page = await self._read(*path, query=query)
            with understood(self.name):
                items += legible(self.name, page["items"], dict)
                if not page.get("next_cursor"):
                    break
                query["cursor"] = id_of(page["next_cursor"])
        return items


def _found(row: dict[str, Any]) -> Found:
    return Found(id=id_of(row["id"]), at=moment_of(row["created_at"]))
