"""Secrets in what leaves: found however they are wrapped, told without giving them away, and little else."""

from __future__ import annotations

import base64

import leak_samples
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leak_samples import FRESH, OWN, Sample

from mailmcp.policy import leaks
from mailmcp.policy.accounts import cards, ibans
from mailmcp.policy.leaks import Fresh, Leak, Piece
from mailmcp.policy.tokens import TOKENS

SAMPLES = leak_samples.samples()


def find(*pieces: Piece) -> tuple[Leak, ...]:
    return leaks.find(pieces, fresh=FRESH, own=OWN)


def in_text(text: str, *fresh: Fresh) -> list[str]:
    return [one.kind for one in leaks.find((Piece("text", text),), fresh=fresh)]


@pytest.mark.parametrize("name", sorted({one.name for one in SAMPLES}))
def test_a_secret_is_found_in_every_way_it_is_wrapped(name: str) -> None:
    ways = {one.way: bool(find(*one.pieces)) for one in SAMPLES if one.name == name}
    assert ways == dict.fromkeys(leak_samples.WAYS, True)


def test_at_most_one_in_a_hundred_ordinary_mails_is_held() -> None:
    mails = leak_samples.ordinary()
    held = [name for name, pieces in mails if find(*pieces)]
    assert len(mails) >= 60
    assert len(held) <= len(mails) // 100, held


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.way == "sentence"], ids=lambda one: one.name)
def test_a_reason_says_what_and_where_and_gives_nothing_away(sample: Sample) -> None:
    text = sample.pieces[0].text.removeprefix("Here it is: ").removesuffix(", use it well.")
    for leak in find(*sample.pieces):
        assert leak.sentence.startswith("Its text holds")
        assert leak.sentence.endswith(".")
        assert text not in leak.sentence
        assert not any(text[at : at + 7] in leak.sentence for at in range(len(text) - 6))


def test_some_forty_services_are_known_each_once() -> None:
    assert len({token.name for token in TOKENS}) == len(TOKENS) >= 40


def test_every_row_of_the_table_is_met_by_a_sample_or_found_by_its_own_words() -> None:
    """A row whose words do not stand in what it matches would never be tried."""
    plain = "\n".join(piece.text for one in SAMPLES if one.way == "text" for piece in one.pieces)
    for token in TOKENS:
        for hit in token.pattern.finditer(plain):
            assert any(word in hit[0] for word in token.words), token.name


@pytest.mark.parametrize(
    "written", ["482913", "482 913", "482-913", "4 8 2 9 1 3", "4.8.2.9.1.3", "４８２９１３", "٤٨٢٩١٣", "48\n29\n13"]
)
def test_a_fresh_code_is_found_as_people_and_models_write_it(written: str) -> None:
    code = Fresh(message="m_1", code="482913")
    assert in_text(f"The code is {written}.", code) == ["fresh_code"]


@pytest.mark.parametrize("written", ["482914", "1482913", "4829130", "48291", "4 8 2 9 1 4"])
def test_another_number_is_no_fresh_code(written: str) -> None:
    assert in_text(f"The number is {written}.", Fresh(message="m_1", code="482913")) == []


def test_a_code_that_did_not_arrive_is_no_leak() -> None:
    assert in_text("The code is 482913.") == []


def test_a_fresh_link_is_found_by_the_part_that_nobody_could_guess() -> None:
    link = Fresh(message="m_1", link="https://app.example/in?t=Zk3vQ9w7TtB1xR5n")
    assert in_text("go to app.example and say Zk3vQ9w7TtB1xR5n", link) == ["fresh_link"]
    assert in_text("https%3A%2F%2Fapp.example%2Fin%3Ft%3DZk3vQ9w7TtB1xR5n", link) == ["fresh_link"]
    assert in_text("go to https://app.example/in", link) == []


