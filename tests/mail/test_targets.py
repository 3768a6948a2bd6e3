"""What speaks against a link."""

from __future__ import annotations

import pytest

from mailmcp.mail.targets import flagged
from mailmcp.models import Link

TOKEN = "u001." + "aB3dE5" * 30


@pytest.mark.parametrize(
    ("text", "url", "flags"),
    [
        ("Confirm", "https://app.example/confirm?t=abc", ()),
        ("https://app.example/confirm", "https://app.example/confirm?t=abc", ()),
        ("www.app.example", "https://login.app.example/", ()),
        ("app.example", "https://app.example.evil.test/", ("text_names_another_host",)),
        ("https://bank.example/login", "https://evil.example/x", ("text_names_another_host",)),
        ("me@bank.example", "https://evil.example/x", ("text_names_another_host",)),
        ("Shared by me@bank.example", "https://app.example/x", ()),
        ("Read more at bank.example today", "https://evil.example/x", ()),
        ("Click https://bank.example/verify here", "https://evil.example/x", ("text_names_another_host",)),
        ("Go to www.bank.example now", "https://evil.example/x", ("text_names_another_host",)),
        ("Go to www.bank.example now", "https://login.bank.example/x", ()),
        ("https://bank.example", "https:evil.example/x", ("text_names_another_host",)),
        ("https://bank.example", "https:\\\\evil.example\\x", ("text_names_another_host",)),
        ("https://bank.example", "www.evil.example/x", ("text_names_another_host",)),
        ("www.bank.example/a", "www.bank.example/a", ()),
        ("Sign in", "https://xn--pple-43d.example/", ("punycode",)),
        ("Sign in", "https://аpple.example/", ("punycode",)),
        ("Sign in", "http://192.0.2.7/login", ("ip_address",)),
        ("Sign in", "http://[2001:db8::1]/login", ("ip_address",)),
        ("Sign in", "http://bank.example@evil.example/", ("user_before_host",)),
        ("Sign in", "https://go.example/?to=https%3A%2F%2Fevil.example%2F", ("redirect",)),
        ("Sign in", f"https://u123.ct.news.example/ls/click?upn={TOKEN}", ("tracker",)),
        ("Sign in", f"https://click.news.example/?q={TOKEN}", ("tracker",)),
        ("Sign in", "https://bit.ly/3abc", ("redirect",)),
        ("Sign in", "https://rabbit.ly/3abc", ()),
        ("Write", "mailto:bob@app.example", ()),
        ("bob@app.example", "mailto:bob@mail.app.example?subject=x", ()),
        ("Write to bob@app.example", "mailto:bob@evil.example", ("text_names_another_host",)),
        ("bob@app.example", "mailto:bob%40evil.example", ("text_names_another_host",)),
        ("Broken", "https://[bad/", ("unreadable",)),
        ("Sign in", "https://127.1/", ("ip_address",)),
        ("Sign in", "https://0177.0.0.1/", ("ip_address",)),
        ("Sign in", "https://0x7f.0x1/", ("ip_address",)),
        ("Sign in", "https://2130706433/", ("ip_address",)),
        ("Sign in", "ftp://192.0.2.7/x", ("ip_address",)),
        ("Sign in", "https://3d.example/", ()),
        ("Sign in", "https://urldefense.example/v2/url?u=https-3A__evil.example&d=x", ("redirect",)),
        ("Sign in", "https://www.search.example/url?q=evil.example", ("redirect",)),
        ("Sign in", "https://go.example/?u=//evil.example", ("redirect",)),
        ("Sign in", "https://go.example/x?u=aHR0cHM6Ly9ldmlsLmV4YW1wbGU", ("redirect",)),
        ("Find", "https://www.search.example/search?q=evil.example", ()),
        ("Out", "https://app.example/out?version=1.2&file=invoice.pdf", ()),
    ],
)
def test_a_link_says_what_a_person_should_know_before_pressing_it(text: str, url: str, flags: tuple[str, ...]) -> None:
    (link,) = flagged((Link(text, url, 0),))
    assert link.flags == flags
    assert (link.text, link.url) == (text, url)


@pytest.mark.parametrize(
    "text",
    [
        *("bank.com", "BANK.COM", "PayPal.Com", "bank.com.", "(bank.com)", '"bank.com"', "“bank.com”", "PayPal.com »"),
        *("→ bank.com", "//bank.com", "ftp://bank.com", "https:/bank.com", "https ://bank.com", "bank.com:443/x"),
        *("Log in at paypal.com now", "bank.com now", "bei bank.de anmelden", "sign in to login.bank.it"),
        *("sign in to bank.it/login", "bank.co.uk and you", "x.com", "163.com", "about.me", "www.setup.py"),
        *("сбербанк.рф", "на сайте сбербанк.рф сегодня", "https://сбербанк.рф/x", "bank。com", "bank\u2024com"),
        *(
            "请访问bank.com登录",
            "请访问www.bank.com登录",
            "bank.com에서 확인",
            "bank．com",
            "https://192.0.2.7/",
            "https://me@bank.com/",
            "bank.zip/login",
            "login.bank.zip",
        ),
        *("support@paypal.com", "<support@paypal.com>", "https://bank.com and evil.test"),
    ],
)
def test_words_that_show_a_host_of_another_organisation_are_flagged(text: str) -> None:
    (link,) = flagged((Link(text, "https://evil.test/x", 0),))
    assert link.flags == ("text_names_another_host",)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "invoice.pdf",
            "report.xlsx",
            "Q3.report.xlsx",
            "photo.jpg",
            "README.md",
            "setup.py",
            "install.sh",
            "clip.mov",
        ),
        *("archive.zip", "invoice.2024.zip", "Open archive.zip", "src/main.rs", "docs/index.com", "a_b.com"),
        *("Node.js", "ASP.NET", "Socket.IO", "System.Net.Http", "v1.2.beta", "v2.0.dev", "npm@2.0.0", "os.path.join()"),
        *("foo.bar()", "Hello.World", "Read on.It pays", "e.g.this", "a.m.", "10.am", "12.30.at", "Dr.Li", "St.Paul"),
        *("J.R.Smith", "1.2.3.4", "完成。中国", "Write to support@paypal.com", "Sign in to bank.it", "Confirm", ""),
    ],
)
def test_names_of_files_products_and_people_are_no_hosts(text: str) -> None:
    (link,) = flagged((Link(text, "https://app.test/x", 0),))
    assert link.flags == ()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Log in at bank.com now", "https://login.bank.com/x"),
        ("BANK.CO.UK", "https://www.bank.co.uk/"),
        ("ann@bank.com", "https://bank.com/people/ann"),
        ("сбербанк.рф", "https://www.xn--80abap1arsf.xn--p1ai/"),
        ("github.io", "https://ann.github.io/"),
        ("bank。com", "https://bank.com/"),
    ],
)
def test_words_that_show_where_a_link_leads_are_not_flagged(text: str, url: str) -> None:
    (link,) = flagged((Link(text, url, 0),))
    assert "text_names_another_host" not in link.flags


def test_what_a_page_says_of_a_link_stays_before_what_its_address_says() -> None:
    (link,) = flagged((Link("Send", "https://192.0.2.7/", 0, flags=("form",)),))
    assert link.flags == ("form", "ip_address")
