"""A process of a home that has taken something, until it is killed or does what its script says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 60
"""Seconds."""


@contextmanager
def another(script: str, home: Path, *, says: str) -> Iterator[subprocess.Popen[str]]:
    """Runs a script of Python with the home as its argument; it has begun once it says this line."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{says}\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=LIMIT)
