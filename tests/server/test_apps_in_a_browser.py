"""The views in a real browser, shown by a page that does what hosts do, with mail that means no good."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from app_host import APPS, AppHost, View, origins
from browser import CONTRAST, Browser, available
from hosts import Served, mail_by_smtp
from letters import letter
from node_tools import node_tools

from mailmcp.web.serving import opening

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not available(), reason="no chromium here: apt install chromium")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def introduce(served: Served) -> None:
    """The opening of a client with views."""
    who = {"name": "host", "version": "1"}
    served.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": APPS, "clientInfo": who})
    served.say({"method": "notifications/initialized"})


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A server that serves the approval page, spoken to by a client with views."""
    started = serve(MAILMCP_WEB__OPEN="false")
    introduce(started)
    return started


@pytest.fixture
def host(served: Served, browser: Browser) -> Iterator[AppHost]:
    with origins(served) as page:
        opened = AppHost(served, browser, page)
        yield opened
        opened.window.close()


def keep(view: View, host: AppHost, name: str, width: int) -> None:
    """With MAILMCP_PICTURES the pictures are kept there: docs/approval holds those of the last look."""
    folder = os.environ.get("MAILMCP_PICTURES")
    if folder:
        view.run(
            "document.querySelectorAll('main > p code').forEach((one, at) => at && (one.textContent = 'mailmcp ui'))"
        )
        host.window.until(
            f"state.frame.height == {view.run('Math.ceil(document.body.getBoundingClientRect().height)')}"
        )
        host.window.size(width, int(host.told("frame.height")))
        host.window.picture(Path(folder) / f"view-{name}.png")


def write(served: Served, **fields: Any) -> str:
    """A mail to anna by SMTP; its thread."""
    to = served.call("create_inbox", name="anna", key="anna")["address"]
    cursor = served.call("wait_for_mail", inbox=to, since="9999-01-01", timeout=0)["cursor"]
    mail_by_smtp(served.listener(), to, letter(to, **fields))
    return served.call("wait_for_mail", inbox=to, since=cursor, timeout=60)["thread"]


def mail(served: Served, **fields: Any) -> dict[str, Any]:
    """What is handed to draft_for_approval."""
    anna, bert = (served.call("create_inbox", name=name, key=name)["address"] for name in ("anna", "bert"))
    return {"inbox": anna, "to": [bert], "subject": "May I?", "body": "The words.", **fields}


OPEN = ".opens button"
RESULT = "ui/notifications/tool-result"
HOSTILE = (
    "Hello </div></script><script>parent.postMessage({jsonrpc: '2.0', method: 'hit'}, '*')</script>\n"
    "<img src=x onerror=\"parent.postMessage({jsonrpc: '2.0', method: 'hit'}, '*')\">\n"
    "Look at https://evil.example/approve?x=1 now.\n"
)
NAME = "<b onmouseover=alert(1)>Boss</b>"
SUBJECT = "<img src=x onerror=parent.postMessage({method:'hit'},'*')> {{7*7}}"
# What is shown of them: a blank makes of every tag that holds more than its name none.
SHOWN_NAME, SHOWN_SUBJECT = "< b onmouseover", "< img src=x onerror="
FILE = ("<svg onload=alert(1)>.txt", "text/plain", b"words")


# --- the talk with the host ------------------------------------------------------------------------------------------


def test_a_view_begins_as_the_specification_has_it_and_tells_how_tall_it_is(host, served):
    host.show("draft_for_approval", **mail(served))
    heard = [one for one in host.told("heard") if not one.get("method", "").startswith("ui/notifications/sandbox-")]
    assert heard[0]["method"] == "ui/initialize"
    assert heard[0]["params"]["protocolVersion"] == "2026-01-26"
    assert heard[0]["params"]["appCapabilities"]["availableDisplayModes"] == ["inline", "fullscreen"]
    assert heard[1]["method"] == "ui/notifications/initialized"
    view = host.show("check_draft")
    view.sees("May I?")
    host.window.until(f"state.frame.height >= {view.run('document.body.scrollHeight')}")
    assert view.run("document.documentElement.scrollHeight <= innerHeight")


KINDS = {
    "ui/initialize": "McpUiInitializeRequest",
    "ui/open-link": "McpUiOpenLinkRequest",
    "ui/notifications/initialized": "McpUiInitializedNotification",
    "ui/notifications/size-changed": "McpUiSizeChangedNotification",
}


