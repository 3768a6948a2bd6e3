"""``mailmcp inbox export|import`` as they are typed: they say what is true, and the exit code tells what is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import forking
import pytest


@pytest.fixture
def home(home_of_ann: Path) -> Path:
    return home_of_ann


def typed(home: Path, *arguments: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILMCP_", "XDG_"))}
    own = {"HOME": str(home.parent), "MAILMCP_LOCAL__SMTP_PORT": "0"}
    done = forking.ran(["inbox", *arguments, "--home", str(home)], timeout=60, env=kept | own)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_of_an_empty_inbox_no_file_is_written_and_none_is_spoken_of(home, tmp_path):
    code, said = typed(home, "export", "ann@agents.test", str(tmp_path / "out"))
    assert (code, said) == (0, f"The inbox holds no mail: {tmp_path / 'out'} was not written.\n")
    assert not (tmp_path / "out").exists()
    code, said = typed(home, "export", "ann@agents.test", str(tmp_path / "dir"), "--maildir")
    assert (code, said) == (0, f"0 message(s) are in {tmp_path / 'dir'}.\n")
    assert (tmp_path / "dir" / "new").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="links as POSIX has them")
def test_what_is_left_out_of_an_import_is_named_and_counted_and_the_exit_code_tells(home, tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(b"Subject: x\n\nHi\n")
    (tmp_path / "box" / "new" / "2\x1b[2J").symlink_to("1")
    for stored, known in ((1, ""), (0, ", 1 were there already")):
        code, said = typed(home, "import", "ann@agents.test", str(tmp_path / "box"))
        assert said.splitlines() == [
            "new/2\N{REPLACEMENT CHARACTER}[2J is no file but a link or a device and was left out.",
            f"{stored} message(s) are in ann@agents.test now{known}, 1 could not be read.",
        ]
        assert code == 1
