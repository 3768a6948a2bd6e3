"""Write what is said twice: docs/tools.md, docs/configuration.md, server.json, the tool lists of README.md and
manifest.json, the install lines of README.md, and the table of docs/backends.md.

The tools' words come from the live tool list, the settings' from their fields. ``--check`` writes nothing, names what
is out of date and exits with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
import sys
from pathlib import Path
from types import NoneType
from typing import Any, cast, get_args, get_origin
from urllib.parse import quote

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from mailmcp import __version__
from mailmcp.backends.table import COLUMNS, capabilities
from mailmcp.cli.clients import CLIENTS, NAME
from mailmcp.config import PREFIX, Section, Settings
from mailmcp.server.build import build_server
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Written by scripts/generate_docs.py (make docs); change the code, not this page. -->\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is out of date")
    check: bool = parser.parse_args().check
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
        else:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(ROOT)} is written")
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """What each generated file should hold."""
    readme, manifest, backends = ROOT / "README.md", ROOT / "manifest.json", ROOT / "docs" / "backends.md"
    return {
        backends: with_block(backends.read_text("utf-8"), "backends", backend_table()),
        ROOT / "docs" / "tools.md": tools_page(),
        ROOT / "docs" / "configuration.md": configuration_page(),
        readme: with_block(
            with_block(readme.read_text("utf-8"), "tools", tool_table("docs/tools.md")), "install", install_table()
        ),
        manifest: with_tools(manifest.read_text("utf-8")),
        ROOT / "server.json": registry_entry(),
    }


# --- tools ---------------------------------------------------------------------------------------------------------


def tool_table(page: str) -> str:
    """One line a tool: its name, linked to ``page``, and the first sentence of what the model reads."""
    rows = ["| tool | what it does |", "|---|---|"]
    rows += [f"| [`{tool.name}`]({page}#{tool.name}) | {first_sentence(tool.description)} |" for tool in all_tools()]
    return "\n".join(rows)


def backend_table() -> str:
    """What each backend can do."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *(one.cells for one in capabilities())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tools_page() -> str:
    parts = [
        GENERATED,
        "# Tools\n",
        "What an assistant sees, word for word. Arguments in bold are required; unknown ones are refused. Ids: an inbox"
        " is its address; `t_…` is a thread, `m_…` a message, `d_…` a draft, `c_…` a cursor. Times are RFC 3339, UTC;"
        " durations are seconds; sizes are bytes.\n",
    ]
    for tool in all_tools():
        properties: dict[str, Any] = tool.parameters.get("properties", {})
        required = tool.parameters.get("required", [])
        parts += [f"## {tool.name}\n", f"*{tool.title}.* {one_line(tool.description)}\n"]
        if properties:
            parts.append("| argument | type | default | meaning |\n|---|---|---|---|")
            for name, schema in properties.items():
                shown = f"**{name}**" if name in required else name
                default = "" if schema.get("default") is None else f"`{json.dumps(schema['default'])}`"
                parts.append(f"| {shown} | {type_words(schema)} | {default} | {cell(schema.get('description', ''))} |")
            parts.append("")
        for name, schema in tool.parameters.get("$defs", {}).items():
            fields = ", ".join(f"`{field}`{note(of)}" for field, of in schema["properties"].items())
            parts.append(f"{name}: {one_line(schema.get('description', ''))} Fields: {fields}.\n")
        parts.append(f"Hints: {hints(tool.annotations)}.\n")
    return "\n".join([*parts, *asyncio.run(beside_tools())])


async def beside_tools() -> list[str]:
    """The resources and prompts."""

    async def no_room() -> Any:
        raise AssertionError("nothing is read")

    server = build_server(Session(no_room), list).furnished()
    offered = [(one.uri, one.mime_type, one.description) for one in await server.list_resources()]
    offered += [(one.uri_template, one.mime_type, one.description) for one in await server.list_resource_templates()]
    parts = [
        "# Resources\n",
        "For hosts that attach mail to a chat: the words of the tools, behind the same mark. `ui://` are pages for"
        " hosts that show them beside a result (MCP Apps), and are told to those alone.\n",
        "| URI | type | what it gives |\n|---|---|---|",
        *(f"| `{uri}` | {kind} | {cell(words or '')} |" for uri, kind, words in sorted(offered)),
        "\n# Prompts\n",
        "| prompt | arguments | what it asks for |\n|---|---|---|",
    ]
    for prompt in await server.list_prompts():
        arguments = (f"**{one.name}**" if one.required else one.name for one in prompt.arguments or ())
        parts.append(f"| {prompt.name} | {', '.join(arguments)} | {cell(prompt.description or '')} |")
    return [*parts, ""]


