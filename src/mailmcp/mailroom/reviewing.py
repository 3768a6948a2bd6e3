"""Links by mail to a reviewer who is elsewhere: off unless the settings name one (decision 024).

Whoever has the mail can decide about one version of one draft, once, for an hour. So the mail never goes where the
assistant reads, is no draft and leaves no copy here, and says nothing of the message. The token is kept as its hash;
the code in the mail keeps what opens links by itself (scanners run scripts and send forms) from deciding.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from mailmcp.backends.services import MakesInboxes
from mailmcp.config import Settings
from mailmcp.config.mailbox import AccountSettings
from mailmcp.errors import ConfigError, MailError, NotFound, Refused
from mailmcp.language.domains import ascii_host
from mailmcp.mailroom.addressing import RESERVED
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import Draft, DraftState, OutboundMail
from mailmcp.store import Store, inboxes, outbox, reviews, status
from mailmcp.store.reviews import Link

log = logging.getLogger("mailmcp.review")

LASTS = timedelta(minutes=60)
WRONG_CODES = 5
"""After so many a link is good for nothing."""
MOST_PER_HOUR = 20
LAST_SECONDS = 10
"""So long a mail that is on its way may take when the process ends."""
AGAIN_SECONDS = 60
"""After a mail that could not leave."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
GONE = "This link was used already, has run out, or is about a version that is held no more: look for a newer mail."


class Reviewing:
    """Mails links, and knows what they are good for."""

    def __init__(self, store: Store, sealing: Sealing, dispatch: Dispatch, settings: Settings) -> None:
        self._store = store
        self._sealing = sealing
        self._dispatch = dispatch
        self._settings = settings
        self._said: str | None = None
        self._refused: str | None = None
        """Why the last one was not taken, for good."""
        self.reviewer = settings.approval.reviewer
        if self.reviewer and (where := _attended(self.reviewer.lower(), settings)) is not None:
            raise ConfigError(
                f"The setting MAILMCP_APPROVAL__REVIEWER is an address at {where}, where an assistant can make inboxes"
                " and read what comes: give an address of yours elsewhere."
            )

    # --- mailing -------------------------------------------------------------------------------------------------

    async def mail_all(self) -> bool:
        """Mail a link for each held version that has none; False when something keeps a mail from leaving now."""
        held = await self._store.read(outbox.open_drafts, (DraftState.HELD,))
        mailed = await self._store.read(reviews.mailed)
        new = [draft for draft in held if (draft.id, draft.revision) not in mailed]
        if not new or self.reviewer is None:
            return True
        base = self._settings.approval.review_url or await self._store.read(status.page)
        if base is None:
            return True  # no page yet, so nowhere to lead
        why = await self.trouble()
        if why != self._said:
            self._said = why
            if why:
                log.warning("%s", why)
        if why:
            return False
        return all([await self._mail(draft, self.reviewer, base) for draft in new])

    async def trouble(self) -> str | None:
        """Why no links are mailed now, as a sentence; None when nothing forbids it, or no reviewer is set."""
        if self.reviewer is None:
            return None
        if not self._dispatch.reaches_outside:
            return "No link is mailed to the reviewer: there is no way out, set MAILMCP_SEND_BACKEND."
        providers = self._dispatch.providers
        way = providers.outside(providers.default.name)
        if isinstance(way, MakesInboxes) and self._settings.approval.review_sender is None:
            return (
                f"No link is mailed to the reviewer: {way.name} sends from its own addresses alone. Set"
                " MAILMCP_APPROVAL__REVIEW_SENDER to one that is no inbox of this home, or MAILMCP_SEND_BACKEND to a"
                " relay."
            )
        return await self._readable()

    async def unmailed(self) -> str | None:
        """Why no links are mailed now, or why the last one was refused on its way, as a sentence."""
        return await self.trouble() or self._refused

    async def _readable(self) -> str | None:
        """Why an assistant could read those mails, also ones that were mailed before; None when it cannot."""
        if self.reviewer is None:
            return None
        relay = self._settings.smtp.username or ""
        names = {
            self.reviewer: "the address MAILMCP_APPROVAL__REVIEWER",
            self._sender(): "the address that it comes from (MAILMCP_APPROVAL__REVIEW_SENDER)",
            **({relay: "the account of the relay"} if "@" in relay else {}),
        }
        own = await self._store.read(inboxes.by_recipient, tuple(names))
        for address in (one for group in own.values() for one in group if one in names):
            return (
                f"No link is mailed to the reviewer: {names[address]} is an inbox of this home, where an assistant"
                " could read it and approve its own mail."
            )
        return None

    def _sender(self) -> str:
        return self._settings.approval.review_sender or f"{RESERVED}@{self._settings.local.domain}"

    async def _mail(self, draft: Draft, reviewer: str, base: str) -> bool:
        """Mail a link for one draft; False when that should be tried again later."""
        now = datetime.now(UTC)
        token = secrets.token_urlsafe(32)
        expires_at = min(now + LASTS, draft.expires_at or now + LASTS)
        kept = await self._store.write(
            reviews.put,
            _hash(token),
            draft,
            to=reviewer,
            now=now,
            expires_at=expires_at,
            most=MOST_PER_HOUR,
        )
        if not kept:
            return False  # it is held no more, or there were too many of late
        link = f"{base.rstrip('/')}/review#{token}"
        mime = _written(self._sender(), reviewer, draft, link, await self._code(_hash(token)), expires_at, now)
        leaving = OutboundMail(mime=mime, mail_from=self._sender(), recipients=(reviewer,))
        sending = asyncio.create_task(self._dispatch.notify(leaving, f"review-{_hash(token)[:32]}"))
        try:
            left = await asyncio.shield(sending)
        except (
            asyncio.CancelledError
        ):  # a conversation that is broken off in the middle leaves its connection in a mess
            await asyncio.wait([sending], timeout=LAST_SECONDS)
            raise
        except MailError as error:
            self._refused = f"No link is mailed to the reviewer about the draft {draft.id}: {error.public}"
            log.warning("%s", self._refused)
            return True  # the next try would end the same way
        self._refused = None
        if not left:
            await self._store.write(reviews.forget, _hash(token))
        return left

    # --- deciding ------------------------------------------------------------------------------------------------

    async def opened(self, token: str) -> Draft:
        """The draft that a token is about, as it is held now. Raises NotFound when it is good for nothing."""
        link = await self._link(token)
        if (why := await self._readable()) is not None:
            log.warning("a link of the reviewer's opens nothing: %s", why)
            raise NotFound(GONE)
        try:
            draft = await self._store.read(outbox.get, link.draft)
        except NotFound:
            raise NotFound(GONE) from None
        now = (draft.state, draft.revision, draft.sha256)
        if now != (DraftState.HELD, link.revision, link.sha256):
            raise NotFound(GONE)
        return draft

    async def spend(self, token: str, code: str) -> Draft:
        """Use a token for a decision, with the code of its mail. Raises NotFound, or Refused for a wrong code."""
        draft = await self.opened(token)
        # Counted before it is compared: of a thousand codes at the same moment five are.
        if not await self._store.write(reviews.tried, _hash(token), most_wrong=WRONG_CODES):
            raise NotFound(GONE)
        if not hmac.compare_digest(code.strip().encode("utf-8", "replace"), (await self._code(_hash(token))).encode()):
            raise Refused("That is not the code of the mail that this link came with.")
        if not await self._store.write(reviews.spend, _hash(token), now=datetime.now(UTC)):
            raise NotFound(GONE)
        return draft

    async def give_back(self, token: str) -> None:
        """Nothing was decided after all."""
        await self._store.write(reviews.give_back, _hash(token))

    async def _link(self, token: str) -> Link:
        if not _TOKEN.fullmatch(token) or self.reviewer is None:
            raise NotFound(GONE)
        link = await self._store.read(reviews.of, _hash(token), now=datetime.now(UTC), most_wrong=WRONG_CODES)
        if link is None:
            raise NotFound(GONE)
        return link

    async def _code(self, token_hash: str) -> str:
        key = await asyncio.to_thread(self._sealing.key)
        said = json.dumps(["mailmcp review code", token_hash]).encode()
        return f"{int.from_bytes(hmac.digest(key, said, 'sha256'), 'big') % 1_000_000:06d}"


