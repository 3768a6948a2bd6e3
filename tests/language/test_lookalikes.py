"""Names that are easily taken for others."""

from __future__ import annotations

import pytest

from mailmcp.language.lookalikes import is_taken_for, resembles, skeleton


@pytest.mark.parametrize(
    ("forged", "name"),
    [
        ("аpp.example", "app.example"),  # Cyrillic a
        ("APP.example", "app.example"),
        ("ａｐｐ.example", "app.example"),
        ("app\u200b.example", "app.example"),
        ("xn--pp-6kc.example", "app.example"),  # the A-label of Cyrillic a
        ("exarnple.test", "example.test"),
        ("paypa1.test", "paypal.test"),
        ("g00gle.test", "google.test"),
        ("vvindow.test", "window.test"),
        ("bücher.test", "bucher.test"),
        ("аррle.test", "apple.test"),
    ],
)
def test_forged_names_have_the_skeleton_of_what_they_forge(forged: str, name: str) -> None:
    assert skeleton(forged) == skeleton(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("northwind.example", "nortwhind.example"),
        ("northwind.example", "northwinds.example"),
        ("northwind.example", "northwin.example"),
        ("northwind.example", "morthwind.example"),
        ("north-wind.example", "northwind.example"),
    ],
)
def test_a_letter_more_less_other_or_swapped_is_seen(one: str, other: str) -> None:
    assert resembles(one, other)
    assert resembles(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("northwind.example", "northwind.example"),
        ("northwind.example", "eastwind.example"),
        ("acme.example", "acne.example"),
        ("northwind.example", "northwind.test"),
        ("", "northwind.example"),
        ("a.example", "b.example"),
    ],
)
def test_names_that_differ_more_or_are_short_are_not_taken_for_each_other(one: str, other: str) -> None:
    assert not resembles(one, other)


@pytest.mark.parametrize(
    "forged",
    [
        *(
            "paypai.example",
            "paypaI.example",
            "paypa1.example",
            "payapl.example",
            "payppal.example",
            "paypal-login.example",
        ),
        *("login-paypal.example", "paypallogin.example", "secure-paypal-login.example", "paypal-security.test"),
        *("paypai-login.test", "paypal.example.evil.test", "pay-pal.example", "paypaİ.example"),
    ],
)
def test_a_short_name_is_seen_through_what_phishing_does_to_it(forged: str) -> None:
    assert resembles(forged, "paypal.example")


@pytest.mark.parametrize("forged", ["githuub.example", "gihtub.example", "gitthub.example", "github-support.test"])
def test_a_doubled_letter_and_two_swapped_ones_are_seen_in_short_names(forged: str) -> None:
    assert resembles(forged, "github.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stripe.example", "strike.example"),
        ("notion.example", "motion.example"),
        ("linear.example", "linen.example"),
        ("google.test", "google.example"),  # the same name of another country is mostly its owner's
        ("northwind.example", "north.example"),
        ("snapchat.example", "snap.example"),
        ("paypalace.example", "paypal.example"),
        ("bee.example", "be.example"),
        ("mailchimp.example", "mail.example"),
        ("box.example", "dropbox.example"),
        ("ups-store.example", "ups.example"),
        ("webmail.example", "mail.example"),
        ("mybank.example", "bank.example"),
    ],
)
def test_honest_names_that_are_near_are_not_taken_for_each_other(one: str, other: str) -> None:
    assert not resembles(one, other)


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("bob@exarnple.test", "bob@example.test"),
        ("bob@vvindow.test", "bob@window.test"),
        ("bob@g00d.test", "bob@good.test"),
        ("bob@mal1.test", "bob@mall.test"),
        ("bob@doud.test", "bob@cloud.test"),
        ("rnary@app.example", "mary@app.example"),
        ("b0b@app.example", "bob@app.example"),
        ("al1@app.example", "all@app.example"),
        ("clan@app.example", "dan@app.example"),
        ("bоb@app.example", "bob@app.example"),  # Cyrillic o
        ("sales@northvvind.example", "bob@mail.northwind.example"),
        ("bob@northwind.example.evil.test", "bob@northwind.example"),
    ],
)
def test_an_address_is_taken_for_one_that_looks_the_same(address: str, other: str) -> None:
    assert is_taken_for(address, other)
    assert is_taken_for(other, address) or "evil" in address


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("bob@app.example", "BOB@App.Example"),
        ("ann@app.example", "bob@app.example"),
        ("bob@mail.northwind.example", "bob@northwind.example"),
        ("ann@gmail.com", "ann@mail.com"),
        ("ann@acme.com", "ann@acme.org"),
        ("", "bob@app.example"),
        ("bob", "bob@app.example"),
    ],
)
def test_other_people_and_other_houses_of_one_owner_are_not_taken_for_each_other(address: str, other: str) -> None:
    assert not is_taken_for(address, other)
