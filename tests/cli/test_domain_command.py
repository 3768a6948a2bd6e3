"""``mailmcp domain``: what is printed is a piece of a zone, and a real name server that serves it passes the check."""

from __future__ import annotations

import json

import pytest
from tests.authenticity.name_server import NameServer

from mailmcp.cli import main

HEAD = "$ORIGIN shop.example.\n$TTL 60\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 127.0.0.1\nmta-sts A 127.0.0.5\n"
REVERSE = "$ORIGIN 127.in-addr.arpa.\n$TTL 60\n@ SOA ns.shop.example. h 1 2 3 4 60\n@ NS ns.shop.example.\n"


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Types a command; gives its exit code, output and errors."""
    monkeypatch.setenv("MAILMCP_HOME", str(tmp_path / "home"))

    def type_(*arguments: str, **environment: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return type_


def test_what_is_printed_served_by_a_name_server_passes_the_check(typed):
    address = ("--address", "127.0.0.5")
    laboratory = {"MAILMCP_LOCAL__DOMAIN": "shop.example", "MAILMCP_AUTH__CHECK_PRIVATE_PEERS": "true"}
    code, zone, _ = typed("domain", "add", "shop.example", *address, **laboratory)
    assert code == 0
    reverse = REVERSE + "5.0.0 PTR mail.shop.example.\n"
    with NameServer(HEAD + zone, reverse).in_a_thread() as server:
        settings = {
            "MAILMCP_DNS__SERVERS": f"127.0.0.1:{server.port}",
            "MAILMCP_LOCAL__SMTP_PORT": "25",
        }
        code, told, _ = typed("domain", "check", "shop.example", *address, **settings)
        assert (code, told.splitlines()[-2]) == (0, "Mail of shop.example works."), told
        assert told.splitlines()[-1] == "Could be better: MTA-STS, certificate, postmaster."
        code, told, _ = typed("domain", "check", "shop.example", "--json", *address)
        report = json.loads(told)
        standings = {one["subject"]: one["standing"] for one in report["findings"]}
        assert (code, report["works"], report["domain"]) == (0, True, "shop.example")
        proved = ("MX", "address", "reverse", "SPF", "DKIM mailmcp-rsa", "DKIM mailmcp-ed25519", "DMARC", "TLS-RPT")
        assert {standings[one] for one in proved} == {"fine"}
        assert server.asked["_dmarc.shop.example.", "TXT"] >= 1
        server.zones[0].delete_rdataset("shop.example.", "MX")
        code, told, _ = typed("domain", "check", "shop.example", *address)
        assert (code, "Mail of shop.example does not work: MX, SPF." in told) == (1, True)
        assert "should be: 10 mail.shop.example." in told
        assert json.loads(typed("domain", "check", "shop.example", "--json")[1])["works"] is False


def test_adding_twice_prints_the_same_records_as_text_and_as_json(typed):
    _, first, _ = typed("domain", "add", "shop.example")
    _, second, _ = typed("domain", "add", "shop.example")
    assert [line for line in first.splitlines() if line[:1] != ";"] == [
        line for line in second.splitlines() if line[:1] != ";"
    ]
    code, told, _ = typed("domain", "add", "shop.example", "--json")
    assert code == 0
    assert {one["kind"] for one in json.loads(told)["records"]} == {"MX", "TXT"}
    assert "PRIVATE" not in first + told


@pytest.mark.slow
def test_without_a_network_the_check_says_what_is_known_here_as_text_and_as_json(typed):
    with NameServer().in_a_thread() as server:
        port = server.port
    settings = {"MAILMCP_DNS__SERVERS": f"127.0.0.1:{port}"}
    code, told, error = typed("domain", "check", "shop.example", **settings)
    assert (code, error) == (1, "")
    table = told.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in table if line[:1].isalpha()] == [
        "DNS",
        "keys",
        "inboxes",
        "listener",
        "certificate",
        "postmaster",
    ]
    assert "Nothing about shop.example could be looked up: " in told
    assert told.splitlines()[-2] == "Mail of shop.example does not work: inboxes, listener."
    code, told, error = typed("domain", "check", "shop.example", "--json")
    report = json.loads(told)
    standings = {one["subject"]: one["standing"] for one in report["findings"]}
    assert (code, error, report["works"]) == (1, "", False)
    assert (standings["MX"], standings["DMARC"], standings["certificate"]) == ("unknown", "unknown", "missing")
    ready = {
        "MAILMCP_LOCAL__DOMAIN": "shop.example",
        "MAILMCP_LOCAL__SMTP_HOST": "0.0.0.0",  # nothing listens: this command does not lead
    }
    code, told, _ = typed("domain", "check", "shop.example", **ready)
    assert (code, told.splitlines()[-2]) == (1, "Whether mail of shop.example works is not known.")
    assert json.loads(typed("domain", "check", "shop.example", "--json")[1])["works"] is None


def test_names_stay_whole_and_columns_apart(typed):
    domain = "a-rather-long-name-with-hyphens-in-it.shop.example"
    _, plan, _ = typed("domain", "add", domain, "--address", "203.0.113.5", "--relay", "spf.relay.example")
    assert f"mailmcp domain check {domain} --address 203.0.113.5 --relay spf.relay.example" in plan.replace("\n;  ", "")
    with NameServer(f"$ORIGIN {domain}.\n$TTL 60\n@ SOA ns h 1 2 3 4 60\n@ NS ns\n" + plan).in_a_thread() as server:
        _, told, _ = typed("domain", "check", domain, MAILMCP_DNS__SERVERS=f"127.0.0.1:{server.port}")
    assert any(line.split()[:3] == ["DKIM", "mailmcp-ed25519", "fine"] for line in told.splitlines())
    assert f"https://mta-sts.{domain}/.well-known/mta-sts.txt" in told
    assert told.count("v=STSv1; id=") == 1  # the record is as it should be: only its host is missing


def test_what_nobody_answered_about_is_named_and_keeps_it_open_whether_mail_works(typed):
    laboratory = {"MAILMCP_LOCAL__DOMAIN": "servfail.example", "MAILMCP_AUTH__CHECK_PRIVATE_PEERS": "true"}
    with NameServer(
        "$ORIGIN example.\n$TTL 60\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nmail.servfail A 127.0.0.5\n"
    ).in_a_thread() as server:
        code, told, _ = typed(
            *("domain", "check", "servfail.example"), MAILMCP_DNS__SERVERS=f"127.0.0.1:{server.port}", **laboratory
        )
    assert code == 1
    assert "Whether mail of servfail.example works is not known, for nobody answered about MX." in told


def test_what_keeps_a_record_from_its_purpose_ends_no_check(typed):
    address = ("--address", "127.0.0.5")
    laboratory = {"MAILMCP_LOCAL__DOMAIN": "shop.example", "MAILMCP_AUTH__CHECK_PRIVATE_PEERS": "true"}
    _, zone, _ = typed("domain", "add", "shop.example", *address, **laboratory)
    with NameServer(HEAD + zone, REVERSE).in_a_thread() as server:
        server.add("_dmarc.shop.example.", "TXT", '"v=DMARC1; garbage"')
        settings = {"MAILMCP_DNS__SERVERS": f"127.0.0.1:{server.port}", "MAILMCP_LOCAL__SMTP_PORT": "25"}
        code, told, error = typed("domain", "check", "shop.example", *address, **settings)
    assert (code, error) == (0, "")
    assert "There are several DMARC records (2), so none counts: keep one." in " ".join(told.split())


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("domain",), 2, "`mailmcp domain` takes add or check."),
        (("domain", "add"), 2, "Which domain? Write `mailmcp domain add example.com`."),
        (("domain", "chek", "x.example"), 2, "takes add or check, not 'chek' (did you mean check?)."),
        (("domain", "check", "x.example", "--jsn"), 2, "has no option '--jsn' (did you mean --json?)."),
        (
            ("domain", "add", "x.example", "--address", "127.0.0.1"),
            1,
            "'127.0.0.1' leads everybody to their own machine",
        ),
        (("domain", "add", "x.example", "--relay", "x.example"), 1, "--relay 'x.example' is the domain itself"),
        (("domain", "check", "a b"), 1, "'a b' is no domain: its labels are letters, digits and hyphens"),
    ],
)
def test_a_line_that_cannot_be_carried_out_is_answered_in_a_sentence(typed, arguments, code, sentence):
    ended, told, error = typed(*arguments)
    assert (ended, told) == (code, "")
    assert sentence in error
    assert error.count("\n") == 1


def test_help_shows_both_forms_and_the_options(typed):
    _, told, _ = typed("help", "domain")
    for words in ("domain add DOMAIN", "domain check DOMAIN", "--json", "--address VALUE"):
        assert words in told
