"""Who wrote it: every From that programs read differently gives no author, every sound one gives the real one."""

from __future__ import annotations

import pytest

from mailmcp.mail.parse import parse
from mailmcp.models import Address, Message


def with_from(*values: str | bytes, name: bytes = b"From") -> Message:
    fields = [name + b": " + (value if isinstance(value, bytes) else value.encode()) for value in values]
    return parse(b"\r\n".join([*fields, b"Subject: x", b"", b"words"]))


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


# g is the domain that an attacker wants to be taken for, e is his own.
@pytest.mark.parametrize(
    ("written", "name", "email"),
    [
        ("a@g.test", "", "a@g.test"),
        ("<a@g.test>", "", "a@g.test"),
        ('"a"@g.test', "", "a@g.test"),
        ('Ann <"a.n"@g.test>', "Ann", "a.n@g.test"),
        ("Ann Author <a@g.test>", "Ann Author", "a@g.test"),
        ("John Q. Public <a@g.test>", "John Q. Public", "a@g.test"),
        ('"Author, Ann" <a@g.test>', "Author, Ann", "a@g.test"),
        ("a@g.test (Ann Author)", "Ann Author", "a@g.test"),
        ("Ann\r\n <a@g.test>", "Ann", "a@g.test"),
        ("A.N@G.TEST", "", "A.N@g.test"),
        ('"a@g.test" <b@e.test>', "a@g.test", "b@e.test"),
        ("b@e.test (a@g.test)", "a@g.test", "b@e.test"),
        ("=?utf-8?q?a=40g.test?= <b@e.test>", "a@g.test", "b@e.test"),
        ("=?utf-8?q?=22a=22_=3Ca=40g.test=3E?= <b@e.test>", '"a" <a@g.test>', "b@e.test"),
        ("=?utf-8?q?a=40g.test=2C?= <b@e.test>", "a@g.test,", "b@e.test"),
        ("=?utf-8?q?a=0D=0A=00b?= <b@e.test>", "ab", "b@e.test"),
        ('"b@e.test\\" <a@g.test>" <c@t.test>', 'b@e.test" <a@g.test>', "c@t.test"),
        ("a@BÜCHER.test", "", "a@bücher.test"),
        ("Jörg <a@g.test>", "Jörg", "a@g.test"),
        ("a@g.test, ", "", "a@g.test"),
    ],
)
def test_a_sound_from_gives_the_real_address(written: str, name: str, email: str) -> None:
    message = with_from(written)
    assert message.author == Address(name, email)
    assert codes(message) == set()


@pytest.mark.parametrize(
    ("written", "code", "emails"),
    [
        ("a@g.test <b@e.test>", "from_ambiguous", ["b@e.test"]),
        ("a@g.test, b@e.test", "from_several", ["a@g.test", "b@e.test"]),
        ("<a@g.test> <b@e.test>", "from_invalid", []),
        ("a@g.test)b@e.test", "from_invalid", []),
        ("a@g.test;b@e.test", "from_ambiguous", ["b@e.test"]),
        ("a@g.test\0b@e.test", "from_invalid", []),
        ("a@g.test\0 <b@e.test>", "from_ambiguous", ["b@e.test"]),
        ("a@g.test\rb@e.test", "from_invalid", []),
        ("a@g.test <b@e.test>\r", "from_ambiguous", ["b@e.test"]),
        ("=?utf-8?q?a=40g.test?=", "from_invalid", []),
        ("=?utf-8?q?=22a=22_=3Ca=40g.test=3E?=", "from_invalid", []),
        ("grp: a@g.test, b@e.test;", "from_several", ["a@g.test", "b@e.test"]),
        ("grp: b@e.test;", "from_ambiguous", ["b@e.test"]),
        ("undisclosed:;", "from_invalid", []),
        ("a@g.test@e.test", "from_invalid", []),
        ("<a@g.test@e.test>", "from_invalid", []),
        ('"a@g.test"@e.test', "from_ambiguous", ['"a@g.test"@e.test']),
        ("<@relay.test:b@e.test>", "from_ambiguous", ["b@e.test"]),
        ("a@g.test\uff0ee.test", "from_ambiguous", ["a@g.test\uff0ee.test"]),
        (b"a@g\xf6.test", "from_ambiguous", ["a@gö.test"]),
        ("a@[192.0.2.1]", "from_ambiguous", ["a@[192.0.2.1]"]),
        ("b @ e.test", "from_ambiguous", ["b@e.test"]),
        ("a@g.test . e.test", "from_ambiguous", ["a@g.test.e.test"]),
        ("a@g.test(.e.test).e.test", "from_ambiguous", ["a@g.test.e.test"]),
        ("=?utf-8?q?a=40g.test=20?=@e.test", "from_ambiguous", ["=?utf-8?q?a=40g.test=20?=@e.test"]),
        ("a@g.test/e", "from_ambiguous", ["a@g.test/e"]),
        ('"', "from_invalid", []),
        ("<>", "from_invalid", []),
        ("a@g.test>", "from_invalid", []),
        ("<a@g.test", "from_invalid", []),
        ("a@g.test (", "from_invalid", []),
        ("Ann Author", "from_invalid", []),
        ("", "from_invalid", []),
        ("a@" + "g" * 70 + ".test", "from_ambiguous", ["a@" + "g" * 70 + ".test"]),
        ("a" * 9000 + "@g.test", "from_too_long", []),
    ],
)
def test_a_from_that_can_be_read_in_two_ways_gives_no_author(
    written: str | bytes, code: str, emails: list[str]
) -> None:
    message = with_from(written)
    assert message.author is None
    assert code in codes(message)
    assert [address.email for address in message.from_] == emails


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("ann at g.test (=?utf-8?q?Ann_M=C3=BCller?=)", '; it says "ann at g.test (Ann Müller)".'),
        ("MAILER-DAEMON", '; it says "MAILER-DAEMON".'),
        ("Ann <a@g.test>, Bob <b@e.test>", '; it says "Ann <a@g.test>, Bob <b@e.test>".'),
        ('"a\u200bb" <x>', """; it says "'ab' <x>"."""),
        ("", "no usable address."),
    ],
)
def test_what_a_from_says_that_gives_no_author_is_told(written: str, said: str) -> None:
    (detail,) = (one.detail for one in with_from(written).defects if one.code in ("from_invalid", "from_several"))
    assert detail.endswith(said)


