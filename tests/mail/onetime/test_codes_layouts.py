"""Codes that layout parts, codes that replace others, and links that a sentence or a button explains."""

from __future__ import annotations

import pytest

from mailmcp.mail import codes, text
from mailmcp.models import Codes, Message

LONG = "https://app.larkfield.example/a/Zk83hQ2vT0mPq7"
SHORT = "https://app.larkfield.example/x/7Gt"
RESET = "https://larkfield.example/reset?t=Zk83hQ2vT0mPq7aa"
BUTTON = "background:#06c;padding:12px;color:#fff"


def found(subject: str, plain: str = "", html: str | None = None) -> Codes:
    message = Message(text=plain, html=html, subject=subject)
    return codes.find(subject, text.read(message), "larkfield.example")


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<div>482</div><div>913</div>", "482913"),
        ("<table><tr><td>482</td><td>913</td></tr></table>", "482913"),
        ("<div>K4P</div><div>Q7T</div>", "K4PQ7T"),
        ("<p>PZ 40 81</p>", "PZ4081"),
        ("<p>482.913</p>", "482913"),
        ("<p>XKQ-TRM</p>", "XKQ-TRM"),
        ("<p>58 41 09 3</p>", "5841093"),
        ("<p>912 44 7</p>", "912447"),
    ],
)
def test_a_code_in_groups_is_one_code_however_they_are_parted(html: str, code: str) -> None:
    page = f"<p>Enter this code to sign in:</p>{html}<p>It is valid for 10 minutes.</p>"
    assert found("Your sign-in code", html=page).code == code


def test_a_full_stop_groups_a_code_inside_a_sentence_but_not_an_amount() -> None:
    assert found("Your code", "Your code is 482.913 and expires in 10 minutes.").code == "482913"
    assert found("Invoice", "Your invoice\n\nTotal\n\n482.913\n\nThank you.").code is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("您的验证码是 482913\n点击下方链接完成验证", "482913"),
        ("您的验证码是482913 点击此处", "482913"),
        ("您的验证码:482913\n人工客服 400-820-8820", "482913"),
        ("認証コード:482913\n日本時間で30分有効です", "482913"),
        ("認証コード\n482913\n年末年始のお知らせ", "482913"),
        ("인증번호: 482913\n원하지 않으시면 무시하세요", "482913"),
        ("Ihr Code: 482913\nEUR-Konto freischalten", "482913"),
        ("Your code is 482913\nPoints expire soon", "482913"),
        ("Your code for 482913 EUR", None),
        ("验证码 482913 点", None),
    ],
)
def test_a_word_that_begins_the_next_line_is_no_unit_of_the_number_that_ends_this_one(
    words: str, code: str | None
) -> None:
    assert found("", words).code == code
    assert found("", html=f"<p>{words.replace(chr(10), '<br>')}</p>").code == code


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Ikhodi yakho yokungena", "Ikhodi yakho yokungena ngu-72 05 91."),
        ("Belépési kód", "Adja meg a 72 05 91-et a belépéshez."),
    ],
)
def test_grammar_that_a_dash_ties_to_groups_is_no_part_of_the_code(subject: str, words: str) -> None:
    assert found(subject, words).code == "720591"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("您的验证码是482913(5分钟内有效)", "482913"),
        ("Your code is 482913(5 minutes)", "482913"),
        ("Code: 4829(10 min)", "4829"),
        ("Your code is 482913. Questions? Call 0049(0)89 123456 or 1(800)555-0199.", "482913"),
        ("Questions about codes? Call 0049(0)89 123456 or 1(800)555-0199.", None),
    ],
)
def test_a_bracket_that_says_how_long_it_lasts_is_no_part_of_a_code(words: str, code: str | None) -> None:
    assert found("App", words).code == code


@pytest.mark.parametrize("date", ["2026 11 28", "28 11 2026"])
def test_a_date_that_is_parted_by_blanks_is_no_code(date: str) -> None:
    assert found("Your sign-in", f"You signed in on\n\n{date}\n\nIf this was you, there is nothing to do.").code is None


@pytest.mark.parametrize(
    "words",
    [
        "Your previous code 204817 is no longer valid. Your new code is 771930.",
        "Der Code 204817 gilt nicht mehr. Ihr neuer Code lautet 771930.",
        "Je oude code 204817 werkt niet meer, gebruik 771930 om in te loggen.",
        "L'ancien code 204817 n'est plus valable. Le nouveau est 771930.",
    ],
)
def test_the_code_that_replaces_another_is_given(words: str) -> None:
    assert found("Code", words).code == "771930"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Zoom meeting", "Zoom passcode: 482913"),
        ("Join us", "Webinar passcode: 482913"),
        ("Re: [#348812] Stuck at the code screen", "The code in your screenshot had run out. Please try once more."),
        ("Stay safe", "A message may say: Your code is 123456. Do not trust it."),
        ("Deals", "Lisbon from $312, code LIS3129\nSapporo from $774, code SAP7742\nLounges, code QFR81-0925"),
    ],
)
def test_passcodes_of_meetings_examples_and_lists_of_codes_are_none(subject: str, words: str) -> None:
    assert found(subject, words).code is None


def test_a_token_that_only_the_page_of_a_booking_knows_is_no_code() -> None:
    page = (
        "<p>Your flight is booked.</p><p>Your confirmation code</p><p><b>Q7LMZR</b></p><p>Seat 31K</p>"
        '<p><a href="https://air.example/mmb?pnr=Q7LMZR">Manage my trip</a></p>'
    )
    assert found("Your flight on 9 December", html=page).code is None


