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


def test_importing_the_room_does_not_load_the_suffix_list() -> None:
    code = "import sys, mailmcp.language.domains; sys.exit('publicsuffixlist' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=200, check=False).returncode == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        *[
            (odd, "")
            for odd in ("ｂank.example", "bank。example", "evil℠.example", "ba\u200dnk.example", "ſhop.example")
        ],
    ],
)
def test_an_international_name_is_mapped_to_no_other(host: str, expected: str) -> None:
    assert ascii_host(host) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ｂank.example/x", "bank.example"),
        ("https://bank。example/", "bank.example"),
        ("https://evil℠.example", "evilsm.example"),
        ("https://faß.example", "xn--fa-hia.example"),
        ("https://ba\u200dnk.example", ""),
    ],
)
def test_the_host_of_a_link_is_where_a_browser_goes(url: str, host: str) -> None:
    assert host_of(url) == host