def type_words(schema: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_words(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f", {low} to {high}" if low is not None and high is not None else ""
    return f"{schema.get('type', 'any')}{bounds}"


def hints(annotations: Any) -> str:
    names = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
    return ", ".join(
        f"{'' if getattr(annotations, name) else 'not '}{name.removesuffix('_hint').replace('_', ' ')}"
        for name in names
    )


def with_tools(manifest: str) -> str:
    """The bundle's manifest with the tools and the version of the code."""
    data = json.loads(manifest)
    data["version"] = __version__
    data["tools"] = [{"name": tool.name, "description": first_sentence(tool.description)} for tool in all_tools()]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


# --- the registry -------------------------------------------------------------------------------------------------

REGISTRY_NAME = "io.github.mailmcp/mailmcp"
ASKED_FOR = (
    *("HOME", "BACKEND", "SEND_BACKEND", "SEND__POLICY", "LOCAL__DOMAIN", "LOCAL__SMTP_PORT"),
    *("SMTP__PROVIDER", "SMTP__HOST", "SMTP__USERNAME", "SMTP__PASSWORD"),
    *("IMAP__PROVIDER", "IMAP__USERNAME", "IMAP__PASSWORD"),
    *("AGENTMAIL__API_KEY", "E2A__API_KEY", "MAILKITE__API_KEY", "AGENTSEND__API_KEY"),
)
"""The settings that a host may ask for when it installs the server; the others are for config.toml."""


def registry_entry() -> str:
    """server.json of the MCP registry (schema of 11 December 2025)."""
    return f"{json.dumps(_registry_entry(), indent=2, ensure_ascii=False)}\n"


def _registry_entry() -> dict[str, Any]:
    package = {
        "registryType": "pypi",
        "identifier": "mailmcp",
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": [variable(name) for name in ASKED_FOR],
    }
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": REGISTRY_NAME,
        "title": "mailmcp",
        "description": "An e-mail address for your AI assistant: codes in one call, nothing held leaves without you.",
        "version": __version__,
        "packages": [package],
    }


def install_table() -> str:
    """How each client gets the published package, in one step where it has one: what the registry entry says."""
    [package] = _registry_entry()["packages"]
    entry = {
        "command": package["runtimeHint"],
        "args": [package["identifier"], *(one["value"] for one in package["packageArguments"])],
    }
    line = " ".join([entry["command"], *entry["args"]])
    named = json.dumps({"name": NAME, **entry}, separators=(",", ":"))
    cursor = quote(base64.b64encode(json.dumps(entry).encode()).decode(), safe="")
    code = quote(json.dumps(entry, separators=(",", ":")), safe="")
    block = json.dumps({NAME: {"source": "custom", **entry}})
    ways = {
        "claude-desktop": "open the bundle `mailmcp.mcpb` of a release, or the block below in {file}",
        "claude-code": f"`claude mcp add {NAME} -- {line}`",
        "cursor": f"[add to Cursor](https://cursor.com/en/install-mcp?name={NAME}&config={cursor}),"
        " or the block in {file}",
        "vscode": f"[add to VS Code](https://vscode.dev/redirect/mcp/install?name={NAME}&config={code}),"
        f" or `code --add-mcp '{named}'`",
        "windsurf": "the block in {file}",
        "zed": f'`"context_servers": {block}` in {{file}}',
        "codex": f"`codex mcp add {NAME} -- {line}`",
        "gemini": f"`gemini mcp add --scope user {NAME} {line}`",
    }
    rows = ["| client | how it gets the published package |", "|---|---|"]
    for client in CLIENTS:
        files = set(client.files.values())
        file = files.pop() if len(files) == 1 else Path(client.files["linux"]).name  # the folder depends on the system
        rows.append(f"| {client.title} | {ways[client.name].replace('{file}', f'`{file}`')} |")
    body = json.dumps({"mcpServers": {NAME: entry}})
    return "\n".join([*rows, "", "```json", body, "```"])


def variable(name: str) -> dict[str, Any]:
    """A setting as the registry describes it."""
    *section, field_name = name.lower().split("__")
    of = section_of(Settings.model_fields[section[0]]) if section else None
    field = (of or Settings).model_fields[field_name]
    kinds = get_args(field.annotation) or (field.annotation,)
    entry: dict[str, Any] = {"name": PREFIX + name, "description": one_line(field.description), "isRequired": False}
    if SecretStr in kinds:
        entry["isSecret"] = True
    if Path in kinds:
        entry["format"] = "filepath"
    if int in kinds:
        entry["format"] = "number"
    choices = [one for one in kinds if isinstance(one, str)]
    return entry | ({"choices": choices} if choices else {})


# --- settings ------------------------------------------------------------------------------------------------------


def configuration_page() -> str:
    sections = {name: kind for name, field in Settings.model_fields.items() if (kind := section_of(field))}
    single = {name: field for name, field in Settings.model_fields.items() if name not in sections}
    parts = [
        GENERATED,
        "# Settings\n",
        "All of them are optional. A setting is looked for in the environment, then in `config.toml` in the home"
        " folder, and else has its default. `--home` and `MAILMCP_HOME` say which home that is; a setting that does not"
        " exist is refused by its name. An environment value that is empty, or a placeholder `${…}` that a host did not"
        " fill in, counts as not given.\n",
        *table(single, ""),
    ]
    for name, section in sections.items():
        parts += [f"## [{name}]\n", f"{one_line(section.__doc__)}\n", *table(section.model_fields, name)]
    return "\n".join(parts)


def section_of(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def table(fields: dict[str, FieldInfo], section: str) -> list[str]:
    rows = ["| environment | config.toml | type | default | meaning |", "|---|---|---|---|---|"]
    for name, field in fields.items():
        environment = f"{PREFIX}{section and section.upper() + '__'}{name.upper()}"
        key = "" if name == "home" else f"`{section and section + '.'}{name}`"
        default = "the platform's data folder" if name == "home" else default_words(field)
        rows.append(f"| `{environment}` | {key} | {kind_words(field)} | {default} | {cell(field.description or '')} |")
    return [*rows, ""]


def kind_words(field: FieldInfo) -> str:
    """A field's type in a few words, with its bounds."""
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "folder"}
    if get_origin(field.annotation) is tuple:
        return "list of text"
    choices = [one for one in get_args(field.annotation) if one is not NoneType]
    kinds = choices or [field.annotation]
    words = " or ".join(names.get(one) or (f"`{one}`" if isinstance(one, str) else str(one)) for one in kinds)
    low = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    if low is not None:
        return f"{words}, {low} to {high}" if high is not None else f"{words}, at least {low}"
    return words


def default_words(field: FieldInfo) -> str:
    if field.is_required() or field.default is None or field.default == ():
        return ""
    if isinstance(field.default, tuple):
        return f"`{', '.join(cast('tuple[str, ...]', field.default))}`"
    return f"`{json.dumps(field.default) if isinstance(field.default, bool) else field.default}`"


# --- words ---------------------------------------------------------------------------------------------------------


def with_block(page: str, name: str, block: str) -> str:
    """The page with everything between ``<!-- name -->`` and ``<!-- /name -->`` replaced."""
    found = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page, times = found.subn(lambda match: f"{match[1]}{block}\n{match[2]}", page)
    if times != 1:
        sys.exit(f"the page should have one block <!-- {name} --> … <!-- /{name} -->, and has {times}")
    return page


def first_sentence(text: str | None) -> str:
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", one_line(text), maxsplit=1)[0]


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")


def note(schema: dict[str, Any]) -> str:
    return f" ({one_line(schema['description'])})" if "description" in schema else ""


if __name__ == "__main__":
    sys.exit(main())