def test_what_is_said_on_both_sides_is_what_the_schema_of_the_extensions_makers_has(host, served):
    served.page()
    file = node_tools().folder / "node_modules/@modelcontextprotocol/ext-apps/dist/src/generated/schema.json"
    official = json.loads(file.read_text("utf-8"))["$defs"]
    view = host.show("draft_for_approval", **mail(served))
    view.click(OPEN)
    view.click("button.quiet")
    host.window.until("state.opened.length && state.heard.filter(one => one.method === 'tools/call').length == 1")
    heard = [one for one in host.told("heard") if one.get("method") in KINDS]
    assert {one["method"] for one in heard} == set(KINDS)
    for message in heard:
        said = {name: message[name] for name in ("method", "params")}
        jsonschema.validate(said, official[KINDS[message["method"]]])
    for tool in host.told("tools").values():
        jsonschema.validate(tool.get("_meta", {}).get("ui", {}), official["McpUiToolMeta"])
    jsonschema.validate(host.told("content")["_meta"]["ui"], official["McpUiResourceMeta"])
    # The host of these tests speaks as hosts do.
    jsonschema.validate(host.window.run("ANSWERS['ui/initialize']()"), official["McpUiInitializeResult"])


def test_a_host_may_ask_whether_it_lives_tear_it_down_and_gets_an_error_for_what_it_does_not_know(host, served):
    host.show("draft_for_approval", **mail(served)).sees("May I?")
    for number, method in enumerate(("ping", "ui/resource-teardown", "tools/list"), 900):
        host.window.run(f"say({{id: {number}, method: {json.dumps(method)}, params: {{}}}})")
    host.window.until("state.heard.some(one => one.id === 902)")
    answers = {one["id"]: one for one in host.told("heard") if one.get("id", 0) >= 900}
    assert answers[900]["result"] == answers[901]["result"] == {}
    assert answers[902]["error"]["code"] == -32601


# --- drafts ----------------------------------------------------------------------------------------------------------


def test_a_human_sees_what_waits_and_opens_the_page_where_alone_it_is_decided(host, served, browser, home):
    page = served.page()
    view = host.show("draft_for_approval", **mail(served))
    for words in ("One message waits for you", "May I?", "anna@agents.internal", "bert@agents.internal", "Counts as"):
        view.sees(words)
    [draft] = served.call("check_draft")["drafts"]
    view.click(OPEN)
    host.window.until("state.opened.length")
    assert host.told("opened") == [f"{page}#{draft['draft']}"]
    # What was opened shows nothing to a browser that was not let in by the one-time link of `mailmcp ui`.
    with Browser() as stranger:
        closed = stranger.window(host.told("opened")[0])
        closed.sees("This page is closed")
    entered = browser.window(opening(page, home))
    entered.until("document.querySelector('h1')")
    entered.go(host.told("opened")[0])
    entered.click(".decide button[type=submit]")
    entered.sees("It was sent.")
    entered.close()
    assert served.call("check_draft", draft=draft["draft"])["drafts"][0]["status"] == "sent"
    view.click("button.quiet")
    view.sees("Nothing waits for you")
    assert view.run("document.querySelector('.tag').innerText") == "sent"
    assert view.run(f"document.querySelector({json.dumps(OPEN)})") is None


def test_nothing_that_a_view_does_decides(host, served):
    served.page()
    view = host.show("draft_for_approval", **mail(served))
    view.sees("One message waits for you")
    for at in range(view.run("document.querySelectorAll('button').length")):
        view.run(f"document.querySelectorAll('button')[{at}].click()")
    host.window.until("state.opened.length")
    asked = {one["method"] for one in host.told("heard") if one.get("id") is not None and "method" in one}
    assert asked <= {"ui/initialize", "ui/open-link", "tools/call"}
    assert {one["name"] for one in host.told("calls")} <= {"check_draft"}
    assert [one["status"] for one in served.call("check_draft")["drafts"]] == ["held"]
    for name, given in (("send", mail(served)), ("mark", {"target": "d_1", "withdraw": True})):
        tool = host.told(f"tools.{name}")
        assert "approve" not in json.dumps(tool["inputSchema"])
        if name == "send":  # what a script in the view would be told
            call = f"ANSWERS['tools/call']({json.dumps({'name': name, 'arguments': given})})"
            assert host.window.run(f"{call}.then(() => 'done', error => error.message)") == "not for views"


