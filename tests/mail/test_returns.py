"""Reports about sent mail are read in every form that mail programs write, and ordinary mail is none of them."""

from __future__ import annotations

import os
from pathlib import Path

import notices_of_programs as written
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices_of_programs import BOB, HEADER, ID, TEXT, WHOLE, failed, letter, report, status

from mailmcp.mail import machines, parse, returns
from mailmcp.mail.mime import headers
from mailmcp.models import Returned, ReturnKind


def read(raw: bytes) -> Returned | None:
    return returns.read(raw, parse.parse(raw))


def only(raw: bytes) -> tuple[str, tuple[str, ...], str]:
    """(kind, addresses, status) of a report of one recipient."""
    found = read(raw)
    assert found is not None
    assert len(found.fates) == 1
    assert found.message_ids[0] == ID
    assert found.kind == found.fates[0].kind
    return found.kind, found.fates[0].addresses, found.fates[0].status


@pytest.mark.parametrize("program", written.STANDARD)
def test_a_delivery_status_notice_tells_whom_it_is_about_and_why(program: str) -> None:
    kind, addresses, code = only(written.STANDARD[program])
    assert (kind, addresses) == ("bounce", (BOB,))
    assert code in ("5.1.1", "5.1.10")


@pytest.mark.parametrize("program", written.IN_WORDS)
def test_a_notice_in_words_alone_tells_the_same(program: str) -> None:
    kind, addresses, _ = only(written.IN_WORDS[program])
    assert (kind, addresses) == ("bounce", (BOB,))


@pytest.mark.parametrize("raw", [written.POSTFIX_DELAY, written.EXIM_DELAY], ids=["postfix", "exim"])
def test_a_delay_is_no_bounce(raw: bytes) -> None:
    assert only(raw)[:2] == ("delay", (BOB,))


def test_a_complaint_names_whom_it_is_from_or_hides_it() -> None:
    assert only(written.COMPLAINT) == ("complaint", (BOB,), "")
    hidden = written.COMPLAINT.replace(b"Original-Rcpt-To: <bob@far.example>\r\n", b"")
    assert only(hidden) == ("complaint", (), "")


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "dkim"])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    assert read(written.COMPLAINT.replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind.encode())) is None


def test_a_receipt_is_a_report_about_the_message_it_names() -> None:
    found = read(written.RECEIPT)
    assert found is not None
    assert (found.kind, found.message_ids, found.fates[0].words) == ("receipt", (ID,), "displayed")


def test_several_recipients_keep_their_own_fates_and_the_gravest_names_the_report() -> None:
    raw = report(
        TEXT,
        status(
            failed("ann@far.example", "2.1.5", "250 OK", action="delivered"),
            failed("cat@far.example", "4.2.2", "452 full", action="delayed"),
            failed(BOB),
        ),
        HEADER,
    )
    found = read(raw)
    assert found is not None
    assert found.kind == "bounce"
    assert [(fate.addresses[0], fate.kind) for fate in found.fates] == [
        ("ann@far.example", "delivered"),
        ("cat@far.example", "delay"),
        (BOB, "bounce"),
    ]


def test_the_recipient_as_it_was_written_to_counts_beside_what_it_was_called_in_the_end() -> None:
    group = failed("b@inner.example").replace("Action:", f"Original-Recipient: rfc822;{BOB}\nAction:")
    found = read(report(TEXT, status(group), HEADER))
    assert found is not None
    assert found.fates[0].addresses == (BOB, "b@inner.example")


@pytest.mark.parametrize(
    ("status_field", "said", "code"),
    [
        ("5.0.0", "550 5.1.1 unknown", "5.1.1"),
        ("5.0.0", "smtp said nothing", "5.0.0"),
        ("5.1.1 (bad destination)", "", "5.1.1"),
        ("5.2.2", "550 5.1.1 unknown", "5.2.2"),
        ("4.0.0", "550 5.1.1 unknown", "4.0.0"),
    ],
)
def test_the_more_exact_status_of_the_same_class_counts(status_field: str, said: str, code: str) -> None:
    assert only(report(TEXT, status(failed(code=status_field, said=said)), HEADER))[2] == code


@pytest.mark.parametrize(
    ("code", "action", "kind"),
    [
        ("5.1.1", "", "bounce"),
        ("4.4.1", "", "delay"),
        ("4.4.7", "failed", "bounce"),
        ("2.0.0", "RELAYED", "delivered"),
        ("5.1.1", "failed (given up)", "bounce"),
    ],
)
def test_an_action_counts_more_than_the_class_of_the_status(code: str, action: str, kind: str) -> None:
    assert only(report(TEXT, status(failed(code=code, said="x", action=action)), HEADER))[0] == kind


