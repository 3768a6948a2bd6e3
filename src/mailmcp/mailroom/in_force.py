"""The settings that count: those of the process that leads the home, whatever another window or shell has set.

A host starts each process with an environment of its own. If each judged by its own, a window with looser settings
would loosen all, and one without a relay would refuse what the leader could send. So the leader writes down what it
uses, without secrets and proved by the home's key, and the others read it at each decision.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from mailmcp.config import ApprovalSettings, SendSettings, Settings
from mailmcp.errors import MailError
from mailmcp.mailroom.auditing import note
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.sealing import Sealing
from mailmcp.store import Store, status

log = logging.getLogger("mailmcp.settings")

DIFFERENCES_SHOWN = 6
VALUE_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What decides about mail that wants to leave."""

    send: SendSettings
    approval: ApprovalSettings
    way_out: bool
    """Whether whoever leads can send to anybody but the inboxes of this home."""
    shut_in: frozenset[str] = frozenset()
    """Backends whose inboxes can not, though others can."""
    differences: tuple[str, ...] = ()
    """What this process has set otherwise, in words: `NAME is A here and B there`."""


class InForce:
    """Tells one process which settings count."""

    def __init__(
        self, store: Store, sealing: Sealing, settings: Settings, providers: Providers, leads: Callable[[], bool]
    ) -> None:
        self._store = store
        self._sealing = sealing
        self._settings = settings
        self._way_out = providers.reaches_outside
        self._shut_in = providers.shut_in
        self._leads = leads

    async def now(self) -> Ruling:
        """What counts at this moment: this process's own settings when it leads, or when nobody ever did."""
        own = Ruling(
            send=self._settings.send, approval=self._settings.approval, way_out=self._way_out, shut_in=self._shut_in
        )
        if self._leads():
            return own
        kept = await self._store.read(status.kept, status.LEADER_SETTINGS)
        if kept is None or not await self._is_proved(kept):
            return own
        said: dict[str, Any] = json.loads(kept["said"])
        try:
            return Ruling(
                send=SendSettings.model_validate(said["send"]),
                approval=ApprovalSettings.model_validate(said["approval"]),
                way_out=bool(said["way_out"]),
                shut_in=frozenset(said.get("shut_in", ())),
                differences=differences(self._settings, said),
            )
        except (ValidationError, KeyError, TypeError):  # written by another version
            return own

    async def keep(self) -> None:
        """This process leads from now on: write down what it uses."""
        said = json.dumps(self._said(), sort_keys=True)
        mac = await self._mac(said)
        await self._store.write(status.keep, status.LEADER_SETTINGS, {"said": said, "mac": mac})
        await self._store.write(note, self._settings)

    def _said(self) -> dict[str, Any]:
        return {**_said(self._settings), "way_out": self._way_out, "shut_in": sorted(self._shut_in)}

    async def _mac(self, said: str) -> str:
        key = await asyncio.to_thread(self._sealing.key)
        return hmac.digest(key, b"mailmcp settings " + said.encode(), "sha256").hex()

    async def _is_proved(self, kept: dict[str, Any]) -> bool:
        """Whether it was written with the home's key: who can only write into the database loosens nothing."""
        said, mac = kept.get("said"), kept.get("mac")
        if not isinstance(said, str) or not isinstance(mac, str):
            return False
        return hmac.compare_digest(mac.encode(), (await self._mac(said)).encode())


class Stating:
    """The duty of the leading process to write down what it uses."""

    name = "settings"

    def __init__(self, in_force: InForce) -> None:
        self._in_force = in_force

    async def run(self) -> None:
        """Once is enough: settings do not change while a process lives."""
        while True:
            try:
                await self._in_force.keep()
                break
            except MailError as error:
                log.warning("other processes cannot be told which settings count: %s", error)
                await asyncio.sleep(1)
        await asyncio.Event().wait()


def differ(found: tuple[str, ...]) -> str | None:
    """One sentence on what is set otherwise here; None when nothing is."""
    if not found:
        return None
    shown = "; ".join(found[:DIFFERENCES_SHOWN])
    more = f"; and {len(found) - DIFFERENCES_SHOWN} more" if len(found) > DIFFERENCES_SHOWN else ""
    return (
        "Another mailmcp process leads this home, and its settings count, not those that this one was started with:"
        f" {shown}{more}. Set the same for all, best in config.toml."
    )


def differences(settings: Settings, said: dict[str, Any]) -> tuple[str, ...]:
    """What these settings say otherwise than a leader, in words."""
    here, there = _flat(_said(settings)), _flat(said)
    return tuple(
        f"MAILMCP_{name.upper()} is {_shown(here[name])} here and {_shown(there[name])} there"
        for name in sorted(here.keys() & there.keys())
        if here[name] != there[name]
    )


def _said(settings: Settings) -> dict[str, Any]:
    """No secrets: names and rules only."""
    kept = settings.model_dump(mode="json", include={"backend", "send_backend", "send", "approval"})
    return {**kept, "local": {"domain": settings.local.domain}}


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for root, value in said.items():
        if isinstance(value, dict):
            flat |= {f"{root}__{name}": one for name, one in cast(dict[str, Any], value).items()}
        elif root not in ("way_out", "shut_in"):
            flat[root] = value
    return flat


def _shown(value: Any) -> str:
    words = ",".join(map(str, cast(list[Any], value))) if isinstance(value, list) else str(value)
    return "not set" if value in (None, []) else words[:VALUE_SHOWN]
