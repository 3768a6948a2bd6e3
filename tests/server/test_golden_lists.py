"""tools/list as a client of each era gets it, word for word: a change of it is a change for every model.

To take up an intended change: MAILMCP_WRITE_GOLDEN=1 pytest tests/server/test_golden_lists.py, and read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from test_stdio import modern

GOLDEN = Path(__file__).parent / "golden"
STAMP = "io.modelcontextprotocol/serverInfo"


def listed(served: Any, era: str) -> dict[str, Any]:
    if era == "2026-07-28":
        result = served.request(*modern("tools/list"))["result"]
        assert result["_meta"].pop(STAMP)["name"] == "mailmcp"  # with the version, which changes
        return result
    served.initialize(era)
    return served.request("tools/list")["result"]


@pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
def test_the_tools_are_listed_as_they_were(served: Any, era: str) -> None:
    file = GOLDEN / f"tools-{era}.json"
    text = json.dumps(listed(served, era), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("MAILMCP_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")
