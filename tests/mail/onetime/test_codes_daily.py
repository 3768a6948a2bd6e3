"""What daily mail shows beside codes: series of backup codes, tickets, telephones, years, days, doors, endings."""

from __future__ import annotations

import pytest

from mailmcp.mail import codes, text
from mailmcp.models import Codes, Message


def plain(words: str, subject: str) -> Codes:
    return codes.find(subject, text.read(Message(text=words, subject=subject)), "example.test")


def html(body: str, subject: str) -> Codes:
    message = Message(html=f"<html><body>{body}</body></html>", subject=subject)
    return codes.find(subject, text.read(message), "example.test")


@pytest.mark.parametrize(
    "series",
    [
        "482917, 365500, 903355, 187710, 284612",
        "482917 / 365500 / 903355",
        "482917 · 365500 · 903355",
        "4f8k2-q9mzt x72pd-0hw3c m5t1v-8rr6y",
        "482917, 365500 and 903355",
        "1) 482917 2) 365500 3) 903355",
    ],
)
def test_no_one_of_a_series_of_backup_codes_in_a_sentence_is_the_code(series: str) -> None:
    words = f"If you lose your app, sign in with one of these single-use verification codes: {series}. Keep them safe."
    assert plain(words, "Two-factor authentication is on").code is None


def test_no_one_of_the_backup_codes_in_the_cells_of_a_table_is_the_code() -> None:
    rows = "".join(
        f"<tr><td>{one}</td><td>{two}</td></tr>"
        for one, two in (("4829 1753", "9033 5518"), ("7710 2846", "1294 6605"), ("3367 9081", "5502 7193"))
    )
    found = html(f"<p>Each code can be used once to sign in.</p><table>{rows}</table>", "Your backup codes")
    assert (found.code, found.others) == (None, ())


def test_the_code_of_a_mail_that_lists_backup_codes_too_is_the_one_to_enter_now() -> None:
    words = (
        "Enter this code to turn on two-step verification:\n\n730 255\n\nIt expires in 10 minutes.\n\n"
        "Keep these backup codes for later:\n48291736\n90335518\n77102846\n12946605\n"
    )
    assert plain(words, "Your verification code").code == "730255"


def test_a_code_that_is_shown_three_times_is_no_series() -> None:
    assert plain("Your login code: 482913, 482913, 482913.", "Your login code").code == "482913"


@pytest.mark.parametrize("subject", ["[Request received] #482917 Cannot sign in", "Ticket #482917: verification code"])
def test_the_number_of_a_ticket_is_no_code(subject: str) -> None:
    words = "Your request (482917) has been received.\n\nI asked for a verification code and it never arrived."
    assert plain(words, subject).code is None


def test_a_code_behind_a_number_sign_is_one_where_it_is_named() -> None:
    assert plain("Enter it in the app within 10 minutes.", "Your code #482913").code == "482913"


def test_a_merge_request_is_no_code() -> None:
    words = "Pipeline failed.\n\nVerify OTP input before sign in (!1842)\n\nCommit author: Mika"
    assert plain(words, "Failed pipeline for main").code is None


def test_a_telephone_in_two_groups_is_no_code() -> None:
    words = "You asked us for a code to be sent to 07700 900142. It will arrive within minutes."
    assert plain(words, "Your verification code").code is None


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Your voting security codes for the 2026 election", "Voting is open. Your codes will come by post."),
        (
            "Bevestiging afspraak 15-05",
            "Uw afspraak: dinsdag 19 mei, paspoort aanvragen. Wijzigen kan op onze website.",
        ),
    ],
)
def test_a_year_or_a_day_in_the_subject_is_no_code(subject: str, words: str) -> None:
    assert plain(words, subject).code is None


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Rowan shared an entry code with you", "Entry code:\n\n482917\n\nType it on the keypad at the front door."),
        ("Uw bezoek: code voor de slagboom", "Toets 4829# in bij de slagboom."),
        ("宅配ロッカー暗証番号のお知らせ", "ロッカー番号：12\n暗証番号：4829\n保管期限：5月18日"),
        ("Your PAC code to leave us", "Porting Authorisation Code (PAC): VDP482917. Give it to your new provider."),
        ("Vorsicht: falsche Mails", "Zurzeit kursieren Mails mit dem Text „Ihre TAN 482917 läuft ab“."),
        ("You've verified your identity", "You successfully verified your identity.\n\nConfirmation #\t4829-1736"),
    ],
)
def test_codes_for_doors_lockers_other_providers_and_warnings_are_none(subject: str, words: str) -> None:
    assert plain(words, subject).code is None


