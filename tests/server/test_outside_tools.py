"""Over HTTP as others see it: the official conformance suite, the Inspector, and clients of the TypeScript SDKs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import LIMIT, mail_by_smtp
from letters import code_letter
from node_tools import NodeTools, node_tools

from mailmcp.server.apps import OPENS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Scenarios that call tools, prompts or resources of the suite's own example server by name, and extensions that this
# server does not offer (tasks). `server-stateless` has two checks of that kind, for the tool test_missing_capability.
NEED_FIXTURES = re.compile(
    r"(tools-call-(?!simple-text|error)|resources-(read|templates|subscribe|unsubscribe)|prompts-get-|tasks-"
    r"|elicitation-sep1|json-schema-2020-12|http-custom-header|input-required-result-(?!missing|unsupp|ignore|validate)"
    r"|logging-set-level)"
)
HOLD = {
    "2025-11-25": {
        "completion-complete",
        "dns-rebinding-protection",
        "ping",
        "prompts-list",
        "resources-list",
        "server-initialize",
        "server-session-lifecycle",
        "server-sse-multiple-streams",
        "tools-list",
    },
    "2026-07-28": {
        "caching",
        "completion-complete",
        "dns-rebinding-protection",
        "http-header-validation",
        "input-required-result-ignore-extra-params",
        "input-required-result-unsupported-methods",
        "prompts-list",
        "resources-list",
        "sep-2164-resource-not-found",
        "server-sse-multiple-streams",
        "tools-list",
    },
}


class HttpProcess:
    """`mailmcp serve --transport http` (or `sse`) as a process."""

    def __init__(self, home: Path, transport: str = "http") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
        self.home = home
        self.env = {**kept, "MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_WEB__OPEN": "false"}
        self.process = subprocess.Popen(
            [*self._command, "serve", "--transport", transport, "--port", "0"],
            env=self.env,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.url = self.process.stderr.readline().split()[4]

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "mailmcp", "--home", str(self.home)]

    def key(self) -> str:
        """A key to all."""
        made = subprocess.run(
            [*self._command, "keys", "create", "--all", "--can", "read,send,create"],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
        return re.findall(r"mailmcp_\S+", made.stdout)[0]

    def close(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(LIMIT) == 0
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stderr is not None
            self.process.stderr.close()


@pytest.fixture(scope="module")
def tools() -> NodeTools:
    return node_tools()


@pytest.fixture
def server(home: Path) -> Iterator[HttpProcess]:
    served = HttpProcess(home)
    yield served
    served.close()


@pytest.mark.parametrize("asked", [("--spec-version", "2025-11-25"), ("--requirements", "2026-07-28")])
def test_the_official_conformance_suite_holds_but_for_its_own_example_tools(
    tools: NodeTools, server: HttpProcess, asked: tuple[str, str]
) -> None:
    said = tools.conformance("--url", server.url, *asked)
    ended = dict(_verdicts(said))
    assert len(ended) > 25, said[-2000:]
    assert {name for name, sign in ended.items() if sign == "✓"} >= HOLD[asked[1]]
    failed = {name for name, sign in ended.items() if sign == "✗" and not NEED_FIXTURES.match(name)}
    assert failed <= {"server-stateless"}
    if asked[1] == "2026-07-28":
        assert re.search(r"server-stateless: 26 passed, 2 failed", said)


def _verdicts(said: str) -> list[tuple[str, str]]:
    return [(name, sign) for sign, name in re.findall(r"^([✓✗]) (\S+): ", said, re.MULTILINE)]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_nothing_that_some_host_could_not_use(
    tools: NodeTools, server: HttpProcess, era: str
) -> None:
    key = server.key()
    over = ("--transport", "http", "--header", f"Authorization: Bearer {key}", "--protocol-era", era)
    code, listed = tools.inspector(server.url, *over, "--method", "tools/list", "--strict")
    assert (code, len(listed["tools"])) == (0, 13)
    called = ("--method", "tools/call", "--tool-name", "create_inbox", "--format", "json")
    code, made = tools.inspector(server.url, *over, *called, "--tool-args-json", '{"label": "x"}')
    assert code == 0
    assert "@agents.internal" in json.dumps(made)
    code, _ = tools.inspector(server.url, "--transport", "http", "--method", "tools/list", "--protocol-era", era)
    assert code == 3  # it wants a key


def test_the_inspector_finds_nothing_over_the_old_pair_of_sse_either(tools: NodeTools, home: Path) -> None:
    served = HttpProcess(home, "sse")
    try:
        over = (served.url.removesuffix("/mcp") + "/sse", "--transport", "sse")
        keyed = (*over, "--header", f"Authorization: Bearer {served.key()}")
        code, listed = tools.inspector(*keyed, "--method", "tools/list", "--strict")
        assert (code, len(listed["tools"])) == (0, 13)
        called = ("--method", "tools/call", "--tool-name", "create_inbox", "--format", "json")
        code, made = tools.inspector(*keyed, *called, "--tool-args-json", '{"name": "anna"}')
        assert code == 0
        assert "anna@agents.internal" in json.dumps(made)
        code, _ = tools.inspector(*over, "--method", "tools/list")
        assert code != 0  # it wants a key
    finally:
        served.close()


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_nothing_over_standard_input_and_output_either(
    tools: NodeTools, home: Path, era: str
) -> None:
    program = Path(sys.executable).with_name("mailmcp")
    command = [str(program), "--home", str(home), "serve", "-e", "MAILMCP_LOCAL__SMTP_PORT=0"]
    code, listed = tools.inspector(*command, "--protocol-era", era, "--method", "tools/list", "--strict")
    assert (code, len(listed["tools"])) == (0, 13)


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_the_views_where_it_says_that_it_shows_some(
    tools: NodeTools, server: HttpProcess, era: str
) -> None:
    over = (server.url, "--transport", "http", "--header", f"Authorization: Bearer {server.key()}")
    told = tools.apps(*over, "--protocol-era", era, "--advertise-apps")
    assert {name: one["resourceUri"] for name, one in told.items() if one["hasApp"]} == OPENS
    assert told["send"]["visibility"] == ["model"]
    shown = [one for one in told.values() if one["hasApp"]]
    assert all((one["resourceMimeType"], one["csp"]) == ("text/html;profile=mcp-app", {}) for one in shown)
    told = tools.apps(*over, "--protocol-era", era)
    assert len(told) == 13
    assert not any(one["hasApp"] for one in told.values())


@pytest.mark.parametrize("era", ["v1", "legacy", "modern"])
def test_a_client_of_the_typescript_sdk_does_the_main_job(tools: NodeTools, server: HttpProcess, era: str) -> None:
    script = tools.folder / "main_job.mjs"
    shutil.copy(Path(__file__).with_name("main_job.mjs"), script)
    key, (host, port) = server.key(), smtp_of(tools, server)
    with subprocess.Popen(
        [tools.node, script, era, server.url, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tools.folder,
    ) as client:
        try:
            assert client.stdin is not None
            assert client.stdout is not None
            began = json.loads(client.stdout.readline())
            assert began["tools"] == 13
            client.stdin.write("go\n")
            client.stdin.flush()
            mail_by_smtp((host, port), began["address"], code_letter(began["address"], "482913"))
            assert json.loads(client.stdout.readline()) == {"code": "482913", "count": 1, "sent": "sent"}
            assert client.wait(LIMIT) == 0
        finally:
            client.kill()


def smtp_of(tools: NodeTools, server: HttpProcess) -> tuple[str, int]:
    over = ("--transport", "http", "--header", f"Authorization: Bearer {server.key()}")
    called = ("--method", "tools/call", "--tool-name", "mail_status", "--format", "json")
    _, status = tools.inspector(server.url, *over, *called)
    found = re.search(r'"smtp": "127\.0\.0\.1:(\d+)"', json.dumps(status))
    assert found is not None
    return "127.0.0.1", int(found[1])
