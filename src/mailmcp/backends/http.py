"""The shared half of the services that are spoken to over HTTP: ``Service.call`` is one call, tried as often as it may.

What a backend cannot forget since it happens here: ids in paths are encoded, the budget is asked, redirects to other
hosts are not followed, answers are bounded in size and time, and neither errors nor logs hold keys or signed links.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urljoin, urlsplit

from mailmcp import __version__
from mailmcp.backends.calls import (
    STEADY,
    Answer,
    Busy,
    Declined,
    Explain,
    Pace,
    Repeat,
    TooLong,
    Trouble,
    Unsure,
    encoded,
    explained,
    origin_of,
    query_of,
    seconds_of,
)
from mailmcp.errors import BackendError, ConfigError, NoAnswer, TryLater
from mailmcp.language.characters import cleaned

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2
    from pydantic import SecretStr

    from mailmcp.backends.contract import Budget, Budgets

log = logging.getLogger("mailmcp.services")

LARGEST = 8 * 1024 * 1024
"""Bytes of an answer; a download says its own limit."""
LONGEST_WORDS = 240
REDIRECTS = 3
MOST_PAGES = 200
_LINK = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+", re.IGNORECASE)
_KEY = re.compile(r"\b(?:am|e2a|mk|as|sk|pk|whsec|agt|re)_[A-Za-z0-9_-]{12,}|\bBearer\s+\S+", re.IGNORECASE)
"""What looks like a key of such a service, whoever's it is."""


class Keyed(Protocol):
    """The settings that every service has."""

    @property
    def api_key(self) -> SecretStr | None: ...
    @property
    def url(self) -> str: ...
    @property
    def calls(self) -> int: ...


