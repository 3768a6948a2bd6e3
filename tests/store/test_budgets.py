"""Budgets of calls: what all processes together may ask a service in a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailmcp.store import Store, budgets

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


async def _taken_in_a_minute(store: Store, per_minute: int, *, steps: int = 600) -> int:
    taken = 0
    for step in range(steps):
        now = NOW + timedelta(seconds=60 * step / steps)
        while await store.write(budgets.take, "toy", per_minute, now) == 0:
            taken += 1
    return taken


@pytest.mark.anyio
@pytest.mark.parametrize("per_minute", [1, 2, 10, 60])
async def test_a_minute_never_sees_more_calls_than_it_may(tmp_path: Path, per_minute: int) -> None:
    store = await Store.open(tmp_path / "home")
    try:
        taken = await _taken_in_a_minute(store, per_minute)
        assert per_minute * 0.5 <= taken <= max(per_minute, 2)
    finally:
        await store.aclose()


@pytest.mark.anyio
async def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    one, other = await Store.open(tmp_path / "home"), await Store.open(tmp_path / "home")
    try:
        waits = [await store.write(budgets.take, "toy", 8, NOW) for store in (one, other, one, other)]
        assert waits[:2] == [0, 0]
        assert min(waits[2:]) > 0
        left = await other.read(budgets.status, "toy", 8, NOW)
        assert (left.left, left.per_minute) == (0, 8)
    finally:
        await one.aclose()
        await other.aclose()


@pytest.mark.anyio
async def test_a_service_that_wants_rest_is_called_by_nobody_until_then(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "home")
    try:
        await store.write(budgets.rest, "toy", 60, NOW + timedelta(seconds=30), NOW)
        await store.write(budgets.rest, "toy", 60, NOW + timedelta(seconds=5), NOW)  # a shorter wish ends no longer one
        assert await store.write(budgets.take, "toy", 60, NOW) == 30
        assert (await store.read(budgets.status, "toy", 60, NOW)).rests_until == NOW + timedelta(seconds=30)
        assert await store.write(budgets.take, "toy", 60, NOW + timedelta(seconds=31)) == 0
        assert await store.write(budgets.take, "other", 60, NOW) == 0
    finally:
        await store.aclose()


@pytest.mark.anyio
async def test_a_clock_that_was_set_back_neither_gives_nor_takes_calls(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "home")
    try:
        assert await store.write(budgets.take, "toy", 4, NOW) == 0
        assert await store.write(budgets.take, "toy", 4, NOW - timedelta(hours=1)) > 0
        assert await store.write(budgets.take, "toy", 4, NOW - timedelta(hours=1) + timedelta(seconds=21)) == 0
    finally:
        await store.aclose()