def test_a_link_that_ends_a_subscription_signs_nobody_in() -> None:
    words = "To confirm, follow this link:\nhttps://example.test/unsubscribe/confirm/8f1c0e7a29d4b3c58f1c0e7a29d4b3c5"
    assert plain(words, "Please confirm your unsubscription").link is None


def test_a_link_that_copies_the_code_is_not_the_one_to_press() -> None:
    found = html("<p>6TQ-92M</p><p><a href='https://example.test/copy#6TQ-92M'>Copy code</a></p>", "Sign-in code")
    assert (found.code, found.link) == ("6TQ-92M", None)


def test_a_button_that_answers_yes_confirms_a_newsletter() -> None:
    url = "https://example.test/nl/optin?h=8f1c0e7a29d4b3c58f1c0e7a29d4b3c5"
    body = (
        "<p>Sie haben sich zu unserem Newsletter angemeldet.</p>"
        f"<p><a href='{url}' style='background:#000;color:#fff;padding:12px'>Ja, ich möchte den Newsletter</a></p>"
    )
    assert html(body, "Newsletter-Anmeldung: nur noch ein Klick").link == url


@pytest.mark.parametrize("piece", ["7", "482913, ", "482913\n", "4829 ", "#482913 ", "4-", "(!1842) ", "1) 482913\n"])
def test_a_megabyte_of_digits_gives_an_answer(piece: str) -> None:
    found = plain("Your login code:\n" + piece * (1_000_000 // len(piece)), "Your login code " + piece * 100)
    assert len(found.code or "") <= 10


@pytest.mark.parametrize(
    "number", ["PO-4711", "INV-20418", "RMA-0044812", "SO-88120", "AL2381", "PO4711", "BS1 4XY", "H4N 8WD", "20261129"]
)
@pytest.mark.parametrize("words", ["{}", "{} is the one.", "Hi Ann,\n\n{}\n\nDan"])
def test_the_bare_number_of_a_paper_a_flight_or_a_place_is_no_code(number: str, words: str) -> None:
    assert plain(words.format(number), "").code is None


@pytest.mark.parametrize("code", ["482913", "482 913", "G-482913"])
def test_a_mail_that_is_nothing_but_a_code_is_one(code: str) -> None:
    assert plain(code, "").code is not None


@pytest.mark.parametrize("code", ["PO-4711", "FB-48291"])
def test_what_is_formed_like_the_number_of_a_paper_is_a_code_where_it_is_named(code: str) -> None:
    assert plain(f"Your verification code is {code}. It expires in 10 minutes.", "Verify your e-mail").code == code


def test_letters_that_a_device_shows_are_a_code_though_nothing_calls_them_one() -> None:
    found = html("<p>Open the app, or type this on your television:</p><p><b>HXPD-RWLK</b></p>", "Pair your TV")
    assert found.code == "HXPD-RWLK"


@pytest.mark.parametrize(
    "words", ["Skriv 5 5 0 8 i rutan för att logga in.", "Tu código es 5 5 0 8 y caduca en 5 minutos."]
)
def test_a_word_of_one_letter_beside_spaced_digits_is_no_part_of_the_code(words: str) -> None:
    assert plain(words, "Logga in").code == "5508"


def test_a_number_behind_a_sentence_that_tells_of_a_change_is_not_named_by_it() -> None:
    words = "OTP delivery was changed on 28-11-2026 22:14. Service request 77120448.\n\nNot you? Call us."
    assert plain(words, "Your OTP settings have changed").code is None


def test_a_link_that_its_words_point_to_signs_in_though_its_address_says_nothing() -> None:
    url = "https://ledger.example.test/otl?t=dGhpcyBpcyBhIHRva2Vu_x--"
    found = plain(
        f"Hi,\n\nuse this link to get back into Ledger:\n<{url}>\n\nIt works once.", "Your one-time link to log in"
    )
    assert found.link == url


TOKEN = "https://app.example/v/8f3kd93kd93kf9s3kd"


@pytest.mark.parametrize(
    ("subject", "words", "signs_in"),
    [
        ("Your appointment on Monday", "Confirm my appointment", False),
        ("Table for two on Friday", "Confirm reservation", False),
        ("Confirm your email", "Visit this page to confirm your email address", True),
        ("Confirm your email", "Confirm and stay signed in", True),
        ("Confirm your email for your reservation", "Confirm email", True),
        ("Termin vereinbaren", "E-Mail-Adresse für den Termin bestätigen", True),
        ("Bienvenue", "Terminer mon inscription", True),
    ],
)
def test_who_confirms_a_visit_signs_in_nowhere_and_who_confirms_an_address_does(
    subject: str, words: str, signs_in: bool
) -> None:
    page = f"<p>Hello Ann,</p><p>Please confirm:</p><p><a href='{TOKEN}'>{words}</a></p>"
    assert (html(page, subject).link == TOKEN) is signs_in
