"""What a mail is for: the same words name a code where it asks for one, and none where it tells of something done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailmcp.mail import codes, text
from mailmcp.mail.matter import Matter
from mailmcp.mail.parse import parse
from mailmcp.mail.signin import SETTLED, Offered, weighed
from mailmcp.mail.weights import LINK_WEIGHTS
from mailmcp.models import Codes, Message

CORPUS = Path(__file__).parents[1] / "corpus" / "codes"
TOKEN = "Zk83hQ2vT0mPq7aa41Lx"
BUTTON = "background:#06c;padding:12px;color:#fff"


def found(subject: str, plain: str = "", html: str | None = None) -> Codes:
    message = Message(text=plain, html=html, subject=subject)
    return codes.find(subject, text.read(message), "larkfield.example")


@pytest.mark.parametrize(
    ("subject", "words", "code"),
    [
        (
            "Approve the payment",
            "You pay £89.00 at Tarn Books. Enter 771 902 on the payment page to approve.",
            "771902",
        ),
        ("Freigabe", "Sie zahlen 12,50 EUR an Hof Lenz. Freigabecode: 559 013. Nennen Sie ihn niemandem.", "559013"),
        ("Paiement", "Pour valider l'achat de 59,90 €, saisissez le code 730 118 sur la page.", "730118"),
        (
            "Autoryzacja",
            "Kwota 250,00 PLN.\nHasło nr 4 z dnia 2025-09-30: 48120933\nNie podawaj go nikomu.",
            "48120933",
        ),
        ("Ödeme", "349,90 TL için 3D şifreniz: 771205. Kimseyle paylaşmayın.", "771205"),
        ("決済", "ご利用金額 4,980円\nワンタイムパスワード:661904\n決済画面に入力してください。", "661904"),
    ],
)
def test_a_payment_that_waits_for_a_code_has_one(subject: str, words: str, code: str) -> None:
    assert found(subject, words).code == code


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Payment received", "We received £89.00. Confirmation code: 771902. Thank you for your purchase."),
        ("Zahlung erhalten", "Wir haben 12,50 EUR erhalten. Bestätigungscode: 559013. Danke für Ihren Einkauf."),
        ("Paiement reçu", "Nous avons bien reçu 59,90 €. Code d'autorisation 730118. Merci pour votre achat."),
        ("Чек", "Сумма 1 290,00 ₽\nКод подтверждения 118402\nСпасибо за покупку!"),
        ("Ödeme alındı", "Tutar 349,90 TL. Onay kodu: 771205. Siparişiniz yolda."),
        ("ご注文確認", "ご注文ありがとうございます。確認コード 661904\n合計 4,980円"),
    ],
)
def test_a_receipt_has_no_code_to_be_typed(subject: str, words: str) -> None:
    assert found(subject, words).code is None


def test_a_prefix_of_grammar_is_no_part_of_a_number() -> None:
    assert found("Ngena", "Faka u-440917 ku-app ukuze ungene. Uphelelwa emizuzwini engu-15.").code == "440917"


def test_a_link_of_a_campaign_signs_nobody_in() -> None:
    rest = "".join(
        f'<p><a href="https://news.example/2025/{n}-story?utm_source=mail">Story {n}</a></p>' for n in range(9)
    )
    page = '<h1>Passkeys</h1><p>Why you should <a href="https://news.example/2025/passkeys?utm_source=mail&sub=55839">'
    assert found("The weekend", html=f"{page}sign in without a password</a>.</p>{rest}").link is None


def test_the_one_button_of_a_mail_that_asks_is_the_link() -> None:
    page = (
        f'<h1>Confirm your address</h1><p><a href="https://t.example/c/{TOKEN}" style="{BUTTON}">Yes, it is me</a></p>'
    )
    assert found("One more step", html=page).link == f"https://t.example/c/{TOKEN}"


def test_the_signs_of_a_link_have_names_and_add_up() -> None:
    page = f'<p><a href="https://app.example/verify?token={TOKEN}" style="{BUTTON}">Verify email</a></p>'
    channels = text.read(Message(html=page, subject="Verify your email"))
    ((_, signs),) = Offered(Matter.of("Verify your email", channels), channels.links, None).judged(None)
    assert {"subject acts", "acts by name", "button", "lone", "path named", "long token"} <= signs.keys()
    assert weighed(signs) > weighed({name: value for name, value in signs.items() if name != "acts by name"})


@pytest.mark.slow
def test_every_weight_is_of_a_sign_that_links_give() -> None:
    given: set[str] = set()
    for folder in sorted(CORPUS.glob("dev_*/")):
        for line in (folder / "expected.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            message = parse((folder / row["file"]).read_bytes())
            sender = message.author.email.rpartition("@")[2] if message.author else None
            for form in (message, Message(text=message.text, subject=message.subject)):
                channels = text.read(form)
                for code in {None, row["code"]}:
                    offered = Offered(Matter.of(message.subject, channels), channels.links, sender)
                    given.update(*(signs for _, signs in offered.judged(code)))
    assert not LINK_WEIGHTS.keys() - given, "run scripts/fit_codes.py"
    assert not given - LINK_WEIGHTS.keys() - SETTLED.keys()
