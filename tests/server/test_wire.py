"""Lines that are no message, over the raw pipes of a process and in both eras: they are answered, and no end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import forking
import pytest
from hosts import LIMIT, Served, mail_by_smtp
from letters import code_letter

from mailmcp.server.wire import LONGEST_LINE, NoMessage, understood

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "host", "version": "1"},
}
NOT_JSON, NO_REQUEST, NO_METHOD, BAD_PARAMS, OTHER_VERSION = -32700, -32600, -32601, -32602, -32022


class Spoken:
    """A server that is spoken to in one era."""

    def __init__(self, served: Served, era: str) -> None:
        self.served, self.era = served, era
        self.meta = META if era == "modern" else {}

    def request(self, number: Any, method: str, **params: Any) -> dict[str, Any]:
        """A request as this era writes it."""
        meta = {"_meta": self.meta} if self.meta else {}
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**meta, **params}}

    def line(self, text: bytes) -> dict[str, Any]:
        """A raw line, and the next thing that is said."""
        self.served.write(text)
        return self.served.next()

    def ask(self, number: Any, method: str, **params: Any) -> dict[str, Any]:
        """A request, and the next thing that is said."""
        return self.line(json.dumps(self.request(number, method, **params)).encode() + b"\n")

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's record."""
        return self.ask("call", "tools/call", name=tool, arguments=arguments)["result"]["structuredContent"]

    def lives(self) -> None:
        """It answers the next request, and said nothing in between."""
        answer = self.ask("alive", "tools/call", name="list_inboxes", arguments={})
        assert answer["id"] == "alive"
        assert "inboxes" in answer["result"]["structuredContent"]


def opened(served: Served, era: str) -> Spoken:
    """A server after its first request, which chose the era."""
    if era == "legacy":
        served.initialize()
    else:
        served.request("tools/list", {"_meta": META})
    return Spoken(served, era)


