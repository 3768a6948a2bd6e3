"""``python -m benchmarks.prove``: what takes long, in stages that can be stopped; it goes on where it was stopped.

Each stage ends within forty minutes and leaves its table in ``.prove/``. A stage that is there already is not run
again, unless the program has changed since or ``--again`` asks for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import mailmcp
from benchmarks import full, migrations, million, windows
from benchmarks.figures import Figure, Part, report

BEGIN, END = "<!-- proved: begin -->", "<!-- proved: end -->"
FOLDER = Path(".prove")

STAGES: dict[str, Callable[[bool], list[Part]]] = {
    "full": lambda quick: full.measure(quick=quick),
    "migrations": lambda quick: migrations.measure(quick=quick),
    "idle": lambda quick: [windows.part_of_idle(10 if quick else 60)],
    "load-truncate": lambda quick: [windows.part_of_load(10 if quick else 60, wal=False)],
    "load-wal": lambda quick: [windows.part_of_load(10 if quick else 60, wal=True)],
    "takeovers": lambda quick: [windows.part_of_takeovers(5 if quick else 100)],
    **{f"kills-{number}": lambda quick: [windows.part_of_takeovers(5 if quick else 250)] for number in range(1, 5)},
    "soak": lambda quick: [windows.part_of_soak(60 if quick else 1800)],
    "million": lambda quick: million.measure(quick=quick),
}
"""By name, in the order in which they are run."""


def main() -> None:
    """Run what is missing, print all tables, and put them into a page when asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description="Prove that mailmcp lasts.")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}; all of them if left out")
    parser.add_argument("--again", action="store_true", help="run them also when their tables are there")
    parser.add_argument(
        "--quick", action="store_true", help="a small share of each, to see that it works; kept nowhere"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into the marked block of this page")
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"there is no stage {', '.join(sorted(unknown))}")
    for name in options.stages or STAGES:
        if options.quick:
            sys.stdout.write(report(STAGES[name](True), quick=True))
        elif options.again or not _is_there(name):
            _keep(name, _timed(name))
    if options.quick:
        return
    text = _tables()
    sys.stdout.write(text)
    if options.write:
        page = options.write.read_text("utf-8")
        head, _, rest = page.partition(BEGIN)
        options.write.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")


def _timed(name: str) -> list[Part]:
    began = time.perf_counter()
    parts = STAGES[name](False)
    sys.stderr.write(f"{name}: done in {time.perf_counter() - began:.0f} s\n")
    return parts


def edition() -> str:
    """What a table depends on: the program and what measures it."""
    digest = hashlib.sha256()
    for root in (Path(mailmcp.__file__).parent, Path(__file__).parent):
        for file in sorted([*root.rglob("*.py"), *root.rglob("*.sql")]):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _is_there(name: str) -> bool:
    file = FOLDER / f"{name}.json"
    return file.exists() and json.loads(file.read_text("utf-8"))["edition"] == edition()


def _keep(name: str, parts: list[Part]) -> None:
    FOLDER.mkdir(exist_ok=True)
    record = {
        "edition": edition(),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "parts": [asdict(part) for part in parts],
    }
    unfinished = FOLDER / f"{name}.unfinished"
    unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
    unfinished.replace(FOLDER / f"{name}.json")


def _tables() -> str:
    parts: list[Part] = []
    for name in STAGES:
        file = FOLDER / f"{name}.json"
        if not file.exists():
            continue
        record = json.loads(file.read_text("utf-8"))
        old = "" if record["edition"] == edition() else " The program has changed since."
        for part in record["parts"]:
            figures = tuple(Figure(**figure) for figure in part["figures"])
            how = f"{part['how']} Run on {record['at'][:10]}.{old}"
            parts.append(Part(title=part["title"], how=how, figures=figures))
    return report(parts, quick=False)


if __name__ == "__main__":
    main()
