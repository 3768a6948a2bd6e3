"""What people are handed: the bundle that the pinned mcpb packs and the wheel, each run away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from authorities import as_given
from node_tools import node_tools

from mailmcp import __version__

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parent.parent.parent
SECONDS = 300
UV = Path(sys.executable).with_name("uv")
NO_PACKAGES = ("Failed to fetch", "dns error", "Could not connect", "network was disabled")
OPENING = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "a host", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
    {"id": 3, "method": "resources/read", "params": {"uri": "ui://mailmcp/drafts.html"}},
    {"id": 4, "method": "tools/call", "params": {"name": "create_inbox", "arguments": {"name": "anna"}}},
)


def outside(**more: str) -> dict[str, str]:
    """An environment that leads nobody back to the checkout or its environment."""
    ours = ("MAILMCP_", "VIRTUAL_ENV", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**as_given(kept), "UV_PYTHON_DOWNLOADS": "never", **more}


def ran(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    """A program that ends well; skips where uv is not given the packages that it needs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **how)
    if done.returncode and any(words in done.stderr for words in NO_PACKAGES):
        pytest.skip("PyPI gives nothing here: what is handed out cannot be installed")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


def sources() -> set[str]:
    """All files of the package."""
    folder = ROOT / "src" / "mailmcp"
    files = (one for one in folder.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    return {one.relative_to(folder).as_posix() for one in files}


def test_the_packed_bundle_serves_as_a_host_starts_it(tmp_path: Path) -> None:
    tools, bundle, unpacked = node_tools(), tmp_path / "mailmcp.mcpb", tmp_path / "unpacked"
    tools.mcpb("validate", str(ROOT / "manifest.json"))
    tools.mcpb("pack", str(ROOT), str(bundle))
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(unpacked)
    inside = {one.relative_to(unpacked).as_posix() for one in unpacked.rglob("*") if one.is_file()}
    package = {one.removeprefix("src/mailmcp/") for one in inside if one.startswith("src/")}
    assert package == sources()
    assert {one for one in inside if not one.startswith("src/")} - {".gitattributes"} == {
        *("LICENSE", "PRIVACY.md", "README.md", "SECURITY.md", "manifest.json", "pyproject.toml"),
    }
    manifest = json.loads((unpacked / "manifest.json").read_text("utf-8"))
    assert (unpacked / manifest["server"]["entry_point"]).is_file()
    start = manifest["server"]["mcp_config"]
    # What a person left empty arrives as it stands in the manifest.
    given = {**start["env"], "MAILMCP_HOME": str(tmp_path / "home"), "MAILMCP_LOCAL__SMTP_PORT": "0"}
    assert any(value.startswith("${user_config.") for value in given.values())
    arguments = [one.replace("${__dirname}", str(unpacked)) for one in start["args"]]
    assert start["command"] == "uv"
    said = served([str(UV), *arguments], tmp_path, outside(**given))
    assert [tool["name"] for tool in said[2]["tools"]] == [tool["name"] for tool in manifest["tools"]]


def test_the_wheel_installed_alone_does_the_main_job(tmp_path: Path) -> None:
    env = outside()
    ran([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, env=env)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = [one for one in packed.namelist() if one.startswith("mailmcp/")]
    assert {one.removeprefix("mailmcp/") for one in names} == sources()
    alone = tmp_path / "alone"
    ran([str(UV), "venv", "--quiet", "--python", sys.executable, str(alone)], env=env)
    install = [str(UV), "pip", "install", "--quiet", "--python", str(alone), "-c", str(ROOT / "requirements.lock")]
    ran([*install, str(wheel)], env=env, cwd=tmp_path)
    program = next(alone.glob("*/mailmcp*"))
    found = ran(
        [str(next(alone.glob("*/python"))), "-c", "import mailmcp; print(mailmcp.__file__)"], env=env, cwd=tmp_path
    )
    assert found.stdout.startswith(str(alone))
    assert ran([str(program), "--version"], env=env, cwd=tmp_path).stdout.split()[-1] == __version__
    assert str(program) in ran([str(program), "try"], env=env, cwd=tmp_path).stdout  # it ends with 0 if all held
    home = {"MAILMCP_HOME": str(tmp_path / "home"), "MAILMCP_LOCAL__SMTP_PORT": "0"}
    served([str(program), "serve"], tmp_path, outside(**home))


def served(command: list[str], folder: Path, env: dict[str, str]) -> dict[int, dict[str, Any]]:
    """What a server answers to a host that speaks to it over its pipe, as results by request."""
    answers: dict[int, dict[str, Any]] = {}
    with (folder / "errors").open("w+") as errors:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, env=env, cwd=folder)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            for message in OPENING:
                process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
            wanted = {message["id"] for message in OPENING if "id" in message}
            while wanted - set(answers) and (line := process.stdout.readline()):
                message = json.loads(line)
                answers[message.get("id")] = message.get("result") or message
            process.stdin.close()
            code = process.wait(SECONDS)
        except BrokenPipeError:
            code = process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        errors.seek(0)
        words = errors.read()
    if code and any(one in words for one in NO_PACKAGES):
        pytest.skip("PyPI gives nothing here: what is handed out cannot be installed")
    assert code == 0, words[-2000:]
    assert answers[1]["serverInfo"]["version"] == __version__
    assert len(answers[2]["tools"]) == 13
    assert "<script>" in answers[3]["contents"][0]["text"]
    assert answers[4]["structuredContent"]["address"] == "anna@agents.internal"
    return answers
