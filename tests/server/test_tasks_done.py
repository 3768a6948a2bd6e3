"""The tasks of docs/tasks.md, done: each call as the page writes it, with ids that there are, is served."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parent.parent.parent / "docs" / "tasks.md"
CALLS = re.findall(r"^\| (.+) \| `(.+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
TEXT = ("report.pdf.txt", "text/plain", b"The figures of the year. " * 400)
FROM = "landlord@home.example"


async def prepared(door: Any, home: Path) -> dict[str, str]:
    """An inbox with mail, a held draft, a file to send: what the page's ids stand for."""
    a = await door.inbox("a")
    await door.inbox("trial")
    first = await door.receive(a, from_=FROM, subject="Rent", text="Pay, please. " * 400, files=(TEXT,))
    await door.receive(a, subject="flight Lisbon", text="At noon.")
    draft = await door.call("draft_for_approval", inbox=a, to=[a], subject="x", body="x")
    (home / "outgoing").mkdir(exist_ok=True)
    (home / "outgoing" / "plan.pdf").write_bytes(b"%PDF-1.4 a plan")
    listed = await door.call("find_mail", limit=1)
    read = await door.call("read_thread", thread=first["thread"], max_chars=500)
    return {
        "t_7c21": first["thread"],
        "m_18aa": first["message"],
        "d_33e0": draft["draft"],
        "c_91d2": listed["next_cursor"],
        "c_91d3": read["next_cursor"],
        "c_4f0a": first["cursor"],
        "c_4f0b": first["cursor"],
        "report.pdf": TEXT[0],
    }


async def test_every_task_of_the_page_is_done_by_its_call(open_door: Any, home: Path) -> None:
    async with open_door() as door:
        stands_for = await prepared(door, home)
        for task, call in CALLS:
            for name, real in stands_for.items():
                call = call.replace(f'"{name}"', f'"{real}"')
            node = ast.parse(call, mode="eval").body
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Name)
            arguments = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
            if "timeout" in arguments or node.func.id.startswith("wait"):
                arguments["timeout"] = 0
            result = await door.client.call_tool(node.func.id, arguments)
            assert not result.is_error, (task, call, result.content)
