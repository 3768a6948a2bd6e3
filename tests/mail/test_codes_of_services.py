"""What the mails of ordinary services have beside the code: buttons in capitals, links for whom it was not, notices."""

from __future__ import annotations

import pytest

from mailmcp.mail import codes, text
from mailmcp.models import Codes, Message


def html(body: str, subject: str) -> Codes:
    message = Message(html=f"<html><body>{body}</body></html>", subject=subject)
    return codes.find(subject, text.read(message), "example.test")


def plain(words: str, subject: str) -> Codes:
    return codes.find(subject, text.read(Message(text=words, subject=subject)), "example.test")


@pytest.mark.parametrize("label", ["VERIFY", "LOGIN", "ANMELDEN", "WEITER"])
def test_what_a_button_says_in_capitals_is_no_code(label: str) -> None:
    url = "https://example.test/confirm?token=Jk2mQzX8v7Lp3RtY"
    body = (
        "<p>To sign in, press the button. If the security code on the page is not Lively Panda, stop.</p>"
        f"<p><a href='{url}' style='background:#000;color:#fff;padding:12px'>{label}</a></p>"
    )
    assert html(body, "Sign-in Verification").code is None


def test_letters_on_a_line_that_no_link_says_are_still_a_code() -> None:
    body = "<p>Enter this login code:</p><p>QWJMZT</p><p><a href='https://example.test/help'>VERIFY</a></p>"
    assert html(body, "Your login code").code == "QWJMZT"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (
            "Ton code de connexion",
            "Si tu n'as pas demandé ce code, change ton mot de passe : <a href='{}'>réinitialiser</a>",
        ),
        ("Your login code", "If you did not request this code, please <a href='{}'>reset your password</a>."),
        ("Dein Anmeldecode", "Du hast den Code nicht angefordert? Dann <a href='{}'>setze dein Passwort zurück</a>."),
    ],
)
def test_a_link_for_whoever_asked_for_no_code_is_not_the_one_to_sign_in(subject: str, words: str) -> None:
    found = html(
        f"<p>{subject}:</p><p>920 184</p><p>{words.format('https://example.test/id/login/forgot')}</p>", subject
    )
    assert (found.code, found.link) == ("920184", None)


@pytest.mark.parametrize(
    ("subject", "button"),
    [
        ("Ola Nordmann accepted your friend request", "View profile"),
        ("Ola Nordmann a accepté ton invitation", "Son profil"),
        ("Ola Nordmann ha aceptado tu invitación", "Su perfil"),
    ],
)
def test_that_somebody_else_accepted_is_nothing_to_accept(subject: str, button: str) -> None:
    url = "https://example.test/n/?ola.nordmann&mid=5f3c9a1e77d0&n_m=pat"
    assert html(f"<p>{subject}.</p><p><a href='{url}'>{button}</a></p>", subject).link is None


@pytest.mark.parametrize(
    ("subject", "words", "code"),
    [
        ("Midlertidig adgangskode", "Din midlertidige adgangskode til selvbetjening er: hK4-7qX-2Pm", "hK4-7qX-2Pm"),
        ("Twoje konto", "Hasło tymczasowe: 7HK2QX9M. Zmień je po zalogowaniu.", "7HK2QX9M"),
        ("Potwierdź operację", "Przelew, kwota 148,20 PLN\nhasło SMS: 73058164", "73058164"),
    ],
)
def test_temporary_and_texted_passwords_are_codes(subject: str, words: str, code: str) -> None:
    assert plain(words, subject).code == code


@pytest.mark.parametrize(
    "words",
    [
        "For a secure delivery, please share the one-time password 318264 with the delivery agent.",
        "Please share the one-time password 318264 with the driver when your order is at your door.",
    ],
)
def test_a_password_for_a_courier_is_nothing_to_sign_in_with(words: str) -> None:
    assert plain(f"Your package with order 408-1193355-0042713 comes today.\n\n{words}", "Your delivery").code is None
