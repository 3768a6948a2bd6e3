"""Where a home lies: what is unwise about it is said, and what is fine is not."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailmcp.errors import StoreUnavailable
from mailmcp.models import Standing
from mailmcp.store import Store, audit, whereabouts

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:41 / /mnt/team\040share rw shared:9 master:2 - nfs4 server:/x rw
41 40 0:42 / /mnt/team\040share/local rw - tmpfs tmpfs rw
nonsense
"""


@pytest.fixture
def home(tmp_path):
    """A home as mailmcp makes it."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann", "ext4"),
        ("/mnt/team share/mail", "nfs4"),
        ("/mnt/team share", "nfs4"),
        ("/mnt/team share 2", "ext4"),
        ("/mnt/team share/local/x", "tmpfs"),
    ],
)
def test_the_kind_of_file_system_is_that_of_the_nearest_mount(path, kind, tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert whereabouts.kind_of(Path(path), mounts) == kind


def test_a_system_without_such_a_list_tells_no_kind(tmp_path):
    assert whereabouts.kind_of(tmp_path, tmp_path / "none") is None


def test_a_home_of_our_own_is_fine(home):
    (home / "mailmcp.db").touch(0o600)
    (home / "config.toml").touch(0o644)  # no secret unless somebody puts one in
    assert [one.standing for one in whereabouts.examined(home)] == [Standing.FINE]


def test_a_home_that_is_copied_away_or_on_a_network_is_unwise(home, monkeypatch):
    synced = home / "Dropbox" / "mail"
    synced.mkdir(parents=True, mode=0o700)
    assert "copied elsewhere" in whereabouts.unwise(synced)[0].sentence
    monkeypatch.setattr(whereabouts, "kind_of", lambda _: "nfs4")
    assert "network (nfs4)" in whereabouts.unwise(home)[0].sentence


def test_what_others_can_read_is_said_with_the_command_that_ends_it(home):
    (home / "mailmcp.db").touch(0o644)
    (home / "leader.lock").symlink_to("/etc/hostname")
    sentences = " ".join(one.sentence for one in whereabouts.examined(home))
    assert f"chmod go-rwx '{home / 'mailmcp.db'}'" in sentences
    assert f"{home / 'leader.lock'} is a link" in sentences


@pytest.mark.parametrize("name", ["mailmcp.db", "leader.lock", "claims.lock"])
def test_a_link_or_a_folder_where_a_needed_file_should_be_keeps_mailmcp_from_working(home, name):
    (home / name).symlink_to(home / "elsewhere")
    assert [(one.stops, "is a link" in one.sentence) for one in whereabouts.examined(home)] == [(True, True)]
    (home / name).unlink()
    (home / name).mkdir(mode=0o700)
    assert [(one.stops, "is a folder" in one.sentence) for one in whereabouts.examined(home)] == [(True, True)]


def test_a_home_that_is_a_link_is_said_once(home, tmp_path):
    (tmp_path / "link").symlink_to(home)
    assert [one.standing for one in whereabouts.examined(tmp_path / "link")] == [Standing.WEAK]


def test_a_home_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    [found] = whereabouts.examined(tmp_path / "file" / "deeper" / "home")
    assert found.stops
    assert f"{tmp_path / 'file'} cannot be written" in found.sentence


@pytest.mark.anyio
@pytest.mark.skipif(os.name != "posix", reason="others follow links")
@pytest.mark.parametrize("name", ["mailmcp.db", "claims.lock"])
@pytest.mark.parametrize("there", [True, False])
async def test_a_home_is_not_opened_through_a_link_in_it(home, tmp_path, name, there):
    """Two homes with one database would have a leader each."""
    target = tmp_path / "target"
    if there:
        target.write_bytes(b"")
    (home / name).symlink_to(target)
    with pytest.raises(StoreUnavailable, match=r"is a link"):
        await Store.open(home)
    assert target.exists() is there
    assert not there or target.read_bytes() == b""


@pytest.mark.anyio
@pytest.mark.skipif(os.name != "posix", reason="others follow links")
async def test_nothing_is_noted_of_the_audit_log_through_a_link(home, tmp_path):
    (tmp_path / "target").write_text("precious")
    (home / "audit.heads").symlink_to(tmp_path / "target")
    store = await Store.open(home)
    await store.write(audit.record, "mark", datetime.now(UTC))
    await store.aclose()
    assert (tmp_path / "target").read_text() == "precious"


def test_a_disk_that_is_nearly_full_is_said(home, monkeypatch):
    usage = whereabouts.shutil.disk_usage(home)._replace(free=5 * 1024**2)
    monkeypatch.setattr(whereabouts.shutil, "disk_usage", lambda _: usage)
    assert "Only 5 MiB are free" in whereabouts.examined(home)[0].sentence
