"""Codes that a mail asks to enter, among amounts and other numbers; and what is entered but is no code to sign in."""

from __future__ import annotations

import pytest

from mailmcp.mail.codes import find
from mailmcp.mail.text import read
from mailmcp.models import Codes, Message


def plain(text: str, subject: str) -> Codes:
    return find(subject, read(Message(text=text, subject=subject)), "example.test")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Payment", "Merchant: Sample Shop\nAmount: 129.00 EUR\nCode: 482913\n\nDo not tell anyone this code."),
        ("Betalning", "Ange koden 482913 för att godkänna köpet på 450 kr."),
        ("Fizetés", "A 12 500 Ft összegű fizetés jóváhagyásához adja meg a 482913 kódot."),
        ("תשלום", "כדי לאשר את התשלום בסך 150 ₪ יש להזין את הקוד 482913."),
        ("お支払い", "店へのお支払い(3,500円)を承認するには、コード482913を入力してください。"),
        ("Confirm it's you", "We noticed a new device. Type these digits: 482913"),
        ("Sign in to the television", "Type these on your TV:\n\n482913\n\nDevice: Living room, ID FX-99120-A."),
        ("cli login", "## Sign in\n\nPaste **482913** into your terminal."),
        ("Access code for your document", "You will be asked for an access code. Yours is “482913”."),
        ("Innskráning", "Auðkenningarkóði: 482913"),
        ("Your code to pair", "Pair the speaker with this code:\n\n╔═════════════╗\n║ 4 8 2 9 1 3 ║\n╚═════════════╝"),
        ("본인확인 번호", "본인확인 번호는 482913 입니다."),
        ("Vote", "Enter this code to verify who you are:\n\n>>> 482913 <<<\n\nThe poll closes at noon."),
        ("Corvano", "Merhaba, Corvano için kodunuz 482913. 10 dakika geçerlidir."),
    ],
)
def test_a_code_that_is_to_be_entered_is_found_among_amounts_and_in_running_text(subject: str, text: str) -> None:
    assert plain(text, subject).code == "482913"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("20% off", "Enter code SPRING20 at checkout and save 20%."),
        ("Pool", "The new pool code is 4829, valid from Monday."),
        ("Bike", "Hi, the code of the bike lock is 4829. Use it any time."),
        ("Abholung", "Dein Paket liegt bereit. Abholcode 482913, gültig bis 12.03."),
        ("Rental car", "Confirmation number 48291374. Open the app to start."),
        ("Security advice", "Never share your verification code with anyone. Call 0800 555017. Case 482913."),
        ("Re: numbers", "Hi, could you please type 482913 into cell B4 of the sheet?"),
        ("Statement", "Your account 48291374 has a balance of 1,204.55 EUR. Do not share your PIN with anyone."),
    ],
)
def test_words_that_ask_to_enter_or_to_keep_something_make_no_code_of_other_numbers(subject: str, text: str) -> None:
    assert plain(text, subject).code is None


# --- emphasis and equals signs of plain text ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("Sign in", "Your code is **482913**.", "482913"),
        ("", "Your code is ***482913***", "482913"),
        ("Sign in", "Your verification code:\n\n**482913**\n\nIt expires in 10 minutes.", "482913"),
        ("Sign in", "Your verification code:\n\n**K7QX-93MD**\n", "K7QX-93MD"),
        ("Sign in", "Your code is **TR4QZ-K98PL**.", "TR4QZ-K98PL"),
        ("Sign in", "Your code is __482913__.", "482913"),
        ("Sign in", "Your code is _482913_.", "482913"),
        ("Sign in", "Your code:\n\n_482913_\n", "482913"),
        ("Sign in", "Your code is `482913`.", "482913"),
        ("Your code is **482913**", "Enter it to sign in.", "482913"),
    ],
)
def test_marks_of_emphasis_round_a_code_are_no_part_of_it(subject: str, text: str, code: str) -> None:
    assert plain(text, subject).code == code


