"""The tasks of docs/tasks.md: each call fits the schema of its tool, and every tool has a task."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mailmcp.server.tools import all_tools

PAGE = Path(__file__).parent.parent / "docs" / "tasks.md"
CALLS = re.findall(r"^\| .+ \| `(.+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
SCHEMAS = {tool.name: tool.parameters for tool in all_tools()}


def read(call: str) -> tuple[str, dict[str, Any]]:
    """The tool and the arguments of a call as the page writes it."""
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    assert not node.args
    return node.func.id, {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_the_page_fits_the_schema_of_its_tool(call: str) -> None:
    tool, arguments = read(call)
    jsonschema.validate(arguments, {**SCHEMAS[tool], "additionalProperties": False})


def test_there_are_at_least_forty_tasks_and_every_tool_has_one() -> None:
    assert len(CALLS) >= 40
    assert {read(call)[0] for call in CALLS} == set(SCHEMAS)


def test_between_them_the_tasks_use_every_argument() -> None:
    used: dict[str, set[str]] = {}
    for tool, arguments in map(read, CALLS):
        used.setdefault(tool, set()).update(arguments)
    used["draft_for_approval"] |= used["send"]  # which takes the same
    assert {
        (tool, name) for tool, schema in SCHEMAS.items() for name in set(schema["properties"]) - used[tool]
    } == set()
