"""What mails of wikis, shops, trackers, lists say beside a code: who did it, what was done, what if it was not you."""

from __future__ import annotations

import pytest

from mailmcp.mail import codes, text
from mailmcp.models import Codes, Message

TOKEN = "Oz3-9bcfpt-719cc9411064ae9b853a4949"


def plain(words: str, subject: str) -> Codes:
    return codes.find(subject, text.read(Message(text=words, subject=subject)), "example.test")


def html(body: str, subject: str) -> Codes:
    message = Message(html=f"<html><body>{body}</body></html>", subject=subject)
    return codes.find(subject, text.read(message), "example.test")


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Wachtwoord vergeten", "Gebruikersnaam: mirja40\n\nNiet aangevraagd? Negeer dit bericht."),
        ("Säkerhet på ditt konto", "Användare: mirja40\nTid: 2026-03-04 09:18"),
        ("Segurança da conta", "O utilizador mirja40 entrou às 09:18."),
        ("Account security", "Signed in: mirja40\nWrite to mirja40@example.test if this is wrong."),
        ("Vaša lozinka", "Prijava: mirja40\nVrijeme: 09:18"),
        ("보안 알림", "사용자: mirja40\n시간: 09:18"),
    ],
)
def test_the_name_somebody_signs_in_with_is_no_code(subject: str, words: str) -> None:
    assert plain(words, subject).code is None


def test_what_stands_before_an_at_sign_is_no_code() -> None:
    assert plain("Your code is on its way.\n\nTR4829 changed to tr4829@example.test", "Your account").code is None
    assert plain("The list is called crew-7b now.\n\ncrew-7b\n\ncrew-7b@example.test", "crew-7b was made").code is None


@pytest.mark.parametrize(
    ("subject", "code"),
    [("lena21 wants you to join the garden group", None), ("k3p9xq is your code for the garden group", "k3p9xq")],
)
def test_a_name_that_opens_the_subject_is_no_code(subject: str, code: str | None) -> None:
    shown = subject.split()[0]
    assert plain(f"{subject}.\n\n{shown} is waiting.\n\nThe garden group", subject).code == code


@pytest.mark.parametrize(
    "subject",
    [
        "[Orchard - Bug #20453] (New) Confirmation code is refused",
        "Re: [Orchard #771] Sign-in code is refused",
        "[Support #48213] My reset code does not come",
        "[support-48213] My reset code does not come (closed)",
    ],
)
def test_what_a_tracker_tells_of_a_code_is_none(subject: str) -> None:
    words = (
        "Told by Ola Nordmann.\n\nhttps://example.test/items/20453\n\n* State: new\n* Weight: normal\n* Version: 2.8"
    )
    assert plain(words + "\n\nHow to see it: open the page, enter 558213, press Return.", subject).code is None


def test_a_code_behind_the_name_of_a_site_in_brackets_is_one() -> None:
    assert plain("Enter 558213 on the sign-in page.", "[Orchard] Sign-in code").code == "558213"


IF_NOT_YOU = [
    ("Your password was changed", "If it wasn't you who did this, choose another one at once:"),
    ("Ваш пароль изменен", "Если вы этого не делали, смените пароль здесь:"),
    ("Twoje hasło zostało zmienione", "Jeśli to nie Twoja zmiana, ustaw hasło od nowa:"),
    ("Geslo je spremenjeno", "Če tega niste naredili, geslo takoj ponastavite:"),
    ("Heslo bylo změněno", "Pokud jste ho nezměnili, heslo hned obnovte:"),
    ("Mật khẩu đã được thay đổi", "Nếu không phải bạn, hãy đặt lại mật khẩu:"),
    ("Kata sandi telah diubah", "Jika bukan Anda, atur ulang kata sandi:"),
    ("您的密码已更改", "如果不是您，请重置密码："),
    ("A sua palavra-passe foi alterada", "Se não foi alterada por si, recupere a palavra-passe aqui."),
    ("パスワードが変更されました", "変更したのがあなたではない場合は、パスワードをリセットしてください。"),
    ("رمز عبور تغییر یافت", "اگر شما نبودید، رمز عبور را بازنشانی کنید:"),
]


@pytest.mark.parametrize(("subject", "words"), IF_NOT_YOU)
def test_a_way_out_for_whoever_has_not_done_it_is_no_link_to_sign_in(subject: str, words: str) -> None:
    url = f"https://example.test/password/reset/{TOKEN}/"
    assert plain(f"{subject}.\n\n{words}\n{url}\n", subject).link is None


def test_words_to_ignore_a_mail_lead_to_no_link() -> None:
    url = f"https://example.test/address/confirm/{TOKEN}/"
    words = "Thank you for signing up.\n\nConfirm your address.\n\nIf you did not sign up, ignore this mail."
    assert plain(f"{words}\n\n{url}\n", "Confirm your address").link == url


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Your address was changed", "Your e-mail address was changed. To confirm the new one, open this link:"),
        ("Confirm the new password", "Your password has been changed. Confirm this here if it was you:"),
        ("Deine Adresse wurde geändert", "Wenn du das warst, bestätige die neue Adresse:"),
    ],
)
def test_what_was_changed_may_still_be_to_be_confirmed(subject: str, words: str) -> None:
    url = f"https://example.test/address/confirm/{TOKEN}/"
    assert plain(f"{words}\n{url}\n", subject).link == url


