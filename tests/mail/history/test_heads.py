"""What stands over history in languages and forms that few programs write, and what only looks like it."""

from __future__ import annotations

from html import escape

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

QUOTE = "> Is the boat free?\n> We are six."


def answer(text: str) -> Channels:
    return read(Message(text=text, subject="Re: The boat", in_reply_to=("<1@x.test>",)))


def opening(text: str) -> Channels:
    return read(Message(text=text, subject="The boat"))


@pytest.mark.parametrize(
    "head",
    [
        "Eva skribis:",
        "'Eva'(e)k idatzita:",
        "Eva a escrich :",
        "Eva al à scrit:",
        "Eva sporoča:",
        "Ева жазған:",
        "نكتىنى ئېۋا يازدى:",
        "נכתב על ידי אווה:",
        "伊娃 寫到：",
        "Sgrìobh Eva:",
    ],
)
def test_a_name_and_a_verb_of_writing_over_marks_are_an_attribution(head: str) -> None:
    found = answer(f"Yes.\n\n{head}\n{QUOTE}\n")
    assert (found.visible, found.quoted) == ("Yes.", f"{head}\n{QUOTE}")


STAMPS = [
    "Eva Sommer ezt írta ekkor: 2026. július 3., péntek 14:36:34 CEST",
    ":כתבה אווה, 03.07.2026 14:36 בתאריך",
    "03.07.2026 14:36-ին, Եվան գրեց.",
    '"Eva Sommer" eva@x.test – 3. Juli 2026 14:36',
]


@pytest.mark.parametrize("head", STAMPS)
def test_who_wrote_and_when_right_over_the_first_quote_needs_no_colon(head: str) -> None:
    found = answer(f"Yes.\n\n{head}\n{QUOTE}\n")
    assert (found.visible, found.quoted) == ("Yes.", f"{head}\n{QUOTE}")
    page = f"<div>Yes.</div><div>{escape(head)}</div><blockquote type='cite'>Is the boat free?</blockquote>"
    assert read(Message(html=page, subject="Re: The boat")).visible == "Yes."
    assert head in opening(f"{head}\n{QUOTE}\n\nPlease answer her.").visible


@pytest.mark.parametrize(
    "said",
    [
        "On 3.7.2026 at 14:36, ask eva@x.test",
        "3.7.2026 14:36 suits me, eva@x.test does, too",
        "Eva wrote that all of us can come with her on 3.7.2026 at 14:36",
    ],
)
def test_an_answer_with_a_time_right_over_a_quote_is_no_attribution(said: str) -> None:
    assert said in answer(f"Hi,\n{said}\n{QUOTE}\nFine.").visible
    assert said in answer(f"Eva wrote:\n> When?\n{said}\n{QUOTE}\nFine.").visible


def test_a_stamp_between_two_quotes_is_an_answer() -> None:
    assert STAMPS[0] in answer(f"Eva wrote:\n> When did she write?\n{STAMPS[0]}\n{QUOTE}").visible


@pytest.mark.parametrize(
    "said",
    [
        "On 3 May 2026 at 10:30 the museum wrote to us:",
        "Le 3 mai 2026 à 10:30, le musée nous a écrit :",
        "Il 3 maggio 2026 alle 10:30 il museo ci ha scritto:",
        "El 3 de mayo de 2026 a las 10:30 el museo escribió:",
        "Le 3 mai 2026 à 10:30, la mairie a écrit à tous les habitants :",
    ],
)
def test_what_somebody_without_a_name_wrote_is_told_by_the_writer(said: str) -> None:
    text = f"Hello,\n\n{said}\nthe boat stays here until autumn.\n\nPlease plan with it."
    assert answer(text).visible == opening(text).visible == text


def test_a_mail_that_answers_none_has_unmarked_history_only_of_somebody_whose_address_is_named() -> None:
    told = "Hello,\n\nOn 3 May 2026 at 10:30, Eva Sommer wrote:\n\nthe boat is free."
    assert opening(told).visible == told
    assert answer(told).visible == "Hello,"
    assert opening(told.replace("Sommer", "<eva@x.test>")).visible == "Hello,"


def test_what_a_mail_that_answers_none_begins_with_between_marks_is_cited() -> None:
    text = "> Green grow the reeds\n> along the bay\n\nDo you know who wrote this?"
    assert opening(text).visible == text
    page = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
    assert read(Message(html=page, subject="The boat")).visible == text
    assert answer(text).visible == "> along the bay\n\nDo you know who wrote this?"


