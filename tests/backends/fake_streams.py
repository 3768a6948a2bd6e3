"""What each service says by itself of mail that came, as its page has it; beside the stand-ins for its HTTP."""

from __future__ import annotations

import json
from typing import Any, cast

from fake_agentmail import FakeAgentmail
from fake_e2a import E2A
from fake_mailkite import MailKite
from http_service import Asked, Said
from loopback_service import handler_of
from streaming import Line, Streams

from mailmcp.config import Settings, load_settings


class AgentmailStreams(Streams):
    """Silent until it is asked to tell; one connection may ask for many inboxes."""

    def __init__(self) -> None:
        self.fake = FakeAgentmail()
        super().__init__(self.fake)
        self.key = self.fake.key

    async def serve(self, line: Line) -> None:
        said = line.asked.headers.get("authorization")
        if line.asked.path != ["v0"] or said != f"Bearer {self.key}":
            return await line.refuse(Said(403, {"message": "Forbidden"}))
        await line.accept()
        line.topics = set()
        with self.listening(line):
            while (text := await line.heard()) is not None:
                asked = json.loads(text)
                wanted = {one.lower() for one in asked.get("inbox_ids", ())}
                if asked.get("type") != "subscribe":
                    await line.say({"message": "Forbidden"})
                elif gone := wanted - set(self.fake.inboxes):
                    said = {"code": "not_found", "message": f"No inbox {gone}", "fix": "Leave it out."}
                    await line.say({"type": "error", "name": "NotFoundError", **said})
                else:
                    line.topics |= wanted
                    subscribed = {"type": "subscribed", "organization_id": "org_1", "inbox_ids": sorted(wanted)}
                    await line.say(subscribed)

    def deliver(self, address: str, raw: bytes) -> Any:
        id_ = self.fake.receive(address, raw)
        item = next(one.item for one in self.fake.all if one.item["message_id"] == id_)
        about = {"message": {**item, "text": "…"}, "thread": {"inbox_id": address, "thread_id": item["thread_id"]}}
        return {"type": "event", "event_type": "message.received", "event_id": f"evt_{len(self.fake.all)}", **about}

    def settings(self, home: Any, url: str, **more: str) -> Settings:
        given = {
            "MAILMCP_BACKEND": "agentmail",
            "MAILMCP_AGENTMAIL__API_KEY": self.key,
            "MAILMCP_AGENTMAIL__CALLS": "6000",
        }
        return load_settings(home, {**given, "MAILMCP_AGENTMAIL__URL": url, **more})


class E2aStreams(Streams):
    """One connection for each agent: a newer one ends the older; at first it tells of what is unread."""

    def __init__(self) -> None:
        self.fake = E2A()
        super().__init__(handler_of(self.fake))
        self.key = self.fake.account_key

    async def serve(self, line: Line) -> None:
        match line.asked.path:
            case ["v1", "agents", agent, "ws"] if agent in self.fake.agents:
                pass
            case _:
                return await line.refuse(Said(404, {"error": {"code": "not_found", "message": "no such agent"}}))
        if line.asked.headers.get("authorization") != f"Bearer {self.key}":
            return await line.refuse(Said(401, {"error": {"code": "unauthorized", "message": "no such key"}}))
        await line.accept()
        line.topics = {agent}
        for other in [one for one in self.lines if one.topics == {agent}]:
            await other.end(4000)
        with self.listening(line):
            for row in self.fake.rows:
                if row.agent == agent and row.direction == "inbound" and not row.read:
                    await line.say(self._event_of(row))
            while await line.heard() is not None:
                pass

    def deliver(self, address: str, raw: bytes) -> Any:
        return self._event_of(self.fake.deliver(address, raw))

    def _event_of(self, row: Any) -> Any:
        event = next(one for one in self.fake.events if one["data"].get("message_id") == row.id)
        return {name: event[name] for name in ("type", "id", "schema_version", "created_at", "data")}

    def settings(self, home: Any, url: str, **more: str) -> Settings:
        given = {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": self.key, "MAILMCP_E2A__STREAM": "true"}
        given["MAILMCP_E2A__CALLS"] = "6000"
        return load_settings(home, {**given, "MAILMCP_E2A__URL": url, **more})


class MailKiteStreams(Streams):
    """Events over HTTP, of which nobody has published the form: a comment now and then, and something of each mail."""

    def __init__(self) -> None:
        self.fake = MailKite()
        self.fake.domain("anna.mailkite.example")
        super().__init__(handler_of(self.fake))
        self.key = self.fake.key

    def is_stream(self, asked: Asked) -> bool:
        return asked.path == ["v1", "realtime"]

    async def serve(self, line: Line) -> None:
        with self.listening(line):
            await line.say(": there\n\n")
            await line.heard()

    def deliver(self, address: str, raw: bytes) -> Any:
        (row,) = self.fake.deliver(address, raw=raw)
        return cast(Any, {"type": "email.received", "id": row.id})

    def settings(self, home: Any, url: str, **more: str) -> Settings:
        given = {
            "MAILMCP_BACKEND": "mailkite",
            "MAILMCP_MAILKITE__API_KEY": self.key,
            "MAILMCP_MAILKITE__CALLS": "6000",
        }
        given |= {"MAILMCP_MAILKITE__DOMAIN": "anna.mailkite.example", "MAILMCP_MAILKITE__URL": url}
        return load_settings(home, {**given, **more})