@pytest.fixture(scope="module", params=["legacy", "modern"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoken]:
    """One server for each era: whatever these tests say to it, it has to live."""
    served = Served(tmp_path_factory.mktemp("wire") / "home")
    yield opened(served, request.param)
    assert served.close() == 0
    assert "Traceback" not in served.end_of_errors()


@pytest.fixture
def spoken(server: Spoken) -> Spoken:
    """That server, with everything heard that a test before this one left unheard."""
    mark = f"mark {secrets.token_hex(4)}"
    server.served.write(json.dumps(server.request(mark, "tools/list")).encode() + b"\n")
    while server.served.next()["id"] != mark:
        pass
    return server


def refused(answer: dict[str, Any], code: int, number: Any = None) -> str:
    """The sentence of an error response: one short line, and none of a library's."""
    assert set(answer) == {"jsonrpc", "id", "error"}
    assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", number, code), answer
    sentence = answer["error"]["message"]
    assert "\n" not in sentence
    assert 10 < len(sentence) <= 300
    for foreign in ("pydantic", "Traceback", "Input should", "validation error", "type="):
        assert foreign not in sentence
    assert len(json.dumps(answer["error"].get("data"))) < 300
    return sentence


# --- lines that cannot be understood -------------------------------------------------------------------------------

LINES: list[tuple[bytes, int, Any]] = [
    # no JSON
    (b"garbage", NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"tools/list"', NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"tools/list"} {}', NOT_JSON, None),
    (b"\x00\xff\xfe\x80", NOT_JSON, None),
    (b"[" * 100_000, NOT_JSON, None),
    (b'{"a":' * 100_000, NOT_JSON, None),
    (b"NaN", NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":-Infinity}}', NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\\u12"}}', NOT_JSON, None),
    (b"1" * 5_000, NOT_JSON, None),
    ("{}".encode("utf-16"), NOT_JSON, None),
    # JSON, and no request
    (b"[]", NO_REQUEST, None),
    (b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', NO_REQUEST, None),
    (b"5", NO_REQUEST, None),
    (b"null", NO_REQUEST, None),
    (b'"\\ud800"', NO_REQUEST, None),
    (b"{}", NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":5}', NO_REQUEST, 5),
    (b'{"jsonrpc":"2.0","id":"a","method":7}', NO_REQUEST, "a"),
    (b'{"jsonrpc":"2.0","id":"a","method":null}', NO_REQUEST, "a"),
    (b'{"jsonrpc":"1.0","id":9,"method":"tools/list"}', NO_REQUEST, 9),
    (b'{"jsonrpc":2.0,"id":9,"method":"tools/list"}', NO_REQUEST, 9),
    (b'{"id":9,"method":"tools/list"}', NO_REQUEST, 9),
    (b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":true,"method":"tools/list"}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":{"a":1},"method":"tools/list"}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":[1],"method":"tools/list"}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":6,"method":"tools/list","params":"all"}', NO_REQUEST, 6),
    (b'{"jsonrpc":"2.0","method":7}', NO_REQUEST, None),
    (b'{"jsonrpc":"2.0","id":6,"method":"tools/list","params":[1]}', BAD_PARAMS, 6),
]


def test_a_line_that_is_no_message_is_answered_and_the_next_one_served(spoken: Spoken) -> None:
    for line, code, number in LINES:
        refused(spoken.line(line + b"\n"), code, number)
    spoken.lives()


def test_before_the_first_message_they_are_answered_as_well_and_choose_no_era(serve: Any) -> None:
    for era in ("legacy", "modern"):
        served = serve()
        for line, code, number in LINES:
            refused(Spoken(served, era).line(line + b"\n"), code, number)
        if era == "legacy":
            served.initialize()
        Spoken(served, era).lives()


def test_blank_lines_are_no_message_and_other_line_ends_are_taken(spoken: Spoken) -> None:
    spoken.served.write(b"\n\r\n  \t\n\xef\xbb\xbf\n")
    spoken.lives()
    request = json.dumps(spoken.request(7, "tools/list")).encode()
    for dressed in (request + b"\r\n", b"\xef\xbb\xbf" + request + b"\n", b"  " + request + b" \t\r\n"):
        assert spoken.line(dressed)["id"] == 7


def test_ids_come_back_as_they_were_given(spoken: Spoken) -> None:
    for number in (0, -1, 2**53 + 1, 10**30, "", "7", "ü", "a" * 5_000, 'quo"te'):
        answer = spoken.ask(number, "tools/list")
        assert answer["id"] == number
        assert type(answer["id"]) is type(number)
        assert "result" in answer


def test_of_two_members_with_one_name_the_last_counts(spoken: Spoken) -> None:
    request = spoken.request(2, "tools/list")
    line = b'{"id":1,' + json.dumps(request).encode()[1:] + b"\n"
    assert spoken.line(line)["id"] == 2


def test_half_a_surrogate_pair_is_served_as_a_replacement_character(spoken: Spoken) -> None:
    """A host writes what its model said, and a model can stop inside an emoji."""
    for given, kept in (
        (rb"cut \ud83d", "cut \N{REPLACEMENT CHARACTER}"),
        (rb"\ude00 cut", "\N{REPLACEMENT CHARACTER} cut"),
        (rb"\ud83d\ud83d\ude00", "\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"),
        (rb"\\ud800 \\\ud800", "\\ud800 \\\N{REPLACEMENT CHARACTER}"),
        (rb"\uD800\u0041", "\N{REPLACEMENT CHARACTER}A"),
        (b"not \xff UTF-8 \xed\xa0\x80", "not \N{REPLACEMENT CHARACTER} UTF-8 " + "\N{REPLACEMENT CHARACTER}" * 3),
    ):
        request = json.dumps(spoken.request(8, "tools/call", name="create_inbox", arguments={"label": "@@"})).encode()
        made = spoken.line(request.replace(b"@@", given) + b"\n")["result"]["structuredContent"]["address"]
        labels = {one["address"]: one["label"] for one in spoken.call("list_inboxes")["inboxes"]}
        assert labels[made] == kept, given


def test_a_number_beyond_all_numbers_is_refused_by_the_tool(spoken: Spoken) -> None:
    request = spoken.request(8, "tools/call", name="wait_for_otp", arguments={"inbox": "a@agents.internal"})
    line = json.dumps(request).encode().replace(b'"inbox"', b'"timeout": 1e999, "inbox"') + b"\n"
    result = spoken.line(line)["result"]
    assert (
        result["content"][0]["text"] == "Invalid arguments for wait_for_otp: `timeout` must be a number from 0 to 300."
    )


def test_half_a_pair_in_a_name_is_answered(spoken: Spoken) -> None:
    for place in ("method", "tool", "argument", "key"):
        request = spoken.request(8, "tools/call", name="find_mail", arguments={"query": "x"})
        if place == "method":
            request["method"] = "@@"
        elif place == "tool":
            request["params"]["name"] = "@@"
        elif place == "argument":
            request["params"]["arguments"] = {"@@": 1}
        else:
            request["@@"] = 1
        assert spoken.line(json.dumps(request).encode().replace(b"@@", rb"\udfff") + b"\n")["id"] == 8
    spoken.lives()


# --- lines that are too long ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["first", "last", "unknown"])
def test_a_line_that_is_too_long_is_refused_to_its_request_and_let_go(spoken: Spoken, order: str) -> None:
    request = spoken.request(41, "tools/call", name="find_mail", arguments={"query": "@@"})
    names = {"first": ["jsonrpc", "id", "method", "params"], "last": ["method", "params", "jsonrpc", "id"]}
    written = json.dumps({name: request[name] for name in names.get(order, ["method", "id", "params", "jsonrpc"])})
    head, _, tail = written.encode().partition(b"@@")
    spoken.served.write(head)
    for _ in range(64):
        spoken.served.write(b"x" * 2**20)
    sentence = refused(spoken.line(tail + b"\n"), NO_REQUEST, None if order == "unknown" else 41)
    assert sentence == "The message is longer than 32 MiB: send less at once."
    spoken.lives()


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_line_without_an_end_takes_bounded_memory(served: Served) -> None:
    spoken = opened(served, "modern")
    before = peak(served)
    for _ in range(256):
        served.write(b"x" * 2**20)
    refused(spoken.line(b"\n"), NO_REQUEST)
    spoken.lives()
    assert peak(served) - before < 4 * LONGEST_LINE


def peak(served: Served) -> int:
    """The most memory that the process ever had, in bytes."""
    with open(f"/proc/{served.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def test_a_line_that_is_as_long_as_may_be_is_read(spoken: Spoken) -> None:
    request = spoken.request(42, "tools/call", name="find_mail", arguments={"query": "@@"})
    head, _, tail = json.dumps(request).encode().partition(b"@@")
    answer = spoken.line(head + b"x" * (LONGEST_LINE - len(head) - len(tail) - 1) + tail + b"\n")
    assert answer["id"] == 42
    assert "longer than" not in json.dumps(answer)


# --- methods and parameters ----------------------------------------------------------------------------------------


def test_an_unknown_method_is_said(spoken: Spoken) -> None:
    for method in ("tools/lists", "", "sampling/createMessage", "notifications/initialized", "x" * 100_000, "a\nb"):
        assert "method" in refused(spoken.ask(3, method), NO_METHOD, 3)
    spoken.lives()


def test_parameters_that_cannot_be_used_are_named(spoken: Spoken) -> None:
    for method, params, named in (
        ("tools/call", {}, "`name` is required"),
        ("tools/call", {"name": 5}, "`name` has a wrong type"),
        ("tools/call", {"name": "list_inboxes", "arguments": [1]}, "`arguments`"),
        ("tools/call", {"name": "list_inboxes", "arguments": "none"}, "`arguments`"),
        ("tools/list", {"cursor": 5}, "`cursor`"),
        ("resources/read", {"uri": 5}, "`uri`"),
        ("resources/read", {"uri": "mail://nothing/" + "x" * 1000}, "mail://nothing"),
        ("prompts/get", {"name": "nothing" + "x" * 1000}, "There is no prompt 'nothing"),
        ("prompts/get", {"name": "nothing", "arguments": {"a": 5}}, "`arguments.a`"),
        ("completion/complete", {}, "`argument` is required"),
        ("completion/complete", {"ref": {"type": "none"}, "argument": {"name": "a", "value": ""}}, "`ref.name`"),
        ("tools/call", {"name": "list_inboxes", "_meta": spoken.meta | {"progressToken": {}}}, "`_meta.progressToken`"),
    ):
        assert named in refused(spoken.ask(3, method, **params), BAD_PARAMS, 3)
    spoken.lives()


def test_a_progress_token_of_null_is_none(spoken: Spoken) -> None:
    asked = spoken.ask(4, "tools/call", name="list_inboxes", arguments={}, _meta=spoken.meta | {"progressToken": None})
    assert "inboxes" in asked["result"]["structuredContent"]


def test_meta_of_a_wrong_kind_is_answered(spoken: Spoken) -> None:
    for meta in (5, [], "x", None, {}, {"progressToken": {}}, {"progressToken": True}):
        assert spoken.line(json.dumps(spoken.request(4, "tools/list", _meta=meta)).encode() + b"\n")["id"] == 4
    spoken.lives()


# --- what fits nothing ---------------------------------------------------------------------------------------------


def test_answers_to_nothing_and_notices_of_nothing_are_ignored(spoken: Spoken) -> None:
    for message in (
        {"id": 1, "result": {}},
        {"id": "never asked", "result": {"x": 1}},
        {"id": 99, "error": {"code": 1, "message": "no"}},
        {"id": None, "error": {"code": -32700, "message": "no"}},
        {"id": 1.5, "result": {}},
        {"result": 5},
        {"id": 7, "error": "broken"},
        {"method": "notifications/unknown"},
        {"method": "notifications/initialized"},
        {"method": "notifications/progress", "params": {"progressToken": 1, "progress": "much"}},
        {"method": "notifications/roots/list_changed", "params": None},
        {"method": "notifications/cancelled"},
        {"method": "notifications/cancelled", "params": {"requestId": 12345}},
        {"method": "notifications/cancelled", "params": {"requestId": "unknown", "reason": 5}},
        {"method": "notifications/cancelled", "params": {"requestId": {"a": 1}}},
        {"method": "notifications/cancelled", "params": {"requestId": None}},
        {"method": "tools/list", "params": {}},  # without an id nobody waits for it
    ):
        spoken.served.say(message)
    spoken.lives()


def test_a_wait_that_is_cancelled_is_not_answered_and_hands_nothing_out(spoken: Spoken) -> None:
    inbox = spoken.call("create_inbox")["address"]
    wait = spoken.request("wait", "tools/call", name="wait_for_otp", arguments={"inbox": inbox, "timeout": 300})
    spoken.served.write(json.dumps(wait).encode() + b"\n")
    spoken.served.say({"method": "notifications/cancelled", "params": {"requestId": "wait"}})
    spoken.lives()
    host, _, port = spoken.call("mail_status")["smtp"].rpartition(":")  # a listener that failed would be null
    mail_by_smtp((host, int(port)), inbox, code_letter(inbox))
    found = spoken.call("wait_for_otp", inbox=inbox, timeout=LIMIT)
    assert (found["code"], found.get("repeated")) == ("482913", None)


# --- openings ------------------------------------------------------------------------------------------------------

INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "h", "version": "1"}}


