"""Received messages that a text repeats, and who took part in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailmcp.policy import overlap
from mailmcp.store import passages

if TYPE_CHECKING:
    from conftest import Desk

LETTER = (
    "the budget of the northern branch was cut by a third and nobody shall know about that before the ninth of June"
)


def found(desk: Desk, text: str, *recipients: str) -> list[tuple[str, int | None]]:
    said = passages.words(text)
    asked = [
        passages.repeated(desk.db, one, overlap.all_runs(said), recipients or ("x@other.example",))
        for one in passages.questions(said)
    ]
    return list(dict.fromkeys((one.message, one.words) for group in asked for one in group))


@pytest.mark.parametrize(
    "said",
    [LETTER, f"Look: {LETTER.upper()}!", LETTER.replace(" ", ",\n> "), " ".join(LETTER.split()[3:])],
    ids=["whole", "capitals", "quoted", "a part"],
)
def test_a_repeated_message_is_found(desk: Desk, said: str) -> None:
    message = desk.receive(desk.inbox().address, text=f"Dear Ann, {LETTER}. Yours, Bob")
    ((one, words),) = found(desk, f"Some words of my own. {said} And more of them.")
    assert (one, words is not None and words >= overlap.LEAST_WORDS) == (message.id, True)


def test_those_who_took_part_may_have_it_back(desk: Desk) -> None:
    inbox = desk.inbox()
    desk.receive(inbox.address, text=LETTER, cc="carol@app.example")
    assert found(desk, LETTER, "BOB@app.example", "carol@app.example") == []
    assert len(found(desk, LETTER, "bob@app.example", "dan@app.example")) == 1


def test_a_short_message_counts_when_half_of_it_is_repeated(desk: Desk) -> None:
    inbox = desk.inbox()
    short = desk.receive(inbox.address, text="The door of the vault opens at a quarter past nine")
    long = f"The door of the vault opens at a quarter past {' '.join(f'word{number}' for number in range(40))}"
    desk.receive(inbox.address, text=long)
    assert [one for one, _ in found(desk, "I say: the door of the vault opens at a quarter past")] == [short.id]


def test_own_words_and_chance_phrases_are_nobodys(desk: Desk) -> None:
    inbox = desk.inbox()
    desk.sent(inbox, "bob@app.example", text=LETTER)
    desk.receive(inbox.address, text=f"Please let me know if you have any questions. {'Other words. ' * 20}")
    assert found(desk, f"{LETTER}. Please let me know if you have any questions.") == []


def test_scripts_without_blanks_are_compared_too(desk: Desk) -> None:
    text = "北部支店の予算は三分の一に削減されましたが取締役会までは誰にも言わないでください"
    message = desk.receive(desk.inbox().address, text=text)
    assert [one for one, _ in found(desk, f"ご覧ください。{text}")] == [message.id]


def test_words_of_the_query_language_are_words(desk: Desk) -> None:
    desk.receive(desk.inbox().address, text=LETTER)
    assert found(desk, 'a OR b AND NOT c NEAR(d e, 2) "f* g" ^h - i : j + k {l} ' * 3) == []


def test_a_copy_in_a_long_text_is_found(desk: Desk) -> None:
    desk.receive(desk.inbox().address, text=LETTER)
    padding = " ".join(f"word{number}" for number in range(2_000))
    assert len(found(desk, f"{padding} {LETTER} {padding[:200]}")) == 1