def test_a_from_that_gives_no_author_is_told_in_one_short_line() -> None:
    (defect,) = with_from("no address, " * 100).defects
    assert len(defect.detail) < 250


@pytest.mark.parametrize(
    ("written", "name", "email"),
    [
        ("noreply@svc.example <noreply@svc.example>", "noreply@svc.example", "noreply@svc.example"),
        ("NoReply@Svc.example <noreply@svc.example>", "NoReply@Svc.example", "noreply@svc.example"),
        ("[Svc] <noreply@svc.example>", "[Svc]", "noreply@svc.example"),
        ("Svc @ Work <noreply@svc.example>", "Svc @ Work", "noreply@svc.example"),
        ("Svc, Inc. <noreply@svc.example>", "Svc, Inc.", "noreply@svc.example"),
        ("Svc: Login <noreply@svc.example>", "Svc: Login", "noreply@svc.example"),
        ("R&amp;D <noreply@svc.example>", "R&amp;D", "noreply@svc.example"),
        ("noreply@svc.example;", "", "noreply@svc.example"),
        ("Svc <noreply@svc.example>;", "Svc", "noreply@svc.example"),
        ("=?utf-8?q?Svc=2C?= [Inc] <noreply@svc.example>", "Svc, [Inc]", "noreply@svc.example"),
        ("j..doe.@docomo.example", "", "j..doe.@docomo.example"),
        ("J Doe <j..doe.@docomo.example>", "J Doe", "j..doe.@docomo.example"),
    ],
)
def test_a_from_that_breaks_the_grammar_but_holds_one_address_has_an_author(
    written: str, name: str, email: str
) -> None:
    message = with_from(written)
    assert message.author == Address(name, email)
    assert codes(message) == {"author_malformed"}


@pytest.mark.parametrize(
    "written",
    [
        "a@g <b@e>",
        "a@g.test [x] <b@e.test>",
        "[a @ g.test] <b@e.test>",
        "Svc: a@g.test <b@e.test>",
        "a@g.test, Inc: <b@e.test>",
        "[=?utf-8?q?a=40g.test?=] <b@e.test>",
        "[a\uff20g.test] <b@e.test>",
        "b@e.test@g.test <b@e.test>",
        "grp: Svc <b@e.test>;",
        "grp:; <b@e.test>",
        "Svc, Inc. ( <b@e.test>",
        'Svc, "Inc. <b@e.test>',
        "[Svc] <b@e.test> x",
        "[Svc] <a@g.test> <b@e.test>",
        "[Svc]\0 <b@e.test>",
    ],
)
def test_words_that_could_hide_another_address_leave_no_author(written: str) -> None:
    assert with_from(written).author is None


def test_two_from_headers_give_no_author_even_when_they_agree() -> None:
    message = with_from("a@g.test", "a@g.test")
    assert message.author is None
    assert "from_repeated" in codes(message)


def test_no_from_header_gives_no_author() -> None:
    message = parse(b"Subject: x\r\n\r\nFrom: a@g.test\r\n")
    assert message.author is None
    assert codes(message) == {"from_missing"}