class Mailing:
    """The duty of the leading process to mail links."""

    name = "review links"

    def __init__(self, reviewing: Reviewing, *, every: float) -> None:
        self._reviewing = reviewing
        self._every = every

    async def run(self) -> None:
        """Look for held drafts again and again, if there is a reviewer."""
        while self._reviewing.reviewer is not None:
            wait = self._every
            try:
                if not await self._reviewing.mail_all():
                    wait = max(AGAIN_SECONDS, self._every)
            except MailError as error:
                log.warning("links for the reviewer wait: %s", error)
            await asyncio.sleep(wait)


def _attended(reviewer: str, settings: Settings) -> str | None:
    """Where an inbox could be made that gets the reviewer's mail, and be deleted again; None when nowhere is known."""
    local, _, domain = reviewer.rpartition("@")
    accounts = (settings.imap, *settings.imap.accounts.values())
    for own in filter(None, (settings.local.domain, *(one.catch_all for one in accounts))):
        if ascii_host(domain) == ascii_host(own):
            return own
    plain = f"{local.partition('+')[0]}@{domain}"
    return next((plain for one in accounts if plain in _addresses(one)), None)


def _addresses(account: AccountSettings) -> set[str]:
    return {one.lower() for one in (account.address, account.username) if one}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _written(
    sender: str, reviewer: str, draft: Draft, link: str, code: str, expires_at: datetime, now: datetime
) -> bytes:
    """The mail, of words of ours alone: neither subject nor recipients nor text of the draft are in it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Reply-To"] = f"mailmcp <{sender}>", reviewer, reviewer
    mail["Subject"] = "A message waits for your decision"
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{ascii_host(sender.rpartition('@')[2])}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"An assistant wants to send a message from {draft.inbox}. It waits for you.\n\n"
        f"Read it and decide:\n{link}\n\nCode: {code}\n\n"
        f"The link is good for one decision, until {expires_at:%H:%M} UTC. Whoever has this mail can decide: do not"
        " pass it on. Without a decision nothing is sent.\n",
        cte="quoted-printable",
    )
    return mail.as_bytes()
