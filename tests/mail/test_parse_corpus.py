"""Whole mails: our own corpus, one file for each class of defect, and third-party mails where they are at hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from mailmcp.mail.parse import attachment_bytes, parse
from mailmcp.models import Message

OWN = Path(__file__).parent.parent / "corpus" / "mime"
SAM = "sam@sender.example"

# file -> what parse must see. Left out: author is SAM, no HTML, no attachments, no defects.
EXPECTED: dict[str, dict[str, Any]] = json.loads((OWN / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_each_mail_of_our_corpus_is_read_as_its_row_says(name: str) -> None:
    message = parse((OWN / f"{name}.eml").read_bytes())
    expected = EXPECTED[name]
    assert (message.author.email if message.author else None) == expected.get("author", SAM)
    assert {defect.code for defect in message.defects} == set(expected.get("defects", ()))
    assert {one.part: one.filename for one in message.attachments} == expected.get("attachments", {})
    assert message.html == expected.get("html")
    for field in ("subject", "text"):
        if field in expected:
            assert getattr(message, field) == expected[field]
    if "name" in expected:
        assert message.from_[0].name == expected["name"]
    said = " ".join(defect.detail for defect in message.defects)
    assert [charset for charset in expected.get("read_as", ()) if f"read as {charset}." not in said] == []


def test_every_mail_of_our_corpus_has_a_row_and_an_expectation() -> None:
    rows = set(re.findall(r"^\| `([^`]+)\.eml` \|", (OWN / "README.md").read_text("utf-8"), re.MULTILINE))
    assert rows == set(EXPECTED) == {path.stem for path in OWN.glob("*.eml")}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_attachment_listed_can_be_fetched_with_the_size_it_was_listed_with(name: str) -> None:
    raw = (OWN / f"{name}.eml").read_bytes()
    for listed in parse(raw).attachments:
        fetched, octets = attachment_bytes(raw, listed.part)
        assert fetched == listed
        assert len(octets) == listed.size


# --- third-party mails -----------------------------------------------------------------------------------------

CORPORA = os.environ.get("MAILMCP_TEST_CORPORA", "")
THEIRS = Path(CORPORA, "mime")

# (mail, field) -> why we read it otherwise than the parser that wrote the expectation. A difference that vanishes
# fails the test as much as a new one.
CUT_OFF = "the last part has no closing boundary: they list it as a broken attachment, we show it as the words it is"
OUTER = "an outer boundary ends the inner multipart (RFC 2046 §5.1.2); they read on to the inner one"
NO_ADDRESS = "a From without name@domain gives no address here; they keep the name alone"
EACH_ONCE = "of alternatives each kind is shown once (RFC 2046 §5.1.4); they show all of a kind"
FLOWED = "we unfold format=flowed (RFC 3676)"
FIRST_TYPE = "two Content-Types in one part: we take the first, they take the last"
UUENCODED = "uuencoded pictures in the text are attachments here, noise in the text there"
HANDED_ON = "nothing but attached messages: they are shown here, only attached there"
FUZZ = "fuzzed header and boundaries that differ in case only; any reading is a guess"
DIFFERENCES: dict[tuple[str, str], str] = {
    ("legacy/009", "text"): FLOWED,
    ("legacy/045", "text"): "the own text is blank and the words are attached: shown here, an attachment only there",
    ("legacy/049", "text"): UUENCODED,
    ("legacy/049", "attachments"): UUENCODED,
    ("malformed/000", "text"): "parts without an empty line: empty text here, no parts at all there",
    ("malformed/000", "html"): "parts without an empty line: empty HTML here, no parts at all there",
    ("malformed/001", "text"): OUTER,
    ("malformed/001", "attachments"): OUTER,
    ("malformed/002", "text"): CUT_OFF,
    ("malformed/002", "attachments"): CUT_OFF,
    ("malformed/003", "text"): CUT_OFF,
    ("malformed/003", "attachments"): CUT_OFF,
    ("malformed/004", "text"): CUT_OFF,
    ("malformed/004", "attachments"): CUT_OFF,
    ("malformed/005", "text"): "boundaries that end in --: the inner one is the outer one's end, what follows is shown",
    ("malformed/006", "text"): CUT_OFF,
    ("malformed/006", "attachments"): CUT_OFF,
    ("malformed/007", "attachments"): CUT_OFF,
    ("malformed/008", "html"): CUT_OFF,
    ("malformed/008", "attachments"): CUT_OFF,
    ("malformed/009", "text"): OUTER,
    ("malformed/009", "attachments"): OUTER,
    ("malformed/010", "text"): HANDED_ON,
    ("malformed/011", "text"): OUTER,
    ("malformed/011", "attachments"): OUTER,
    ("malformed/012", "text"): HANDED_ON,
    ("malformed/012", "attachments"): OUTER,
    ("malformed/016", "text"): OUTER,
    ("malformed/016", "attachments"): OUTER,
    ("malformed/019", "text"): FUZZ,
    ("malformed/019", "html"): FUZZ,
    ("malformed/019", "attachments"): FUZZ,
    ("malformed/020", "text"): FIRST_TYPE,
    ("malformed/020", "html"): FIRST_TYPE,
    ("malformed/021", "text"): FIRST_TYPE,
    ("malformed/021", "html"): FIRST_TYPE,
    ("rfc/001", "from"): NO_ADDRESS,
    ("rfc/004", "from"): NO_ADDRESS,
    ("thirdparty/000", "text"): EACH_ONCE,
    ("thirdparty/000", "attachments"): EACH_ONCE,
    ("thirdparty/001", "text"): EACH_ONCE,
    ("thirdparty/001", "attachments"): EACH_ONCE,
    ("thirdparty/002", "text"): "what follows base64 is left out here, decoded to garbage there",
    ("thirdparty/002", "attachments"): "a part that is no base64 is shown as it stands; they list it as attachment",
    ("thirdparty/007", "from"): NO_ADDRESS,
    ("thirdparty/007", "text"): HANDED_ON,
    ("thirdparty/012", "text"): "text/x-myown is the only text: shown as it stands here, attached there",
    ("thirdparty/012", "attachments"): "text/x-myown is the only text: shown as it stands here, attached there",
    ("thirdparty/015", "text"): FLOWED,
    ("thirdparty/015", "attachments"): "three base64 attachments; they lose two in the first one",
}


@pytest.mark.corpora
@pytest.mark.skipif(not THEIRS.is_dir(), reason="MAILMCP_TEST_CORPORA does not name a folder with mime/ in it")
def test_third_party_mails_are_read_as_expected_but_for_the_differences_listed() -> None:
    found: set[tuple[str, str]] = set()
    mails = sorted(THEIRS.glob("*/*.eml"))
    for path in mails:
        message = parse(path.read_bytes())
        expected = json.loads(path.with_suffix(".json").read_text())
        name = f"{path.parent.name}/{path.stem}"
        found |= {(name, field) for field in _differences(message, expected)}
    assert len(mails) == 107
    assert found == set(DIFFERENCES)


def _differences(message: Message, expected: dict[str, Any]) -> set[str]:
    parts = expected["parts"]
    texts = [parts[i]["body"]["Text"] for i in expected["text_body"] if "Text" in parts[i]["body"]]
    pages = [parts[i]["body"]["Html"] for i in expected["html_body"] if "Html" in parts[i]["body"]]
    shown = {
        i for i in (*expected["text_body"], *expected["html_body"]) if not {"Text", "Html"} & set(parts[i]["body"])
    }
    headers = {
        field["name"]: field["value"] for field in reversed(parts[0]["headers"]) if isinstance(field["name"], str)
    }
    subject = headers.get("subject", "Empty")
    different: set[str] = set()
    if (message.text is None) != (not texts) or not _alike(_lines("\n".join(map(_lines, texts))), _lines(message.text)):
        different.add("text")
    # Where plain text follows HTML our HTML holds both, hence "in".
    if (message.html is None) != (not pages) or not all(_within(_lines(page), _lines(message.html)) for page in pages):
        different.add("html")
    if not _alike("" if subject == "Empty" else subject["Text"], message.subject):
        different.add("subject")
    if _mailboxes(headers.get("from", "Empty")) != [(one.name, one.email) for one in message.from_]:
        different.add("from")
    if len({*expected["attachments"], *shown}) != len(message.attachments):
        different.add("attachments")
    return different


def _lines(text: str | None) -> str:
    """Without the differences that nobody sees: CR LF or LF, and how many."""
    return re.sub(r"[\r\n]+", "\n", text or "").strip("\n")


def _pattern(expected: str) -> str:
    # They write U+FFFD for octets of an undeclared charset; we read them as windows-1252.
    return re.escape(expected).replace("\ufffd", ".")


def _alike(expected: str, ours: str) -> bool:
    return re.fullmatch(_pattern(expected), ours, re.DOTALL) is not None


def _within(expected: str, ours: str) -> bool:
    return re.search(_pattern(expected), ours, re.DOTALL) is not None


def _mailboxes(value: Any) -> list[tuple[str, str | None]]:
    if value == "Empty":
        return []
    lists = (
        [value["Address"]["List"]]
        if "List" in value["Address"]
        else [group["addresses"] for group in value["Address"]["Group"]]
    )
    return [(one["name"] or "", one["address"]) for members in lists for one in members]
