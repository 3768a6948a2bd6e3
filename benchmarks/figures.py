"""A measured value with its target, and the table of them."""

from __future__ import annotations

import math
import os
import platform
import re
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.store.db import WAL_IS_SAFE

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: what was measured, what came out, and what it should be."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    """None when there is no target for this row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading with its rows and a sentence on how they were measured."""

    title: str
    how: str
    figures: tuple[Figure, ...]


def median(seconds: Sequence[float]) -> float:
    """The median in milliseconds."""
    return statistics.median(seconds) * 1000


def p99(seconds: Sequence[float]) -> float:
    """The smallest value that 99 of 100 samples do not exceed, in milliseconds."""
    return sorted(seconds)[math.ceil(0.99 * len(seconds)) - 1] * 1000


def spread(seconds: Sequence[float]) -> str:
    """Median and 99th percentile in words."""
    return f"{median(seconds):.1f} ms, p99 {p99(seconds):.1f} ms"


def report(parts: Iterable[Part], *, quick: bool) -> str:
    """All parts as Markdown, with the day and the machine on top."""
    lines = [f"Measured on {datetime.now(UTC):%Y-%m-%d} on {_machine()}."]
    if quick:
        lines.append("A quick run: few samples and a small store, good only to see that everything works.")
    for part in parts:
        lines += ["", f"### {part.title}", "", part.how, ""]
        lines += ["| what | measured | target | met |", "|---|---|---|---|"]
        lines += [f"| {one.what} | {one.measured} | {one.target or '–'} | {_MET[one.met]} |" for one in part.figures]
    return "\n".join(lines) + "\n"


def write_into(page: Path, text: str) -> None:
    """Put a report between the two marks of a page; the rest of the page stays. Raises ValueError without marks."""
    old = page.read_text("utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise ValueError(f"{page} needs one line {BEGIN} and one line {END}")
    head, _, rest = old.partition(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")


_MET = {True: "yes", False: "**no**", None: "–"}


def _machine() -> str:
    system = platform.system()
    if system == "Linux":
        names = re.search(r'^PRETTY_NAME="?([^"\n]*)', _read("/etc/os-release"), re.MULTILINE)
        system = names[1] if names else system
    model = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    journal = "WAL" if WAL_IS_SAFE else "TRUNCATE"
    return (
        f"{os.cpu_count()} shared cores{f' ({model[1]})' if model else ''}, {system},"
        f" {platform.python_implementation()} {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version} (journal mode {journal}, synchronous FULL)"
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""
