"""What people write for a domain, its server, its relay and its reports: what is wrong is said, and what to write."""

from __future__ import annotations

import pytest

from mailmcp.errors import BadAddress, BadInput, ConfigError
from mailmcp.mailroom.naming import named, public_addresses, relay_name, reports_address, server_name


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
        ("../../etc", "only the name"),
        ("..", "is no domain"),
        ("\x1b[2J.example", "is no domain"),
        ("example。com", r"'example。com' is written with signs that only look like .*: write example\.com\."),
        ("example．com", r"write example\.com\."),
        ("ｅxample.com", r"write example\.com\."),
        ("bücher。example", r"write bücher\.example\."),
        ("exam\u200bple.com", "characters that nobody sees"),
        ("example.123", r"ends in a number \(123\)"),
        ("xn--a.example", "label xn--a, which stands for no letters"),
        ("xn--shop-.example", "xn--shop-, which stands for no letters|its labels are"),
        ("xn--zzzzzz999999.example", "stands for no letters"),
        ("xn--example.example", "stands for no letters"),
        ("x.xn--0", "stands for no letters"),
    ],
)
def test_what_is_no_domain_is_refused_in_a_sentence(written, words):
    with pytest.raises(BadInput, match=words) as refused:
        named(written)
    assert "\x1b" not in refused.value.public


def test_an_international_domain_is_written_in_both_forms():
    assert named("BÜCHER.example") == ("xn--bcher-kva.example", "bücher.example")
    assert named("xn--bcher-kva.example") == ("xn--bcher-kva.example", "bücher.example")
    assert named("shop.example") == ("shop.example", "shop.example")
    assert named("xn--fa-hia.example") == ("xn--fa-hia.example", "faß.example")
    assert named("xn--n3h.example") == ("xn--n3h.example", "☃.example")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("here", "is no IP address"),
        ("1.2.3", "is no IP address"),
        ("203.0.113.5/24", "is no IP address"),
        ("", "names no address"),
        (" , ", "names no address"),
        ("203.0.113.5,192.168.1.5", "'192.168.1.5' is of a private network"),
        ("100.64.0.9", "of a private network"),
        ("fd00::5", "of a private network"),
        ("127.0.0.1", "to their own machine"),
        ("::1", "to their own machine"),
        ("169.254.7.7", "on one link only"),
        ("fe80::5", "on one link only"),
        ("fe80::5%eth0", "without %"),
        ("2001:4860::5%1", "without %"),
        ("::ffff:203.0.113.5", r"write 203\.0\.113\.5"),
        ("::ffff:10.0.0.1", r"write 10\.0\.0\.1"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("0.0.0.0", "every address"),
        ("::", "every address"),
        ("255.255.255.255", "is reserved"),
        ("240.0.0.1", "is reserved"),
    ],
)
def test_an_address_that_others_cannot_reach_is_refused_in_a_sentence(written, words):
    with pytest.raises(BadInput, match=words) as refused:
        public_addresses(written, laboratory=False)
    assert refused.value.public.startswith("--address ")


def test_addresses_are_taken_once_each_and_in_a_laboratory_also_those_of_this_machine():
    assert public_addresses("203.0.113.5, 2001:4860:0::5,203.0.113.5", laboratory=False) == (
        "203.0.113.5",
        "2001:4860::5",
    )
    assert public_addresses("127.0.0.5,192.168.1.5", laboratory=True) == ("127.0.0.5", "192.168.1.5")
    for other in ("224.0.0.1", "fe80::1", "::ffff:127.0.0.1", "0.0.0.0"):
        with pytest.raises(BadInput):
            public_addresses(other, laboratory=True)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("192.0.2.1", "is an address, not a name"),
        ("2001:db8::1", "is no|is an address"),
        ("relay", "only one label"),
        ("spf.relay.123", r"ends in a number \(123\)"),
        ("xn--a.relay.example", "stands for no letters"),
        ("not a name", "is no host name"),
        ("include:spf.relay.example", "is no host name"),
        ("", "is no host name"),
        ("Shop.example.", "the domain itself"),
    ],
)
def test_what_no_spf_record_can_include_is_refused_in_a_sentence(written, words):
    with pytest.raises(BadInput, match=words) as refused:
        relay_name(written, "shop.example")
    assert refused.value.public.startswith("--relay ")


def test_the_name_of_a_relay_may_have_underscores_and_upper_case():
    assert relay_name("_SPF.Relay.example.", "shop.example") == "_spf.relay.example"


@pytest.mark.parametrize(
    ("hostname", "words"),
    [
        ("192.0.2.1", "is an address, not a name"),
        ("mail", "only one label"),
        ("mail.shop.123", "ends in a number"),
        ("xn--a.shop.example", "stands for no letters"),
    ],
)
def test_a_host_name_that_no_mx_record_can_name_is_refused_with_its_setting(hostname, words):
    with pytest.raises(ConfigError, match=words) as refused:
        server_name(hostname, "shop.example")
    assert "MAILMCP_LOCAL__HOSTNAME" in refused.value.public


def test_the_server_is_called_mail_unless_the_settings_say_otherwise():
    assert server_name(None, "shop.example") == "mail.shop.example"
    assert server_name("MX.Other.example", "shop.example") == "mx.other.example"
    assert server_name("shop.example", "shop.example") == "shop.example"


@pytest.mark.parametrize("sign", ["!", ",", ";", "%", "?", "&", "#", "/"])
def test_an_address_for_reports_that_a_record_cannot_hold_as_it_is_is_refused(sign):
    with pytest.raises((BadInput, BadAddress), match=r"cannot hold as it is|is not an e-mail address"):
        reports_address(f"a{sign}b@shop.example")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("nobody", "is not an e-mail address"),
        ("a@[192.0.2.1]", "."),
        ("a@192.0.2.1", "its domain is an address|is not an e-mail address"),
        ("a@shop.123", r"its domain ends in a number \(123\)"),
        ("ü@shop.example", "cannot hold as it is|is not an e-mail address"),
    ],
)
def test_an_address_for_reports_that_nobody_reaches_is_refused(written, words):
    with pytest.raises((BadInput, BadAddress), match=words):
        reports_address(written)


def test_an_address_for_reports_is_written_as_dns_has_it():
    assert reports_address("Reports <dmarc+x@BÜCHER.example>") == "dmarc+x@xn--bcher-kva.example"
