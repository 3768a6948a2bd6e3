"""A domain of one's own: set up once, and held against this set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.backends.certificates import made

from mailmcp.authenticity.dns import Answer, Answering, Outcome, StaticResolver
from mailmcp.errors import BackendError, BadAddress, BadInput
from mailmcp.mailroom import signing
from mailmcp.mailroom.domains import named
from mailmcp.models import Standing

pytestmark = pytest.mark.anyio
READY = {
    "MAILMCP_LOCAL__DOMAIN": "shop.example",
    "MAILMCP_LOCAL__SMTP_HOST": "0.0.0.0",  # nothing listens: these commands do not lead
    "MAILMCP_LOCAL__SMTP_PORT": "25",
}


class Unplugged(Answering):
    """No network."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        return Answer(Outcome.TROUBLE, detail="no name server answers")


async def test_a_domain_is_added_once_and_the_same_is_said_again(open_house):
    house = await open_house()
    first = await house.room.domains.add("Shop.Example.", addresses="203.0.113.5, 2001:4860::5")
    again = await house.room.domains.add("shop.example", addresses="203.0.113.5, 2001:4860::5")
    assert (first.made, again.made) == (("mailmcp-rsa", "mailmcp-ed25519"), ())
    assert first.records == again.records
    assert [(one.kind, one.name) for one in first.records[:3]] == [
        ("A", "mail.shop.example"),
        ("AAAA", "mail.shop.example"),
        ("MX", "shop.example"),
    ]
    assert Path(first.folder) == signing.folder_of(house.room.settings.home, "shop.example")


async def test_what_is_still_to_be_done_is_said_and_no_longer_once_it_is_done(open_house, tmp_path):
    steps = " ".join((await (await open_house()).room.domains.add("shop.example")).steps)
    for words in (
        *("MAILMCP_LOCAL__DOMAIN=shop.example", "MAILMCP_LOCAL__SMTP_HOST=0.0.0.0", "MAILMCP_LOCAL__TLS_CERT"),
        *("public address of this machine", "postmaster@shop.example"),
    ):
        assert words in steps
    house = await open_house(at=tmp_path / "ready", **READY | {"MAILMCP_LOCAL__SMTP_HOST": "127.0.0.1"})
    await house.room.create_inbox(name="postmaster")
    steps = " ".join((await house.room.domains.add("shop.example", addresses="203.0.113.5")).steps)
    assert "LOCAL__DOMAIN" not in steps
    assert "public address" not in steps
    assert "postmaster" not in steps


async def test_a_relay_and_an_address_for_reports_stand_in_the_records(open_house):
    house = await open_house(MAILMCP_LOCAL__HOSTNAME="mx1.hosts.example")
    plan = await house.room.domains.add("shop.example", relay="SPF.relay.example", reports="dmarc@shop.example")
    texts = {one.name: one.value for one in plan.records if one.kind == "TXT"}
    assert texts["shop.example"] == "v=spf1 mx include:spf.relay.example -all"
    assert texts["_dmarc.shop.example"].endswith("rua=mailto:dmarc@shop.example")
    assert [one.value for one in plan.records if one.kind == "MX"] == ["10 mx1.hosts.example."]


async def test_a_domain_without_records_does_not_work_and_each_reason_is_said(open_house):
    house = await open_house(resolver=StaticResolver({"example": {}}))
    report = await house.room.domains.check("shop.example")
    assert not report.works
    stops = {one.subject for one in report.findings if one.stops}
    assert {"MX", "address", "SPF", "inboxes", "listener"} <= stops
    keys = next(one for one in report.findings if one.subject == "keys")
    assert (keys.standing, "mailmcp domain add shop.example" in keys.sentence) == (Standing.MISSING, True)


async def test_a_key_file_that_others_can_read_is_named(open_house):
    house = await open_house(resolver=StaticResolver({"example": {}}))
    plan = await house.room.domains.add("shop.example")
    (Path(plan.folder) / "mailmcp-rsa.pem").chmod(0o644)
    report = await house.room.domains.check("shop.example")
    assert any("can read mailmcp-rsa.pem" in one.sentence for one in report.findings)


async def test_a_damaged_key_is_named_and_the_rest_is_checked_all_the_same(open_house):
    house = await open_house(resolver=StaticResolver({"example": {}}))
    plan = await house.room.domains.add("shop.example")
    (Path(plan.folder) / "mailmcp-rsa.pem").write_text("damaged")
    report = await house.room.domains.check("shop.example")
    assert any(one.subject == "keys" and one.standing is Standing.WRONG for one in report.findings)
    assert any(one.subject == "MX" for one in report.findings)


async def test_a_certificate_that_is_for_others_or_cannot_be_read_is_named(open_house, tmp_path):
    for file, words in (
        (made(tmp_path, "mail.other.example"), "not for mail.shop.example"),
        (tmp_path / "x", "No such"),
    ):
        house = await open_house(
            at=tmp_path / f"home-{file.name}",
            resolver=StaticResolver({"example": {}}),
            MAILMCP_LOCAL__TLS_CERT=str(file),
        )
        report = await house.room.domains.check("shop.example")
        (found,) = [one for one in report.findings if one.subject == "certificate"]
        assert (found.standing, words in found.sentence) == (Standing.WRONG, True)


async def test_without_a_network_one_sentence_says_so(open_house):
    house = await open_house(resolver=Unplugged())
    with pytest.raises(BackendError, match=r"Nothing about shop\.example could be looked up: no name server answers\."):
        await house.room.domains.check("shop.example")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "is no domain"),
        ("exa mple.com", "is no domain"),
        ("-x.example.com", "is no domain"),
        ("a..example.com", "is no domain"),
        ("x" * 64 + ".example.com", "is no domain"),
        ("a." * 130 + "com", "is no domain"),
        ("_dmarc.example.com", "is no domain"),
        ("localhost", "only one label"),
        ("192.0.2.1", "is an address"),
        ("[192.0.2.1]", "only the name"),
        ("2001:db8::1", "is no domain"),
        ("agent@example.com", "only the name behind the @"),
        ("https://example.com/", "only the name behind the @"),
        ("co.uk", "public suffix"),
        ("evil℠.example", "is no domain"),
        ("ba\u200dnk.example", "is no domain"),
        ("../../etc", "only the name"),
        ("..", "is no domain"),
        ("\x1b[2J.example", "is no domain"),
    ],
)
def test_what_is_no_domain_is_refused_in_a_sentence(written, words):
    with pytest.raises(BadInput, match=words) as refused:
        named(written)
    assert "\x1b" not in refused.value.public


def test_an_international_domain_is_written_in_both_forms():
    assert named("BÜCHER.example") == ("xn--bcher-kva.example", "bücher.example")
    assert named("straße.example") == ("xn--strae-oqa.example", "straße.example")
    assert named("xn--bcher-kva.example") == ("xn--bcher-kva.example", "bücher.example")
    assert named("shop.example") == ("shop.example", "shop.example")


@pytest.mark.parametrize(
    "wrong", [{"addresses": "here"}, {"relay": "not a name"}, {"reports": "nobody"}, {"addresses": "1.2.3"}]
)
async def test_options_that_cannot_be_used_are_refused_before_any_key_is_made(open_house, wrong):
    house = await open_house()
    with pytest.raises((BadInput, BadAddress)):
        await house.room.domains.add("shop.example", **wrong)
    assert not (house.room.settings.home / "keys").exists()
