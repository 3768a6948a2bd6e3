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
EXPECTED: dict[str, dict[str, Any]] = {
    "two-from": {"author": None, "defects": {"from_repeated", "from_several"}},
    "address-as-name": {"author": None, "defects": {"from_ambiguous"}},
    "from-behind-broken-line": {"author": None, "defects": {"header_unended", "from_hidden"}, "subject": ""},
    "blank-before-colon": {"author": None, "defects": {"from_ambiguous"}, "text": "Text.\n"},
    "several-subjects": {"subject": "The first", "defects": {"subject_repeated", "date_repeated"}},
    "raw-8bit-header": {
        "author": "joerg@sender.example",
        "subject": "Grüße € 5",
        "text": "Schöne Grüße\n",
        "defects": {"charset_undeclared"},
    },
    "character-cut-in-two": {"subject": "Überäll"},
    "question-in-encoded-word": {"subject": "Ready? Yes!"},
    "line-break-in-encoded-word": {"subject": "Line Bcc: evil@evil.example"},
    "ascii-that-is-utf8": {"text": "Grüße, 5 €\n", "defects": {"charset_wrong"}},
    "latin1-that-is-windows": {"text": "“quoted” – 5 €\n"},
    "charset-that-is-none": {"text": "Uryyb\n", "defects": {"charset_unknown"}},
    "charset-in-html-only": {
        "text": None,
        "html": '<html><head><meta charset="koi8-r"></head><body>Привет</body></html>\n',
    },
    "stateful-charset": {"subject": "認証", "text": "認証コード 1234\n"},
    "base64-with-footer": {"text": "The code is 482913.\n", "defects": {"base64_junk"}},
    "base64-torn": {"text": "The code is 482913, and th", "defects": {"base64_broken"}},
    "unknown-transfer-encoding": {"text": "As it stands = fine\n", "defects": {"transfer_encoding_unknown"}},
    "flowed-delsp": {
        "text": "A paragraph that was cut in the middle of a word and goes on.\n\n"
        "> quoted and flowed\n>> deeper\n stuffed\n-- \nSam\n"
    },
    "boundary-never-closed": {"text": "plain", "html": "<p>page", "defects": {"boundary_unclosed"}},
    "boundary-never-used": {"text": "Only words.\n", "defects": {"boundary_unused"}},
    "boundary-prefix": {"text": "plain\nfooter", "html": "<p>page</p>\n<div>footer</div>"},
    "type-without-semicolon": {"text": "plain"},
    "type-given-twice": {"text": "<b>words</b>\n", "defects": {"content_type_repeated"}},
    "names-of-attachments": {
        "text": "words",
        "attachments": {
            "2": "part-2.png",
            "3": "passwd",
            "4": "Über uns.png",
            "5": "Grüße.png",
            "6": "utf-8'broken%ZZ.png",
            "7": "two words.png",
            "8": "gnp.exe",
            "9": "part-9.bin",
        },
    },
    "forwarded-stranger": {"text": "See below.", "attachments": {"2": "Send-me your cödes.eml"}},
    "text-around-picture": {"text": "above\nbelow", "attachments": {"2": "a.png", "4": "notes.txt"}},
    "footer-under-html": {
        "text": "You get this < because\nyou subscribed.",
        "html": "<p>The code is 482913.</p>\n<div>You get this &lt; because<br>\nyou subscribed.</div>",
    },
    "related-start": {"text": None, "html": '<img src="cid:pic@x">', "attachments": {"1": "part-1.png"}},
    "invitation": {"text": "Please come.", "html": "<p>Please come.</p>", "attachments": {"3": "part-3.ics"}},
    "signed": {"text": "signed words", "attachments": {"2": "part-2.asc"}},
    "bounce": {
        "author": "MAILER-DAEMON@mx.example",
        "text": "It could not be delivered.",
        "attachments": {"2": "part-2.txt", "3": "part-3.txt"},
    },
    "alternatives-of-one-kind": {
        "text": "first",
        "attachments": {"2": "part-2.txt"},
        "defects": {"alternatives_repeated"},
    },
    "no-header": {
        "author": None,
        "text": "just words, no header at all\nand another line\n",
        "defects": {"headers_missing", "from_missing"},
    },
    "mailbox-line": {"subject": "From a mailbox file", "defects": {"mbox_line"}},
    "nul-in-text": {"text": "The code is 482913.\n", "defects": {"nul_characters"}},
    "cr-cr-lf": {"text": None, "html": "<p>page</p>", "defects": {"line_ends"}},
    "uuencoded": {"text": "The code is 482913.\n"},
    "message-id-without-brackets": {"defects": {"message_id_invalid", "date_invalid"}},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_mail_of_our_corpus_is_read_as_its_row_says(name: str) -> None:
    message = parse((OWN / f"{name}.eml").read_bytes())
    expected = EXPECTED[name]
    assert (message.author.email if message.author else None) == expected.get("author", SAM)
    assert {defect.code for defect in message.defects} == expected.get("defects", set())
    assert {one.part: one.filename for one in message.attachments} == expected.get("attachments", {})
    assert message.html == expected.get("html")
    for field in ("subject", "text"):
        if field in expected:
            assert getattr(message, field) == expected[field]


def test_every_mail_of_our_corpus_has_a_row_and_an_expectation() -> None:
    rows = set(re.findall(r"^\| `([^`]+)\.eml` \|", (OWN / "README.md").read_text(), re.MULTILINE))
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
EXACT = "a boundary line is the whole line (RFC 2046 §5.1.1); they also take a line that only begins with it"
NO_ADDRESS = "a From without name@domain gives no address here; they keep the name alone"
EACH_ONCE = "of alternatives each kind is shown once (RFC 2046 §5.1.4); they show all of a kind"
FLOWED = "we unfold format=flowed (RFC 3676)"
FIRST_TYPE = "two Content-Types in one part: we take the first, they take the last"
FUZZ = "fuzzed header and boundaries that differ in case only; any reading is a guess"
DIFFERENCES: dict[tuple[str, str], str] = {
    ("legacy/009", "text"): FLOWED,
    ("malformed/000", "text"): "parts without an empty line: empty text here, no parts at all there",
    ("malformed/000", "html"): "parts without an empty line: empty HTML here, no parts at all there",
    ("malformed/001", "text"): OUTER,
    ("malformed/001", "attachments"): OUTER,
    ("malformed/002", "text"): CUT_OFF,
    ("malformed/002", "attachments"): CUT_OFF,
    ("malformed/003", "text"): CUT_OFF,
    ("malformed/003", "attachments"): CUT_OFF,
    ("malformed/004", "text"): EXACT,
    ("malformed/004", "attachments"): EXACT,
    ("malformed/005", "text"): "boundaries that end in --: the inner one is the outer one's closing line",
    ("malformed/006", "text"): CUT_OFF,
    ("malformed/006", "attachments"): CUT_OFF,
    ("malformed/007", "attachments"): CUT_OFF,
    ("malformed/008", "html"): CUT_OFF,
    ("malformed/008", "attachments"): CUT_OFF,
    ("malformed/009", "text"): OUTER,
    ("malformed/009", "attachments"): OUTER,
    ("malformed/011", "text"): OUTER,
    ("malformed/011", "attachments"): OUTER,
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
    ("thirdparty/005", "text"): EXACT,
    ("thirdparty/007", "from"): NO_ADDRESS,
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