def test_before_initialize_a_request_is_told_what_comes_first(served: Served) -> None:
    early = Spoken(served, "legacy")
    assert "`initialize`" in refused(early.ask(1, "tools/list"), BAD_PARAMS, 1)
    assert "`initialize`" in refused(early.ask(2, "tools/call", name="list_inboxes", arguments={}), BAD_PARAMS, 2)
    refused(early.ask(3, "tools/lists"), NO_METHOD, 3)
    assert "`capabilities` is required" in refused(early.ask(4, "initialize"), BAD_PARAMS, 4)
    served.initialize()
    early.lives()


def test_a_ping_is_answered_before_initialize_and_after(served: Served) -> None:
    spoken = Spoken(served, "legacy")
    assert spoken.ask(1, "ping") == {"jsonrpc": "2.0", "id": 1, "result": {}}
    served.initialize()
    assert spoken.ask(2, "ping") == {"jsonrpc": "2.0", "id": 2, "result": {}}


def test_a_ping_chooses_no_era(served: Served) -> None:
    assert Spoken(served, "legacy").ask(1, "ping")["result"] == {}
    Spoken(served, "modern").lives()


def test_the_stateless_era_has_no_ping(spoken: Spoken) -> None:
    if spoken.era == "legacy":
        assert spoken.ask(1, "ping")["result"] == {}
    else:
        refused(spoken.ask(1, "ping"), NO_METHOD, 1)


