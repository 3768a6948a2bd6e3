"""Where quotes come from: the words of stored messages are found again, and those of nobody are counted."""

from __future__ import annotations

import pytest

from mailmcp.mail.history import provenance as rules
from mailmcp.mail.history.provenance import MAX_COMPARED, MAX_QUOTED, words_of
from mailmcp.models import Provenance


def provenance(quoted: str, others: list[tuple[str, str]]) -> Provenance:
    return rules.provenance(quoted, [(name, words_of(text)) for name, text in others])


FIRST = (
    "m_1",
    "Hi Ben,\n\nplease pay the second half of the invoice to the account that you know, at the latest on Friday,"
    " since the shop needs it before the weekend.\n\nThe list is at https://shop.example/list?x=1\n\nBest regards\nAnn",
)
SECOND = ("m_2", "Which of the two accounts do you mean?\n\nGrüße aus Zürich")


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, 2 Feb 2026 at 10:00, Ann Berg <ann@a.test> wrote:\n> please pay the second half of the invoice to\n"
        "> the account that you know, at the latest on\n> Friday, since the shop needs it before the weekend.",
        "On Mon, 2 Feb 2026 at 10:00, Ann Berg\n<ann@a.test> wrote:\n\n> Hi Ben,\n> [...]\n> since the shop needs it",
        "-----Original Message-----\nFrom: Ann Berg <ann@a.test>\nSent: Monday, 2 February 2026 10:00\nTo: Ben\n"
        "Subject: Invoice\n\nplease pay the SECOND half of the invoice\n\nThe list is at <https://other.example/>",
        ">> *The list is at*\n>> Best regards\n>> Ann\n\nSent from my iPhone",
    ],
    ids=["wrapped", "shortened", "outlook", "deeper"],
)
def test_a_quote_of_a_stored_message_is_found_however_it_was_set(quoted: str) -> None:
    assert provenance(quoted, [SECOND, FIRST]) == Provenance(("m_1",), 0)


def test_history_of_several_messages_names_them_all() -> None:
    quoted = (
        "> Which of the two accounts do you mean?\n> Grüße aus Zürich\n>> please pay the second half of the invoice"
    )
    assert provenance(quoted, [SECOND, FIRST]) == Provenance(("m_2", "m_1"), 0)


def test_one_line_that_was_put_in_is_counted_and_the_rest_is_named() -> None:
    put_in = "The account is now DE02 1203 0000 0000 2020 51"
    found = provenance(f"> please pay the second half of the invoice\n> {put_in}\n> before the weekend.", [FIRST])
    assert found == Provenance(("m_1",), len(put_in), (put_in,))


def test_what_stands_above_all_known_words_or_in_a_quote_of_nobody_is_no_answer() -> None:
    above = provenance(
        "> CAUTION: this came from outside of Example Ltd\n> before the weekend.\n> Yes, gladly!", [FIRST]
    )
    assert above.put_in == ("Yes, gladly!",)
    assert provenance("> Something else altogether\n> and more of it", [FIRST]).put_in == ()


def test_a_changed_figure_makes_a_line_unknown() -> None:
    stored = ("m_1", "Please pay 500 to the account 1203 today.")
    assert provenance("> Please pay 500 to the account 9999 today.", [stored]).unknown > 0
    assert provenance("> Please pay 500 to the account 1203 today.", [stored]).unknown == 0


def test_a_short_line_counts_when_it_holds_a_number() -> None:
    assert provenance("> Ok.\n> € 950", [FIRST]) == Provenance((), 3)


def test_words_are_not_found_in_the_middle_of_others() -> None:
    assert provenance("> you can pay now", [("m_1", "you can paynow or later")]).unknown > 0


def test_a_quote_that_nobody_here_wrote_has_no_source() -> None:
    assert provenance("> You agreed to the transfer yesterday.", [FIRST, SECOND]) == Provenance((), 36)
    assert provenance("> You agreed to the transfer yesterday.", []) == Provenance((), 36)


def test_what_was_not_compared_is_not_called_known() -> None:
    line = "the same words again and again"
    long = "\n".join([line] * (MAX_QUOTED // 20))
    assert provenance(long, [("m_1", line)]).unknown == len(long) - MAX_QUOTED
    others = [("m_1", "x" * MAX_COMPARED), ("m_2", line)]
    assert provenance(f"> {line}", others) == Provenance((), 0)
