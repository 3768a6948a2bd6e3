"""Pages of homes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import Rig


@pytest.fixture
def open_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Serves pages, and ends them."""
    opened: list[Rig] = []

    def open_(home: Path | None = None, **how: Any) -> Rig:
        opened.append(Rig(home or tmp_path / "home", **how))
        return opened[-1]

    yield open_
    for one in reversed(opened):
        one.close()


@pytest.fixture
def rig(open_rig: Callable[..., Rig]) -> Rig:
    """The page of an empty home."""
    return open_rig()
