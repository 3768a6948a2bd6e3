"""What others read of the package: one version everywhere, and the name under which the registry lists it."""

from __future__ import annotations

import base64
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema

from mailmcp import __version__
from mailmcp.cli.clients import CLIENTS
from mailmcp.config import PREFIX, Settings

ROOT = Path(__file__).parent.parent
ENTRY = json.loads((ROOT / "server.json").read_text("utf-8"))
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")
INSTALL = README.partition("<!-- install -->")[2].partition("<!-- /install -->")[0]


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """An object of these members and no other."""
    named = {"type": "object", "properties": properties, "required": required.split()}
    return {**named, "additionalProperties": False}


def text(**rules: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, **rules}


VARIABLE = closed(
    "name description isRequired",
    name=text(pattern="^MAILMCP_[A-Z0-9_]+$"),
    description=text(),
    isRequired={"type": "boolean"},
    isSecret={"type": "boolean"},
    format={"enum": ["string", "number", "boolean", "filepath"]},
    choices={"type": "array", "items": text()},
)
# What the registry's schema of 11 December 2025 asks for, as far as the entry uses it: a member that is new here is to
# be looked up there.
REGISTRY = closed(
    "$schema name description version packages",
    **{"$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"}},
    name=text(pattern="^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", minLength=3, maxLength=200),
    title=text(maxLength=100),
    description=text(maxLength=100),
    version=text(maxLength=255, pattern=r"^\d+\.\d+\.\d+([a-z0-9.-]*)$"),
    packages={
        "type": "array",
        "minItems": 1,
        "items": closed(
            "registryType identifier version transport",
            registryType={"enum": ["pypi"]},
            identifier=text(),
            version=text(maxLength=255, pattern=r"^\d"),
            runtimeHint={"enum": ["uvx"]},
            transport=closed("type", type={"const": "stdio"}),
            packageArguments={
                "type": "array",
                "items": closed("type value", type={"const": "positional"}, value=text()),
            },
            environmentVariables={"type": "array", "items": VARIABLE},
        ),
    },
)


def test_all_files_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = {MANIFEST["version"], ENTRY["version"], *(one["version"] for one in ENTRY["packages"])}
    assert versions == {__version__}
    assert project.get("version", __version__) == __version__


def test_the_page_of_the_package_carries_the_name_that_the_registry_proves_it_by() -> None:
    assert f"mcp-name: {ENTRY['name']}" in README


def test_the_registry_entry_keeps_secrets_secret_and_is_short_enough() -> None:
    assert len(ENTRY["description"]) <= 100
    asked = {one["name"]: one for package in ENTRY["packages"] for one in package["environmentVariables"]}
    assert all(one.get("isSecret") for name, one in asked.items() if "PASSWORD" in name)


def test_the_registry_entry_is_what_the_registry_takes() -> None:
    jsonschema.Draft202012Validator(REGISTRY).validate(ENTRY)
    names = [one["name"] for package in ENTRY["packages"] for one in package["environmentVariables"]]
    assert len(names) == len(set(names))
    assert set(names) <= settings()


def settings() -> set[str]:
    """The names of all settings in the environment."""
    names: set[str] = set()
    for name, field in Settings.model_fields.items():
        inside = getattr(field.annotation, "model_fields", None)
        names |= {f"{PREFIX}{name}__{one}".upper() for one in inside} if inside else {f"{PREFIX}{name}".upper()}
    return names


# --- one step for each client ----------------------------------------------------------------------------------------


def published() -> dict[str, Any]:
    """How a client starts the published package, by the registry entry."""
    [package] = ENTRY["packages"]
    values = [one["value"] for one in package["packageArguments"]]
    return {"command": package["runtimeHint"], "args": [package["identifier"], *values]}


def row(title: str) -> str:
    [found] = re.findall(rf"^\| {re.escape(title)} \| (.+) \|$", INSTALL, re.MULTILINE)
    return found


def link(title: str, host: str) -> dict[str, list[str]]:
    """What the install link of a client says."""
    [address] = re.findall(r"\]\((https://[^)]+)\)", row(title))
    assert urlsplit(address).hostname == host
    return parse_qs(urlsplit(address).query, strict_parsing=True)


def test_every_client_that_connect_knows_has_its_line() -> None:
    titles = re.findall(r"^\| ([^|]+) \| ", INSTALL, re.MULTILINE)[1:]
    assert titles == [client.title for client in CLIENTS]


def test_the_links_of_cursor_and_vs_code_hold_what_the_registry_entry_says() -> None:
    cursor = link("Cursor", "cursor.com")
    assert cursor["name"] == ["mailmcp"]
    assert json.loads(base64.b64decode(cursor["config"][0], validate=True)) == published()
    code = link("VS Code", "vscode.dev")
    assert code["name"] == ["mailmcp"]
    assert json.loads(code["config"][0]) == published()


def test_the_lines_to_type_and_the_blocks_to_paste_hold_it_as_well() -> None:
    command = [published()["command"], *published()["args"]]
    for title in ("Claude Code", "Codex", "Gemini CLI"):
        [line] = re.findall(r"`([^`]+)`", row(title))
        assert shlex.split(line)[-len(command) :] == command
        assert "mailmcp" in shlex.split(line)[: -len(command)]
    [_, line] = row("VS Code").split("`")[:2]
    assert json.loads(shlex.split(line)[-1]) == {"name": "mailmcp", **published()}
    [block] = re.findall(r"`\"context_servers\": ([^`]+)`", row("Zed"))
    assert json.loads(block) == {"mailmcp": {"source": "custom", **published()}}
    [pasted] = re.findall(r"```json\n(.+?)\n```", INSTALL, re.DOTALL)
    assert json.loads(pasted) == {"mcpServers": {"mailmcp": published()}}


def test_the_bundle_starts_the_same_command_as_the_package() -> None:
    assert MANIFEST["server"]["mcp_config"]["args"][-2:] == published()["args"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["scripts"]) == {published()["args"][0]}
    assert MANIFEST["compatibility"]["runtimes"]["python"] == project["requires-python"]
    assert MANIFEST["license"] == project["license"]
