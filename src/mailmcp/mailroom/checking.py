"""Finding out who really sent a mail: on its way in, within the patience of whoever waits for it, and later again.

A check that takes longer than ``WAITER_SECONDS`` goes on by itself; until it ends the message says ``pending_check``.
One that met DNS trouble is repeated, each time after a longer pause, by the leading process.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailmcp.authenticity import evidence
from mailmcp.authenticity.check import Rules, check, needs_whole
from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.config import Settings
from mailmcp.errors import ConfigError, MailError, NotFound
from mailmcp.language.domains import ascii_host
from mailmcp.mail import parse
from mailmcp.mail.legible import legible
from mailmcp.mailroom.arrivals import Arrivals
from mailmcp.models import AuthResults, Envelope, Message, Source
from mailmcp.policy import trust
from mailmcp.policy.trust import Acquaintances
from mailmcp.store import Store, checks, contacts, inboxes, messages, raws
from mailmcp.store.checks import Check
from mailmcp.store.judgements import Judgement, Unjudged

log = logging.getLogger("mailmcp.checking")

WAITER_SECONDS = 2.0
"""Longest that a check delays the announcement of a mail."""
PAUSES = (60, 300, 1_800, 7_200, 21_600)
"""Seconds before a check that met DNS trouble is repeated; after the last it is left as it is."""
LOOK_SECONDS = 10
"""Between two looks for checks that are due."""
HEADER_BYTES = 2 * parse.MAX_HEADER_BYTES


def rules_of(settings: Settings) -> Rules:
    """What the settings say about checking."""
    return Rules(
        check_private_peers=settings.auth.check_private_peers,
        trusted_authserv=settings.auth.trusted_authserv,
        trusted_sealers=settings.auth.trusted_sealers,
        receiver=ascii_host(settings.local.domain) or "unknown",
    )


def system_resolver(settings: Settings) -> SystemResolver:
    """Real DNS, by the name servers that the settings name. Raises ConfigError."""
    try:
        return SystemResolver(settings.dns.servers)
    except ValueError as error:
        raise ConfigError(f"The setting MAILMCP_DNS__SERVERS cannot be used: {error}.") from error


class Checking:
    """The checks of one process; also a duty of the leading one, for what is due again."""

    name = "checks"

    def __init__(self, store: Store, arrivals: Arrivals, resolver: Resolver, rules: Rules) -> None:
        self._store = store
        self._arrivals = arrivals
        self._resolver = resolver
        self._rules = rules
        self._going_on: set[asyncio.Task[None]] = set()

    async def checked(self, item: Unjudged, judgement: Judgement) -> Judgement:
        """A judgement with what is found out about the sender within the patience of a waiter."""
        if item.outgoing or item.source is Source.SUBMITTED:
            return judgement  # our own
        known = await self._known(item.row, judgement.message)
        task = asyncio.create_task(self._results(item.row, item.raw, item.envelope, item.source, judgement.message))
        done, _ = await asyncio.wait([task], timeout=WAITER_SECONDS)
        if done:
            made = self._concluded(task.result(), judgement.message, item.envelope, item.source, known, tries=0)
        else:
            # The safety net: should this process end before the check does, it is due then.
            again_at = datetime.now(UTC) + timedelta(seconds=self._rules.seconds + 5)
            judged = trust.judge(judgement.message, source=item.source, peer=item.envelope.peer, known=known)
            made = Check(
                trust=judged, results=None, lines=(evidence.delivered(item.envelope, item.source),), again_at=again_at
            )
            follow = asyncio.create_task(self._follow(task, item, judgement.message, known))
            self._going_on.add(follow)
            follow.add_done_callback(self._going_on.discard)
        return replace(judgement, trust=made.trust, check=made)

    async def run(self) -> None:
        """As a duty: repeat what is due, until cancelled."""
        while True:
            try:
                while due := await self._store.read(checks.due, datetime.now(UTC)):
                    later = datetime.now(UTC) + timedelta(minutes=5)
                    await self._store.write(checks.postpone, [one.row for one in due], later)
                    for one in due:
                        await self._check_again(one)
            except MailError as error:
                log.warning("checks of senders wait: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def aclose(self) -> None:
        """Leave what is not finished to the next process."""
        for task in self._going_on:
            task.cancel()
        if self._going_on:
            await asyncio.wait(self._going_on)

    async def _follow(
        self, task: asyncio.Task[AuthResults | None], item: Unjudged, message: Message, known: Acquaintances
    ) -> None:
        """Write down what a check found that took longer than a waiter waits."""
        try:
            results = await task
            # The message was announced meanwhile, or is just being written down: writes keep their order.
            made = self._concluded(results, message, item.envelope, item.source, known, tries=1)
            await self._store.write(checks.append, item.row, made, datetime.now(UTC))
            self._arrivals.announce()
        except MailError as error:
            log.warning("a check could not be written down: %s", error)
        finally:
            task.cancel()

    async def _check_again(self, due: checks.Due) -> None:
        try:
            raw = await self._octets(due.row)
        except NotFound:
            return
        message = await asyncio.to_thread(_header_of, raw)
        known = await self._known(due.row, message)
        results = await self._results(due.row, raw, due.envelope, due.source, message)
        made = self._concluded(results, message, due.envelope, due.source, known, tries=due.tries)
        await self._store.write(checks.append, due.row, made, datetime.now(UTC))
        self._arrivals.announce()

    async def _octets(self, row: int) -> bytes:
        """As much of a message as its check needs. Raises NotFound."""
        beginning = await self._store.read(messages.raw_piece, row, 0)
        if len(beginning) < raws.PIECE_BYTES or not needs_whole(beginning):
            return beginning  # short mail is whole already
        return await self._store.read(messages.raw, row)

    async def _results(
        self, row: int, raw: bytes | None, envelope: Envelope, source: Source, message: Message
    ) -> AuthResults | None:
        """What can be found out; None when the message is not there any more."""
        if raw is None:
            try:
                raw = await self._octets(row)
            except MailError:
                return None
        author = message.author
        domain = author.email.rpartition("@")[2] if author else None
        results = await check(
            raw, envelope, author_domain=domain, resolver=self._resolver, source=source, rules=self._rules
        )
        if results.claim is None and source in (Source.SERVICE, Source.REBUILT):
            try:
                return replace(results, claim=await self._store.read(checks.claim, row))
            except MailError:
                return results
        return results

    def _concluded(
        self,
        results: AuthResults | None,
        message: Message,
        envelope: Envelope,
        source: Source,
        known: Acquaintances,
        *,
        tries: int,
    ) -> Check:
        judged = trust.judge(message, source=source, peer=envelope.peer, results=results, known=known)
        again_at = None
        if (results is None or results.again) and tries < len(PAUSES):
            again_at = datetime.now(UTC) + timedelta(seconds=PAUSES[tries])
        return Check(
            trust=judged,
            results=results,
            lines=(evidence.delivered(envelope, source), *(evidence.lines(results) if results is not None else ())),
            again_at=again_at,
        )

    async def _known(self, row: int, message: Message) -> Acquaintances:
        author = message.author
        if author is None:
            return trust.NOBODY
        met, friends = await self._store.read(contacts.acquaintances, row, author.email.lower())
        ours = await self._store.read(inboxes.for_recipient, author.email) is not None
        return Acquaintances.of(friends, author.email if met else None, ours=ours)


def _header_of(raw: bytes) -> Message:
    return legible(parse.parse(parse.header_block(raw[:HEADER_BYTES]) + b"\r\n"))
