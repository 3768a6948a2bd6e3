"""``mailmcp backends``: which there are, and what each can do."""

from __future__ import annotations

import sys
import textwrap

from mailmcp.backends import BACKENDS
from mailmcp.backends.table import COLUMNS, capabilities

_LEFT, _WIDTH = 12, 100


def backends() -> int:
    """Print a paragraph for each backend."""
    rows = {row.name: row for row in BACKENDS}
    for one in capabilities():
        row = rows[one.name]
        can = "; ".join(f"{what}: {cell}" for what, cell in zip(COLUMNS[1:], one.cells[1:], strict=True) if cell != "-")
        paragraphs = [row.summary, f"{can}.", *([row.rewrites] if row.rewrites else [])]
        lines = [line for words in paragraphs for line in textwrap.wrap(words, _WIDTH - _LEFT)]
        for at, line in enumerate(lines):
            sys.stdout.write(f"{one.name if at == 0 else '':{_LEFT}} {line}\n")
    return 0