@pytest.mark.parametrize(
    ("kept_back", "looks"), [([], 0), (["structuredContent"], 0), (["_meta"], 1), (["structuredContent", "_meta"], 1)]
)
def test_a_view_looks_by_itself_only_where_a_host_hands_it_less_than_it_needs(host, served, kept_back, looks):
    page = served.page()
    host.set(strip=kept_back)
    view = host.show("draft_for_approval", **mail(served))
    view.sees("One message waits for you")
    view.sees("May I?")
    view.click(OPEN)
    host.window.until("state.opened.length")
    [draft] = served.call("check_draft")["drafts"]
    assert host.told("opened") == [f"{page}#{draft['draft']}"]
    assert host.told("calls") == [{"name": "check_draft", "arguments": {"draft": draft["draft"]}}] * looks


def test_what_was_sent_is_shown_as_that_and_asked_about_no_further(host, served):
    view = host.show("send", **mail(served))
    view.sees("Nothing waits for you")
    view.sees("May I?")
    view.sees("bert@agents.internal")
    assert host.told("calls") == []


def test_where_it_may_not_look_it_shows_the_words_of_the_tool(host, served):
    host.set(strip=["structuredContent", "_meta"], refuse=["tools/call"])
    view = host.show("draft_for_approval", **mail(served))
    view.sees("held: draft d_")
    view = host.show(
        "read_thread", thread=write(served, from_=f'"{NAME}" <x@evil.example>', subject=SUBJECT, text=HOSTILE)
    )
    view.sees(SHOWN_SUBJECT)
    view.sees("Hello </div>< /script>< script>")
    assert harmless(host, view)


def test_where_a_link_is_not_opened_the_address_is_shown(host, served):
    page = served.page()
    host.set(refuse=["ui/open-link"])
    view = host.show("draft_for_approval", **mail(served))
    view.click(OPEN)
    view.sees(f"Open it yourself: {page}#d_")
    host.set(refuse=[], links=False)
    view = host.show("check_draft")
    view.sees(f"The page is at {page}")
    assert view.run(f"document.querySelector({json.dumps(OPEN)})") is None


def test_only_a_page_of_this_machine_is_opened(host, served):
    served.page()
    for number, address in enumerate(
        ("https://evil.example/", "http://127.0.0.1.evil.example:80/", "javascript:alert(1)")
    ):
        told = {"_meta": {"io.mailmcp/page": {"address": address}}}
        record = {"drafts": [{"draft": "d_1", "status": "held", "subject": f"number {number}", "recipients": []}]}
        view = host.show("check_draft")
        host.window.run(
            f"say({{method: {json.dumps(RESULT)}, params: {json.dumps({'structuredContent': record, **told})}}})"
        )
        view.sees(f"number {number}")
        assert view.run(f"document.querySelector({json.dumps(OPEN)})") is None
        assert address not in view.run("document.body.innerText")


def test_what_cannot_be_done_is_said_in_the_words_of_the_tool(host):
    view = host.show("check_draft", draft="d_22222222222222")
    view.sees("That did not work")
    view.sees("d_22222222222222")


# --- conversations ---------------------------------------------------------------------------------------------------


def harmless(host: AppHost, view: Any) -> bool:
    """Whether a view has no element but its own, no script of a mail ran, and nothing of a mail can be pressed."""
    tags = set(view.run("[...document.querySelectorAll('*')].map(one => one.localName)"))
    assert not tags & {"a", "img", "svg", "b", "iframe", "form", "object", "link", "base", "video"}, tags
    assert view.run("document.querySelectorAll('script').length") == 1
    assert not [one for one in host.told("heard") if one.get("method") == "hit"]
    attributes = view.run("[...document.querySelectorAll('body *')].flatMap(one => one.getAttributeNames())")
    assert set(attributes) <= {"class", "type", "id", "hidden"}
    return True


def test_a_hostile_conversation_is_shown_as_the_text_that_it_is(host, served):
    thread = write(served, from_=f'"{NAME}" <x@evil.example>', subject=SUBJECT, text=HOSTILE, files=(FILE,))
    view = host.show("read_thread", thread=thread)
    for words in (
        SHOWN_NAME,
        SHOWN_SUBJECT,
        "Hello </div>< /script>< script>",
        "_svg onload=alert(1)_.txt",
        "sender not verified",
    ):
        view.sees(words)
    view.sees("leads to evil.example")
    assert harmless(host, view)
    assert view.run("getComputedStyle(document.querySelector('bdi')).unicodeBidi") == "isolate"