BLOCKS = [
    # Albanian, Macedonian, Georgian, Bengali, Persian, Croatian
    "Nga: Eva <eva@x.test>\nDërguar: e premte, 3 korrik 2026 14:36\nPër: Ben <ben@x.test>\nSubjekti: Varka",
    "Од: Ева <eva@x.test>\nИспратено: петок, 3 јули 2026 г. 14:36\nДо: Ben <ben@x.test>\nТема: Чамец",
    "გამგზავნი: ევა <eva@x.test>\nგაგზავნილია: 3 ივლისი 2026 14:36\nადრესატი: Ben <ben@x.test>\nთემა: ნავი",
    "প্রেরক: ইভা <eva@x.test>\nপাঠানো হয়েছে: 3 জুলাই, 2026 14:36\nপ্রাপক: Ben <ben@x.test>\nবিষয়: নৌকা",
    "فرستنده: اوا <eva@x.test>\nارسال‌شده: جمعه 3 ژوئیه 2026 14:36\nبه: Ben <ben@x.test>\nموضوع: قایق",
    "Šalje: Eva <eva@x.test>\nPoslano: petak, 3. srpnja 2026. 14:36\nPrima: Ben <ben@x.test>\nPredmet: Brod",
    # Some names are of no known language.
    "Oddi wrth: Eva <eva@x.test>\nXyz: Gwener, 3 Gorffennaf 2026 14:36\nAbc: Ben <ben@x.test>\nPwnc: Y cwch",
    "From: Eva <eva@x.test>\nXyz uvw: 3.7.2026 14:36\nAbc: Ben <ben@x.test>\nCc: Cem <cem@x.test>\nDef: RE: X",
    "Xyzw: Eva <eva@x.test>\nSent: Friday, 3 July 2026 14:36\nTo: Ben <ben@x.test>\nSubject: The boat",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_block_is_told_by_its_shape_where_names_of_fields_are_unknown(block: str) -> None:
    for rule in ("", "________________________________\n"):
        found = answer(f"Yes.\n\n{rule}{block}\n\nIs the boat free?")
        assert found.visible == "Yes."
        assert found.quoted.endswith(f"{block}\n\nIs the boat free?")


BLOCK = "From: Eva <eva@x.test>\nSent: Friday, 3 July 2026 14:36\nTo: Ben\nSubject: The boat"


@pytest.mark.parametrize(
    "new",
    [
        "Order this sign.\nSubject: closed\nSize: 40 x 60",
        "The party.\nObjet : la fête\nDate : samedi à 18:00",
        "Отправлено с почты в 14:36:\nодна посылка.\nТема: новая вывеска",
        "This is missing:\n\nDate: 4 July",
    ],
)
@pytest.mark.parametrize("rule", ["", "-----Original Message-----\n", "________________\n", "--- Xyz ---\n"])
def test_fields_that_the_writer_names_over_a_header_block_are_new(new: str, rule: str) -> None:
    assert answer(f"Hello,\n\n{new}\n\n{rule}{BLOCK}\n\nIs it free?").visible == f"Hello,\n\n{new}"


@pytest.mark.parametrize(
    "form",
    [
        "From: Eva <eva@x.test>\nCreated: 3.7.2026 14:36\nStatus: open\nSubject: boat",
        "From: Eva <eva@x.test>\nBooked: 3.7.2026\nWith: Ben <ben@x.test>\nSeats: 6",
        "From: Eva <eva@x.test>\nBooked: 3.7.2026 14:36\nWith: Ben <ben@x.test>\nSeats: 6\nPlease check them.",
        "Guest: Eva <eva@x.test>\nBooked: 3.7.2026 14:36\nWith: Ben <ben@x.test>\nSeats: 6",
    ],
)
def test_a_form_of_another_shape_is_none(form: str) -> None:
    text = f"Please look at this one.\n\n{form}\n\nIs it paid?"
    assert answer(text).visible == text


def test_a_name_in_a_script_whose_capitals_are_for_headlines_alone_signs() -> None:
    found = answer(f"კარგი.\n\n--\nნინო ბერიძე\nExample Ltd\n+44 20 7946 0123\n\nEva wrote:\n{QUOTE}")
    assert found.visible == "კარგი."
    assert "ნინო ბერიძე" in found.signature


def test_a_zone_that_was_folded_onto_the_next_line_belongs_to_the_attribution() -> None:
    found = answer(f"Yes.\n\nEva Sommer <eva@x.test>(e)k al., ots. 10 2026, 00:22:50\n+0100(e)an idatzita:\n{QUOTE}")
    assert found.visible == "Yes."


TITLED = [
    # Frisian, Kazakh, Sinhala, Pashto, Tibetan and Vietnamese, in the orders of several programs
    "-------- Oarspronklik berjocht --------\nUnderwerp: Re: Boat\nDatum: Fri, 3 Jul 2026 14:36:02 +0200\n"
    "Fan: Eva <eva@x.test>\nOan: Ben <ben@x.test>",
    "-------- Шығыс хат --------\nТақырыбы: Қайық\nКүні: 2026 ж. 3 шілде, жұма 14:36\n"
    "Кімнен: Ева <eva@x.test>\nКімге: Ben <ben@x.test>",
    "----- මුල් ලිපිය -----\nවෙතින්: Eva <eva@x.test>\nවෙත: Ben <ben@x.test>\nමාතෘකාව: බෝට්ටුව\n"
    "දිනය: Fri, 3 Jul 2026 14:36:02 +0200",
    "-----اصلي پيغام-----\nله: Eva <eva@x.test>\nته: Ben <ben@x.test>\nسرليک: Boat\n"
    "نېټه: Fri, 3 Jul 2026 14:36:02 +0200",
    "-----འཕྲིན་གསར་-----\nལས།: Eva <eva@x.test>\nལུ།: Ben <ben@x.test>\nདོན།: Boat\nཚེས།: Fri, 3 Jul 2026 14:36:02 +0200",
    "━━━Lá thư trước━━━\nTừ: Eva <eva@x.test>\nCho: Ben <ben@x.test>\nChủ đề: Boat\n"
    "Ngày: Fri, 3 Jul 2026 14:36:02 +0200",
    "---- Eski xat / Old one ----\nKimdan: Eva <eva@x.test>\nAbc: Ben <ben@x.test>\nDef: Boat\n"
    "Ghi: Fri, 3 Jul 2026 14:36:02 +0200",
]


@pytest.mark.parametrize("head", TITLED)
def test_a_header_block_under_a_title_of_any_language_is_history_or_a_forward(head: str) -> None:
    text = f"Yes.\n\n{head}\n\nIs the boat free?"
    found = answer(text)
    assert (found.visible, found.quoted) == ("Yes.", f"{head}\n\nIs the boat free?")
    assert opening(text).visible == text


@pytest.mark.parametrize(
    "part",
    [
        "--- Trip ---\nFrom: Berlin\nTo: Munich\nDate: 3 July 2026 14:36",
        "--- Trip ---\nDate: 3.7.2026\nFrom: Berlin\nTo: Munich",
        "--- Order ---\nGuest: Eva <eva@x.test>\nBooked: 3.7.2026 14:36\nWith: Ben <ben@x.test>\nSeats: 6",
        "--- Order 7 ---\nGuest: Eva <eva@x.test>\nBooked: Fri 3.7.2026 14:36\nWith: Ben <ben@x.test>\nSeats: 6",
        "--- Order ---\nGuest: Eva <eva@x.test>\nDate: Fri, 3 Jul 2026 14:36:02\nHost: Ben <ben@x.test>\nSeats: 6",
        "--- Order ---\nGuest: Eva <eva@x.test>\nBooked: Fri, 3 Jul 2026 14:36\nHost: Ben <ben@x.test>\nSeats: 6",
        "--- 予定 ---\n件名: 総会\n日時: 2026年7月3日(金) 14:36\n差出人: 事務局\n宛先: 会員",
        "--- Who comes ---\nGuest: Eva <eva@x.test>\nWith: Ben <ben@x.test>\nSeats: 6\nPrice: 60",
        "--- Log ---\nCreated: Fri, 3 Jul 2026 14:36:02\nBy: eva@x.test\nFor: ben@x.test\nThis is all.",
    ],
)
def test_a_part_with_a_title_between_dashes_is_no_history(part: str) -> None:
    text = f"Please look at this one.\n\n{part}\n\nIs it paid?"
    assert answer(text).visible == opening(text).visible == text


@pytest.mark.parametrize("subject", ["[Fwd: The boat]", "[rowers] Fwd: The boat", "[rowers] [Fwd: The boat]"])
def test_a_forward_says_so_in_brackets_too(subject: str) -> None:
    text = (
        "Look.\n\n-------- Xyzw --------\nFrom: Eva <eva@x.test>\nSubject: Boat\nDate: Fri, 3 Jul 2026 14:36\n\nFree?"
    )
    assert read(Message(text=text, subject=subject, in_reply_to=("<1@x.test>",))).visible == text


def test_what_stands_below_marked_lines_under_a_separator_is_new() -> None:
    found = answer(f"Hi,\n\n----- Original message -----\nFrom Eva\nSent Friday\n{QUOTE}\n\nYes.")
    assert found.visible == "Hi,\n\nYes."


@pytest.mark.parametrize(
    ("head", "new"),
    [
        ("Le ven. 3 juil. 2026 à 14:36, Eva <eva@x.test> a écrit\n:\n", ""),
        ("la. den 3. 07. 2026 klokka 14.36 (+0200) skreiv Eva Sommer:", ""),
        ("Եվա <eva@x.test>-ը գրել է (2026 թ. հլս 3, ուրբ, 14:36)՝", ""),
        ("اوا <eva@x.test> در تاریخ جمعه 3 ژوئیه 2026 ساعت 14:36\nنوشت:", ""),
        ("Ok. On Fri, 3 Jul 2026 at 14:36, Eva <eva@x.test> wrote:", "Ok."),
    ],
)
def test_an_attribution_is_taken_whole(head: str, new: str) -> None:
    assert answer(f"Hello,\n\n{head}\n{QUOTE}\n\nYes.").visible.split() == f"Hello, {new} Yes.".split()


FOLDED = [
    "Στις Παρασκευή 3 Ιουλίου 2026 στις 02:36:02 μ.μ.\nEET, ο χρήστης E. Sommer\n<eva@x.test> έγραψε:",
    "On July 3, 2026 2:36:02 PM GMT+02:00, E.\nSommer <eva@x.test> wrote:",
    "A sexta-feira, 3 de julho de 2026 14:36:02 +0200 Eva\nSommer escreveu:",
    "Eile õhtul (reede, 3. juuli\n2026 14:36:02 +0200) kirjutas Eva Sommer:",
    "Eva Sommer\n<eva@x.test> schrieb am\nFreitag, 3. Juli 2026 um 14:36:",
    "Lainaus Eva Sommer\n<eva@x.test>:",
    "Kirjoitit perjantai 3. heinäkuuta 2026\n14.36.02 +0200:",
    "Eva Sommer ezt írta ekkor: 2026. július 3.,\npéntek 14:36:34 CEST",
    '"Eva Sommer" eva@x.test – July\n3, 2026 2:36 PM',
]


@pytest.mark.parametrize("head", FOLDED)
@pytest.mark.parametrize("above", ["Yes.\n", "It is free", "Ben", "Sorry :("])
def test_an_attribution_folded_where_a_name_or_a_date_goes_on_is_taken_whole(head: str, above: str) -> None:
    if head in FOLDED[-2:] and not above.endswith("\n"):
        above += "\n"
    found = answer(f"Hello,\n\n{above}\n{head}\n{QUOTE}")
    assert found.visible == f"Hello,\n\n{above.strip()}"


@pytest.mark.parametrize("name", ["राहुल शर्मा", "রহিম উদ্দিন", "நிலா குமார்", "דָּנָה כֹּהֵן"])
def test_a_name_whose_vowels_are_signs_is_two_words(name: str) -> None:
    found = answer(f"ok\n\n-- \n{name}\nExample Ltd, 12 Mill Lane\n+44 20 7946 0123")
    assert (found.visible, name in found.signature) == ("ok", True)


def test_marks_with_the_initials_of_the_writer_are_marks_under_an_attribution() -> None:
    head = "On Friday, July 3, 2026, 2:36:02 PM, you wrote:"
    found = answer(
        f"Hello,\n\n{head}\n\nES> Is the boat free?\nES> We are six.\n\nYes.\n\nES> And how much?\nES>> 20\n\n30."
    )
    assert found.visible == "Hello,\n\n> We are six.\n\nYes.\n\n> 20\n\n30."
    assert found.quoted == f"{head}\n\nES> Is the boat free?\n\nES> And how much?"
    russian = answer("Здравствуйте,\n\nВы писали 3 июля 2026 г., 14:36:02:\n\nЕС> Лодка свободна?\n\nДа.")
    assert russian.visible == "Здравствуйте,\n\nДа."


def test_prompts_are_no_initials() -> None:
    text = "I did this:\n\nSQL> select 1;\n1\nSQL> quit\n\nIs it right?"
    assert answer(text).visible == opening(text).visible == text


@pytest.mark.parametrize("name", ["Eva van der Berg", "Ana de la Cruz", "JOÃO da Silva"])
def test_a_name_with_small_words_signs(name: str) -> None:
    found = answer(f"Yes.\n\n-- \n{name}\nExample Ltd\n+44 20 7946 0123\n\nEva wrote:\n{QUOTE}")
    assert (found.visible, name in found.signature) == ("Yes.", True)


REPORTS = [
    "Your message\n\nTo: crew@x.test\nSubject: The boat\nSent: Fri, 3 Jul 2026 14:36:02 +0200\n\n"
    "was read on Fri, 3 Jul 2026 15:00:00 +0200",
    "Your message\n\nTo: crew@x.test\nCc: ben@x.test\nSubject: RE: The boat\nSent: Fri, 3 Jul 2026 14:36:02 +0200\n\n"
    "did not reach these recipients:\n\nben@x.test\nNo such mailbox",
    "Ihre Nachricht\n\nAn: crew@x.test\nBetreff: Boot\nGesendet: Fr, 3 Jul 2026 14:36:02\n\nwurde um 15:00 gelesen.",
    "Your message\n\nFrom: eva@x.test\nTo: crew@x.test\nSubj: The boat\nSent: Fri, 3 Jul 2026 14:36:02 +0200\n\n"
    "could not be delivered.\n\nReason: full",
]


@pytest.mark.parametrize("text", REPORTS)
def test_fields_that_a_sentence_goes_round_are_those_of_a_report(text: str) -> None:
    assert answer(text).visible == text
    page = "<p>" + escape(text).replace("\n", "<br>\n") + "</p>"
    assert read(Message(html=page, subject="Read: RE: The boat")).visible == text


@pytest.mark.parametrize("new", ["Fine with me", "See you at the boat"])
def test_what_is_answered_may_begin_in_small_letters(new: str) -> None:
    found = answer(f"{new}\n\n{BLOCK}\n\nhi ben, is it free?")
    assert (found.visible, found.quoted) == (new, f"{BLOCK}\n\nhi ben, is it free?")


def test_an_attribution_behind_another_mark_heads_nothing_outside_of_it() -> None:
    quoted = "| eva@x.test <eva@x.test> wrote:\n| > We sold the boat.\n|\n| Who wants that?"
    text = f"* Eva Sommer\n{quoted}\n\nNobody I know.\n\n| Not even you?\n\nNo."
    assert answer(text).visible == text
    assert "Nobody I know." in answer(text.replace("| ", "% ")).visible


@pytest.mark.parametrize("form", ["Name: Eva", "Name: Eva\nBoat: the red one"])
def test_a_form_that_begins_with_other_names_is_one_whatever_fields_it_has(form: str) -> None:
    fields = "From: eva@x.test\nSent: Friday, 3 July 2026 14:36\nTo: boats@x.test\nSubject: The boat"
    text = f"{form}\n{fields}\n\nPlease call me."
    assert answer(text).visible == answer(f"New message.\n\n{text}").visible.split("\n\n", 1)[1] == text
    assert answer(f"Yes.\n{form}\n\n{BLOCK}\n\nIs it free?").visible == f"Yes.\n{form}"
    assert answer(f"Yes.\n{form}\n{BLOCK}\n\nIs it free?").visible == f"Yes.\n{form}"


def test_fields_below_the_address_of_the_writer_need_none_themselves() -> None:
    block = "From: Eva Sommer\nDate: 2026-07-03 14:36\nTo: Ben\nCC: Cem\nSubject: Re: The boat\nIs it free?"
    found = answer(f"Yes.\n\n\n\nben@x.test\n \n{block}\nWe are six.")
    assert (found.visible, found.quoted) == ("Yes.\n\nben@x.test", f"{block}\nWe are six.")
    for said in ("Friday", "2026-07-03", "3 July 2026 14:36"):
        text = f"Yes.\n\nben@x.test\n\n{block.replace('2026-07-03 14:36', said)}"
        assert answer(text).visible == text
    assert "free" in answer(f"Yes.\n\nOur trip\n\n{block}").visible


def test_the_rest_of_a_line_that_was_quoted_deeply_is_no_answer() -> None:
    long = "> > > Nobody has seen the boat since Friday, and when I went there at 8, I"
    found = answer(f"Yes.\n\nEva wrote:\n{long}\nsaw this:\n> >\n> A jetty.")
    assert found.visible == "Yes."
    assert "saw this:" in answer("Eva wrote:\n> > > Nobody has seen it, and I\nsaw this:\n> >\n> A jetty.").visible
