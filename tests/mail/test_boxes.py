"""Files of mail that other programs, or nobody sane, wrote: what is odd in them harms nothing."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailmcp.mail import boxes
from mailmcp.mail.boxes import Boxed, LeftOut
from mailmcp.models import KeptMail


@pytest.mark.parametrize(
    "line",
    [
        b"From a@app.example Mon Jan  1 00:00:00 +2300 0001\n",
        b"From a@app.example Fri Dec 31 23:59:59 -2300 9999\n",
        b"From a@app.example Mon Jan  1 00:00:00 2990\n",
        b"From a@app.example\nDate: Fri, 31 Dec 9999 23:59:59 -2300\n",
    ],
)
def test_a_time_at_which_no_mail_can_have_come_is_none(tmp_path, line):
    (tmp_path / "box").write_bytes(line + b"Subject: x\n\nHi\n")
    (mail,) = boxes.read(tmp_path / "box", largest=1000)
    assert isinstance(mail, Boxed)
    assert mail.received_at is None


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")
def test_a_link_in_a_maildir_makes_no_other_file_mail(tmp_path):
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"mine")
    (tmp_path / "box" / "cur" / "1:2,S").symlink_to(tmp_path / "secret")
    (tmp_path / "box" / "cur" / "2:2,S").write_bytes(b"Subject: x\n\nHi\n")
    os.mkfifo(tmp_path / "box" / "new" / "3")
    link, mail, pipe = boxes.read(tmp_path / "box", largest=1000)
    assert isinstance(mail, Boxed)
    assert mail.raw == b"Subject: x\r\n\r\nHi\r\n"
    assert (link, pipe) == (
        LeftOut(what="cur/1:2,S", why="is no file but a link or a device"),
        LeftOut(what="new/3", why="is no file but a link or a device"),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="rights as POSIX has them")
def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_read():
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder) / "box"
        for name in ("new", "cur"):
            (box / name).mkdir(parents=True)
        for name in "123":
            (box / "new" / name).write_bytes(b"Subject: x\n\n%s\n" % name.encode())
        (box / "new" / "2").chmod(0)
        (box / "cur").chmod(0o111)
        Path(folder).chmod(0o755)
        if is_root := os.geteuid() == 0:  # who may read everything
            os.seteuid(65534)
        try:
            found = list(boxes.read(box, largest=1000))
        finally:
            if is_root:
                os.seteuid(0)
            (box / "cur").chmod(0o700)
    assert [one.raw[-3:] for one in found if isinstance(one, Boxed)] == [b"1\r\n", b"3\r\n"]
    assert [(one.what, one.why) for one in found if isinstance(one, LeftOut)] == [
        ("The folder cur", "cannot be read (Permission denied)"),
        ("new/2", "cannot be read (Permission denied)"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="limits as POSIX has them")
@pytest.mark.parametrize("writer", [boxes.MboxWriter, boxes.MaildirWriter])
def test_what_does_not_fit_on_the_disk_can_be_taken_away_again(tmp_path, writer):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    mail = KeptMail(
        row=1, raw=b"x" * 100_000, mail_from="", received_at=datetime(2026, 1, 1, tzinfo=UTC), sent=True, read=False
    )
    made = writer(tmp_path / "out")
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            made.add(mail)
        made.discard()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
