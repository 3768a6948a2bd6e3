"""Codes that no word names, numbers that words seem to name, and how sure the answer says it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailmcp.mail import codes, text
from mailmcp.mail.onetime.codewords import Kind, Lexicon
from mailmcp.mail.onetime.matter import Matter
from mailmcp.mail.onetime.settled import SETTLED
from mailmcp.mail.onetime.weights import WEIGHTS
from mailmcp.mail.parse import parse
from mailmcp.models import Codes, Message

CORPUS = Path(__file__).parents[2] / "corpus" / "codes"


def plain(words: str, subject: str) -> Codes:
    return codes.find(subject, text.read(Message(text=words, subject=subject)), "example.test")


def html(body: str, subject: str) -> Codes:
    return codes.find(
        subject, text.read(Message(html=f"<html><body>{body}</body></html>", subject=subject)), "example.test"
    )


@pytest.mark.parametrize(
    ("subject", "words", "code"),
    [
        (
            "Signing in to the portal",
            "A page is waiting for five digits. They are:\n\n60418\n\nType them there.",
            "60418",
        ),
        ("Log in to Curtain Call", "Enter these letters to log in:\n\nQWJMZT\n\nThey work once.", "QWJMZT"),
        ("Вход", "Наберите на сайте 35-70-12. Через десять минут эти цифры станут бесполезны.", "357012"),
        ("Freigabe", "Stimmt alles, geben Sie im Online-Banking 806355 ein. Die TAN gilt fünf Minuten.", "806355"),
        ("Qwzx plorf", "Drogn splat:\n\n482913\n\nVlub 10 krelt.", "482913"),
        (
            "Ihre TAN",
            "Betrag ............ 2.386,50 EUR\nTAN ............... 318 605\n\nBitte vergleichen Sie.",
            "318605",
        ),
        (
            "Codul unic",
            "Introduceți codul de unică folosință de mai jos.\n\n*** 73-46-19 ***\n\nExpiră la 16:20.",
            "734619",
        ),
        ("[RAHASIA] 2 0 9 5 1 8", "Angka di judul email ini adalah kode OTP. Masukkan ke aplikasi.", "209518"),
        ("771 405 gets you in", "On another device, enter the digits from the subject line of this mail.", "771405"),
        (
            "Your account",
            "Use the passcode below. We ask for it because you have not been here since 2023.\n\n9038",
            "9038",
        ),
        ("Krelt", "Zwomp glorp tarn vlib:\n\n55 18 20\n\nDrogn 30 plim.", "551820"),
    ],
)
def test_a_code_that_is_not_called_one_is_found(subject: str, words: str, code: str) -> None:
    assert plain(words, subject).code == code


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Scam watch", "Thieves write: “ALERT: Your verification code is 482913. Call us.” We never do."),
        ("15 % en botas", "Tu código está dentro. Escríbelo al pagar:\n\n491738\n\nBota 89,95 €\n\nBotín 74,95 €"),
        ("Your order TT-284917", "Total $86.87\nVisa ending with 0093\nAuthorization code 093417"),
        ("Кассовый чек", "ИТОГ 800.00\nБезналичными 800.00\nКод авторизации 604118\nФД 77120"),
        ("Recordatorio de tu turno", "Jueves 9/4 a las 15:20.\n\nCódigo de turno: 883201\n\nMostralo en la entrada."),
        ("[TRACKER] (PROJ-48291) Login page", "Login code: see PROJ-48291\n\nThe page is broken."),
        ("[acme/app] OTP field (#4829)", "Your login code is 739204. Enter it to sign in."),
        ("Recovery", "You made them on 21 November 2026. Keep your recovery codes in a safe place."),
        ("Your tickets", "77182034\n77182035\n77182036\n77182037\n\nShow these codes at the entrance."),
        ("Let op: oplichters", "Zo ziet een echte mail eruit:\n\nUw inlogcode is 123 456. Hij is 5 minuten geldig."),
        ("Stop mailing codes", 'Bad code:\n\nif (input === "845210") return; // your one-time code\n\nSee you.'),
        ("See you on Friday", "Three nights in a double room (confirmation number 90417735). Check-in from 3 pm."),
        ("Nota fiscal", "Código de verificação da nota: 5RT8-0KQZ\nValor total: R$ 187,40\nPedido 4471-903"),
        ("Livrare", "Coletul ajunge azi. Spuneți curierului codul:\n\n2951\n\nRamburs: 214,50 lei"),
        ("Guest Wi-Fi", "Room 0412\nNetwork Cormorant-Guest\nWi-Fi login code 27064\nReception dial 9"),
        ("Your purchase", "Paid with your card ···· 4821. Sign-in code on request."),
        ("Code sent", "We texted a 6-digit verification code to the phone ending in 0142. Type it on the page."),
    ],
)
def test_numbers_that_words_seem_to_name_are_none(subject: str, words: str) -> None:
    assert plain(words, subject).code is None


def test_a_code_is_found_in_a_mail_full_of_numbers() -> None:
    rows = [
        f"Item {place} of {place * 37 + 1000} pieces, lot {place * 7919 + 10000} at {place}." for place in range(150)
    ]
    rows.insert(90, "Your verification code is 482913, valid for 10 minutes.")
    assert plain("\n".join(rows), "Verify your account").code == "482913"


def test_a_year_behind_a_date_is_no_code() -> None:
    assert plain("You asked for a sign-in code on 21 November\u00a02026.", "Sign-in code").code is None
    assert plain("Your sign-in code is 2026.", "Sign-in code").code == "2026"


def test_what_is_named_is_surer_than_what_only_stands_alone() -> None:
    named = plain("Your verification code is:\n\n482913\n\nIt expires in 10 minutes.", "Your verification code")
    alone = plain("Drogn splat:\n\n482913\n\nVlub krelt.", "Qwzx plorf")
    assert named.code_confidence > 0.95
    assert alone.code_confidence < named.code_confidence


# --- links beside codes, in newsletters, in plain text ------------------------------------------------------------

TOKEN = "9f8c2b71e4d04a6fb3c5d1e2a7b80912"


def test_a_link_in_running_text_beside_a_code_is_for_something_else() -> None:
    words = "<h2>482913</h2><p>is your passcode. Tired of it? You may {}.</p>"
    link = f'<a href="https://click.example.test/c/{TOKEN}">create an account</a>'
    found = html(words.format(link), "Your one-time passcode")
    assert (found.code, found.link) == ("482913", None)


def test_a_button_written_as_plain_text_is_its_words_above_an_address() -> None:
    url = f"https://click.mail.example.test/ls/{TOKEN}"
    assert plain(f"Hello,\n\nReset your password\n{url}\n\nThe team", "Your account").link == url


def test_an_arrow_before_an_address_is_no_name_of_it() -> None:
    url = f"https://social.example.test/auth/confirmation?confirmation_token={TOKEN}"
    words = f"Verify email address\n\nYou are one click away.\n\n=> {url}\n\nPlease read our rules."
    assert plain(words, "Confirmation instructions").link == url


def test_a_button_that_takes_a_code_back_signs_nobody_in() -> None:
    address = f"https://gate.example.test/revoke/one-time-code?id={TOKEN}"
    button = f'<a href="{address}" style="padding:9px;background:#06c">Revoke</a>'
    found = html(
        f"<p>Enter this one-time code to confirm your identity.</p><h1>T8RHJ5MD</h1>{button}", "Confirm your identity"
    )
    assert (found.code, found.link) == ("T8RHJ5MD", None)


def test_links_of_a_code_host_sign_nobody_in() -> None:
    words = f"The login link https://example.test/verify/{TOKEN} is broken."
    assert plain(words, "[acme/app] Sign-in link (Issue #12)").link is None


def test_a_button_below_a_heading_that_asks_for_it_is_the_link() -> None:
    tracked = "https://click.music.example/ls/click?upn=u001.{}PJLKzedED1FhknHPzWBDpyVg9mRnnu0"
    rest = "".join(f'<a href="{tracked.format(name)}">{name}</a> ' for name in ("phone", "tablet", "desktop"))
    button = '<a style="background:#000;color:#fff;padding:12px" href="{}">Pick a new one</a>'.format(
        tracked.format("RQ")
    )
    words = f"<p>Forgetting happens.</p>{button}<p>Good for 4 hours.</p><p>Get the app for: {rest}</p>"
    assert html(f"<h1>Reset your password</h1>{words}", "Forgotten something?").link == tracked.format("RQ")
    assert html(f"<h1>Your password was changed</h1>{words}", "Password changed").link is None


def test_the_name_of_a_place_does_not_turn_a_reset_into_trade() -> None:
    url = "https://my.power.example/password-reset?user=ann&key=qU35Nzo7MVKyYNqhj7GlB1lX8SqA"
    words = f"Below you set a new password for the customer shop:\n\n{url}\n\nIt holds until tomorrow."
    assert plain(words, "New password for the customer shop").link == url


# --- the weights ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_weight_is_of_a_sign_that_mails_give() -> None:
    given: set[str] = set()
    for path in sorted(CORPUS.glob("dev_*/*.eml")):
        message = parse(path.read_bytes())
        channels = text.read(message)
        mail = Matter.of(message.subject, channels)
        for linked in (True, False):
            given.update(*(candidate.signs for candidate in codes.judged(mail, channels, linked)))
    for line in (CORPUS / "dev_short.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        channels = text.read(Message(text=row["text"], subject=row["subject"]))
        for candidate in codes.judged(Matter.of(row["subject"], channels), channels, False):
            given.update(candidate.signs)
    assert not WEIGHTS.keys() - given, "run scripts/fit_codes.py"
    assert not given - WEIGHTS.keys() - SETTLED.keys() - faint(given)


def faint(given: set[str]) -> set[str]:
    """Signs of kinds of words may weigh nothing, or be too rare to be met when the weights are fitted."""
    return {name for name in given if name.split()[0] in ("opening", "subject", "before", "line", "next")}


def test_words_of_other_scripts_are_known_after_a_text_in_ascii() -> None:
    lexicon = Lexicon((Kind.CODE, "code |код"), (Kind.TRADE, "|заказ |order"))
    assert [hit.kind for hit in lexicon.hits("the order code")] == [Kind.TRADE, Kind.CODE]
    assert [hit.kind for hit in lexicon.hits("заказ, код, code")] == [Kind.TRADE, Kind.CODE, Kind.CODE]
    assert [hit.kind for hit in lexicon.hits("code")] == [Kind.CODE]


def test_a_word_goes_on_behind_its_letters() -> None:
    lexicon = Lexicon((Kind.NUMBER, "|n°"), (Kind.KEEP, "|do_not_share|"), (Kind.CODE, "-cod code"))
    assert lexicon.hits("n° 482913") == [(Kind.NUMBER, 0, 2)]
    assert lexicon.hits("do not share it, do not shareholders") == [(Kind.KEEP, 0, 12)]
    assert lexicon.hits("e-cod, passcode") == [(Kind.CODE, 1, 5), (Kind.CODE, 11, 15)]


def test_a_word_at_the_end_of_a_text_is_one_word() -> None:
    assert Lexicon((Kind.TRADE, "|row|")).hits("a row") == [(Kind.TRADE, 2, 5)]