def test_international_addresses_come_with_or_without_escapes() -> None:
    escaped = failed().replace(f"rfc822; {BOB}", r"utf-8; j\x{F6}rg@far.example")
    plain = failed().replace(f"rfc822; {BOB}", "utf-8; jörg@far.example")
    for group in (escaped, plain):
        found = read(report(TEXT, status(group, kind="message/global-delivery-status"), HEADER))
        assert found is not None
        assert found.fates[0].addresses == ("jörg@far.example",)


def test_a_part_for_machines_may_have_a_transfer_encoding() -> None:
    import base64

    octets = base64.encodebytes(f"Reporting-MTA: dns; mx\r\n\r\n{failed()}\r\n".encode()).decode()
    part = f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{octets}"
    assert only(report(TEXT, part, WHOLE)) == ("bounce", (BOB,), "5.1.1")


def test_what_they_say_is_one_line_without_links_and_quotation_marks() -> None:
    found = read(written.GMAIL)
    assert found is not None
    words = found.fates[0].words
    assert "[link]" in words
    assert "://" not in words
    hostile = failed(said='550 5.1.1 say "yes"\n at https://evil.example/x \x1b[2J' + "x" * 999)
    found = read(report(TEXT, status(hostile), HEADER))
    assert found is not None
    words = found.fates[0].words
    assert len(words) <= 200
    assert not {'"', "\x1b", "\n"} & set(words)
    assert "evil.example" not in words


def test_the_envelope_id_is_told() -> None:
    about = "Reporting-MTA: dns; mx\nOriginal-Envelope-Id: d_12345"
    found = read(report(TEXT, status(failed(), about=about)))
    assert found is not None
    assert (found.envelope_id, found.message_ids) == ("d_12345", ())


# --- what is none ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        letter(
            "I could not deliver the parcel to bob@far.example.", From="Ann <ann@far.example>", Subject="Undelivered"
        ),
        letter(f"Fwd:\n\n{written.QMAIL.decode()}", From="Ann <ann@far.example>", Subject="Fwd: failure notice"),
        letter("Our office is closed.\n\nbob@far.example", From="postmaster@far.example", Subject="Maintenance"),
        letter("x", From="Ann <ann@far.example>", Subject="Mail delivery failed: returning message to sender"),
    ],
    ids=["parcel", "forwarded", "postmaster", "subject alone"],
)
def test_mail_of_people_about_delivery_is_no_report(raw: bytes) -> None:
    assert read(raw) is None


def test_of_several_addresses_in_sentences_none_is_taken_for_the_one_that_failed() -> None:
    raw = written.IN_A_SENTENCE.replace(b"nobody here", b"nobody here, as cyd@far.example knows,")
    assert raw != written.IN_A_SENTENCE
    assert read(raw) is None


def test_a_report_that_hangs_in_somebodys_mail_is_not_their_report() -> None:
    inner = written.POSTFIX.decode().replace("\r\n", "\n")
    raw = (
        "From: Ann <ann@far.example>\nSubject: look at this\nContent-Type: multipart/mixed; boundary=mm\n\n"
        f"--mm\nContent-Type: text/plain\n\nWhat is this?\n--mm\nContent-Type: message/rfc822\n\n{inner}\n--mm--\n"
    ).encode()
    assert read(raw) is None


CORPUS = Path(__file__).parent.parent / "corpus"
REPORTS = {"bounce.eml", "report-without-words.eml", "012-en-bounce.eml", "041-en-bounce-dsn.eml", "207-en-bounce.eml"}
"""The mails of our own corpora that are reports."""


@pytest.mark.slow
def test_no_ordinary_mail_of_the_corpora_is_a_report() -> None:
    mails = [one for one in CORPUS.rglob("*.eml") if "held_out" not in one.parts]
    assert len(mails) > 1_000
    found = {one.name for one in mails if read(one.read_bytes()) is not None}
    assert found == REPORTS


def test_no_ordinary_mail_of_the_corpora_is_an_automatic_answer() -> None:
    mails = [one for one in CORPUS.rglob("*.eml") if "held_out" not in one.parts]
    answers: set[str] = set()
    for one in mails:
        block = headers.split(one.read_bytes())
        if machines.automatic(block, headers.display(block.first("subject") or b"")) == "auto_replied":
            answers.add(one.name)
    assert answers == {"042-de-abwesenheit.eml", "012-en-bounce.eml"}


