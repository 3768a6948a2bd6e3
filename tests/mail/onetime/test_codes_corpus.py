"""Codes and links over the corpus of whole mails (tests/corpus/codes/README.md): figures, and floors that hold."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailmcp.mail import codes, text
from mailmcp.mail.parse import parse
from mailmcp.models import Message

CORPUS = Path(__file__).parents[2] / "corpus" / "codes"
CODES_RIGHT = 0.98
LINKS_RIGHT = 0.97
SHORT_RIGHT = 0.93
FALSE_ALARMS = 0.01
"""Of all mails of a split: mails without code and link where one was given."""
SHORT_OF_IT = {
    "dev_third": (0.95, 0.92, 0.04),
    "dev_household": (0.97, 0.97, 0.01),
    "dev_errands": (0.98, 0.97, 0.03),
    "held_out": (0.93, 0.97, 0.02),
}
"""The splits that do not reach this yet, with what they reach: codes, links, false alarms."""


@dataclass
class Figures:
    mails: int = 0
    codes: int = 0
    codes_right: int = 0
    links: int = 0
    links_right: int = 0
    negatives: int = 0
    false_alarms: int = 0
    extras: int = 0
    """Codes given in mails that only have a link, and links in mails that only have a code."""
    wrong: list[str] = field(default_factory=list, repr=False)

    def line(self, split: str) -> str:
        return (
            f"{split}: {self.mails} mails; codes {self.codes_right} of {self.codes} right; "
            f"links {self.links_right} of {self.links} right; "
            f"false alarms {self.false_alarms} of {self.negatives} negatives; extras {self.extras}"
        )


@pytest.mark.parametrize(
    "split",
    [
        pytest.param("dev_europe", marks=pytest.mark.slow),
        pytest.param("dev_world", marks=pytest.mark.slow),
        pytest.param("dev_ordinary", marks=pytest.mark.slow),
        pytest.param("dev_fresh", marks=pytest.mark.slow),
        pytest.param("dev_life", marks=pytest.mark.slow),
        pytest.param("dev_second", marks=pytest.mark.slow),
        pytest.param("dev_third", marks=pytest.mark.slow),
        pytest.param("dev_fourth", marks=pytest.mark.slow),
        pytest.param("dev_services", marks=pytest.mark.slow),
        pytest.param("dev_daily", marks=pytest.mark.slow),
        pytest.param("dev_household", marks=pytest.mark.slow),
        pytest.param("dev_errands", marks=pytest.mark.slow),
        "held_out",
    ],
)
def test_codes_and_links_of_the_corpus_are_right(split: str) -> None:
    folder = CORPUS / split
    if not (folder / "expected.jsonl").exists():
        assert split == "held_out", f"{split} is missing"
        pytest.skip("the held-out mails are not here")
    figures = measured(folder)
    # Who tunes the rules must not learn from the held-out mails: of those only the counts are shown.
    shown = split != "held_out" or os.environ.get("MAILMCP_SHOW_HELD_OUT") == "1"
    report = "\n".join([figures.line(split), *(figures.wrong if shown else ())])
    print(report)
    codes_right, links_right, false_alarms = SHORT_OF_IT.get(split, (CODES_RIGHT, LINKS_RIGHT, FALSE_ALARMS))
    assert figures.codes_right >= codes_right * figures.codes, report
    assert figures.links_right >= links_right * figures.links, report
    assert figures.false_alarms <= false_alarms * figures.mails, report


def test_short_mails_of_what_is_easily_mixed_up_are_right() -> None:
    rows = [json.loads(line) for line in (CORPUS / "dev_short.jsonl").read_text("utf-8").splitlines()]
    wrong: list[str] = []
    for row in rows:
        message = Message(text=row["text"], subject=row["subject"])
        found = codes.find(row["subject"], text.read(message), "mail.example").code
        if compared(found) != compared(row["code"]):
            wrong.append(f"  {row['subject']}: code {found!r}, expected {row['code']!r}")
    report = f"dev_short: {len(wrong)} of {len(rows)} wrong\n" + "\n".join(wrong)
    print(report)
    assert len(wrong) <= (1 - SHORT_RIGHT) * len(rows), report


def measured(folder: Path) -> Figures:
    figures = Figures()
    for line in (folder / "expected.jsonl").read_text("utf-8").splitlines():
        if not line.strip():
            continue
        row = json.loads(line)
        message = parse((folder / row["file"]).read_bytes())
        sender = message.author.email.rpartition("@")[2] if message.author else None
        found = codes.find(message.subject, text.read(message), sender)
        count(figures, row, found.code, found.link)
    return figures


def count(figures: Figures, row: dict[str, str | None], code: str | None, link: str | None) -> None:
    code_right = compared(code) == compared(row["code"])
    link_right = link == row["link"]
    figures.mails += 1
    if row["code"]:
        figures.codes += 1
        figures.codes_right += code_right
    if row["link"]:
        figures.links += 1
        figures.links_right += link_right
    if not row["code"] and not row["link"]:
        figures.negatives += 1
        figures.false_alarms += not (code_right and link_right)
    else:
        figures.extras += (not row["code"] and not code_right) + (not row["link"] and not link_right)
    if not (code_right and link_right):
        figures.wrong.append(
            f"  {row['file']}: code {code!r}, expected {row['code']!r}; link {link!r}, expected {row['link']!r}"
        )


def compared(code: str | None) -> str | None:
    """Blanks and dashes are layout, and so is the case of letters."""
    return code.replace(" ", "").replace("-", "").casefold() if code else None
