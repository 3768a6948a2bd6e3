from __future__ import annotations

from mailmcp.mail.legible import legible, line
from mailmcp.models import Address, Attachment, Message


def test_header_words_lose_invisible_characters_and_line_breaks() -> None:
    message = Message(
        subject="Pay\u200b now\u202e\r\n\x1b[31mplease",
        from_=(Address("Bank\u2066 \U000e0041Support", "a@app.example"),),
        attachments=(Attachment(part="2", filename="in\u202evoice\u200b.pdf", content_type="application/pdf", size=1),),
    )
    shown = legible(message)
    assert shown.subject == "Pay now please"
    assert shown.from_ == (Address("Bank Support", "a@app.example"),)
    assert shown.attachments[0].filename == "invoice.pdf"


def test_an_address_with_what_nobody_sees_is_nobodys() -> None:
    message = Message(
        from_=(Address("Bank", "a\u200b@\U000e0073\U000e0079x.example"),), to=(Address("", "é@ü.example"),)
    )
    assert legible(message).from_ == (Address("Bank", "a\ufffd@\ufffd\ufffdx.example"),)
    assert legible(message).to == message.to


def test_an_attachment_whose_name_was_invisible_keeps_a_name() -> None:
    message = Message(attachments=(Attachment(part="3", filename="\u200b\u200b", content_type="text/plain", size=1),))
    assert legible(message).attachments[0].filename == "part-3"


def test_words_of_scripts_that_need_joiners_stay_whole() -> None:
    assert line("می\u200cخواهم") == "می\u200cخواهم"