class Service:
    """One service and the pool of connections to it."""

    def __init__(
        self,
        name: str,
        base: str,
        *,
        budget: Budget,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        explain: Explain | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> None:
        """``headers`` hold the key and go to ``base`` alone; ``secrets`` are left out of all words.

        Raises ConfigError for a ``base`` that would show the key to everybody on the way, or a key that is none.
        """
        if not all(value.isascii() and value.isprintable() for value in (headers or {}).values()):
            raise ConfigError(f"The key of {name} has a character that no key has: copy it again, on one line.")
        self.name = name
        self.base = origin_of(name, base)
        self._prefix = urlsplit(base).path.rstrip("/")
        self._budget = budget
        self._headers = dict(headers or {})
        self._secrets = tuple(filter(None, secrets))
        self._explain = explain or explained
        self._transport = transport
        self._pace = pace
        self._client: httpx2.AsyncClient | None = None

    @classmethod
    def of(
        cls,
        name: str,
        given: Keyed,
        reception: Budgets,
        *,
        bearer: str | None = None,
        secrets: Sequence[str] = (),
        explain: Explain | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        pace: Pace = STEADY,
    ) -> Self:
        """The service ``name`` as its settings say, with its key, or with ``bearer`` in its place.

        Raises ConfigError when there is no key, or as ``Service`` does.
        """
        if given.api_key is None:
            raise ConfigError(f"The backend {name} needs its API key: set MAILMCP_{name.upper()}__API_KEY.")
        key = given.api_key.get_secret_value()
        return cls(
            name,
            given.url,
            budget=reception.budget(name, given.calls),
            headers={"Authorization": f"Bearer {bearer or key}"},
            secrets=(key, bearer or "", *secrets),
            explain=explain,
            transport=transport,
            pace=pace,
        )

    async def call(
        self,
        method: str,
        path: Sequence[str],
        *,
        repeat: Repeat,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST,
        octets: bool = False,
    ) -> Answer:
        """One call; ``path`` is its segments, each of which may hold anything.

        ``body`` becomes JSON if it is no bytes, and the answer must be JSON if no ``octets`` are asked for.

        Raises Declined when the service said no, Busy or TryLater when nothing was done and it may be tried later, and
        NoAnswer when it may have been done (never of a call that may be repeated FREELY).
        """
        try:
            url = self.base + self._prefix + encoded(path) + query_of(query)
            content = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        except UnicodeError as error:
            raise BackendError(f"{self.name} cannot be asked that.") from _kind(error)
        sent = {**self._headers, **(headers or {})}
        if content is not None and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        doubt: NoAnswer | None = None
        last: BackendError = TryLater(f"{self.name} was not asked.")
        for tried in range(1, self._pace.tries + 1):
            pause: float | None = None
            try:
                await self._budget.take()
                return self._judged(await self._once(method, url, content, sent, largest), octets=octets)
            except Declined as error:
                # A word of the service's own says that it knows the call; without one, or when it is about who calls,
                # it never came so far.
                if doubt is not None and (not error.code or error.status in (401, 402, 404)):
                    raise doubt from error
                raise
            except TooLong as error:
                if repeat is Repeat.FREELY:
                    raise
                raise NoAnswer(error.public) from error
            except Busy as error:
                last, pause = error, error.after
                if pause is not None:
                    await self._budget.rest(pause)
                if error.lasting:
                    break
            except NoAnswer as error:
                last, pause = error, error.after if isinstance(error, Unsure) else None
                if repeat is not Repeat.FREELY:
                    doubt = error
                if repeat is Repeat.NEVER:
                    raise
            except TryLater as error:
                last = error
            pause = self._pace.pause(tried, pause)
            if tried == self._pace.tries or pause is None:
                break
            await asyncio.sleep(pause)
        if doubt is not None:
            raise doubt
        raise last if isinstance(last, TryLater) else TryLater(last.public)

    async def ask(
        self, path: Sequence[str], query: Mapping[str, str] | None = None, *, method: str = "GET", body: Any = None
    ) -> Answer:
        """A call that may be repeated freely; see ``call``."""
        return await self.call(method, path, repeat=Repeat.FREELY, query=query, body=body)

    async def pages(self, path: Sequence[str], query: Mapping[str, str]) -> AsyncIterator[Answer]:
        """The pages of a list, each of which names the next in ``next_page_token``; one may be empty and not the last.

        Raises BackendError when there is no end to them.
        """
        asked = dict(query)
        for _ in range(MOST_PAGES):
            page = await self.ask(path, asked)
            yield page
            if not (token := page.record.get("next_page_token")):
                return
            if not isinstance(token, str):
                raise BackendError(f"{self.name} gave a list that cannot be read.")
            asked["page_token"] = token
        raise BackendError(f"{self.name} gives a list without end.")

    async def download(self, url: Any, *, hosts: Sequence[str], largest: int) -> bytes:
        """What lies behind a link that the service gave, at one of ``hosts`` or below one; the key is not shown there.

        Raises BackendError for any other link, and as ``call`` does.
        """
        if not isinstance(url, str) or not self._may_follow(url, hosts):
            raise BackendError(f"{self.name} gave a link that leads somewhere else: it was not followed.")
        for tried in range(1, self._pace.tries + 1):
            try:
                answer = await self._once("GET", url, None, {}, largest)
                if answer.status == 200:
                    return answer.body
                if answer.status not in (408, 429) and answer.status < 500:
                    raise Declined(
                        f"{self.name} gave a link that does not work ({answer.status}).", status=answer.status, code=""
                    )
            except (NoAnswer, TryLater):
                pass  # nothing is lost by asking again
            if (pause := self._pace.pause(tried, None)) is not None and tried < self._pace.tries:
                await asyncio.sleep(pause)
        raise TryLater(f"What {self.name} has could not be downloaded now.")

    def _may_follow(self, url: str, hosts: Sequence[str]) -> bool:
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        below = any(host == one or host.endswith(f".{one}") for one in hosts)
        at_home = f"{parts.scheme}://{parts.netloc}" == self.base
        return at_home or (parts.scheme == "https" and below and port in (None, 443) and "@" not in parts.netloc)

    def words(self, said: str) -> str:
        """A stranger's words that may stand in a sentence of ours: one line without links, marks and keys."""
        for secret in self._secrets:
            said = said.replace(secret, "[key]")
        said = _KEY.sub("[key]", _LINK.sub("[link]", cleaned(said)[0]))
        said = "".join(one if one.isprintable() else " " for one in said).replace('"', "'")
        return " ".join(said.split())[:LONGEST_WORDS]

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # --- one try -------------------------------------------------------------------------------------------------

    def _judged(self, answer: Answer, *, octets: bool) -> Answer:
        """An answer that says it was done; else what follows from it is raised."""
        if 200 <= answer.status < 300:
            try:
                _ = None if octets else answer.json  # a body that was cut off is no answer
            except ValueError as error:
                raise NoAnswer(f"{self.name} gave an answer that cannot be read.") from _kind(error)
            return answer
        if 300 <= answer.status < 400:
            raise BackendError(f"{self.name} sends this call to another place: it was not followed.")
        try:
            trouble = self._explain(answer.json)
        except Exception:  # whatever stands between us and the service may answer with a page
            trouble = Trouble()
        said = f'{self.name} said {answer.status}: "{self.words(trouble.message or trouble.code or "nothing more")}".'
        if trouble.advice:
            said += f' Its advice: "{self.words(trouble.advice)}".'
        after = seconds_of(answer.headers)
        if answer.status == 429:
            if trouble.again is False:  # of a day or a month: waiting a moment helps nobody
                raise Busy(said, code=trouble.code, lasting=True)
            raise Busy(said, after=after if after is not None else 1.0, code=trouble.code)
        if trouble.again or answer.status in (408, 425) or answer.status >= 500:
            if after is not None:
                raise Unsure(said, after=after)
            raise NoAnswer(said)
        raise Declined(said, status=answer.status, code=trouble.code)

    async def _once(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], largest: int
    ) -> Answer:
        """One request and its answer, whatever it says. Raises TryLater when nothing was sent, NoAnswer after that."""
        import httpx2

        for _ in range(REDIRECTS + 1):
            try:
                async with asyncio.timeout(self._pace.seconds), self._asked(method, url, content, headers) as response:
                    there = response.headers.get("location")
                    if not (response.is_redirect and there and method == "GET"):
                        return await self._received(response, largest)
                    url = self._followed(url, there)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
                raise TryLater(f"{self.name} cannot be reached now.") from _kind(error)
            except httpx2.LocalProtocolError as error:
                raise BackendError(f"{self.name} cannot be asked that.") from _kind(error)
            except (httpx2.TransportError, TimeoutError) as error:
                raise NoAnswer(f"{self.name} gave no answer.") from _kind(error)
            except (httpx2.InvalidURL, httpx2.HTTPError, UnicodeError) as error:
                raise BackendError(f"{self.name} cannot be asked that.") from _kind(error)
        raise BackendError(f"{self.name} sends from place to place without end.")

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str],
        timeout: httpx2.Timeout | None = None,
    ) -> AsyncGenerator[httpx2.Response]:
        import httpx2

        client = self._client
        if client is None:
            # It would log each address that is asked, signed links among them.
            logging.getLogger("httpx2").setLevel(logging.WARNING)
            client = self._client = httpx2.AsyncClient(
                transport=self._transport,
                timeout=httpx2.Timeout(self._pace.seconds, connect=min(10, self._pace.seconds)),
                limits=httpx2.Limits(max_connections=8, max_keepalive_connections=4),
                follow_redirects=False,
                headers={
                    "User-Agent": f"mailmcp/{__version__}",
                    "Accept": "application/json, */*;q=0.5",
                    "Accept-Encoding": "gzip",
                },
            )
        split = urlsplit(url)
        # By its raw path: a client that reads an address anew would undo what was encoded.
        target = httpx2.URL(f"{split.scheme}://{split.netloc}").copy_with(
            raw_path=f"{split.path or '/'}{'?' + split.query if split.query else ''}".encode("ascii")
        )
        async with client.stream(
            method, target, content=content, headers=dict(headers), timeout=timeout or client.timeout
        ) as response:
            yield response

    async def _received(self, response: httpx2.Response, largest: int) -> Answer:
        if response.is_stream_consumed:  # of a transport that gives it whole, unpacked
            return self._answer(response, response.content, largest)
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise NoAnswer(f"{self.name} gave an answer that cannot be read.")
        # Unpacked here, no further than is wanted: a few kilobytes may stand for as many gigabytes.
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if coding.endswith("gzip") else None
        octets = bytearray()
        async for piece in response.aiter_raw():
            try:
                octets += unpack.decompress(piece, largest + 1 - len(octets)) if unpack is not None else piece
            except zlib.error as error:
                raise NoAnswer(f"{self.name} gave an answer that cannot be read.") from _kind(error)
            if len(octets) > largest:
                break
        if len(octets) <= largest and unpack is not None and octets and (not unpack.eof or unpack.unused_data):
            raise NoAnswer(f"{self.name} gave an answer that ends too soon.")
        return self._answer(response, bytes(octets), largest)

    def _answer(self, response: httpx2.Response, octets: bytes, largest: int) -> Answer:
        if len(octets) > largest:
            raise TooLong(f"{self.name} answers with more than {largest} bytes: it was not read.")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, body=octets, headers=headers)

    def _followed(self, url: str, there: str) -> str:
        """Where a redirect leads. Raises BackendError when that is another host."""
        try:
            target = urljoin(url, there)
            before, after = urlsplit(url), urlsplit(target)
        except ValueError as error:
            raise BackendError(f"{self.name} sends to a place that there is not.") from _kind(error)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            raise BackendError(f"{self.name} sends to another host: it was not followed.")
        return target


def _kind(error: BaseException) -> Exception:
    """The same kind of error without its words, in which there may be a link or a key."""
    return ConnectionError(type(error).__name__)