def test_a_blank_before_the_colon_is_no_sound_from() -> None:
    assert with_from("a@g.test", name=b"From ").author is None
    assert codes(parse(b"Subject: x\nFrom : a@g.test\nFrom: b@e.test\n\n")) >= {"from_repeated"}


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@g.test\nSubject: x\rFrom: b@e.test\n\nwords",
        b"From: a@g.test\nnot a header line\nFrom: b@e.test\n\nwords",
        b"From: a@g.test\n\xef\xbc\xb2eply: x\nfrom : b@e.test\n\nwords",
        b"From: a@g.test\n" + b"X: y\n" * 1000 + b"From: b@e.test\n\nwords",
        b"From: a@g.test\nX: " + b"y" * 70_000 + b"\nFrom: b@e.test\n\nwords",
    ],
    ids=["bare CR", "broken line", "foreign letters in a name", "too many fields", "too long a header"],
)
def test_a_second_from_that_may_hide_gives_no_author(raw: bytes) -> None:
    assert parse(raw).author is None


def test_a_from_line_in_the_body_is_nobodys_business() -> None:
    message = parse(b"From: a@g.test\n\nFrom: b@e.test\n\nwords")
    assert message.author == Address("", "a@g.test")
    assert codes(message) == set()


def test_a_name_in_a_legacy_charset_cannot_swallow_the_address() -> None:
    # In Shift_JIS the octet 0x81 takes the angle bracket or the quote behind it with it.
    for value in (b"\x81<a@g.test> <b@e.test>", b'"x\x81" <b@e.test>, "<a@g.test>'):
        raw = b"From: " + value + b"\nContent-Type: text/plain; charset=shift_jis\n\nwords"
        assert parse(raw).author is None
    name = "認証".encode("shift_jis")
    raw = b"From: " + name + b" <b@e.test>\nContent-Type: text/plain; charset=shift_jis\n\nwords"
    assert parse(raw).author == Address("認証", "b@e.test")


def test_addresses_of_other_headers_are_read_and_their_defects_named() -> None:
    message = parse(
        b"From: a@g.test\nSender: Sec Retary <s@g.test>\nReply-To: r@g.test, broken <\n"
        b"To: team: one@g.test, two@g.test;\nCc: c@g.test\nCc: d@g.test\n\n"
    )
    assert message.sender == Address("Sec Retary", "s@g.test")
    assert [one.email for one in message.reply_to] == ["r@g.test"]
    assert [one.email for one in message.to] == ["one@g.test", "two@g.test"]
    assert [one.email for one in message.cc] == ["c@g.test", "d@g.test"]
    assert codes(message) == {"reply_to_invalid", "cc_repeated"}
    assert message.author == Address("", "a@g.test")


def test_more_than_500_recipients_are_cut_off_aloud() -> None:
    message = parse(b"From: a@g.test\nTo: " + b", ".join(b"u%d@g.test" % n for n in range(900)) + b"\n\n")
    assert len(message.to) == 500
    assert "to_too_many" in codes(message)


def jis(text: str) -> bytes:
    return text.encode("iso2022_jp")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Анна".encode("koi8-r") + b" <a@g.test>", "Анна"),
        (b'"' + "Анна, из Омска".encode("koi8-r") + b'" <a@g.test>', "Анна, из Омска"),
        (b'"' + "山田代表".encode("cp932") + b'" <a@g.test>', "山田代表"),
        (jis("山田花子") + b" <a@g.test>", "山田花子"),
        (b'"' + jis("山田花子") + b'" <a@g.test>', "山田花子"),
        ("王小明".encode("gbk") + b" <a@g.test>", "王小明"),
    ],
)
def test_names_in_octets_of_other_charsets_keep_their_author(written: bytes, name: str) -> None:
    assert with_from(written).author == Address(name, "a@g.test")


@pytest.mark.parametrize(
    "written",
    [
        b"\x1b$B<b@e.test>\x1b(B <a@g.test>",
        b"\x1b$B <a@g.test>",
        b"\x1b$B;3@b\x1b(B <a@g.test>\x1b$B<b@e.test>",
        b"\x1b$B;3\x1b(B <a@g.test>, \x1b$B;3\x1b(B <b@e.test>",
        b"b@e.test \x1b$B;3\x1b(B <a@g.test>",
        b"\x83\x5c b@e.test <a@g.test>",
        b"\x83\x40e.test <a@g.test>",
        b"a\x81@g.test",
        b'\xff\xff"a@g.test" <b@e.test>\xff',
        b"\x1b$B!y\x1b(B@e.test <a@g.test>",
    ],
)
def test_letters_of_other_charsets_cannot_carry_a_second_author(written: bytes) -> None:
    assert with_from(written).author is None
