"""An IMAP server that misbehaves as it is told: what no well-made server does, and some real ones do."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

LONG_AGO = "01-Jan-2026 00:00:00 +0000"
_SET = re.compile(r"(\d+|\*)(?::(\d+|\*))?")


@dataclass
class Toy:
    """One mailbox, and how its server behaves."""

    mails: dict[int, bytes] = field(default_factory=dict)
    """By UID."""
    flags: dict[int, str] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1 IDLE AUTH=PLAIN"
    uidvalidity: int = 7
    port: int = 0
    heard: list[str] = field(default_factory=list)
    """Every command that was given, with its arguments."""
    silent: frozenset[str] = frozenset()
    """Commands that are never answered."""
    cut_at: dict[str, int] = field(default_factory=dict)
    """Commands at which the connection ends, and how many times more."""
    kept_back: set[int] = field(default_factory=set)
    """Mails that are said to be there and never handed over."""
    literal: int | None = None
    """What size is said of each mail's literal, instead of the true one."""
    said_size: int | None = None
    """RFC822.SIZE of each mail, instead of the true one."""
    garbage: dict[str, bytes] = field(default_factory=dict)
    """What is said instead of an answer to a command."""
    says_uidnext: bool = True
    received: str = LONG_AGO
    """INTERNALDATE of each mail; left as it is, what is added after the first connection came at that moment."""
    came: dict[int, str] = field(default_factory=dict)
    greeting: bytes = b"* OK ready\r\n"
    refuses: str = ""
    """Answer to a login, when it is refused."""
    refused: dict[str, str] = field(default_factory=dict)
    """What begins so is answered NO with these words; of FETCH only where one of ``refused_uids`` is named."""
    refused_uids: set[int] = field(default_factory=set)
    listing: bytes = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\HasNoChildren) "/" "&ZeVnLIqe-"\r\n'
    connections: int = 0
    _open: dict[asyncio.StreamWriter, asyncio.Task[None]] = field(default_factory=dict)

    def add(self, raw: bytes, uid: int | None = None) -> int:
        uid = uid or max(self.mails, default=0) + 1
        self.mails[uid] = raw
        if self.connections and self.received == LONG_AGO:
            self.came[uid] = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S +0000}"
        return uid

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open[writer] = asyncio.current_task()  # type: ignore[assignment]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(self.greeting)
            while line := await reader.readline():
                if not await self._answer(line.decode().strip(), reader, writer):
                    break
        writer.close()
        del self._open[writer]

    async def aclose(self) -> None:
        """End every conversation."""
        ending = list(self._open.values())
        for writer in self._open:
            writer.transport.abort()
        if ending:
            await asyncio.wait(ending, timeout=5)

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        tag, _, rest = line.partition(" ")
        command, _, arguments = rest.partition(" ")
        if command.upper() == "UID":
            command, _, arguments = arguments.partition(" ")
        command = command.upper()
        self.heard.append(f"{command} {arguments}")
        if self.cut_at.get(command, 0) > 0:
            self.cut_at[command] -= 1
            writer.transport.abort()
            return False
        if command in self.silent:
            return True
        if command in self.garbage:
            writer.write(self.garbage[command].replace(b"TAG", tag.encode()))
            return True
        if (words := self._refusal(command, arguments)) is not None:
            writer.write(f"{tag} NO {words}\r\n".encode())
            return True
        said = getattr(self, f"_{command.lower()}", lambda _: b"")(arguments)
        if command in ("LOGIN", "AUTHENTICATE"):
            if command == "AUTHENTICATE" and " " not in arguments:
                writer.write(b"+ \r\n")
                self.heard.append((await reader.readline()).decode().strip())
            if self.refuses:
                writer.write(f"{tag} NO {self.refuses}\r\n".encode())
                return True
        if command == "IDLE":
            writer.write(b"+ idling\r\n")
            await reader.readline()
        writer.write(said + f"{tag} OK done\r\n".encode())
        return command != "LOGOUT"

    def _refusal(self, command: str, arguments: str) -> str | None:
        said = f"{command} {arguments}".replace('"', "")
        words = next((words for start, words in self.refused.items() if said.startswith(start)), None)
        if command == "FETCH" and not self.refused_uids & set(self._named(arguments.partition(" ")[0])):
            return None
        return words

    def _capability(self, _: str) -> bytes:
        return f"* CAPABILITY {self.capabilities}\r\n".encode()

    def _list(self, _: str) -> bytes:
        return self.listing

    def _examine(self, _: str) -> bytes:
        said = f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] ok\r\n"
        if self.says_uidnext:
            said += f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] ok\r\n"
        return said.encode()

    _select = _examine

    def _search(self, arguments: str) -> bytes:
        if arguments[:1].isdigit():  # numbers of mails, not UIDs
            numbered = dict(enumerate(sorted(self.mails), 1))
            found = " ".join(str(numbered[one]) for one in self._named(arguments, numbered))
        else:
            found = " ".join(map(str, self._named(arguments)))
        return f"* SEARCH {found}\r\n".encode()

    def _fetch(self, arguments: str) -> bytes:
        uids, _, wanted = arguments.partition(" ")
        said = b""
        for number, uid in enumerate(sorted(self.mails), 1):
            if uid not in self._named(uids):
                continue
            raw, flags = self.mails[uid], self.flags.get(uid, "")
            if "BODY" not in wanted:
                size = self.said_size or len(raw)
                said += (
                    f"* {number} FETCH (UID {uid} RFC822.SIZE {size} FLAGS ({flags})"
                    f' INTERNALDATE "{self.came.get(uid, self.received)}")\r\n'
                ).encode()
            elif uid not in self.kept_back:
                said += (
                    f"* {number} FETCH (UID {uid} BODY[] {{{self.literal or len(raw)}}}\r\n".encode() + raw + b")\r\n"
                )
        return said

    def _named(self, arguments: str, among: Iterable[int] | None = None) -> list[int]:
        named: set[int] = set()
        there = list(self.mails if among is None else among)
        for part in arguments.split()[0 if arguments[:1].isdigit() else 1].split(","):
            match = _SET.fullmatch(part)
            assert match is not None, arguments
            ends = [match[1], match[2] or match[1]]
            low, top = (max(there, default=0) if one == "*" else int(one) for one in ends)
            named |= {uid for uid in there if min(low, top) <= uid <= max(low, top)}
        return sorted(named)


@contextlib.asynccontextmanager
async def toy(**how: object) -> AsyncIterator[Toy]:
    """A server that listens until the end of the block."""
    server = Toy(**how)  # type: ignore[arg-type]
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 20)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.aclose()
