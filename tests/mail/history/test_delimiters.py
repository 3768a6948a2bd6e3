"""The line of two dashes and a blank, with which mail programs begin signatures (RFC 3676 §4.3)."""

from __future__ import annotations

import pytest

from mailmcp.mail.parse import parse
from mailmcp.mail.text import read
from mailmcp.models import Channels, Message


def plain(text: str) -> Channels:
    return read(Message(text=text))


SIGNED = {
    "motto": "Rowing is walking on water,\nsaid my aunt.",
    "name and title": "Eva Sommer\nkeeper of the boats at Northwind",
    "motto with its author": '"Never lend an oar."\n   - Aunt Ida, 1984',
    "name and motto": "Eva Sommer\nHelp! The ducks have taken the jetty.",
    "motto above": "Row on!",
    "version of the program that wrote a patch": "2.30.2",
    "version of a build": "1.7.3.1.g432b3.dirty",
}


@pytest.mark.parametrize("kind", SIGNED)
@pytest.mark.parametrize("above", ["See you tomorrow.", "see you tomorrow", "Thanks,\nEva"])
def test_a_few_lines_under_it_are_a_signature_whatever_they_say(kind: str, above: str) -> None:
    found = plain(f"{above}\n\n-- \n{SIGNED[kind]}")
    assert (found.visible, "".join(found.signature.split())) == (above, "--" + "".join(SIGNED[kind].split()))
    assert plain(f"> Is it free?\n\n{above}\n-- \n{SIGNED[kind]}\n").visible.endswith(above)


def test_flowed_text_keeps_it() -> None:
    head = b"Subject: Boat\nContent-Type: text/plain; format=flowed\n\n"
    assert read(parse(head + b"It is \nfree.\n-- \nRow on, all of you!\n")).visible == "It is free."


@pytest.mark.parametrize("dashes", ["--", " -- ", "--  ", "> -- "])
def test_other_dashes_are_none(dashes: str) -> None:
    assert "Row on, all of you!" in plain(f"See you tomorrow.\n\n{dashes}\nRow on, all of you!").visible


SAID = [
    "Will you bring the oars?",
    "PS: bring the oars",
    "Eva Sommer\nPS: bring the oars",
    "Door 4711\nGate 882",
    "Eva Sommer\nRoom 7 is ours",
    "12 oars\nrope",
    "1. oars\n2. rope",
    "\nThe oars are in the shed.",
    "Oars\n-- \nRope",
    "\n".join(7 * ["The oars are in the shed."]),
    "Row on!\n\nThe oars are in the shed.",
    "Eva Sommer, https://eva.example\nThe oars are in the shed.",
    "The rope is " + 80 * "very " + "long.",
]


@pytest.mark.parametrize("said", SAID)
def test_what_asks_counts_or_goes_on_under_it_stays(said: str) -> None:
    assert plain(f"See you tomorrow.\n\n-- \n{said}").visible.endswith(said.split("\n")[-1])


def test_what_is_announced_under_it_stays() -> None:
    text = "This is the motto:\n-- \nRow on, all of you!"
    assert plain(text).visible == text.replace("-- ", "--")
