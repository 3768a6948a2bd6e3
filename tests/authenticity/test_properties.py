"""What must hold for any octets: nothing raises, and no change of what people read leaves a mail verified."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import EVIL_HOST, checked, envelope, key, mail, record, resolver, signed

from mailmcp.authenticity import claims, dmarc, fields, sign, spf_record, tags
from mailmcp.authenticity.canonical import canonical_body, relaxed_field
from mailmcp.authenticity.dns import Answer, Outcome
from mailmcp.authenticity.keys import Key, KeyProblem, keys_of

GENUINE = signed(mail(body="Your code is 123456.\r\n\r\nBank\r\n"))
ELSEWHERE = envelope("x@evil.example", EVIL_HOST)


def meaning(raw: bytes) -> tuple[object, ...]:
    """What the signature promises: each covered field and the body, white space aside."""
    message = fields.read(raw)
    covered = sorted(relaxed_field(one.name, one.value) for one in message.fields if one.key in sign.OVERSIGNED)
    return (tuple(covered), canonical_body(message.body, relaxed=True))


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(GENUINE)),
        st.integers(0, 3),
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from(
                [
                    b"\r\n",
                    b"\n",
                    b"\r",
                    b" ",
                    b"\t",
                    b"\r\nFrom: x@evil.example",
                    b"\r\nSubject: x",
                    b"l=5; ",
                    b";",
                    b"\0",
                ]
            ),
        ),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_a_mail_that_stays_verified_reads_as_it_was_signed(edits: list[tuple[int, int, bytes]]) -> None:
    raw = GENUINE
    for at, removed, added in edits:
        raw = raw[:at] + added + raw[at + removed :]
    found = asyncio.run(checked(raw, envelope_=ELSEWHERE))
    assert "check_failed" not in [note.code for note in found.notes]
    if found.verified_domain:
        assert meaning(raw) == meaning(GENUINE)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=100))
def test_any_octets_in_a_header_are_judged(head: bytes, body: bytes) -> None:
    for start in (b"", b"DKIM-Signature: ", b"ARC-Seal: i=1; ", b"From: a@bank.example\r\nAuthentication-Results: "):
        found = asyncio.run(checked(start + head + b"\r\n\r\n" + body, envelope_=ELSEWHERE))
        assert found.verified_domain is None
        assert "check_failed" not in [note.code for note in found.notes]


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet='abc=;:"()\\ \t.@/<>', max_size=80))
def test_any_words_of_others_are_read_or_not(text: str) -> None:
    found = claims.parse(text)
    assert found is None or all(one.method and one.result for one in found.results)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text("vspf1 aimxptr:/.%{}dlors+-~?=0123\t", max_size=60).map(str.encode)))
def test_any_record_is_read_or_refused(text: bytes) -> None:
    with suppress(spf_record.RecordError):
        spf_record.parse(b"v=spf1 " + text)
    with suppress(tags.TagError):
        assert all(tags.read(text))
    with suppress(KeyProblem):
        assert all(isinstance(one, Key) for one in keys_of("k", Answer(Outcome.ANSWER, (b"p=" + text,))))
    dmarc.parse("a.example", b"v=DMARC1; " + text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab \t\r\n", max_size=40))
def test_a_canonical_body_is_canonical(text: str) -> None:
    raw = text.encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    for relaxed in (True, False):
        form = canonical_body(raw, relaxed=relaxed)
        assert canonical_body(form, relaxed=relaxed) == form
        assert not form.endswith(b"\r\n\r\n")
        assert not form or form.endswith(b"\r\n")
        assert not relaxed or not any(blank in form for blank in (b"  ", b"\t", b" \r\n"))


SUBJECTS, BODIES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40), st.binary(max_size=200)


@settings(max_examples=60, deadline=None)
@given(subject=SUBJECTS, body=BODIES)
def test_whatever_we_sign_is_verified(subject: str, body: bytes) -> None:
    _signed_and_verified("ed25519", subject, body)


@settings(max_examples=12, deadline=None)  # only the last step differs, and to load such a key takes long
@given(subject=SUBJECTS, body=BODIES)
def test_whatever_we_sign_is_verified_with_rsa_as_well(subject: str, body: bytes) -> None:
    _signed_and_verified("rsa", subject, body)


def _signed_and_verified(kind: str, subject: str, body: bytes) -> None:
    raw = mail(subject=subject, body="").removesuffix(b"\r\n") + b"\r\n"
    raw += body.replace(b"\r", b"").replace(b"\n", b"\r\n")
    signing = key("bank.example", "rsa" if kind == "rsa" else "s1", kind)
    zone = {signing.name: record("bank.example", signing.selector, kind)}
    found = asyncio.run(checked(signed(raw, signing), envelope_=ELSEWHERE, resolver_=resolver(zone)))
    assert found.verified_domain == "bank.example"