def test_a_draft_that_answers_it_is_shown_as_the_text_that_it_is(host, served):
    thread = write(served, from_="Eve <x@evil.example>", subject=SUBJECT, text=HOSTILE)
    [message] = served.call("read_thread", thread=thread)["messages"]
    given = {**mail(served), "in_reply_to": message["id"]}
    del given["subject"]
    view = host.show("draft_for_approval", **given)
    view.sees(SUBJECT)
    assert harmless(host, view)


SCRIPT = "parent.postMessage({jsonrpc: '2.0', method: 'hit'}, '*')"
INJECTED = f'<script>{SCRIPT}</script><img src="x" onerror="{SCRIPT}">'
POLICY = '<meta http-equiv="Content-Security-Policy"[^>]+>'


@pytest.mark.parametrize(("cut", "hits"), [("", 0), (POLICY, 2)])
def test_a_script_that_somebody_put_into_a_page_would_not_run_though_the_host_allows_such(host, served, cut, hits):
    """Without the page's own policy it does, which shows that the attempt is one."""
    host.set(put=INJECTED, cut=cut)
    view = host.show("draft_for_approval", **mail(served))
    view.sees("May I?")
    assert view.run("document.querySelectorAll('body script, body img').length") == 3
    host.window.until(f"state.heard.filter(one => one.method === 'hit').length >= {hits}")
    assert len([one for one in host.told("heard") if one.get("method") == "hit"]) == hits


def test_a_long_conversation_goes_on_when_asked(host, served):
    first = write(served, subject="Plan", text="First words. " * 300, headers={"Message-ID": "<1@app.example>"})
    again = {"Message-ID": "<2@app.example>", "In-Reply-To": "<1@app.example>", "References": "<1@app.example>"}
    assert write(served, subject="Re: Plan", text="Second words. " * 300 + "The end.", headers=again) == first
    view = host.show("read_thread", thread=first)
    view.sees("First words.")
    for _ in range(3):
        if "The end." in view.run("document.body.innerText"):
            break
        seen = view.run("document.body.innerText.length")
        view.run("document.querySelector('main > button').click()")
        view.until(f"document.body.innerText.length > {seen}")
    view.sees("The end.")
    assert "(no new text)" not in view.run("document.body.innerText")
    assert view.run("document.querySelector('main > button')") is None


# --- looks -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[dict[str, Any]]]]:
    """A server, and what is shown of it: as people write, and as nobody should."""
    served = Served(tmp_path_factory.mktemp("looks") / "home", MAILMCP_WEB__OPEN="false")
    introduce(served)
    served.page()
    ben = "Ben Okafor <ben@garden.example>"
    plain = write(
        served, from_=ben, subject="Offer for the hedge", text=PLAIN, files=(("offer.pdf", "text/plain", b"x"),)
    )
    wide = "averylongaddresswithoutanyplacetobreakit" * 2
    bad = {"from_": f"Anybody <{wide[:60]}@app.example>", "subject": "Plan for " + "x" * 90, "text": HOSTILE}
    yield (
        served,
        [
            {"thread": write(served, **bad, files=(FILE,))},
            mail(served, subject="Plan for " + "y" * 90),
            {"thread": plain},
            mail(served, subject="Re: Offer for the hedge", body="Yes, please come on Tuesday."),
        ],
    )
    served.close()


PLAIN = """Hello,

we can cut the hedge on Tuesday at ten, for 180 in all. The offer is attached; more about us at https://garden.example/about

Ben
"""


@pytest.mark.parametrize(
    ("look", "width", "theme"), [("light", 760, "light"), ("dark", 760, "dark"), ("phone", 375, "light")]
)
def test_it_fits_and_can_be_read_in_the_colours_of_the_host(talk, browser, look, width, theme):
    served, shown = talk
    with origins(served) as page:
        # The browser's own colours are the others: the host's word counts.
        host = AppHost(served, browser, page, width=width, height=900, dark=theme == "light")
        for given in shown:
            name = "thread" if "thread" in given else "drafts"
            view = host.show("read_thread" if name == "thread" else "draft_for_approval", theme, **given)
            view.sees("Plan for" if given in shown[:2] else "Offer for the hedge")
            ground = view.run("getComputedStyle(document.body).backgroundColor")
            assert (int(re.findall(r"\d+", ground)[0]) < 128) is (theme == "dark")
            assert view.run("document.documentElement.scrollWidth") <= width
            assert view.run(CONTRAST) == []
            if given in shown[2:]:
                keep(view, host, f"{name}-{look}", width)
        host.window.close()
