"""Pages of homes of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from new_home import tables_made_once  # noqa: F401 - a fixture
from rig import Rig, Session

from mailmcp.errors import Refused
from mailmcp.models import Draft


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


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A page that the tests of a file share, each with drafts of its own."""
    opened = Rig(tmp_path_factory.mktemp("page") / "home")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def session(rig: Rig) -> Session:
    """A window that was let in."""
    return rig.session()


@pytest.fixture
def draft(rig: Rig) -> Iterator[Draft]:
    """A held draft, gone afterwards."""
    held = rig.hold()
    yield held
    with contextlib.suppress(Refused):
        rig.do(rig.room.reject(held.id, word="", approver="the test"))
