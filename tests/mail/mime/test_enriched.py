"""text/enriched and text/richtext as plain text."""

from __future__ import annotations

import pytest

from mailmcp.mail.mime import enriched


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<bold>Now</bold> is\nthe time", "Now is the time"),
        ("one\n\ntwo\n\n\nthree", "one\ntwo\n\nthree"),
        ("<color><param>red</param>warm</color>", "warm"),
        ("<param><x-own>deep</x-own></param>after", "after"),
        ("5 << 6 > 4", "5 < 6 > 4"),
        ("<nofill>as\nit is</nofill>", "as\nit is"),
        ("<param>never closed", ""),
        ("</param>closed twice</param>!", "closed twice!"),
        ("<not a command> stays", "<not a command> stays"),
        ("", ""),
    ],
)
def test_commands_go_and_words_stay(text: str, words: str) -> None:
    assert enriched.words(text) == words


def test_richtext_has_line_breaks_by_name() -> None:
    assert enriched.words("one<nl>two<lt>three\nfour<paragraph>five</paragraph>six", richtext=True) == (
        "one\ntwo<three fourfive\nsix"
    )
