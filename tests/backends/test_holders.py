"""Which program holds a port: told by name where the system tells it, and never a crash where it does not."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from mailmcp.backends.holders import holder_of


@pytest.fixture
def taken():
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        yield foreign.getsockname()[1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_program_that_listens_is_named(taken):
    said = holder_of(taken)
    assert said is not None
    assert said.partition(" ")[0] != ""
    assert said.endswith(f" (process {os.getpid()})")


def test_of_a_free_port_nobody_is_named(taken):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))  # bound, and not listened on
        assert holder_of(other.getsockname()[1]) is None


def test_where_nothing_is_told_nobody_is_named(taken, tmp_path):
    assert holder_of(taken, tmp_path / "no proc here") is None
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("sl local\n 0: 0100007F:zzzz 0 0A 1 2 3 4 5 6\n")
    assert holder_of(taken, tmp_path) is None


def test_a_name_cannot_write_lines_into_a_sentence(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("sl\n0: 0100007F:0019 0:0 0A 0:0 0:0 0 0 0 77 1\n")
    files = tmp_path / "812" / "fd"
    files.mkdir(parents=True)
    (files / "3").symlink_to("socket:[77]")
    (tmp_path / "812" / "comm").write_text("evil\nname\x1b[1m" + "x" * 100)
    said = holder_of(25, tmp_path)
    assert said is not None
    assert said.startswith("evil?name?[1mxxx")
    assert said.endswith(" (process 812)")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("runs", "name"),
    [
        (("/usr/bin/python3", "-m", "mailmcp", "--home", "/secret"), "mailmcp"),
        (("python3", "-X", "dev", "-B", "/opt/bin/aiosmtpd"), "python3.11"),
        (("python3", "-c", "key = 'secret'"), "python3.11"),
        (("python3", "-B", "/opt/bin/aiosmtpd", "--password=x"), "aiosmtpd"),
        (("python3", "-m"), "python3.11"),
        (("python3",), "python3.11"),
    ],
)
def test_of_an_interpreter_the_script_is_named_and_no_other_argument(tmp_path, runs, name):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("sl\n0: 0100007F:0019 0:0 0A 0:0 0:0 0 0 0 77 1\n")
    files = tmp_path / "812" / "fd"
    files.mkdir(parents=True)
    (files / "3").symlink_to("socket:[77]")
    (tmp_path / "812" / "comm").write_text("python3.11\n")
    (tmp_path / "812" / "cmdline").write_text("\0".join(runs) + "\0")
    assert holder_of(25, tmp_path) == f"{name} (process 812)"