def test_of_two_links_of_one_token_the_one_that_confirms_is_given() -> None:
    confirm = "https://wiki.example/Special:ConfirmEmail/0b5d9e2f7a41c6de"
    other = confirm.replace("ConfirmEmail", "InvalidateEmail")
    words = (
        f"Somebody registered this address.\n\nTo confirm that it is yours, open this link:\n\n{confirm}\n\n"
        f"If it is not, open this one:\n\n{other}\n\nThey hold for seven days."
    )
    assert found("Wiki e-mail address confirmation", words).link == confirm


def test_a_calendar_file_signs_nobody_in_however_long_its_token_is() -> None:
    page = (
        "<p>Thank you for registering for our webinar.</p><p>Wed 19 November, 6 pm</p>"
        '<p>Add to: <a href="https://meet.example/webinar/tJ/ics?icsToken=kcvzKlZgm8zRu9O4KzMX5o">Calendar</a></p>'
    )
    assert found("Webinar confirmation", html=page).link is None


def test_the_one_button_of_a_mail_to_sign_in_that_holds_for_minutes_is_the_link_whatever_it_says() -> None:
    page = (
        "<h1>Here is your way in</h1><p>Press the button and we open the workspace in your browser. It holds for 20"
        f' minutes.</p><a href="{LONG}" style="{BUTTON}">Open Larkfield</a>'
    )
    assert found("Sign in to Larkfield", html=page).link == LONG
    assert found("News from Larkfield", html=page.replace("way in", "weekly letter")).link is None


def test_an_address_among_the_words_of_html_is_a_link() -> None:
    page = f"<p>Hello,</p><p>thank you for signing up. Paste this link:<br>{LONG}</p>"
    assert found("Confirm your address", html=page).link == LONG


def test_an_address_that_is_the_text_of_a_link_is_no_second_link() -> None:
    page = f'<p>Confirm: <a href="{LONG}">{LONG}</a></p>'
    assert [link.url for link in text.read(Message(html=page)).links] == [LONG]


@pytest.mark.parametrize("subject", ["Verify your email", "Welcome to Larkfield"])
def test_a_button_that_verifies_is_taken_though_its_address_says_nothing(subject: str) -> None:
    page = f'<p>Hi Ana,</p><p>One step to go.</p><p><a href="{SHORT}" style="{BUTTON}">Verify email</a></p>'
    assert found(subject, html=page).link == SHORT


def test_the_one_button_below_a_headline_of_signing_in_needs_no_such_words() -> None:
    page = (
        "<h1>Reset your password.</h1><p>Forgetting happens.</p>"
        f'<p><a href="{RESET}" style="{BUTTON}">PICK A NEW ONE</a></p><p>It works for 4 hours.</p>'
    )
    assert found("Forgotten something?", html=page).link == RESET


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("New sign-in to your account", "We noticed a new sign-in.\n\nIf you did not do this, reset your password:\n"),
        ("Password changed", "Your password was changed.\n\nIf you didn't do this, recover your account.\n\n"),
        ("Neue Anmeldung", "Neue Anmeldung aus Graz.\n\nWenn Sie das nicht waren, Passwort zurücksetzen: "),
    ],
)
def test_a_link_for_whom_it_was_not_is_none(subject: str, words: str) -> None:
    assert found(subject, f"{words}{RESET}\n").link is None


def test_a_link_stays_below_a_sentence_that_says_to_ignore_the_mail() -> None:
    words = f"Click to confirm your address. If this wasn't you, please ignore this email.\n\n=> {LONG}\n"
    assert found("Confirmation instructions", words).link == LONG


def test_what_a_forwarded_mail_says_of_itself_changes_no_answer() -> None:
    head = (
        "---------- Forwarded message ---------\nFrom: Larkfield <no-reply@larkfield.example>\n"
        "Date: Mon, 3 Mar 2026 at 10:20"
    )
    words = "B4-7719\n\nis what the panel in your hall wants to see. It holds for 10 minutes."
    forwarded = f"{head}\nSubject: Hall panel\nTo: <ann@mail.example>\n\n{words}"
    assert found("Hall panel: your code", words).code == "B4-7719"
    assert found("Fwd: Hall panel: your code", forwarded).code == "B4-7719"


@pytest.mark.parametrize("heading", ["real-time", "part-time", "SALE-2026", "EXPO2026"])
def test_a_heading_of_words_in_a_mail_that_says_nothing_of_codes_is_none(heading: str) -> None:
    page = f"<h1>{heading}</h1><p>Read our news of this week about work and life in the city.</p>"
    assert found("News", html=page).code is None
    assert found("Lunch", f"Hello Ann,\n\n{heading}\n\nBen").code is None


@pytest.mark.parametrize("code", ["brim-tale", "KRAX-2026"])
def test_the_same_letters_are_a_code_where_the_mail_says_so(code: str) -> None:
    page = f"<p>Enter this code to sign in:</p><h1>{code}</h1><p>It is valid for 10 minutes.</p>"
    assert found("Your sign-in code", html=page).code == code


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<h1>482913<sup>1</sup></h1><p>1 Valid for 10 minutes.</p>", "482913"),
        ("<h1><s>111222</s></h1><p>It was replaced.</p>", None),
        ("<h1><s>111222</s></h1><p>333444</p>", "333444"),
    ],
)
def test_a_footnote_is_no_part_of_a_code_and_a_struck_code_is_none(html: str, code: str | None) -> None:
    assert found("Your sign-in code", html=f"<p>Enter this code to sign in:</p>{html}").code == code
