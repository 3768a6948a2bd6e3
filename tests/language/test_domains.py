"""Hosts and the organisations behind them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailmcp.language.domains import ascii_host, host_of, organisational_domain, same_organisation


@pytest.mark.parametrize(
    ("host", "organisation"),
    [
        ("example.com", "example.com"),
        ("mail.shop.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("Mail.EXAMPLE.Com.", "example.com"),
        ("sub.bücher.example", "xn--bcher-kva.example"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
        ("no spaces.example", ""),
        ("-bad.example", ""),
        ("a" * 300 + ".example", ""),
        ("..", ""),
    ],
)
def test_the_organisational_domain_is_one_label_below_the_public_suffix(host: str, organisation: str) -> None:
    assert organisational_domain(host) == organisation


def test_two_hosts_of_one_organisation_are_recognised() -> None:
    assert same_organisation("login.example.co.uk", "mail.example.co.uk")
    assert not same_organisation("example.co.uk", "other.co.uk")
    assert not same_organisation("", "")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User@Login.Example.com:8443/a?b#c", "login.example.com"),
        ("  https://example.test/", "example.test"),
        ("myapp://open/verify", "open"),
        ("mailto:someone@example.test", ""),
        ("https://[::1", ""),
        ("https://", ""),
        ("not a url", ""),
    ],
)
def test_the_host_of_a_url_is_found_without_port_and_user(url: str, host: str) -> None:
    assert host_of(url) == host


def test_international_hosts_become_ascii() -> None:
    assert ascii_host("例え.テスト") == "xn--r8jz45g.xn--zckzah"


@pytest.mark.parametrize(
    ("host", "ascii_"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("βόλοσ.example", "xn--nxasmq6b.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("भ\u094d\u200dक.example", "xn--11b1c2eu27h.example"),
        ("a_b.bücher.example", "a_b.xn--bcher-kva.example"),
    ],
)
def test_letters_that_an_older_standard_changed_stay_what_they_are(host: str, ascii_: str) -> None:
    assert ascii_host(host) == ascii_


@pytest.mark.parametrize(
    "host",
    [
        *("evil℠.example", "bank⒈example", "ba\u200dnk.example", "ba\u200cnk.example", "ba\u00adnk.example"),
        *(
            "ｂank.example",
            "bank。example",
            "ban\u212a.example",
            "ba\ufe0fnk.example",
            "ba\u034fnk.example",
            "☃.example",
        ),
        *("\u0301bank.example", "ü-.example", "-ü.example", "üü--x.example", "אa.example", "ü" * 64 + ".example"),
    ],
)
def test_what_idna_2008_does_not_allow_is_no_host_and_never_that_of_somebody_else(host: str) -> None:
    assert ascii_host(host) == ""
    assert organisational_domain(host) == ""
    assert not same_organisation(host, "bank.example")


def test_a_link_leads_to_the_host_that_a_browser_would_open() -> None:
    for url, host in (
        ("https://bank。example/", "bank.example"),
        ("https://ｂank.example/", "bank.example"),
        ("https://evil℠.example/", "evilsm.example"),
        ("https://faß.example/", "xn--fa-hia.example"),
        ("https://☃.example/", "xn--n3h.example"),
    ):
        assert host_of(url) == host


def test_importing_the_room_does_not_load_the_suffix_list() -> None:
    code = "import sys, mailmcp.language.domains; sys.exit(bool({'publicsuffixlist', 'idna'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
