"""Files of mail that other programs, or nobody sane, wrote: what is odd in them harms nothing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from mailmcp.mail import boxes
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
    (mail,) = boxes.read(tmp_path / "box")
    assert mail.received_at is None


def test_a_link_in_a_maildir_makes_no_other_file_mail(tmp_path):
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"mine")
    (tmp_path / "box" / "cur" / "1:2,S").symlink_to(tmp_path / "secret")
    (tmp_path / "box" / "cur" / "2:2,S").write_bytes(b"Subject: x\n\nHi\n")
    assert [mail.raw for mail in boxes.read(tmp_path / "box")] == [b"Subject: x\r\n\r\nHi\r\n"]


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
