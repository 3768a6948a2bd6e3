"""The house rules: sizes, one way out, and nothing said twice in two ways."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailmcp
from mailmcp.backends import BACKENDS, Row
from mailmcp.server.tools import all_tools

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src" / "mailmcp").rglob("*.py"))
NOT_OURS = {".git", ".venv", ".uv", "build", "dist", "node_modules", "__pycache__"}
TEXTS = {".py", ".md", ".toml", ".json", ".lock", ".sql", ".eml", ".yml", ".yaml", ".sh", ".js", ""}
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 80


def of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls_of_a_backends_send(tree: ast.AST) -> list[ast.Attribute]:
    """Every mention of ``send`` on something called a backend: a call, or a reference that could be called later."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "send" and "backend" in ast.unparse(node.value).lower()
    ]


def our_texts() -> Iterator[tuple[str, str]]:
    """Every text file of the repository, mails included."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = parts[0].startswith(".") and parts[0] not in {".ci", ".github", ".gitignore", ".gitattributes"}
        if hidden or NOT_OURS & set(parts) or not path.is_file():
            continue
        if path.suffix in TEXTS and path.name != "uv.lock":
            yield of(path), path.read_bytes().decode("utf-8", "replace")


# --- size and shape ------------------------------------------------------------------------------------------------


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 40


def test_a_source_file_stops_at_400_lines_and_a_function_at_80() -> None:
    files = {of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    lengths = [
        (of(path), one.name, (one.end_lineno or 0) - one.lineno + 1)
        for path in SOURCES
        for one in functions(parsed(path))
    ]
    assert {name: lines for name, lines in files.items() if lines > LINES_OF_A_FILE} == {}
    assert [one for one in lengths if one[2] > LINES_OF_A_FUNCTION] == []


def test_no_module_has_a_name_that_refuses_nothing() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}
    names = [(part, of(path)) for path in SOURCES for part in (path.stem, path.parent.name)]
    assert [found for found in names if found[0] in drawers] == []


def test_only_one_file_calls_the_send_of_a_backend() -> None:
    texts = {path: path.read_text("utf-8") for path in SOURCES}
    naming = [path for path, text in texts.items() if "send" in text and "backend" in text.lower()]
    senders = [of(path) for path in naming if calls_of_a_backends_send(parsed(path))]
    assert senders == ["src/mailmcp/mailroom/handover.py"]


def test_no_file_of_the_server_can_approve_edit_or_read_a_code() -> None:
    """What a human answers in a client is carried out by the mailroom, which checks the code."""
    deciding = {"approve", "edit", "code", "settle", "unsuppress", "resume", "release", "list_sender"}
    for path in (ROOT / "src/mailmcp/server").glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        named = {one.attr for one in calls if isinstance(one, ast.Attribute) and "room" in ast.unparse(one.value)}
        assert named & deciding == set(), of(path)


def test_what_a_caller_asks_is_served_at_its_counter_and_never_by_the_whole_mailroom() -> None:
    """A key sees its inboxes only there; ``asking`` hands over what a human answered; ``updates`` hears bells."""
    whole: set[str] = set()
    for path in (ROOT / "src/mailmcp/server").glob("*.py"):
        calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
        if any(isinstance(one, ast.Attribute) and one.attr == "room" for one in calls):
            whole.add(path.name)
    assert whole == {"asking.py", "http.py", "session.py", "updates.py"}


def test_in_that_file_it_is_called_in_one_place() -> None:
    tree = parsed(ROOT / "src/mailmcp/mailroom/handover.py")
    assert len(calls_of_a_backends_send(tree)) == 1


def test_the_command_line_loads_no_library_before_it_knows_the_command() -> None:
    heavy = (
        *("mcp", "mcp_types", "aiosqlite", "aiosmtpd", "mailparser", "selectolax", "publicsuffixlist", "pypdf"),
        *("chardet", "dns", "dkim", "nacl", "cryptography", "mailmcp.authenticity", "starlette", "uvicorn", "httpx2"),
    )
    code = f"import sys, mailmcp.cli; print([one for one in {heavy!r} if one in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=True)
    assert shown.stdout.strip() == "[]"


# --- tools ---------------------------------------------------------------------------------------------------------


def test_the_tools_are_those_of_their_page_the_readme_and_the_bundle() -> None:
    served = [tool.name for tool in all_tools()]
    page = (ROOT / "docs" / "tools.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    block = readme.partition("<!-- tools -->")[2].partition("<!-- /tools -->")[0]
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    assert len(served) == len(set(served)) == 13
    assert re.findall(r"^## (\S+)$", page, re.MULTILINE) == served
    assert re.findall(r"^\| \[`(\w+)`\]", block, re.MULTILINE) == served
    assert [tool["name"] for tool in manifest["tools"]] == served
    assert all(tool["description"] for tool in manifest["tools"])


def test_every_tool_has_a_title_a_short_name_and_all_four_hints() -> None:
    for tool in all_tools():
        assert tool.title
        assert len(tool.name) <= 64
        assert tool.annotations is not None
        hints = tool.annotations.model_dump(include={f"{one}_hint" for one in HINTS})
        assert set(hints.values()) <= {True, False}, tool.name
        assert len(hints) == len(HINTS), tool.name
        assert not (hints["read_only_hint"] and hints["destructive_hint"]), tool.name


HINTS = ("read_only", "destructive", "idempotent", "open_world")


def test_the_tool_list_that_a_model_carries_is_under_9000_characters() -> None:
    visible = [
        {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters} for tool in all_tools()
    ]
    assert len(json.dumps(visible, ensure_ascii=False)) < 9_000


# --- the first minutes ---------------------------------------------------------------------------------------------


def test_the_readmes_commands_are_scripts_that_can_be_run() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    block = readme.partition("```sh\n")[2].partition("```")[0]
    commands = re.findall(r"scripts/\w+", block)
    assert commands == ["scripts/try", "scripts/setup", "scripts/check"]
    assert all(os.access(ROOT / command, os.X_OK) for command in commands)


def test_the_readmes_lines_for_clients_start_what_the_setup_makes() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    config = json.loads(readme.partition("```json\n")[2].partition("```")[0])["mcpServers"]["mailmcp"]
    assert config == {"command": "/path/to/mailmcp/.venv/bin/mailmcp", "args": ["serve"]}
    assert 'claude mcp add mailmcp -- "$PWD/.venv/bin/mailmcp" serve' in readme


def test_the_setup_takes_only_pinned_versions() -> None:
    """A constraint pins with its hashes like a requirement; uv itself is pinned as well."""
    setup = (ROOT / "scripts" / "setup").read_text("utf-8")
    installs = [line for line in setup.replace("\\\n", "").splitlines() if re.search(r"pip install .*--", line)]
    assert len(installs) == 4
    for line in installs:
        assert "requirements.lock" in line or "--no-deps --no-build-isolation -e ." in line, line
    assert re.search(r"^uv==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)


# --- settings, backends, versions ----------------------------------------------------------------------------------


def test_the_generated_pages_are_what_the_code_says() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate_docs.py", "--check"],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("", 0), ran.stderr


def test_every_setting_is_on_the_settings_page_with_a_sentence() -> None:
    from mailmcp.config import Section, Settings

    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(MAILMCP_\w+)` \|.*\| ([^|]*) \|$", page, re.MULTILINE))
    fields: dict[str, str | None] = {}
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            fields |= {f"{name}__{inner}": of_inner.description for inner, of_inner in kind.model_fields.items()}
        else:
            fields[name] = field.description
    assert {f"MAILMCP_{name.upper()}": description for name, description in fields.items()} == documented
    assert all(documented.values())


@pytest.mark.parametrize("row", BACKENDS, ids=lambda row: row.name)
def test_every_backend_is_one_file_one_test_file_and_one_row(row: Row) -> None:
    module, _, class_name = row.class_path.partition(":")
    assert module == f"mailmcp.backends.{row.name}"
    assert (ROOT / "src" / "mailmcp" / "backends" / f"{row.name}.py").is_file()
    assert (ROOT / "tests" / "backends" / f"test_{row.name}.py").is_file()
    assert row.summary.endswith(".")
    assert hasattr(importlib.import_module(module), class_name)


def test_the_bundle_the_package_and_the_code_have_one_version() -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert manifest["version"] == mailmcp.__version__
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/mailmcp/__init__.py"


def test_the_bundle_hands_over_only_settings_that_exist() -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    given: dict[str, str] = manifest["server"]["mcp_config"]["env"]
    assert all(f"| `{name}` |" in page for name in given)
    assert sorted(given.values()) == sorted(f"${{user_config.{key}}}" for key in manifest["user_config"])
    assert (ROOT / manifest["server"]["entry_point"]).is_file()


# --- what must not stand in the repository -------------------------------------------------------------------------


def test_no_committed_text_names_a_folder_of_somebodys_machine() -> None:
    anywhere = re.compile(r"(?<![\w.}~-])/(?:work|root|home/\w+)/")
    pages = re.compile(r"(?<![\w.}~-])/tmp/")
    texts = dict(our_texts())
    assert {"README.md", "scripts/setup", "requirements.lock", "src/mailmcp/models/mail.py"} <= texts.keys()
    # Looked for as they are before as patterns: most texts hold no such letters at all.
    suspects = {
        name: text for name, text in texts.items() if any(f"/{one}/" in text for one in ("work", "root", "home", "tmp"))
    }
    assert [
        name
        for name, text in suspects.items()
        if anywhere.search(text) or (name.endswith(".md") and pages.search(text))
    ] == []


def test_the_lock_pins_every_package_by_hash_and_records_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 40
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_everything_that_is_declared_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert {re.match(r"[\w.-]+", line)[0] for line in declared} <= locked  # type: ignore[index]


def test_every_run_time_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    reasons = (ROOT / "docs" / "decisions" / "002-dependencies.md").read_text("utf-8")
    declared = [re.match(r"[\w.-]+", line)[0] for line in project["project"]["dependencies"]]  # type: ignore[index]
    assert re.findall(r"^\| ([\w.-]+) \| \w", reasons, re.MULTILINE)[1:] == sorted(declared)