def test_a_second_initialize_starts_over_in_the_handshake_era(served: Served) -> None:
    """Programs that share one server between hosts send each host's opening on."""
    spoken = Spoken(served, "legacy")
    served.initialize("2025-11-25")
    inbox = spoken.call("create_inbox")["address"]
    assert spoken.ask(1, "initialize", **INITIALIZE)["result"]["protocolVersion"] == "2025-06-18"
    assert [one["address"] for one in spoken.call("list_inboxes")["inboxes"]] == [inbox]


def test_initialize_is_refused_in_the_stateless_era_with_the_versions_that_are_spoken(served: Served) -> None:
    spoken = Spoken(served, "modern")
    spoken.lives()
    answer = spoken.line(
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}).encode() + b"\n"
    )
    refused(answer, OTHER_VERSION, 1)
    assert answer["error"]["data"] == {"supported": ["2026-07-28"], "requested": "2025-06-18"}
    spoken.lives()


def test_in_the_stateless_era_every_request_names_its_version(served: Served) -> None:
    spoken = Spoken(served, "modern")
    spoken.lives()
    assert "protocolVersion" in refused(Spoken(served, "legacy").ask(1, "tools/list"), BAD_PARAMS, 1)
    answer = spoken.ask(2, "tools/list", _meta={**META, "io.modelcontextprotocol/protocolVersion": "2031-01-01"})
    refused(answer, OTHER_VERSION, 2)
    assert answer["error"]["data"]["supported"] == ["2026-07-28"]
    spoken.lives()


