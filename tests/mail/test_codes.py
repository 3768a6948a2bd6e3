"""Which string of a mail is the one-time code, and which link signs in: by layout and words, never the first number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.mail.codes import find
from mailmcp.mail.text import read
from mailmcp.models import Channels, Codes, Hidden, Link, Message

FOOTER = "\n\nExample Ltd, 12 Sample Street, 40188 Sampletown\nTel. +49 30 555 0123\n© 2026"


def plain(text: str, subject: str = "", sender: str | None = "example.test") -> Codes:
    return find(subject, read(Message(text=text, subject=subject)), sender)


def html(body: str, subject: str = "", sender: str | None = "example.test") -> Codes:
    return find(subject, read(Message(html=body, subject=subject)), sender)


# --- shapes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("4829", "4829"),
        ("48291", "48291"),
        ("482913", "482913"),
        ("8429137", "8429137"),
        ("20938475", "20938475"),
        ("6031884275", "6031884275"),
        ("482 913", "482913"),
        ("739-204", "739204"),
        ("12 34 56", "123456"),
        ("4829 1374", "48291374"),
        ("4 8 2 9 1 3", "482913"),
        ("4-8-2-9-1-3", "482913"),
        ("٤٨٢٩١٣", "482913"),
        ("۴۸۲۹۱۳", "482913"),
        ("४८२९१३", "482913"),
        ("４８２９１３", "482913"),
        ("4⃣8⃣2⃣9⃣1⃣3⃣", "482913"),
        ("48\u200b29\u200b13", "482913"),
        ("【482913】", "482913"),
        ("*482913*", "482913"),
        ("“482913”", "482913"),
        ("K7QX-93MD", "K7QX-93MD"),
        ("k7qx93", "k7qx93"),
        ("G-604417", "G-604417"),
        ("TRKWBN", "TRKWBN"),
        ("molar-sapid-tundra-jays", "molar-sapid-tundra-jays"),
        ("0042", "0042"),
        ("H4N 8WD", "H4N8WD"),
        ("PZ 40 81", "PZ4081"),
    ],
)
def test_a_code_of_any_shape_is_given_as_a_person_would_type_it(shown: str, typed: str) -> None:
    found = plain(f"Your verification code is:\n\n{shown}\n\nIt expires in 10 minutes.{FOOTER}", "Sign in")
    assert found.code == typed
    assert found.code_confidence > 0.5
    assert "verification code" in found.evidence


@pytest.mark.parametrize("digits", ["111111", "222222", "123456", "000000"])
def test_the_digits_that_an_application_under_test_likes_to_send_are_a_code(digits: str) -> None:
    assert plain(f"Your sign-in code is {digits}\n", "Your code").code == digits


def test_a_code_in_keycaps_is_given_as_a_person_would_type_it() -> None:
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in "482913")
    assert plain(f"Your verification code is:\n\n{keycaps}\n\nIt expires in 10 minutes.", "Sign in").code == "482913"


def test_the_sign_between_words_of_thai_hides_no_word() -> None:
    assert plain("รหัส\u200bยืนยัน\u200bของ\u200bคุณ\u200bคือ 482913", "ยืนยัน").code == "482913"


@pytest.mark.parametrize(
    "digits",
    [
        "<table><tr><td>4</td><td>8</td><td>2</td><td>9</td><td>1</td><td>3</td></tr></table>",
        "<table><tr><td><p>4</p></td><td><p>8</p></td><td><p>2</p></td><td><p>9</p></td><td><p>1</p></td><td><p>3</p></td></tr></table>",
        "<span>4</span><span>8</span><span>2</span><span>9</span><span>1</span><span>3</span>",
        "<div>4</div><div>8</div><div>2</div><div>9</div><div>1</div><div>3</div>",
        "<div style='display:flex'><div>4</div><div>8</div><div>2</div><div>9</div><div>1</div><div>3</div></div>",
        "<p style='letter-spacing:8px;font-size:30px'>482913</p>",
        "<p>482<span style='display:none'>999</span>913</p>",
        "<p>482&shy;913</p>",
        "<table><tr><td>482</td><td>913</td></tr></table>",
        "<input value='482913' readonly>",
    ],
)
def test_a_code_is_whole_however_the_mail_draws_its_digits(digits: str) -> None:
    assert (
        html(f"<p>Enter this code to sign in:</p>{digits}<p>It expires in 10 minutes.</p>", "Sign in").code == "482913"
    )


# --- languages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "482913 is your Example code.",
        "Ihr Bestätigungscode lautet 482913.",
        "Voici votre code de connexion : 482913",
        "Tu código de verificación es 482913.",
        "Twój kod weryfikacyjny to 482913.",
        "A belépési kódod: 482913",
        "Ваш код подтверждения: 482913.",
        "Ο κωδικός επαλήθευσής σας είναι 482913.",
        "Doğrulama kodunuz: 482913",
        "Vahvistuskoodisi on 482913.",
        "رمز التحقق الخاص بك هو ٤٨٢٩١٣.",
        "کد ورود شما ۴۸۲۹۱۳ است.",
        "קוד האימות שלך הוא 482913.",
        "आपका ओटीपी 482913 है।",
        "আপনার যাচাইকরণ কোড ৪৮২৯১৩।",
        "உங்கள் சரிபார்ப்புக் குறியீடு 482913.",
        "รหัสยืนยันของคุณคือ 482913",
        "Mã xác minh của bạn là 482913.",
        "Kode verifikasi Anda 482913.",
        "Msimbo wako wa uthibitishaji ni 482913.",
        "您的验证码是482913，5分钟内有效。",
        "認証コードは「482913」です。",
        "인증번호는 482913입니다.",
        "თქვენი დადასტურების კოდია 482913.",
        "የማረጋገጫ ኮድዎ 482913 ነው።",
    ],
)
def test_a_code_in_a_sentence_is_found_in_many_languages(text: str) -> None:
    assert plain(text + FOOTER).code == "482913"


def test_a_lone_big_number_is_a_code_even_in_an_unknown_language() -> None:
    body = "<p>Qwzx plorf vlub, drogn splat.</p><h1>482 913</h1><p>Zorp glim 10 fnarb.</p>"
    assert html(body, "Plorf vlub").code == "482913"


def test_a_number_among_prices_in_an_unknown_language_is_none() -> None:
    body = "<p>Qwzx plorf vlub, drogn splat.</p><h2>482913</h2><p>12 €</p><p>39 €</p><p>7 €</p><p>-20 %</p>"
    assert html(body, "Plorf -20 %").code is None


# --- where it stands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["Re: ", "AW: ", "Antwort: ", "[list] Re[2]: ", "Re: Fwd: ", "Automatic reply: "])
def test_a_code_that_only_the_subject_of_an_answer_repeats_is_none(mark: str) -> None:
    assert plain("Thanks, that works.", f"{mark}Your code is 482913").code is None
    assert plain("Your code is 482913.", f"{mark}Your code is 482913").code == "482913"


@pytest.mark.parametrize(
    "line",
    [
        "index a88479c..6b2c39d 100644",
        "100644 blob ee909f2cc49e54f0 CREDITS",
        "new file mode 100755",
        "old mode 100644",
    ],
)
def test_the_mode_of_a_file_in_a_patch_is_no_code(line: str) -> None:
    text = f"Verify the code below before it is merged.\n\n{line}\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-old\n+new\n"
    assert plain(text, "[PATCH 2/10] verify the login code").code is None
    assert plain("Your sign-in code is 100644.").code == "100644"


@pytest.mark.parametrize("tag", ["[PATCH]", "[PATCH 2/10]", "[PATCH v2 1/3]", "[Acme TCMS]"])
def test_the_name_of_a_list_before_a_subject_is_no_code(tag: str) -> None:
    assert plain("Hello, see below.", f"{tag} verify the login code").code is None
    assert plain("Hello, see below.", f"{tag} 482913 is your login code").code == "482913"


def test_a_code_only_in_the_subject_is_found() -> None:
    found = plain("Hello, here is the mail that you asked for.", "482913 is your sign-in code")
    assert (found.code, found.evidence) == ("482913", "482913 is your sign-in code")


def test_a_code_bound_to_its_origin_is_found() -> None:
    assert plain("Enter it to sign in.\n\n@app.example.test #482913").code == "482913"


def test_of_two_codes_the_one_that_replaces_the_other_is_given() -> None:
    text = "Your sign-in code is 604417.\n\nThis replaces the previous code 111222, which will be refused."
    assert plain(text, "Security code").code == "604417"


def test_a_code_in_hidden_or_quoted_text_is_none() -> None:
    channels = Channels(
        visible="Thanks, see you soon.", quoted="Your code is 482913", hidden=(Hidden("css", "code 739204"),)
    )
    assert find("Re: hello", channels) == Codes()


def test_a_code_in_quoted_history_does_not_count() -> None:
    text = "It did not work.\n\nOn Mon, 2 Feb 2026 at 10:00, X <x@example.test> wrote:\n> Your code is 482913\n"
    assert plain(text, "Re: Your code").code is None


def test_a_code_in_the_description_of_a_picture_does_not_count() -> None:
    assert html("<p>Enter the number in the picture to sign in.</p><img src=x alt='482913'>", "Sign in").code is None


@pytest.mark.parametrize(
    "decoy",
    [
        "Order number: 551204",
        "Invoice 551204",
        "Customer no. 551204",
        "Ticket #551204",
        "IBAN: DE89 3704 0044 0532 0130 00",
        "Amount: EUR 5512.04",
        "Total 551204 €",
        "Card ending in 5512",
        "Card **** 5512",
        "Phone 0800 551 204",
        "Tel. +44 20 5512 0412",
        "IP address: 203.0.113.55",
        "Date: 21.11.2026 10:32",
        "Version 5512.04.1",
        "Build 551204",
        "Tracking number 00340434161094042557",
        "10115 Berlin",
        "PO Box 55120",
        "Since 2019",
        "Reference A5512-04",
        "Commit 5512a04",
        "Colour #551204",
        "Use promo code SAVE55 at checkout",
        "https://example.test/551204",
        "user551204@example.test",
    ],
)
def test_other_numbers_lose_against_the_code_and_are_none_alone(decoy: str) -> None:
    assert plain(f"{decoy}\n\nYour sign-in code is 482913. It expires in 5 minutes.\n\n{decoy}").code == "482913"
    assert plain(f"Hello,\n\nthank you for your message.\n\n{decoy}\n\nBest regards").code is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Your order 482913", "Thank you.\n\nYour order number is\n\n482913\n\nTotal $20.00"),
        ("20 % off this weekend", "Use the code\n\nSPRING20\n\nat checkout."),
        ("Your gift card", "Redeem this code:\n\nK7QX-93MD\n\nin our shop."),
        ("Weekly sync", "Meeting ID: 812 3456 7890\nPasscode: 482913\nDial in: +44 20 3966 0771 PIN 582194"),
        ("Booking confirmed", "Booking reference\n\nK7QX93\n\nFlight EX 1234 on 5 December"),
        ("Your parcel is on its way", "Tracking code: SW739204US"),
        ("New sign-in to your account", "21 Nov 2026 10:23 from 203.0.113.5. If this was you, do nothing."),
        ("Two-factor authentication is on", "From now on we ask for a 6-digit code from your app."),
        ("Your backup codes", "48291374\n73920418\n60441729\n91508642\n11223344\n55667788"),
        ("Pipeline #482913 failed", "Commit 5fa8c99a on main. Job 739204 failed with exit code 137."),
        ("Welcome", "Your customer number is\n\n482913\n\nWe are glad to have you."),
        ("Ihre Bestellung", "Bestellnummer: 482913"),
        ("Votre commande", "Numéro de commande : 482913. Code postal : 75011"),
        ("Ваш заказ", "Номер заказа: 482913. Промокод: SALE15"),
        ("ご注文", "注文番号：482913"),
        ("您的订单", "订单号：482913，邮编：100101"),
    ],
)
def test_mails_without_a_code_give_none(subject: str, text: str) -> None:
    found = plain(text + FOOTER, subject)
    assert (found.code, found.link) == (None, None)


# --- links -------------------------------------------------------------------------------------------------------

TOKEN = "7f3a9c21bd0e4f58a6c1"


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        ("Confirm your e-mail address", "Confirm address"),
        ("Reset your password", "Choose a new password"),
        ("Your magic link", "Sign in"),
        ("You are invited", "Accept invitation"),
        ("Activate your account", "Activate"),
        ("Bitte bestätigen", "E-Mail-Adresse bestätigen"),
        ("Réinitialisation", "Nouveau mot de passe"),
        ("Сброс пароля", "Задать новый пароль"),
        ("パスワード再設定", "パスワードを再設定する"),
        ("تأكيد البريد", "تأكيد"),
        ("Xác nhận email", "Xác nhận"),
    ],
)
def test_the_link_that_signs_in_is_found_behind_an_opaque_address(subject: str, label: str) -> None:
    wanted = f"https://click.example.test/ls/click?upn=u001.{TOKEN}"
    body = f"""<a href="https://example.test/"><img src=x alt="Example"></a><p>Hello,</p>
        <table><tr><td bgcolor="#06c"><a style="color:#fff" href="{wanted}">{label}</a></td></tr></table>
        <p><a href="https://click.example.test/ls/click?upn=u001.{TOKEN[::-1]}">Unsubscribe</a>
        <a href="https://example.test/privacy">Privacy</a> <a href="https://social.example/example">Follow us</a></p>"""
    found = html(body, subject)
    assert (found.link, found.code) == (wanted, None)
    assert found.link_confidence > 0.5
    assert found.evidence == label


def test_the_url_is_given_exactly_as_in_the_mail() -> None:
    url = "https://Example.TEST/Verify?a=1&b=%20x&token=" + TOKEN + "#frag"
    body = f"<p>Click to verify your address:</p><a href='{url.replace('&', '&amp;')}'>Verify</a>"
    assert html(body, "Verify your address").link == url


def test_a_code_and_a_link_are_both_given() -> None:
    found = html(
        "<p>Use this code to sign in:</p><h2>482913</h2><p>or</p>"
        f"<a class=button href='https://example.test/auth?t={TOKEN}'>Sign in</a>",
        "Sign in to Example",
    )
    assert (found.code, found.link) == ("482913", f"https://example.test/auth?t={TOKEN}")


def test_a_link_of_plain_text_is_named_by_the_line_above() -> None:
    url = f"https://example.test/x/{TOKEN}"
    text = f"To confirm your address, open\n\n{url}\n\nHelp: https://example.test/help\nhttps://example.test/"
    assert plain(text, "Confirm your address").link == url


@pytest.mark.parametrize(
    ("subject", "words", "label"),
    [
        ("New arrivals", "Spring is here.", "Shop now"),
        ("Your parcel", "It is on its way.", "Track parcel"),
        ("Your invoice", "It is ready.", "View invoice"),
        ("Your password was changed", "If this was not you, act now.", "Secure your account"),
        ("New sign-in", "If you did not do this:", "It was not me"),
        ("Weekly digest", "Five new posts.", "Read more"),
        ("Weekly sync", "You are invited to a meeting.", "Join meeting"),
        ("Ihre Rechnung", "Ihre Rechnung ist da.", "Rechnung ansehen"),
        ("Nouveautés", "Le printemps est là.", "Je découvre"),
        ("新着商品", "春が来ました。", "詳しく見る"),
    ],
)
def test_buttons_that_sign_nobody_in_give_none(subject: str, words: str, label: str) -> None:
    body = f"<p>{words}</p><a class=button href='https://click.example.test/ls/click?upn=u001.{TOKEN}'>{label}</a>"
    found = html(body, subject)
    assert (found.code, found.link) == (None, None)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.test/",
        "https://example.test/help/verify",
        "mailto:verify@example.test",
        "https://example.test/unsubscribe?verify=1",
    ],
)
def test_home_pages_help_and_unsubscribe_links_are_none(url: str) -> None:
    assert html(f"<p>Hello</p><a href='{url}'>Example</a>", "Hello").link is None


def test_a_link_of_the_senders_organisation_is_preferred() -> None:
    links = tuple(
        Link("Confirm", f"https://{host}/confirm?token={TOKEN}", 0) for host in ("other.example", "login.example.test")
    )
    found = find("Confirm your address", Channels(visible="Confirm", links=links), "mail.example.test")
    assert found.link == links[1].url


# --- promises ------------------------------------------------------------------------------------------------------


def test_an_empty_mail_gives_nothing() -> None:
    assert find("", Channels()) == Codes()


@settings(max_examples=150, deadline=None)
@given(
    subject=st.text(max_size=80),
    text=st.text(alphabet=st.sampled_from("48a-K \n\t#:.,/@[]（コード)code$é٤\u200d"), max_size=300),
)
def test_nothing_raises_and_what_is_given_was_shown(subject: str, text: str) -> None:
    found = plain(text, subject)
    assert 0 <= found.code_confidence <= 1
    assert "\n" not in found.evidence
    assert len(found.evidence) <= 200
    assert (found.code is None) == (found.code_confidence == 0)
    assert found.code is None or 4 <= len(found.code) <= 40


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "12-",
        "A1-",
        "482913\n",
        "验证码是482913请",
        "ABCDEF ",
        "a\n",
        "1",
        "a@",
        "DE89 ",
        "[image: ",
        "code ",
        "x",
        "**12",
        "4⃣",
        "AB 12C\n482913 \n",
    ],
)
@pytest.mark.slow
def test_time_grows_linearly_in_hostile_text(piece: str) -> None:
    find(piece * 20, Channels(visible=piece * (180_000 // len(piece)), emphasis=((0, 4),) * 1000))


def test_many_links_take_bounded_time() -> None:
    links = tuple(Link("Sign in", f"https://example.test/{'a1B2' * 900}/{i}", i) for i in range(1000))
    find("Sign in", Channels(visible="Sign in " * 1000, links=links))


@pytest.mark.parametrize(
    "lines",
    [
        "1188 2231\n8831 2299\n7712 0092\n5521 0098",
        "3fd4a-91b2c\n8a9bc-11d2e\n77fa1-0b2c3",
        "1. 481920\n2. 112233\n3. 908172",
        "- K7QX93MD\n- P2WE81LA\n- Z6TR40BN",
    ],
)
def test_no_one_of_a_list_of_backup_codes_is_the_code(lines: str) -> None:
    channels = read(Message(text=f"Keep these codes in a safe place:\n\n{lines}\n"))
    assert find("Your backup codes", channels).code is None


def test_the_usual_french_button_signs_in() -> None:
    page = '<p>Bonjour,</p><p><a href="https://app.example/x/AbC123xyz9876543210ab">Se connecter</a></p>'
    assert find("Connexion", read(Message(html=page))).link == "https://app.example/x/AbC123xyz9876543210ab"
