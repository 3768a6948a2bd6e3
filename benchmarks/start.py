"""From exec to the first answer, against an empty server of the same SDK; and the size of the tool list."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part, median
from benchmarks.serving import Serving

TARGET_RATIO = 1.15
TARGET_CHARACTERS = 9_000


def measure(*, quick: bool) -> list[Part]:
    """Start both servers in turn, again and again; then look at the tool list."""
    rounds = 3 if quick else 15
    answered: dict[str, list[float]] = {"empty": [], "mailmcp": []}
    listed: dict[str, list[float]] = {"empty": [], "mailmcp": []}
    tools: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        for number in range(-1, rounds):  # the first round fills the file cache and is not counted
            for name in ("empty", "mailmcp"):
                with _server(name, Path(folder)) as serving:
                    first = serving.initialize()
                    when, result = serving.answer(serving.ask("tools/list"))
                    if number >= 0:
                        answered[name].append(first)
                        listed[name].append(when - serving.began)
                    if name == "mailmcp":
                        tools = result["tools"]
    ratio = statistics.median(answered["mailmcp"]) / statistics.median(answered["empty"])
    starting = Part(
        title="Start",
        how=(
            f"From exec to the answer of `initialize` (and of the `tools/list` after it), over stdio, {rounds} rounds"
            " in turn with a server of the same SDK that has no tools. The home exists."
        ),
        figures=(
            Figure(what="empty server, `initialize` answered", measured=f"{median(answered['empty']):.0f} ms"),
            Figure(what="mailmcp, `initialize` answered", measured=f"{median(answered['mailmcp']):.0f} ms"),
            Figure(
                what="mailmcp against the empty server",
                measured=f"{ratio:.2f} times",
                target=f"at most {TARGET_RATIO} times",
                met=ratio <= TARGET_RATIO,
            ),
            Figure(what="empty server, tools listed", measured=f"{median(listed['empty']):.0f} ms"),
            Figure(what="mailmcp, tools listed", measured=f"{median(listed['mailmcp']):.0f} ms"),
        ),
    )
    return [starting, _tool_list(tools)]


def _server(name: str, folder: Path) -> Serving:
    if name == "empty":
        return Serving(
            [sys.executable, "-P", str(Path(__file__).with_name("empty.py"))]
        )  # -P: our html.py is not the library
    return Serving.mailmcp(folder / "home")


def _tool_list(tools: list[dict[str, Any]]) -> Part:
    """What a model is shown of the tools: name, description and input schema of each, as compact JSON."""
    sizes = {
        tool["name"]: len(tool["name"])
        + len(tool.get("description", ""))
        + len(json.dumps(tool["inputSchema"], ensure_ascii=False, separators=(",", ":")))
        for tool in tools
    }
    largest = max(sizes, key=lambda name: sizes[name])
    total = sum(sizes.values())
    return Part(
        title="Tool list",
        how="Characters of the names, descriptions and input schemas (compact JSON) that a model is shown.",
        figures=(
            Figure(
                what=f"{len(tools)} tools",
                measured=f"{total:,} characters",
                target=f"under {TARGET_CHARACTERS:,}",
                met=total < TARGET_CHARACTERS,
            ),
            Figure(what=f"the largest, {largest}", measured=f"{sizes[largest]:,} characters"),
        ),
    )
