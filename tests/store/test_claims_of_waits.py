"""Claims: one holder over all processes and mailrooms of a home, and none once the holder has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from another_process import another

from mailmcp.errors import StoreUnavailable
from mailmcp.store.claims import Claims, alone

HOLDER = """
import sys
from pathlib import Path
from mailmcp.store.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(claims.take("wait_for_otp", 7), flush=True)
for line in sys.stdin:
    claims.free("wait_for_otp", 7)
    print("freed", flush=True)
"""


def another_process(home: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """A process that holds the claim on message 7, and frees it when it is told a line."""
    return another(HOLDER, home, says="True")


def test_a_claim_has_one_holder_in_a_process(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as one, closing(Claims(tmp_path)) as other:
        assert one.take("wait_for_otp", 7)
        assert not one.take("wait_for_otp", 7)
        assert not other.take("wait_for_otp", 7)
        assert other.take("wait_for_otp", 8)
        assert other.take("wait_for_mail", 7)


def test_only_the_holder_frees_a_claim(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as one, closing(Claims(tmp_path)) as other:
        assert one.take("wait_for_otp", 7)
        other.free("wait_for_otp", 7)
        assert not other.take("wait_for_otp", 7)
        one.free("wait_for_otp", 7)
        assert other.take("wait_for_otp", 7)


def test_a_mailroom_that_closes_gives_its_claims_back_and_leaves_those_of_others(tmp_path: Path) -> None:
    one = Claims(tmp_path)
    with closing(Claims(tmp_path)) as other:
        assert one.take("wait_for_otp", 7)
        assert other.take("wait_for_otp", 8)
        one.close()
        one.close()
        assert other.take("wait_for_otp", 7)
        assert not other.take("wait_for_otp", 8)


def test_what_another_process_claimed_is_taken_until_it_frees_it(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as claims, another_process(tmp_path) as process:
        assert not claims.take("wait_for_otp", 7)
        assert claims.take("wait_for_mail", 7)
        assert claims.take("wait_for_otp", 6)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "freed\n"
        assert claims.take("wait_for_otp", 7)


def test_a_process_that_is_killed_leaves_no_claim(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as claims:
        with another_process(tmp_path):
            assert not claims.take("wait_for_otp", 7)
        assert claims.take("wait_for_otp", 7)


def test_a_mailroom_that_closes_ends_no_claim_of_another_in_its_process_for_other_processes(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as stays:
        assert stays.take("wait_for_otp", 7)
        Claims(tmp_path).close()
        asked = subprocess.run(
            [sys.executable, "-c", HOLDER, str(tmp_path)], input="", capture_output=True, text=True, timeout=60
        )
    assert asked.stdout == "False\n"


def test_the_file_of_the_claims_is_for_its_owner_only_and_stays_empty(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as claims:
        assert claims.take("wait_for_otp", 7)
        stat = (tmp_path / "claims.lock").stat()
    assert (stat.st_mode & 0o777, stat.st_size) == (0o600, 0)


NAMESAKE = """
import fcntl, sys
from mailmcp.store.claims import _PRESENT
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, int(sys.argv[3]), _PRESENT + int(sys.argv[2]))
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def presence(home: Path, first: int, count: int) -> Iterator[None]:
    """A process that holds so many bytes of presence."""
    (home / "claims.lock").touch(0o600)
    run = [sys.executable, "-c", NAMESAKE, str(home / "claims.lock"), str(first), str(count)]
    process = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
    finally:
        process.kill()
        process.communicate(timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="locks as POSIX has them")
def test_processes_of_one_number_in_two_containers_share_a_home_and_are_no_repair(tmp_path: Path) -> None:
    with presence(tmp_path, os.getpid(), 1):
        with closing(Claims(tmp_path)) as claims:
            assert claims.take("wait_for_otp", 7)
        with alone(tmp_path) as free:
            assert not free
    with presence(tmp_path, 0, 2**31 - 1), pytest.raises(StoreUnavailable, match="is being repaired"):
        Claims(tmp_path)
