"""What AgentMail posts: signed by Svix, and a reason to look at the inbox that it names."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reception import KeepingReception

from mailmcp.backends.agentmail import AgentmailBackend
from mailmcp.backends.services import ReadsHooks
from mailmcp.config import load_settings
from mailmcp.errors import BadInput
from mailmcp.models import Hook
from mailmcp.web.signatures import why_not

SECRET = "whsec_" + base64.b64encode(b"the key of a test").decode()
ANN = "ann@agentmail.to"
MESSAGE = {"inbox_id": "Ann@agentmail.to", "message_id": "<a@b>", "text": "words"}


@pytest.fixture
def backend(tmp_path: Path) -> AgentmailBackend:
    given = {"MAILMCP_AGENTMAIL__API_KEY": "am_us_0", "MAILMCP_AGENTMAIL__HOOK_SECRETS": SECRET}
    return AgentmailBackend(load_settings(tmp_path, given), KeepingReception())


def event(kind: str, **about: Any) -> bytes:
    return json.dumps({"type": "event", "event_type": kind, "event_id": "evt_1", **about}).encode()


def test_it_is_verified_as_svix_signs(backend: AgentmailBackend) -> None:
    assert isinstance(backend, ReadsHooks)
    body, now = event("message.received", message=MESSAGE), int(datetime.now(UTC).timestamp())
    mac = hmac.digest(b"the key of a test", f"msg_1.{now}.".encode() + body, "sha256")
    headers = {
        "svix-id": ["msg_1"],
        "svix-timestamp": [str(now)],
        "svix-signature": [f"v1,{base64.b64encode(mac).decode()}"],
    }
    assert why_not(backend.hook_signing, headers, body, now) is None
    assert why_not(backend.hook_signing, headers, body + b" ", now) is not None


@pytest.mark.parametrize(
    ("body", "inbox", "message"),
    [
        (event("message.received", message=MESSAGE, thread={"inbox_id": "x"}), "ann@agentmail.to", "<a@b>"),
        (event("message.received.spam", message=MESSAGE), "ann@agentmail.to", "<a@b>"),
        (
            event("message.bounced", bounce={"inbox_id": "ann@agentmail.to", "message_id": "<c@d>"}),
            "ann@agentmail.to",
            None,
        ),
        (event("calendar.event.created", inbox_id="ann@agentmail.to", calendar_event={}), "ann@agentmail.to", None),
        (event("domain.verified", domain={}), None, None),
    ],
)
def test_an_event_names_its_inbox_and_what_arrived(
    backend: AgentmailBackend, body: bytes, inbox: str | None, message: str | None
) -> None:
    assert backend.read_hook(body) == Hook(id="evt_1", inbox=inbox, message=message)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[" * 100_000, event("message.received", message=[])])
def test_what_is_no_event_is_refused_in_words(backend: AgentmailBackend, body: bytes) -> None:
    with pytest.raises(BadInput):
        backend.read_hook(body)