@pytest.mark.corpora
@pytest.mark.skipif("MAILMCP_TEST_CORPORA" not in os.environ, reason="MAILMCP_TEST_CORPORA is not set")
def test_of_mails_that_nobody_here_wrote_only_reports_are_taken_for_reports() -> None:
    folder = Path(os.environ["MAILMCP_TEST_CORPORA"])
    mails = [one for one in (folder / "mime").rglob("*.eml") if one.is_file()]
    assert len(mails) > 90
    taken = [one for one in mails if read(one.read_bytes()) is not None]
    assert [one for one in taken if b"report" not in one.read_bytes().lower()] == []


@given(st.binary(max_size=400), st.sampled_from([written.POSTFIX, written.QMAIL, written.EXIM, written.COMPLAINT]))
def test_reading_never_raises(noise: bytes, raw: bytes) -> None:
    for at in (0, len(raw) // 3, len(raw) // 2, len(raw)):
        read(raw[:at] + noise + raw[at + len(noise) :])


def test_a_report_of_any_length_is_read_in_a_bounded_way() -> None:
    many = status(*(failed(f"u{number}@far.example") for number in range(5_000)))
    found = read(report(TEXT, many, HEADER))
    assert found is not None
    assert len(found.fates) == returns.MAX_FATES
    lines = "\n".join(f"<u{number}@far.example>:\n550 no" for number in range(50_000))
    found = read(letter(lines, From="MAILER-DAEMON@x.example", Subject="failure notice"))
    assert found is not None
    assert len(found.fates) <= 50


# --- programs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: auto-replied", "auto_replied"),
        ("Auto-Submitted: auto-replied (vacation)", "auto_replied"),
        ("Auto-Submitted: auto-notified; owner-email=x", "auto_replied"),
        ("auto-submitted: Auto-Generated", "auto_generated"),
        ("Auto-Submitted: no", ""),
        ("Auto-Submitted: no; why", ""),
        ("Precedence: auto_reply", "auto_replied"),
        ("Precedence: bulk", "bulk"),
        ("Precedence: junk", "bulk"),
        ("Precedence: list", "list"),
        ("Precedence: first-class", ""),
        ("X-Autoreply: yes", "auto_replied"),
        ("X-Autorespond: Out of office", "auto_replied"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", "no_answers"),
        ("X-Auto-Response-Suppress: All", "no_answers"),
        ("X-Auto-Response-Suppress: DR, RN", ""),
        ("List-Id: <people.far.example>", "list"),
        ("List-Unsubscribe: <mailto:x@far.example>", "list"),
        ("Subject: Automatic reply: Offer", "auto_replied"),
        ("Subject: Automatische Antwort: Angebot", "auto_replied"),
        ("Subject: [Automatyczna odpowied\u017a] Oferta", "auto_replied"),
        ("Subject: [far.example #33575] AutoReply: Offer", "auto_replied"),
        ("Subject: AUTO: Bob Vale is out of the office. (returning 05/01/2026)", "auto_replied"),
        ("Subject: AUTO: Bob Vale ist au\u00dfer Haus (R\u00fcckkehr am 05.01.2026)", "auto_replied"),
        ("Subject: Auto: zu verkaufen (Baujahr 2019)", ""),
        ("Subject: AUTO: which one do you want?", ""),
        ("Subject: [Automatic reply is broken] Offer", ""),
        ("Subject: [far.example] An autoreply", ""),
        ("Subject: An automatic reply: how does it work?", ""),
        ("Subject: Re: Out of office", ""),
        ("X-Other: bulk", ""),
    ],
)
def test_a_header_tells_that_a_program_wrote_by_itself(field: str, kind: str) -> None:
    raw = f"From: a@far.example\r\n{field}\r\n\r\nHello\r\n".encode()
    assert machines.automatic(headers.split(raw), parse.parse(raw).subject) == kind


def test_only_names_of_mail_systems_are_those_of_mail_systems() -> None:
    assert machines.is_daemon("MAILER-DAEMON@far.example")
    assert machines.is_daemon("postmaster@far.example")
    assert machines.is_daemon("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@far.example")
    assert not machines.is_daemon("mailer-daemon.fan@far.example")
    assert not machines.is_daemon("microsoftexchange.help@far.example")
    assert not machines.is_daemon("daemon")


def test_every_kind_has_a_place_among_the_gravest() -> None:
    assert set(returns._GRAVEST) == set(ReturnKind)
