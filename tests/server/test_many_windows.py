"""CI's share of what `make prove` measures: leaders that are killed, eight windows at once, and windows for long."""

from __future__ import annotations

import pytest
from benchmarks import windows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_when_leaders_are_killed_while_mail_comes_no_acknowledged_mail_is_lost_and_no_port_is_shared(home):
    found = windows.takeovers(home, kills=10)
    assert len(found.takeovers) == 10
    assert (found.late, found.lost, found.twice, found.shared, found.sound) == (0, 0, 0, 0, True)
    assert found.acknowledged > 10


@pytest.mark.parametrize("wal", [False, True], ids=["truncate", "wal"])
def test_no_window_of_eight_is_ever_told_that_the_database_is_busy(home, wal):
    load = windows.mixed(home, seconds=10, wal=wal)
    assert load.locked == 0, load.errors
    assert load.errors == {}
    assert load.sound
    assert load.calls > 50


def test_windows_that_go_on_leak_no_file_and_no_task_and_lose_no_mail(home):
    found = windows.soak(home, seconds=60, sample=2)
    assert found.lost == 0
    assert found.mails > 20
    assert found.more(found.files) <= 0, found.files
    assert found.more(found.tasks) <= 0, found.tasks
    assert all(len(counts) > 2 for counts in found.tasks.values())


def test_growth_is_told_from_a_process_that_stays_as_it_is():
    flat, grows = windows.Soak(), windows.Soak()
    flat.memory = {1: [(at, 100 + at % 2) for at in range(100)]}
    grows.memory = {1: [(at, 100 + at) for at in range(100)]}
    assert flat.growth() < 2
    assert grows.growth() > 30
    assert flat.more({1: [5, 6, 5, 6, 5, 6, 5, 6]}) <= 0
    assert flat.more({1: [5, 5, 6, 6, 7, 7, 8, 9]}) > 0
