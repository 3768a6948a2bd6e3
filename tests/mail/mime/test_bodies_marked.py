"""Words that stand where the rules do not put them are shown all the same, and said to be."""

from __future__ import annotations

import pytest

from mailmcp.mail.parse import parse

RELATED = b"""From: a@g.test
Content-Type: multipart/related; boundary=b

--b
Content-Type: image/png

x
--b
Content-Type: text/html

<p>words</p>
--b--
"""

ATTACHED = b"""From: a@g.test
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain
Content-Disposition: attachment; filename=words.txt

words
--b
Content-Type: image/png

x
--b%s--
"""


def test_html_behind_a_picture_in_a_related_is_the_body() -> None:
    message = parse(RELATED)
    assert "words" in (message.html or "")
    assert {defect.code for defect in message.defects} == {"root_not_text"}
    assert [one.part for one in message.attachments] == ["1"]


def test_the_only_text_is_shown_although_it_is_marked_as_attached() -> None:
    message = parse(ATTACHED % b"")
    assert (message.text or "").strip() == "words"
    assert {defect.code for defect in message.defects} == {"text_attached"}
    assert [one.part for one in message.attachments] == ["1", "2"]


def test_of_several_attached_texts_none_is_taken_for_the_body() -> None:
    message = parse(ATTACHED % b"\nContent-Type: text/plain\nContent-Disposition: attachment\n\nmore\n--b")
    assert message.text is None
    assert len(message.attachments) == 3


PGP = b"""From: a@g.test
Content-Type: multipart/%s; boundary=b

--b
Content-Type: application/pgp-encrypted

Version: 1
--b
Content-Type: application/octet-stream; name=encrypted.asc

-----BEGIN PGP MESSAGE-----
--b--
"""


@pytest.mark.parametrize("subtype", [b"encrypted; protocol=application/pgp-encrypted", b"mixed"])
def test_what_openpgp_encrypts_is_told_also_where_a_gateway_made_it_a_mixed_mail(subtype: bytes) -> None:
    (defect,) = parse(PGP % subtype).defects
    assert (defect.code, defect.detail[:6]) == ("encrypted", "Part 2")


def test_the_first_part_of_openpgp_alone_says_nothing_of_another() -> None:
    alone = (PGP % b"mixed").replace(b"octet-stream", b"x-unknown").partition(b"--b\nContent-Type: application/x")
    assert parse(alone[0] + b"--b--\n").defects == ()
