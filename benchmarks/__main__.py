"""``python -m benchmarks``: measure, print a Markdown table, and put it into a page when asked."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from benchmarks.figures import Part, report, write_into

PARTS = (
    "delivery",
    "start",
    "http",
    "reading",
    "ingest",
    "spent",
    "html",
    "hiding",
    "sight",
    "replies",
    "authenticity",
    "leaks",
    "kills",
    "mailbox",
)


def main() -> None:
    """Run the parts one after another: each wants the machine for itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure mailmcp on this machine.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them if left out")
    parser.add_argument("--quick", action="store_true", help="few samples and a small store: under a minute")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the marked block of this page")
    parser.add_argument(
        "--peers", action="store_true", help="install another program from PyPI for the part mailbox, and ask it too"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if options.write and (options.quick or options.parts):
        parser.error("only a whole run is written to a page")
    measured: list[Part] = []
    for name in options.parts or PARTS:
        began = time.perf_counter()
        more = {"peers": True} if name == "mailbox" and options.peers else {}
        measured += importlib.import_module(f"benchmarks.{name}").measure(quick=options.quick, **more)
        sys.stderr.write(f"{name}: done in {time.perf_counter() - began:.0f} s\n")
    text = report(measured, quick=options.quick)
    sys.stdout.write(text)
    if options.write:
        write_into(options.write, text)


if __name__ == "__main__":
    main()