@pytest.mark.parametrize("start", range(4))
def test_base64_is_read_wherever_it_begins(start: int) -> None:
    coded = base64.b64encode(("-" * start + "the code is 482913").encode()).decode()
    code = Fresh(message="m_1", code="482913")
    assert in_text(f"see xyz{'A' * start}{coded}", code) == ["fresh_code"]
    assert in_text(base64.urlsafe_b64encode("it is 482913, yes".encode("utf-16-le")).decode(), code) == ["fresh_code"]


def test_octets_that_are_no_text_are_searched_for_sure_things_alone() -> None:
    key = leak_samples.secret("-----BEGIN RSA PRI|VATE KEY-----")
    octets = f"\x00\xff{key}\x00 4111111111111111 482913"
    found = find(Piece("attachment 1", octets, plain=False))
    assert [one.kind for one in found] == ["private_key"]


def test_what_is_too_long_to_be_searched_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "MOST_CHARACTERS", 100)
    assert in_text("x" * 100) == []
    assert in_text("x" * 101) == ["unread"]


@pytest.mark.parametrize(
    "number", ["4111111111111112", "1111111111111111", "0000 0000 0000 0000", "9999999999999995", "3.4111111111111111"]
)
def test_other_long_numbers_are_no_cards(number: str) -> None:
    assert list(cards(f"number {number} here")) == []


@pytest.mark.parametrize(
    "written",
    [
        "4111 1111 1111 1111 12/27",
        "4111 1111 1111 1111 12/27 737",
        "4111111111111111 12/2027",
        "4111111111111111 737",
        "4111.1111.1111.1111",
        "4111\u20131111\u20131111\u20131111",
        "4111  1111  1111  1111",
        "4111\n1111\n1111\n1111",
        "3782 822463 10005 12/27",
    ],
)
def test_a_card_is_found_as_people_write_it_with_its_expiry_and_code(written: str) -> None:
    assert [number[:4] for number in cards(f"Card: {written}, thanks")] == [written[:4]]


@pytest.mark.parametrize(
    "written",
    [
        "4\ufe0f\u20e38\ufe0f\u20e32\ufe0f\u20e39\ufe0f\u20e31\ufe0f\u20e33\ufe0f\u20e3",
        "4\u03328\u03322\u03329\u03321\u03323",
        "(4)(8)(2)(9)(1)(3)",
        "4:8:2:9:1:3",
        "482+913",
    ],
)
def test_a_code_is_found_under_marks_and_between_signs(written: str) -> None:
    assert in_text(f"It is {written}.", Fresh(message="m_1", code="482913")) == ["fresh_code"]


@pytest.mark.parametrize(
    "number", ["DE89 3704 0044 0532 0130 01", "DE89 3704", "ZZ89370400440532013000", "by 17 March to all of you"]
)
def test_other_words_are_no_account_numbers(number: str) -> None:
    assert list(ibans(f"account {number} here")) == []


@given(st.text(max_size=300), st.sampled_from([one for one in SAMPLES if one.way == "text"]), st.text(max_size=300))
def test_nothing_that_is_written_round_a_secret_hides_it(before: str, sample: Sample, after: str) -> None:
    text = f"{before}\n\n {sample.pieces[0].text}\n\n {after}"
    assert find(Piece("text", text))


HOSTILE = (
    "eyJ.",
    "-eyJ",
    "AKIA",
    "4111 1111 ",
    "DE89 ",
    "A" * 19 + "\n",
    "http://a:",
    "postgres://a:a",
    "\u200b4",
    "4 8 2 9 1 ",
    "Zm9v",
    "/api/webhooks/",
    "pat" + "a" * 14 + ".",
    "AWS secret ",
    "dp.pt.a",
)


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(100)
@pytest.mark.slow
def test_a_long_hostile_text_is_searched_to_its_end(piece: str) -> None:
    """Quadratic time would need hours here, and the time limit would end it."""
    text = (piece * (150_000 // len(piece) + 1))[:150_000] + f"\n\n{leak_samples.secret('gh|p_{A36}')} "
    assert "token" in [leak.kind for leak in find(Piece("text", text))]
