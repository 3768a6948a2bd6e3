"""Private files: for their owner alone, whole, and never over one that counts unless that is asked for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mailmcp.private import write_private


def test_a_private_file_is_for_its_owner_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    assert write_private(tmp_path / "key", b"one", replace=True)
    assert write_private(tmp_path / "key", b"two", replace=True)
    assert (tmp_path / "key").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["key"]


def test_without_replacing_the_file_that_is_there_counts(tmp_path: Path) -> None:
    assert write_private(tmp_path / "key", b"one", replace=False)
    assert not write_private(tmp_path / "key", b"two", replace=False)
    assert (tmp_path / "key").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["key"]


def test_a_file_that_cannot_be_put_into_its_place_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_private(tmp_path / "folder", b"one", replace=True)
    assert os.listdir(tmp_path) == ["folder"]
