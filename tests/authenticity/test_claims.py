"""Authentication-Results of others: honest shapes, forged ones, and who is believed."""

from __future__ import annotations

import pytest

from mailmcp.authenticity import claims, fields
from mailmcp.models import Claim

GMAIL = (
    "mx.google.com;\r\n dkim=pass header.i=@app.example header.s=s1 header.b=AbCd;\r\n"
    " arc=pass (i=1 spf=pass spfdomain=app.example dkim=pass dkdomain=app.example dmarc=pass"
    " fromdomain=app.example);\r\n"
    " spf=pass (google.com: domain of b@app.example designates 192.0.2.1 as permitted sender)"
    " smtp.mailfrom=b@app.example;\r\n dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=app.example"
)
OUTLOOK = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=app.example;dkim=pass (signature was verified)"
    " header.d=app.example;dmarc=pass action=none header.from=app.example;compauth=pass reason=100"
)
YAHOO = (
    "atlas-production.v2-mail; dkim=pass header.i=@app.example header.s=s1; spf=pass smtp.mailfrom=app.example;"
    " dmarc=pass(p=REJECT) header.from=app.example;"
)
FASTMAIL = (
    "mx1.messagingengine.com; x-csa=none; x-internal-arc=fail (as.1.g=pass, body hash mismatch); dkim=pass"
    " (2048-bit rsa key sha256) header.d=app.example header.i=@app.example x-bits=2048; dmarc=pass"
    " policy.published-domain-policy=reject policy.applied-disposition=none header.from=app.example;"
    " iprev=pass smtp.remote-ip=192.0.2.1 (mail.app.example)"
)
RSPAMD = (
    'mx.test; dkim=pass header.d=a.example; spf=pass (x: "a" is (not) here) smtp.mailfrom="a@app.example";'
    " dmarc=pass header.from=app.example"
)


def parsed(value: str) -> Claim:
    found = claims.parse(value.replace("\r\n", ""))
    assert found is not None
    return found


def said(claim: Claim, method: str) -> list[str]:
    return [one.result for one in claim.results if one.method == method]


@pytest.mark.parametrize(
    ("value", "by"),
    [
        (GMAIL, "mx.google.com"),
        (OUTLOOK, ""),
        (YAHOO, "atlas-production.v2-mail"),
        (FASTMAIL, "mx1.messagingengine.com"),
        (RSPAMD, "mx.test"),
    ],
    ids=["gmail", "outlook", "yahoo", "fastmail", "rspamd"],
)
def test_the_shapes_of_real_hosts_are_read(value: str, by: str) -> None:
    found = parsed(value)
    assert found.by == by
    assert said(found, "dmarc") == ["pass"]
    assert said(found, "dkim") == ["pass"]
    dmarc = next(one for one in found.results if one.method == "dmarc")
    assert dmarc.property("header.from") == "app.example"


def test_properties_reasons_and_comments_are_kept_apart() -> None:
    gmail, outlook, rspamd = parsed(GMAIL), parsed(OUTLOOK), parsed(RSPAMD)
    assert said(gmail, "spf") == ["pass"]
    assert gmail.results[0].property("header.s") == "s1"
    assert outlook.results[-1].reason == "100"
    assert rspamd.results[1].property("smtp.mailfrom") == "a@app.example"


def test_a_version_and_no_results_are_read() -> None:
    assert parsed("mx.test 1; spf=pass smtp.mailfrom=a.example").by == "mx.test"
    assert parsed("mx.test; none") == Claim(by="mx.test")
    assert said(parsed("mx.test; auth=pass (PLAIN) smtp.auth=x@y; dkim/1 = fail"), "dkim") == ["fail"]


@pytest.mark.parametrize(
    "value",
    [
        'mx.test; dkim=fail reason="bad; dkim=pass header.d=paypal.com"',
        'mx.test; dkim=fail reason="bad\\"; dkim=pass header.d=paypal.com"',
        "mx.test; dkim=fail (; dkim=pass header.d=paypal.com",
        "mx.test; dkim=fail (a ( b) ; dkim=pass header.d=paypal.com)",
        "mx.test; dkim=fail (\\); dkim=pass)",
        'mx.test; dkim=fail reason="never closed; dkim=pass',
    ],
)
def test_a_pass_inside_quotes_or_comments_is_none(value: str) -> None:
    found = claims.parse(value)
    assert found is None or "pass" not in said(found, "dkim")


def test_a_local_part_in_quotes_smuggles_nothing() -> None:
    found = parsed('mx.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=paypal.com"@evil.example; dkim=none')
    assert said(found, "dmarc") == []
    assert found.results[0].property("smtp.mailfrom").endswith("@evil.example")
    assert said(found, "dkim") == ["none"]


@pytest.mark.parametrize("value", ["", ";", "  ", "mx.test extra words; spf=pass", "(only a comment)"])
def test_what_is_no_such_field_is_none(value: str) -> None:
    found = claims.parse(value)
    assert found is None or found.results == ()


def test_results_up_to_a_damaged_one_count() -> None:
    assert [one.method for one in parsed("mx.test; spf=pass; ???; dkim=pass").results] == ["spf"]


@pytest.mark.parametrize(
    "value", ["(" * 100_000, '"' * 99_999, "a=" * 50_000, "x; " + "a=b " * 30_000, "\\" * 100_000, 'a"b"' * 30_000]
)
def test_hostile_fields_are_read_in_a_moment(value: str) -> None:
    claims.parse(value)


# --- who is believed -----------------------------------------------------------------------------------------------


def message(*values: str) -> fields.Octets:
    head = "".join(f"Authentication-Results: {value}\r\nReceived: from a by b\r\n" for value in values)
    return fields.read(f"{head}From: a@app.example\r\n\r\nHi.\r\n".encode())


TRUE, FORGED = "mx.test; dmarc=fail", "mx.test; dmarc=pass header.from=paypal.com"


def test_the_topmost_field_of_a_trusted_host_is_believed() -> None:
    claim, notes = claims.believed(message("MX.test; dmarc=pass", "other.test; dmarc=fail"), ["mx.TEST"])
    assert claim is not None
    assert said(claim, "dmarc") == ["pass"]
    assert notes == ()


def test_a_forged_one_below_is_ignored_and_reported() -> None:
    claim, notes = claims.believed(message(TRUE, FORGED, FORGED), ["mx.test"])
    assert claim is not None
    assert said(claim, "dmarc") == ["fail"]
    assert [note.code for note in notes] == ["claims_ignored"]
    assert notes[0].sentence.startswith("2 ")


def test_a_trusted_name_that_is_not_topmost_is_not_believed() -> None:
    claim, notes = claims.believed(message("other.test; dmarc=fail", FORGED), ["mx.test"])
    assert claim is None
    assert [note.code for note in notes] == ["claims_ignored"]


def test_nobody_is_believed_unless_the_settings_say_so() -> None:
    assert claims.believed(message(FORGED), []) == (None, ())
    assert claims.believed(message(FORGED), ["other.test"]) == (None, ())
    assert claims.believed(message(), ["mx.test"]) == (None, ())


def test_a_field_without_a_name_is_believed_only_where_that_was_asked_for() -> None:
    assert claims.believed(message(OUTLOOK), ["mx.test", ""])[0] is None
    claim, _ = claims.believed(message(OUTLOOK), [claims.WITHOUT_ID])
    assert claim is not None
    assert said(claim, "dmarc") == ["pass"]
