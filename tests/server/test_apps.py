"""Views for hosts that show them: who is told of them, what the pages are, and what comes with a result for them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from app_host import APPS
from hosts import Door
from http_house import META, http_house
from letters import letter
from mcp.client.extension import advertise
from test_stdio import modern

import mailmcp.server
from mailmcp.server.apps import DRAFTS, FOR_VIEWS, OPENS, PAGE, THREAD

pytestmark = pytest.mark.anyio

UI = "io.modelcontextprotocol/ui"
MIME = "text/html;profile=mcp-app"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
SHOWS = {"extensions": [advertise(UI, {"mimeTypes": [MIME]})]}
FOLDER = Path(mailmcp.server.__file__).parent / "app"


@pytest.fixture(params=["auto", "legacy"])
async def shows(open_door, request) -> AsyncIterator[Door]:
    """A server and a client with views, in both eras."""
    async with open_door(request.param, SHOWS) as door:
        yield door


# --- who is told -------------------------------------------------------------------------------------------------


async def test_a_client_with_views_is_told_which_tool_opens_which(shows):
    tools = {one.name: one.meta or {} for one in (await shows.client.list_tools()).tools}
    assert {name: meta["ui"]["resourceUri"] for name, meta in tools.items() if "ui" in meta} == OPENS
    assert {name: meta["ui/resourceUri"] for name, meta in tools.items() if "ui/resourceUri" in meta} == OPENS
    assert tools["read_thread"]["io.mailmcp/untrusted"] is True
    listed = {str(one.uri) for one in (await shows.client.list_resources()).resources}
    assert {DRAFTS, THREAD} < listed


async def test_a_view_may_call_only_what_reads(shows):
    tools = {one.name: one for one in (await shows.client.list_tools()).tools}
    callable_ = {name for name in OPENS if "app" in tools[name].meta["ui"]["visibility"]}
    assert callable_ == FOR_VIEWS
    assert all(tools[name].annotations.read_only_hint for name in callable_)


NO_VIEWS: tuple[dict[str, Any], ...] = (
    {},
    {"extensions": [advertise(UI, {})]},
    {"extensions": [advertise(UI, {"mimeTypes": ["text/html"]})]},
)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("has", NO_VIEWS)
async def test_another_client_sees_no_difference(open_door, mode, has):
    async with open_door(mode, has) as door:
        assert all("ui" not in str(one.meta) for one in (await door.client.list_tools()).tools)
        listed = [str(one.uri) for one in (await door.client.list_resources()).resources]
        assert not any(one.startswith("ui:") for one in listed)
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        given = {"inbox": anna, "to": [bert], "subject": "x", "body": "x"}
        for result in (
            await door.client.call_tool("draft_for_approval", given),
            await door.client.call_tool("check_draft", {}),
        ):
            assert PAGE not in (result.meta or {})


def test_over_the_pipe_a_list_with_views_is_for_its_client_alone_and_any_other_for_all(served):
    scopes: list[str] = []
    for capabilities in ({}, APPS):
        method, params = modern("tools/list")
        params = {"_meta": {**params["_meta"], CAPABILITIES: capabilities}}
        result = served.request(method, params)["result"]
        scopes.append(result["cacheScope"])
        assert ("ui://" in str(result)) == bool(capabilities)
    assert scopes == ["public", "private"]
    discovered = served.request(*modern("server/discover"))["result"]["capabilities"]
    assert UI in discovered["extensions"]


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", [DRAFTS, THREAD])
async def test_a_page_is_one_file_that_reaches_nothing_and_runs_the_script_in_it_alone(either_door, uri):
    [content] = (await either_door.client.read_resource(uri)).contents
    assert (content.uri, content.mime_type) == (uri, MIME)
    assert content.meta["ui"] == {"csp": {}, "prefersBorder": True}
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', content.text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert set(rules) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        [inside] = re.findall(rf"<{tag}>(.*?)</{tag}>", content.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
        assert content.text.count(f"<{tag}") == 1
    assert not re.search(r"\b(src|href|srcdoc|action|on\w+)\s*=\s*[\"']", content.text)


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.js")), ids=lambda one: one.name)
def test_a_script_writes_text_and_never_markup_and_keeps_and_fetches_nothing(script):
    banned = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc|eval\("
        r"|new Function|setAttribute|\.href|\.src\b|fetch\(|XMLHttpRequest|WebSocket|import\(|localStorage|cookie"
        r"|window\.open|setTimeout\(['\"]"
    )
    assert re.findall(banned, script.read_text("utf-8")) == []


def test_a_view_asks_its_host_for_nothing_but_reading_and_opening_a_link():
    code = "".join(one.read_text("utf-8") for one in FOLDER.glob("*.js"))
    asked = set(re.findall(r'ask\("([^"]+)"', code))
    assert asked == {"ui/initialize", "tools/call", "ui/open-link"}
    assert set(re.findall(r'readAgain\("(\w+)"', code)) == FOR_VIEWS


# --- what comes with a result ------------------------------------------------------------------------------------


async def test_a_result_about_drafts_says_where_a_human_decides_and_nothing_that_opens_it(shows):
    anna, bert = await shows.inbox("anna"), await shows.inbox("bert")
    room = await shows.session.room()
    await room.pages.opened("http://127.0.0.1:4711/", remember=False)
    given = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    held = await shows.client.call_tool("draft_for_approval", given)
    draft = await room.draft(held.structured_content["draft"])
    for result in (held, await shows.client.call_tool("check_draft", {}), await shows.client.call_tool("send", given)):
        told = result.meta[PAGE]
        assert set(told) == {"address", "command"}
        assert told["address"] == "http://127.0.0.1:4711/"
        assert re.search(r" ui --home \S+$", told["command"])
        assert "token" not in str(result)
        assert draft.sha256 not in str(result)
        assert await room.code(draft) not in str(result).lower()


async def test_nothing_is_added_to_what_is_not_about_drafts_or_went_wrong(shows):
    inbox = await shows.inbox("anna")
    await shows.receive(inbox, letter(inbox))
    found = await shows.call("find_mail", inbox=inbox)
    read = await shows.client.call_tool("read_thread", {"thread": found["threads"][0]["id"]})
    assert read.structured_content["count"] == 1
    wrong = await shows.client.call_tool("check_draft", {"draft": "d_22222222222222"})
    assert wrong.is_error
    for result in (read, wrong):
        assert PAGE not in (result.meta or {})


async def test_a_key_is_shown_its_own_drafts_and_no_others_in_a_view(home):
    meta = {**META, CAPABILITIES: APPS}
    async with http_house(home) as house:
        ann, bea = await house.key(), await house.key()
        held: dict[str, str] = {}
        for secret, name in ((ann, "ann"), (bea, "bea")):
            inbox = (await house.ask(secret, "create_inbox", name=name))["address"]
            given = {"inbox": inbox, "to": [inbox], "subject": f"Secret of {name}", "body": "x"}
            held[secret] = (await house.ask(secret, "draft_for_approval", **given))["draft"]

        async def answer(secret: str, arguments: dict[str, Any]) -> dict[str, Any]:
            params = {"name": "check_draft", "arguments": arguments, "_meta": meta}
            headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "check_draft"}
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            return (await house.post(secret, message, **headers)).json()["result"]

        own = await answer(ann, {})
        assert [one["draft"] for one in own["structuredContent"]["drafts"]] == [held[ann]]
        assert "command" in own["_meta"][PAGE]
        assert "bea" not in str(own)
        anothers = await answer(ann, {"draft": held[bea]})
        assert anothers["isError"]
        assert PAGE not in str(anothers)
