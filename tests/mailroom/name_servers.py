"""Name servers with habits."""

from __future__ import annotations

import asyncio
from typing import Any

from mailmcp.authenticity.dns import Answer, Answering, StaticResolver


class Deaf(Answering):
    """Name servers that do not answer until they are told to."""

    def __init__(self, zone: StaticResolver | None = None) -> None:
        self._zone = zone or StaticResolver({})
        self.speak = asyncio.Event()
        self.asked = 0

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        """As the zone does, once it speaks."""
        self.asked += 1
        await self.speak.wait()
        return await self._zone.ask(kind, name)
