"""What others read of the package: one version everywhere, and the name under which the registry lists it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from mailmcp import __version__

ROOT = Path(__file__).parent.parent
ENTRY = json.loads((ROOT / "server.json").read_text("utf-8"))


def test_all_files_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    versions = {manifest["version"], ENTRY["version"], *(one["version"] for one in ENTRY["packages"])}
    assert versions == {__version__}
    assert project.get("version", __version__) == __version__


def test_the_page_of_the_package_carries_the_name_that_the_registry_proves_it_by() -> None:
    assert f"mcp-name: {ENTRY['name']}" in (ROOT / "README.md").read_text("utf-8")


def test_the_registry_entry_keeps_secrets_secret_and_is_short_enough() -> None:
    assert len(ENTRY["description"]) <= 100
    asked = {one["name"]: one for package in ENTRY["packages"] for one in package["environmentVariables"]}
    assert all(one.get("isSecret") for name, one in asked.items() if "PASSWORD" in name)