@pytest.mark.parametrize("text", ["Card **** 5512 was used", "Card **5512 was used", "my_name_4829_file is there"])
def test_stars_that_do_not_close_hide_a_card_number(text: str) -> None:
    assert plain(text, "Sign in").code is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OTP=4821", "4821"),
        ("otp=482113", "482113"),
        ("PIN=4821", "4821"),
        ("code=482913", "482913"),
        ("Your login code=482113. Valid 5 min.", "482113"),
        ("Your login code=K7QX93. Valid 5 min.", "K7QX93"),
        ("Sign in at example.test/in?a=1&code=482913", None),
        ("Login code: see page?code=482913&user=551204", None),
    ],
)
def test_a_number_behind_an_equals_sign_is_a_code_outside_of_addresses(text: str, code: str | None) -> None:
    assert plain(text, "").code == code


# --- mails that speak of codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("[TRACKER] (PROJ-48291) Login code page broken", "The page of PROJ-48291 is broken.\n\nView it."),
        ("[TRACKER] (AUTH-482) Verification code not sent", "AUTH-482\n\nVerification code not sent.\n\nKey: AUTH-482"),
        ("Re: AUTH-482 Verification code not sent", "I can see it too."),
        ("[acme/app] Fix OTP verification code (PR #4829)", 'One commit.\n\n- code = get()\n+ code = "482913"\n'),
        ("[acme/app] One-time code field rejects spaces (Issue #4829)", "Paste 482 913 into the one-time code field."),
        ("[acme/app] One-time code field rejects spaces (Issue #4829)", "1. Sign in\n2. Paste `482 913`"),
        ("How to sign in", 'We will send a verification code like 123456 to you.\n\ncode = "482913"\n\nThen check it.'),
        ("Passwordless login", "The mail shows a verification code, for example 739204."),
        ("Anmelden", "Sie erhalten einen Bestätigungscode wie 739204 per E-Mail."),
        ("Passwordless login", "The mail shows sign-in codes such as\n\n739204\n\nto everybody."),
        ("Connexion", "Vous recevrez un code de vérification, par exemple 739204."),
        ("登录", "您将收到验证码，例如 739204"),
        ("Sign in", "The code 482913 was used to sign in"),
        ("Sign in", "Your code 482913 has expired. Request a new one."),
        ("Ihr Code", "Ihr Code 482913 ist abgelaufen. Fordern Sie einen neuen an."),
        ("Votre code", "Votre code 482913 a expiré. Demandez-en un nouveau."),
        ("Код", "Код подтверждения 482913 уже использован."),
        ("验证码", "验证码482913已过期。"),
        ("Your password", "Your temporary password is: Xk9!fT2q"),
    ],
)
def test_mails_that_speak_of_codes_without_one_to_use_give_none(subject: str, text: str) -> None:
    assert plain(text, subject).code is None


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("Sign in", "Your code is PROJ-48291", "PROJ-48291"),
        ("Your code is AB-48291", "Enter AB-48291 to sign in.", "AB-48291"),
        ("AB-482913 is your verification code", "Enter it to sign in.", "AB-482913"),
        ("Sign in", "Your code is 482913!", "482913"),
        ("Sign in", "Your code 482913 has expired. Your new code is 739204.", "739204"),
        ("Sign in", "Your code is 482913, the one before was used.", "482913"),
        ("Sign in", "Your code is 482913. Once it has expired, ask for another.", "482913"),
        ("Anmelden", "Ihr Code lautet 482913. Er kann nur einmal verwendet werden.", "482913"),
    ],
)
def test_a_code_to_use_is_found_where_such_words_speak_of_something_else(subject: str, text: str, code: str) -> None:
    assert plain(text, subject).code == code


# --- links of a developer's own machine ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1:8000", "10.1.2.3", "mail.local", "app.localhost"])
@pytest.mark.parametrize("subject", ["Activate", "Verify your email"])
@pytest.mark.parametrize("sender", ["localhost", "app.example"])
def test_words_after_a_bare_url_of_a_private_host_name_it_too(host: str, subject: str, sender: str) -> None:
    url = f"http://{host}/v/9f8c2b71e4d04a6fb3c5d1e2a7b80912"
    message = Message(text=f"Go to {url} to activate your account.", subject=subject)
    assert find(subject, read(message), sender).link == url


def test_words_after_a_bare_url_can_speak_against_it() -> None:
    url = "https://example.test/v/9f8c2b71e4d04a6fb3c5d1e2a7b80912"
    assert plain(f"Go to {url} to see your order.", "Verify your email").link is None
