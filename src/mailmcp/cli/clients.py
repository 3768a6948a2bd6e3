"""The programs that an MCP server is added to: where each keeps its settings, and how an entry is written there.

Paths and shapes as their makers' pages have them in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "mailmcp"
"""Under this name the server stands in a client's settings."""


@dataclass(frozen=True, slots=True)
class Client:
    """A row: a client, and where it keeps what servers it starts."""

    name: str
    """What is typed after ``connect``."""
    title: str
    keys: tuple[str, ...]
    """Where in its file the servers stand, outermost first."""
    files: Mapping[str, str]
    """Its file by system; it begins with ``~``, ``%APPDATA%`` or ``$NAME|folder in the home if that is not set``."""
    extra: Mapping[str, Any]
    """What an entry says besides command and arguments."""
    after: str
    """What is left to do when the entry is there."""

    @property
    def is_toml(self) -> bool:
        """Whether its file is TOML; the others are JSON, with comments or without."""
        return next(iter(self.files.values())).endswith(".toml")

    def file(self, system: str, environment: Mapping[str, str], home: Path) -> Path | None:
        """Where its settings are on a system (as ``sys.platform`` names it); None: it does not run there."""
        written = self.files.get(system if system in ("darwin", "win32") else "linux")
        if written is None:
            return None
        first, _, rest = written.partition("/")
        if first == "~":
            return home / rest
        if first == "%APPDATA%":
            return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / rest
        name, _, otherwise = first[1:].partition("|")
        given = environment.get(name)
        return (Path(given) if given else home / otherwise) / rest

    def entry(self, command: str, arguments: list[str]) -> dict[str, Any]:
        """What its settings say of the server."""
        return {**self.extra, "command": command, "args": arguments}


def _everywhere(path: str) -> dict[str, str]:
    return dict.fromkeys(("linux", "darwin", "win32"), path)


def _by_system(
    path: str, linux: str = "$XDG_CONFIG_HOME|.config/", mac: str = "~/Library/Application Support/"
) -> dict[str, str]:
    return {"linux": linux + path, "darwin": mac + path, "win32": "%APPDATA%/" + path}


_RESTART = "Quit it and start it again"
CLIENTS = (
    Client(
        "claude-desktop",
        "Claude Desktop",
        ("mcpServers",),
        _by_system("Claude/claude_desktop_config.json"),
        {},
        f"{_RESTART} (closing its window is not enough).",
    ),
    Client(
        "claude-code",
        "Claude Code",
        ("mcpServers",),
        _everywhere("$CLAUDE_CONFIG_DIR|/.claude.json"),
        {"type": "stdio"},
        "It is there in every new session; /mcp shows it.",
    ),
    Client(
        "cursor",
        "Cursor",
        ("mcpServers",),
        _everywhere("~/.cursor/mcp.json"),
        {},
        "Switch it on under Settings, MCP, if it is not yet.",
    ),
    Client(
        "vscode",
        "VS Code",
        ("servers",),
        _by_system("Code/User/mcp.json"),
        {"type": "stdio"},
        "Start it in the list of MCP servers, and allow it.",
    ),
    Client(
        "windsurf",
        "Windsurf",
        ("mcpServers",),
        _everywhere("~/.codeium/windsurf/mcp_config.json"),
        {},
        "Press refresh in its list of MCP servers.",
    ),
    Client(
        "zed",
        "Zed",
        ("context_servers",),
        {**_by_system("zed/settings.json", mac="~/.config/"), "win32": "%APPDATA%/Zed/settings.json"},
        {"source": "custom"},
        "It takes the change up by itself.",
    ),
    Client(
        "codex",
        "Codex",
        ("mcp_servers",),
        _everywhere("$CODEX_HOME|.codex/config.toml"),
        {},
        "It is there in every new session; /mcp shows it.",
    ),
    Client(
        "gemini",
        "Gemini CLI",
        ("mcpServers",),
        _everywhere("~/.gemini/settings.json"),
        {},
        "It is there in every new session; /mcp shows it.",
    ),
)
