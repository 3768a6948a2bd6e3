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
        ("me@bank.example", "https://evil.example/x", ()),
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
    ],
)
def test_a_link_says_what_a_person_should_know_before_pressing_it(text: str, url: str, flags: tuple[str, ...]) -> None:
    (link,) = flagged((Link(text, url, 0),))
    assert link.flags == flags
    assert (link.text, link.url) == (text, url)
