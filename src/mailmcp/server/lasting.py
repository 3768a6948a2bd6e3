"""What is made once and lives as long as the process, without the collector going through it while it comes in."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def made_to_last() -> Generator[None]:
    """For imports and schemas, some hundred thousand objects: they are not looked at now, nor ever again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
