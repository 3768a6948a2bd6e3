"""A domain of one's own: set up once, and held against this set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.backends.certificates import made

from mailmcp.authenticity.dns import Answer, Answering, Outcome, StaticResolver
from mailmcp.errors import BadAddress, BadInput, ConfigError
from mailmcp.mailroom import signing
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


async def certificate_of(open_house, at: Path, **files: Path) -> Any:
    """What is found about a certificate."""
    names = {f"MAILMCP_LOCAL__TLS_{name.upper()}": str(file) for name, file in files.items()}
    house = await open_house(at=at, resolver=StaticResolver({"example": {}}), **READY, **names)
    report = await house.room.domains.check("shop.example")
    (found,) = [one for one in report.findings if one.subject == "certificate"]
    return found


async def test_a_certificate_that_the_server_does_not_start_with_stops_mail_and_why_is_said(open_house, tmp_path):
    good, other = made(tmp_path, issuer="CA"), made(tmp_path / "other", issuer="CA")
    (bare := tmp_path / "bare.pem").write_bytes(good.read_bytes().partition(b"-----BEGIN PRIVATE")[0])
    for number, (files, words) in enumerate(
        (
            ({"cert": tmp_path / "x"}, "No such file"),
            ({"cert": tmp_path}, "cannot be used"),
            ({"cert": bare}, "its private key"),
            ({"cert": bare, "key": other}, "the private key belongs to another certificate"),
            (
                {"cert": bare, "key": tmp_path / "y"},
                f"The private key {tmp_path / 'y'} (MAILMCP_LOCAL__TLS_KEY) cannot",
            ),
        )
    ):
        found = await certificate_of(open_house, tmp_path / f"home{number}", **files)
        assert (found.standing, found.stops, words in found.sentence) == (Standing.WRONG, True, True), found
        assert "A server that starts with it takes no mail at all" in found.sentence
    found = await certificate_of(open_house, tmp_path / "home", cert=bare, key=good)
    assert (found.standing, found.stops) == (Standing.FINE, False)


async def test_a_certificate_that_ended_stops_mail_once_our_policy_has_told_others_to_insist_on_one(
    open_house, tmp_path
):
    seen: list[tuple[Standing, bool, Standing, bool]] = []
    for published in (90, -1, None):  # what held when the policy was published
        files = {days: str(made(tmp_path, days=days, issuer="CA")) for days in (90, -1)}
        zone = {"mta-sts.shop.example": {"A": ["203.0.113.5"]}, "_mta-sts.shop.example": {"TXT": ["v=STSv1; id=1"]}}
        at = tmp_path / f"home{published}"
        if published is not None:
            house = await open_house(at=at, MAILMCP_LOCAL__TLS_CERT=files[published])
            plan = await house.room.domains.add("shop.example")
            texts = {one.name: one.value for one in plan.records}
            zone["_mta-sts.shop.example"] = {"TXT": [texts["_mta-sts.shop.example"]]}
        house = await open_house(at=at, resolver=StaticResolver(zone), MAILMCP_LOCAL__TLS_CERT=files[-1])
        found = {one.subject: one for one in (await house.room.domains.check("shop.example")).findings}
        policy, cert = found["MTA-STS"], found["certificate"]
        seen.append((policy.standing, policy.stops, cert.standing, cert.stops))
    assert seen == [
        (Standing.WRONG, True, Standing.WRONG, False),
        (Standing.WEAK, False, Standing.WRONG, False),
        (Standing.WEAK, False, Standing.WRONG, False),
    ]


async def test_a_policy_that_insists_on_encryption_is_printed_only_with_a_certificate_that_holds(open_house, tmp_path):
    for days, mode in ((90, "enforce"), (-1, "testing")):
        file = made(tmp_path, days=days, issuer="CA")
        house = await open_house(at=tmp_path / str(days), MAILMCP_LOCAL__TLS_CERT=str(file))
        plan = await house.room.domains.add("shop.example")
        assert f"mode: {mode}" in plan.policy
        assert any("ended on" in one for one in plan.steps) == (days < 0)


async def test_without_a_network_what_is_known_here_is_said_and_the_rest_is_unknown(open_house, tmp_path):
    house = await open_house(resolver=Unplugged(), MAILMCP_LOCAL__TLS_CERT=str(tmp_path / "absent"))
    plan = await house.room.domains.add("shop.example")
    (Path(plan.folder) / "mailmcp-rsa.pem").chmod(0o644)
    report = await house.room.domains.check("shop.example")
    first = report.findings[0]
    assert (first.subject, first.standing, first.stops) == ("DNS", Standing.UNKNOWN, True)
    assert first.sentence.startswith("Nothing about shop.example could be looked up: no name server answers. ")
    standings = {one.subject: one.standing for one in report.findings}
    assert {standings[one] for one in ("MX", "address", "SPF", "DKIM mailmcp-rsa", "DMARC", "MTA-STS", "TLS-RPT")} == {
        Standing.UNKNOWN
    }
    assert (standings["keys"], standings["inboxes"], standings["certificate"]) == (Standing.WRONG,) * 3
    assert report.works is False


async def test_whether_mail_works_is_not_known_when_only_name_servers_were_silent(open_house):
    house = await open_house(resolver=Unplugged(), **READY)
    assert (await house.room.domains.check("shop.example")).works is None


def short_key() -> rsa.RSAPrivateKey:
    """An RSA key of 512 bits, which the library makes no more."""
    p, q, e = 2**255 + 2**254 + 49, 2**255 + 2**253 + 2**252 + 201, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def put(folder: str | Path, name: str, key: Any) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (Path(folder) / f"{name}.pem").write_bytes(pem)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ed25519.Ed25519PrivateKey.generate, "holds an Ed25519 key, where an RSA key belongs"),
        (short_key, "RSA key of 512 bits: others believe only those of 1024"),
    ],
)
async def test_a_key_that_receivers_do_not_believe_is_refused_by_add_and_named_by_check(open_house, kind, words):
    house = await open_house(resolver=StaticResolver({"example": {}}))
    plan = await house.room.domains.add("shop.example")
    put(plan.folder, "mailmcp-rsa", kind())
    with pytest.raises(ConfigError) as refused:
        await house.room.domains.add("shop.example")
    assert words in refused.value.public
    assert plan.folder in refused.value.public
    report = await house.room.domains.check("shop.example")
    assert any(one.standing is Standing.WRONG and words in one.sentence for one in report.findings)


async def test_a_key_shorter_than_is_asked_of_new_ones_is_named_and_used(open_house):
    house = await open_house(resolver=StaticResolver({"example": {}}))
    plan = await house.room.domains.add("shop.example")
    put(plan.folder, "mailmcp-rsa", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    plan = await house.room.domains.add("shop.example")
    assert any("1024 bits: 2048 are asked" in one for one in plan.steps)
    assert any(one.name.startswith("mailmcp-rsa.") for one in plan.records)
    report = await house.room.domains.check("shop.example")
    assert any(one.standing is Standing.WEAK and "1024 bits" in one.sentence for one in report.findings)


async def test_who_takes_reports_for_the_domain_elsewhere_is_to_be_asked_for_the_record_that_says_so(open_house):
    house = await open_house()
    steps = " ".join((await house.room.domains.add("shop.example", reports="dmarc@reports.example")).steps)
    assert 'shop.example._report._dmarc.reports.example. IN TXT "v=DMARC1"' in steps
    assert "make the inbox" not in steps
    steps = " ".join((await house.room.domains.add("shop.example", reports="dmarc@in.shop.example")).steps)
    assert "_report" not in steps


async def test_the_address_of_a_server_of_another_domain_is_no_record_of_this_zone(open_house):
    house = await open_house(MAILMCP_LOCAL__HOSTNAME="mx.hosts.example")
    plan = await house.room.domains.add("shop.example", addresses="203.0.113.5,2001:4860::5")
    assert {one.kind for one in plan.records} == {"MX", "TXT"}
    assert any("See that mx.hosts.example leads to 203.0.113.5, 2001:4860::5" in one for one in plan.steps)


async def test_a_server_with_the_domains_own_name_is_possible_and_what_follows_is_said(open_house):
    house = await open_house(MAILMCP_LOCAL__HOSTNAME="shop.example")
    plan = await house.room.domains.add("shop.example", addresses="203.0.113.5")
    assert [one.value for one in plan.records if one.kind == "MX"] == ["10 shop.example."]
    assert any("a web site at shop.example must be on it too" in one for one in plan.steps)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"addresses": one} for one in ("here", "", "192.168.1.5", "fe80::1%eth0")),
        *({"relay": one} for one in ("not a name", "shop.example", "192.0.2.1", "")),
        *({"reports": one} for one in ("nobody", "a!b@shop.example", "")),
    ],
)
async def test_options_that_cannot_be_used_are_refused_before_any_key_is_made(open_house, wrong):
    house = await open_house()
    with pytest.raises((BadInput, BadAddress)):
        await house.room.domains.add("shop.example", **wrong)
    assert not (house.room.settings.home / "keys").exists()
