"""MailKite: a domain there takes mail for every local part, so an inbox is an address of it. Facts of November 2026.

Quirks, each with a test:

- One list of everything, outbound mail included, newest first; its ``before`` leaves out whatever else came in the same
  millisecond, so pages overlap by one.
- The list and the single message have MailKite's verdicts and no bytes; the mailbox API has the bytes and no verdicts,
  and wants an app password. With one, both are put together by Message-ID; without, a mail is rebuilt.
- A verdict that is null was not scored: it is left out.
- ``to_addr`` is the envelope's recipient, ``to`` in what it posts too: To and Cc are read from the headers.
- Mail of a domain with encryption at rest cannot be read there: it is counted in the log and left where it is.
- It takes fields, and sends what it is asked as often as it is asked: a send without an answer is looked for in the
  list by our mark (``X-Entity-Ref-ID``). Where it is not found, nobody knows, and a person decides.
- Whether it keeps our Message-ID is not certain, so it is read back. Names beside recipients are left out, and an image
  that HTML shows in its place cannot be sent.
- Its ``thread_id`` moves with each answer, and is never used. A webhook there is the domain's only one: none is set.
- What its stream (SSE) says is not published: whatever it says is a reason to look, in all inboxes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailmcp.backends.calls import (
    STEADY,
    Answer,
    Declined,
    Pace,
    Repeat,
    furthest,
    id_of,
    legible,
    record,
    records,
    understood,
)
from mailmcp.backends.fields import Fields, File, checked, fields_of, missing
from mailmcp.backends.http import Service
from mailmcp.backends.lookups import looked_for, states
from mailmcp.backends.mailkite_wire import (
    arrived,
    as_sent,
    claim_of,
    event_of,
    headers_of,
    identifier,
    is_like,
    mark_of,
    rebuilt_of,
    request_of,
    said_of,
    timed,
)
from mailmcp.backends.services import Missing, unanswered
from mailmcp.backends.streams import StreamingService
from mailmcp.config.services import revealed
from mailmcp.errors import BackendError, BadInput, ConfigError, NoAnswer, TryLater
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

log = logging.getLogger("mailmcp.services")

PAGE = 200
OVERLAP = timedelta(minutes=5)
LARGEST = 40 * 1024 * 1024
FOUND_WITHIN = timedelta(days=2)


class MailKiteBackend:
    """Addresses of a domain at MailKite."""

    name = "mailkite"
    supports = frozenset({"cc", "bcc", "html", "attachments", "reply_to", "in_reply_to", "forward", "send_at"})

    def __init__(
        self,
        settings: Settings,
        reception: Reception,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        given = settings.mailkite
        self.per_minute = given.calls
        if given.api_key is None or not given.domain:
            raise ConfigError(
                "The backend mailkite needs a key and a domain: set MAILMCP_MAILKITE__API_KEY, and"
                " MAILMCP_MAILKITE__DOMAIN to a domain that is verified there (a free subdomain will do)."
            )
        password = given.app_password.get_secret_value() if given.app_password else ""
        self._pace = pace
        self._domain = given.domain.lower()
        self._streams = given.stream
        self.hook_signing = HookSigning(
            form=HookForm.STAMPED,
            header="x-mailkite-signature",
            milliseconds=True,
            secrets=revealed(given.hook_secrets),
        )

        def service(bearer: str | None) -> StreamingService:
            secrets = (password, *self.hook_signing.secrets)
            return StreamingService.of(
                self.name, given, reception, bearer=bearer, secrets=secrets, transport=transport, pace=pace
            )

        self._service = service(None)
        self._mailbox = service(password) if password else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()
        if self._mailbox is not None:
            await self._mailbox.aclose()

    # --- inboxes -------------------------------------------------------------------------------------------------

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        return self._domain

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Any local part receives: nothing is made there, if the domain is the account's."""
        with understood(self.name):
            known = {one.get("domain") for one in records(await self._read("api", "domains"))}
        if self._domain not in known:
            raise BackendError(f"Your account at MailKite has no domain {self._domain}: see MAILMCP_MAILKITE__DOMAIN.")
        address = f"{name or 'agent-' + key.rpartition('-')[2][:12]}@{self._domain}".lower()
        return RemoteInbox(address=address, id=address)

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """None: every address of the domain would be one."""
        return ()

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Nothing was made there; the mail that lies there stays."""

    # --- receiving -----------------------------------------------------------------------------------------------

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """A page of the account's list, the newest first. A walk has ``before``, and the ``newest`` that it met."""
        state: dict[str, int] = json.loads(cursor) if cursor else {"from": _milliseconds(since)}
        newest, before = state.get("newest", state["from"]), state.get("before")
        rows = await self._listed(before)
        with understood(self.name):
            times = [int(one["received_at"]) for one in rows]
            found, sealed = arrived(rows, inbox.address, state["from"])
        newest = max([newest, *times])
        following = _further(times, before)
        if sealed:
            log.warning("%d mails to %s are encrypted at MailKite and cannot be read", sealed, inbox.address)
        if not rows or times[-1] < state["from"] or following == before:
            begin = max(state["from"], newest - OVERLAP // timedelta(milliseconds=1))
            begin = min(begin, _milliseconds(furthest(OVERLAP)))
            return Page(found=found, cursor=json.dumps({"from": begin}))
        ahead = {"from": state["from"], "newest": newest, "before": following}
        return Page(found=found, cursor=json.dumps(ahead), more=True)

    async def _listed(self, before: int | None) -> list[dict[str, Any]]:
        asked = {"limit": str(PAGE), **({"before": str(before)} if before is not None else {})}
        with understood(self.name):
            return legible(self.name, await self._read("api", "messages", query=asked), timed)

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The mail with MailKite's verdicts; as it came if an app password is set."""
        said = await self._read("api", "messages", found.id)
        with understood(self.name):
            message, files = record(said["message"]), records(said.get("attachments"))
            headers = headers_of(message)
        raw = await self._raw(inbox, message, identifier(headers, "message-id"))
        return Incoming(
            raw=raw or rebuilt_of(message, headers, [await self._file(one) for one in files], found.at),
            rebuilt=raw is None,
            received_at=found.at,
            claim=claim_of(message),
        )

    async def _raw(self, inbox: RemoteInbox, message: dict[str, Any], message_id: str | None) -> bytes | None:
        """The same mail in the mailbox, by its Message-ID; None when there is no way to be sure of it."""
        if self._mailbox is None or message_id is None:
            return None
        asked, path = {"address": inbox.address, "mailbox": "INBOX"}, ("api", "mailbox", "messages")
        following: dict[str, str] = {"limit": str(PAGE)}
        for _ in range(3):
            page = await self._read(*path, query=asked | following, of=self._mailbox)
            with understood(self.name):
                rows = [one for one in legible(self.name, page["messages"], dict) if is_like(one, message)]
            for one in rows:
                answer = await self._called(
                    *path, str(one.get("uid")), "raw", query=asked, of=self._mailbox, octets=True
                )
                if identifier(headers_of({"raw": answer.body}), "message-id") == message_id:
                    return answer.body
            if not page.get("nextBefore"):
                return None
            following["before"] = str(page["nextBefore"])
        return None

    async def _file(self, said: dict[str, Any]) -> File:
        """A file of a mail; one that is not there any more is a file that says so."""
        name, kind = str(said.get("filename") or "file"), str(said.get("contentType") or "application/octet-stream")
        try:
            link = str(said.get("url") or "")
            data = await self._service.download(link, hosts=("mailkite.dev",), largest=LARGEST)
        except BackendError as error:
            if isinstance(error, TryLater):
                raise
            return missing(name, error.public)
        return File(filename=name, content_type=kind, data=data)

    def read_hook(self, body: bytes) -> Hook:
        """An event names the envelope's recipient; its words are not used, since the list has more."""
        try:
            said = json.loads(body)
            arrived = said["type"] == "email.received"
            inbox = str(said["to"][0]["address"]).lower() if arrived else None
            return Hook(id=str(said["id"]), inbox=inbox)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput("An event of MailKite cannot be read.") from error

    def streams_for(self, inboxes: Sequence[RemoteInbox]) -> list[tuple[RemoteInbox, ...]]:
        """All by one stream, which is of the account; none where the settings want none."""
        return [tuple(inboxes)] if self._streams else []

    async def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncGenerator[str | None]:
        """Every event of its stream, whatever it says."""
        async with aclosing(self._service.events(("v1", "realtime"))) as events:
            async for said in events:
                if said is None or said:
                    yield None

    # --- sending -------------------------------------------------------------------------------------------------

    def foresee(self, mail: OutboundMail) -> None:
        """See ``Foresees``."""
        _asked(mail, "")

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """One call, made once: it has no key, and a second one would be a second mail."""
        meant, body = _asked(mail, key)
        await about_to_commit(replace(mail, recipients=meant.recipients))
        try:
            answer = await self._service.call("POST", ("v1", "send"), repeat=Repeat.NEVER, body=body)
        except Declined as error:
            raise BackendError(f"Nothing left: {error.public}") from error
        with understood(self.name, NoAnswer):
            id_ = id_of(record(answer.json)["id"])
        return Receipt(accepted=meant.recipients, provider_id=id_, message_id=await self._message_id(id_))

    async def _message_id(self, id_: str) -> str | None:
        """Under which Message-ID it travels; None when that cannot be had now."""
        try:
            with understood(self.name):
                return identifier(
                    headers_of(record((await self._read("api", "messages", id_))["message"])), "message-id"
                )
        except BackendError:
            return None

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """By our mark in what was sent lately. Raises BackendError when it is not there: it may still be on its way."""
        meant = as_sent(fields_of(mail))
        mark, like = mark_of(meant, key), {"from_addr": meant.sender.email, "subject": meant.subject}

        async def look() -> Receipt | None:
            for one in await self._lately():
                if one.get("direction") != "outbound" or not is_like(one, like):
                    continue
                with understood(self.name):
                    headers = headers_of(record((await self._read("api", "messages", str(one["id"])))["message"]))
                if ("x-entity-ref-id", mark) in headers:
                    known = identifier(headers, "message-id")
                    return Receipt(accepted=meant.recipients, provider_id=str(one["id"]), message_id=known)
            return None

        return await looked_for("MailKite", self._pace, look)

    async def _lately(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        oldest, before = _milliseconds(datetime.now(UTC) - FOUND_WITHIN), None
        for _ in range(5):
            page = await self._listed(before)
            rows += page
            with understood(self.name):
                following = _further([int(one["received_at"]) for one in page], before)
                if following in (None, before) or following < oldest:
                    break
                before = following
        return rows

    async def events(self, inbox: RemoteInbox, cursor: str | None, sent: Sequence[str]) -> Events:
        """The state of sent mails, some at a time; of whom it speaks MailKite does not say."""

        async def ask(one: str) -> Event | None:
            with understood(self.name):
                return event_of(one, record((await self._read("api", "messages", one))["message"]))

        return await states(cursor, sent, ask)

    # --- the key -------------------------------------------------------------------------------------------------

    async def examine(self) -> list[Finding]:
        """Whether the key works, and whether the domain is there."""
        try:
            with understood(self.name):
                domains = {one.get("domain") for one in records(await self._read("api", "domains"))}
        except BackendError as error:
            return [unanswered(self.name, error)]
        if self._domain not in domains:
            why = f"The key works, but sees no domain {self._domain}."
            return [Finding(subject="mailkite", standing=Standing.WRONG, sentence=why, stops=True)]
        raw = "Mail is had as it came." if self._mailbox else "Mail is rebuilt: set MAILMCP_MAILKITE__APP_PASSWORD."
        standing = Standing.FINE if self._mailbox else Standing.WEAK
        return [Finding(subject="mailkite", standing=standing, sentence=f"The key works for {self._domain}. {raw}")]

    # --- calls ---------------------------------------------------------------------------------------------------

    async def _read(self, *path: str, query: dict[str, str] | None = None, of: Service | None = None) -> Any:
        answer = await self._called(*path, query=query, of=of)
        with understood(self.name):
            return answer.json

    async def _called(
        self, *path: str, query: dict[str, str] | None = None, of: Service | None = None, octets: bool = False
    ) -> Answer:
        try:
            service = of or self._service
            return await service.call("GET", path, repeat=Repeat.FREELY, query=query, largest=LARGEST, octets=octets)
        except Declined as error:
            if error.status == 404:
                raise Missing(error.public) from error
            raise


def _further(times: Sequence[int], before: int | None) -> int | None:
    """Where the next page begins: once more with whatever came in the same millisecond, as long as that leads on."""
    if not times:
        return before
    return times[-1] + 1 if times[-1] + 1 != before else times[-1]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _asked(mail: OutboundMail, key: str) -> tuple[Fields, dict[str, Any]]:
    """(what is meant, the body of the call). Raises BackendError for what MailKite cannot be told."""
    meant = as_sent(fields_of(mail))
    body = request_of(meant, mark_of(meant, key))
    checked(said_of(body), meant, "MailKite")
    return meant, body
