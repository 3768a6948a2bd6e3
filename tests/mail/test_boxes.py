"""Files of mail that other programs, or nobody sane, wrote: what is odd in them harms nothing."""

from __future__ import annotations

import pytest

from mailmcp.mail import boxes


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