def test_a_notice_whose_link_speaks_of_no_signing_in_has_none() -> None:
    body = "<p>You have been added to the harbour team with your credentials.</p>"
    body += "<p><a href='https://example.test/boards/7cZh9UPcTeafEq2i' style='padding:9px'>Look at the board</a></p>"
    assert html(body, "Sam has invited you to a team").link is None


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/wiki.php?do=newpwd&pwauth=825e41bee5b545c239993c26e6442871", True),
        ("/lists/ticket/54098328588780", True),
        ("/lists/minutes/20260212114500", False),
    ],
)
def test_an_address_may_say_that_it_is_for_a_password_and_for_one_person(path: str, given: bool) -> None:
    url = f"https://example.test{path}"
    found = plain(f"Somebody asked for a new password.\n\nTo choose one, use this link:\n\n{url}\n", "Your account")
    assert found.link == (url if given else None)


def test_the_password_in_the_address_of_a_meeting_resets_none() -> None:
    url = "https://meet.example.test/c/99247188?pwd=UzBtQ3"
    assert plain(f"The call begins at ten.\n\n{url}\n", "Planning call").link is None


def test_where_details_can_be_looked_up_there_is_nothing_to_confirm() -> None:
    url = "https://example.test/review/items/Y3GDG9/"
    assert (
        plain(f"새 글이 등록되었습니다.\n자세한 내용은 아래에서 확인하실 수 있습니다.\n\n{url}\n", "새 글").link is None
    )


@pytest.mark.parametrize(
    ("words", "back"),
    [
        ("To confirm it,\nopen this link in your browser:", "It was not you? This link takes the confirmation back:"),
        ("Para confirmar,\nabra este link no seu navegador:", "Para cancelar a confirmação, abra este:"),
        ("Um sie zu bestätigen,\nöffne diesen Link im Browser:", "Um die Bestätigung zurückzunehmen, öffne diesen:"),
        ("Aby go potwierdzić,\notwórz w przeglądarce ten odnośnik:", "Aby to cofnąć, otwórz ten:"),
    ],
)
def test_an_address_to_be_opened_in_a_browser_is_given_though_another_takes_it_back(words: str, back: str) -> None:
    confirm, cancel = (f"https://example.test/{one}-address/{TOKEN}" for one in ("confirm", "invalidate"))
    assert plain(f"{words}\n\n{confirm}\n\n{back}\n\n{cancel}\n", "Address of Ola").link == confirm


def test_a_mail_to_be_looked_at_in_a_browser_gives_no_link() -> None:
    body = "<p>Spring is here.</p><p><a href='https://example.test/m/7cZh9UPcTeafEq2i'>Open in the browser</a></p>"
    assert html(body, "Spring is here").link is None


def test_a_link_that_fills_its_line_is_no_aside() -> None:
    url = f"https://example.test/login-actions/do?key={TOKEN}"
    body = f"<p>Please bring your details up to date.</p><p><a href='{url}'>Update of the account</a></p>"
    assert html(body + "<p>It holds for 12 hours.</p>", "Your details").link == url
    aside = f"<p>Nothing is due. Somebody else, by the way, <a href='{url}'>writes</a> here, too.</p>"
    assert html(aside, "Your details").link is None


@pytest.mark.parametrize(
    ("line", "code"), [("gWXTbKJj", "gWXTbKJj"), ("Xkttef", "Xkttef"), ("YouTube", None), ("PayPalUK", None)]
)
def test_letters_of_both_cases_in_no_order_are_a_code_where_one_is_to_be_entered(line: str, code: str | None) -> None:
    assert plain(f"Please verify your address by entering the following code.\n\n{line}\n", "Verify").code == code


def test_the_sender_in_brackets_before_a_subject_is_no_code() -> None:
    url = f"https://example.test/accounts/{TOKEN}/confirm/"
    found = plain(f"Open this to confirm your account:\n{url}\n", "[Acme TCMS] Code for your account")
    assert (found.code, found.link) == (None, url)


@pytest.mark.parametrize(
    "subject", ["Tilmelding til festen bekræftet: V9YNP", "Your registration is confirmed: V9YNP", "已确认：V9YNP"]
)
def test_what_only_the_subject_and_the_address_of_a_page_show_is_no_code(subject: str) -> None:
    url = "https://example.test/fest/order/V9YNP/ixs3rnpvcomy2i8v/"
    assert plain(f"All that we know of your ticket:\n\n{url}\n", subject).code is None


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Set a new password", "Hello,\nthe code to set a new password is: d65ikq94"),
        ("Nieuw wachtwoord", "Hallo,\nde code voor een nieuw wachtwoord is: d65ikq94"),
        ("Nové heslo", "Dobrý den,\nkód pro změnu hesla je: d65ikq94"),
    ],
)
def test_a_code_for_a_new_password_is_one_to_sign_in(subject: str, words: str) -> None:
    assert plain(f"{words}\nBlue Heron\n", subject).code == "d65ikq94"
