"""``mailmcp doctor --wire``: what the hosts that were here declared, the latest last."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from mailmcp.config import load_settings
from mailmcp.store import examination


def wire(options: argparse.Namespace) -> int:
    """Print it; nothing is made or changed."""
    settings = load_settings(options.home)
    clients = examination.clients(settings.home / "mailmcp.db")
    if options.json:
        sys.stdout.write(json.dumps({"clients": clients}, indent=2, ensure_ascii=False) + "\n")
        return 0
    for one in clients:
        sys.stdout.write(f"{_line(one)}\n")
    if not clients:
        sys.stdout.write("No client was here yet: start one, have it list its tools, and ask again.\n")
    return 0


def _line(one: dict[str, Any]) -> str:
    who = f"{one['client'] or '(no name)'} {one['version']}".strip()
    declared = ", ".join(_words(name, value) for name, value in sorted(one["capabilities"].items())) or "nothing"
    return f"{one['at'][:19]}Z  {who}: {one['protocol']} over {one['transport']}, declares {declared}"


def _words(name: str, value: Any) -> str:
    inner = json.dumps(value, ensure_ascii=True, sort_keys=True) if value else ""
    return f"{name} {inner}".strip()
