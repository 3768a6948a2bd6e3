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
        ("A sua conta", "Palavra-passe temporária:\n7HK2QX9M\n\nExpira daqui a sete dias.", "7HK2QX9M"),
        ("Jūsų paskyra", "Laikinas slaptažodis:\n7HK2QX9M\n\nGalioja septynias dienas.", "7HK2QX9M"),
        ("حسابك", "كلمة السر المؤقتة:\n7HK2QX9M\n\nتنتهي بعد سبعة أيام.", "7HK2QX9M"),
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


@pytest.mark.parametrize(
    "words",
    [
        "We sent a one-time code to the phone ending in 4471. Enter it on the page to go on.",
        "Wir haben einen Einmalcode an das Telefon mit der Endung 4471 gesendet. Geben Sie ihn auf der Seite ein.",
        "Un código de verificación va al teléfono terminado en 4471. Introdúcelo en la página.",
        "Enviamos um código de verificação ao telefone com final 4471. Digite-o na página.",
        "4471 ile biten telefonunuza doğrulama kodu gönderdik. Kodu sayfaya girin.",
        "Код подтверждения отправлен на телефон, заканчивающийся на 4471. Введите его на странице.",
        "我们已向尾号4471的手机发送验证码，请在页面输入。",
        "下4桁4471の電話番号に認証コードを送信しました。画面に入力してください。",
    ],
)
def test_the_last_digits_of_a_telephone_are_no_code(words: str) -> None:
    assert plain(words, "We sent a code to your phone").code is None


def test_a_code_beside_the_last_digits_of_a_card_is_found() -> None:
    words = "To pay 48.20 with the card ending in 4471, enter the one-time code 482913. It expires in five minutes."
    assert plain(words, "Your one-time code").code == "482913"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (
            "Novo acesso à sua conta",
            "Detectamos acesso pelo iPhone de Pat. Protocolo 482913774. Se não foi você, ligue 0800 739 2041. "
            "Nunca informe seu código ou senha.",
        ),
        (
            "Zmieniono limit",
            "Dnia 12-11-2026 zmieniono limit. Nr operacji 482913. Nigdy nie podawaj nikomu kodu ani hasła.",
        ),
        (
            "แจ้งเตือนการเข้าสู่ระบบ",
            "มีการเข้าสู่ระบบจากอุปกรณ์ใหม่ หมายเลขอ้างอิง 482913 หากไม่ใช่คุณ โทร 02-777-7777 อย่าบอกรหัส OTP กับใคร",
        ),
        ("登录提醒", "您的账户在新设备登录。流水号 48291377。请勿向任何人透露验证码。客服95482。"),
    ],
)
def test_a_reference_before_the_advice_to_keep_codes_secret_is_none(subject: str, words: str) -> None:
    assert plain(words, subject).code is None


@pytest.mark.parametrize(
    ("subject", "words", "code"),
    [
        ("Uw pincode", "Uw verificatiecode is 4821. Voer deze code binnen een kwartier in.", "4821"),
        ("Your code", "Your code is 482913. Never share it with anyone.", "482913"),
        ("Almost there", "Thank you for joining us. Go back to the app. It wants a code: 482913", "482913"),
    ],
)
def test_what_the_next_sentence_says_of_a_code_takes_nothing_from_it(subject: str, words: str, code: str) -> None:
    assert plain(words, subject).code == code


@pytest.mark.parametrize(
    ("subject", "button"),
    [
        ("Your identity has been verified", "Go to dashboard"),
        ("Ihre Identität wurde bestätigt", "Zum Konto"),
        ("Votre adresse a été confirmée", "Mon espace"),
        ("Your weekly security digest", "Open Cobalt"),
    ],
)
def test_where_all_is_confirmed_no_link_confirms(subject: str, button: str) -> None:
    url = "https://example.test/dashboard?src=8f41c0be2b"
    assert html(f"<p>{subject}.</p><p><a href='{url}'>{button}</a></p>", subject).link is None


def test_a_link_that_confirms_a_payment_signs_nobody_in() -> None:
    url = "https://pay.example.test/hosted/in_1QX93MDT8f41c0be?s=em"
    body = f"<p>Your bank asks you to confirm a payment of $48.20.</p><p><a href='{url}'>Confirm payment</a></p>"
    assert html(body, "Action required: verify your payment").link is None


def test_a_name_that_only_the_subject_shows_is_no_code() -> None:
    words = "Room B-217, 16 Nov 09:00. The access code for the online part is written on the board on the day."
    assert plain(words, "CS4829 resit: room and access details").code is None


def test_the_name_of_an_access_token_is_no_code() -> None:
    words = "We noticed your personal access token, ci-deploy-7392, with repo scopes will expire in 6 days."
    assert plain(words, "Your personal access token is about to expire").code is None


def test_digits_in_cells_with_a_dash_between_are_one_code() -> None:
    body = "<table><tr><td>482</td><td>–</td><td>913</td></tr></table><p>is your code. It dies in ten minutes.</p>"
    assert html(body, "Sign in to Grove").code == "482913"


@pytest.mark.parametrize(
    ("subject", "button"),
    [
        ("Please confirm your appointment", "Confirm my appointment"),
        ("Confirme su cita", "Confirmar cita"),
        ("Terminbestätigung", "Termin bestätigen"),
        ("ご予約の確認", "予約を確認する"),
    ],
)
def test_a_link_that_confirms_a_visit_signs_nobody_in(subject: str, button: str) -> None:
    url = "https://example.test/confirm/8kd02LmQz0PX"
    body = f"<p>3.12.2026, 09:40</p><p><a href='{url}' style='background:#000;padding:12px'>{button}</a></p>"
    assert html(body, subject).link is None


@pytest.mark.parametrize(("url", "signs_in"), [("/login", False), ("/login/8kd02LmQz0PX", True)])
def test_a_page_where_everybody_signs_in_is_no_sign_in_link(url: str, signs_in: bool) -> None:
    url = f"https://example.test{url}"
    body = f"<p>Sign in to read it.</p><p><a href='{url}' style='background:#000;padding:12px'>Sign in</a></p>"
    assert html(body, "Sign in to see your result").link == (url if signs_in else None)