# --- pipes that close ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_client_that_closes_the_pipe_it_reads_ends_the_server_without_a_word(served: Served, era: str) -> None:
    opened(served, era).call("create_inbox")
    close_reading_end(served)
    assert served.process.wait(LIMIT) == 0
    assert served.end_of_errors() == ""


def test_it_ends_with_a_wait_under_way_and_hands_nothing_out(serve: Any) -> None:
    first = serve()
    first.initialize()
    inbox = first.call("create_inbox")["address"]
    first.ask("tools/call", {"name": "wait_for_otp", "arguments": {"inbox": inbox, "timeout": 300}})
    close_reading_end(first)
    assert first.process.wait(LIMIT) == 0
    assert first.end_of_errors() == ""
    second = serve()
    second.initialize()
    mail_by_smtp(second.listener(), inbox, code_letter(inbox))
    waited = second.call("wait_for_otp", inbox=inbox)
    assert (waited["code"], waited.get("repeated")) == ("482913", None)


def close_reading_end(served: Served) -> None:
    """As a host that crashes in its reader: it still holds the pipe that it writes.

    A thread of the test is in the middle of reading that pipe and keeps it open, until an answer lets it go.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, served.process.stdout.fileno())
    os.close(nothing)
    with contextlib.suppress(OSError):
        served.write(b"garbage\n")


def test_what_was_asked_before_the_end_of_input_is_answered(home: Any) -> None:
    """A script writes its requests into the pipe and closes it."""
    calls = [("create_inbox", {"name": "desk"}), ("list_inboxes", {}), ("find_mail", {"query": "x"})]
    lines = [
        {
            "jsonrpc": "2.0",
            "id": number,
            "method": "tools/call",
            "params": {"_meta": META, "name": name, "arguments": of},
        }
        for number, (name, of) in enumerate(calls)
    ]
    ran = forking.ran(
        ["serve", "--home", str(home)],
        given="\n".join(json.dumps(line) for line in lines),  # and no newline at the end
        timeout=LIMIT,
        env={**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"},
    )
    answers = {answer["id"]: answer for answer in map(json.loads, ran.stdout.splitlines())}
    assert answers.keys() == {0, 1, 2}
    assert all("result" in answer for answer in answers.values())
    assert (ran.stderr, ran.returncode) == ("", 0)


@pytest.mark.slow
def test_a_client_that_reads_nothing_and_closes_its_output_does_not_keep_the_server(home: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mailmcp", "serve", "--home", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"},
    )
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    with process:
        for _ in range(20):  # each answer is larger than 10 kB, and the pipe holds 64
            process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.close()
        try:
            assert process.wait(2 * LIMIT) == 0
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        assert process.stderr.read() == b""


# --- results that JSON cannot hold ---------------------------------------------------------------------------------

BROKEN_TOOL = """
from mailmcp.errors import MailError
from mailmcp.server import serving
from mailmcp.server.arguments import strict
from mcp.types import CallToolResult, TextContent

async def broken() -> CallToolResult:
    "Says half a surrogate pair."
    return CallToolResult(content=[TextContent(type="text", text="\\ud800")])

async def closed(settings):
    raise MailError("It stays closed.")

serving.all_tools = lambda: [strict(broken, title="Broken")]
serving.serve(None, closed)
"""


def test_a_result_that_json_cannot_hold_is_an_error_to_its_request_and_no_end() -> None:
    lines = [
        {"jsonrpc": "2.0", "id": "broken", "method": "tools/call", "params": {"_meta": META, "name": "broken"}},
        {"jsonrpc": "2.0", "id": "list", "method": "tools/list", "params": {"_meta": META}},
    ]
    ran = subprocess.run(
        [sys.executable, "-c", BROKEN_TOOL],
        input=b"".join(json.dumps(line).encode() + b"\n" for line in lines),
        capture_output=True,
        timeout=LIMIT,
        check=True,
    )
    answers = {answer["id"]: answer for answer in map(json.loads, ran.stdout.splitlines())}
    assert answers["broken"]["error"]["code"] == -32603
    assert "result" in answers["list"]


# --- without a process ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_message_that_is_cut_anywhere_is_no_message(cut: int) -> None:
    whole = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[1,2]}}'
    assert understood(whole) is not None
    if cut:
        with pytest.raises(NoMessage):
            understood(whole[:cut])
