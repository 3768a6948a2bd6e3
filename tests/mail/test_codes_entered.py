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
