"""Fit the weights of mail/onetime/evidence.py to the corpus of mails and write mail/onetime/weights.py.

    .venv/bin/python scripts/fit_codes.py
    .venv/bin/python scripts/fit_codes.py --estimate

With ``--estimate`` it writes nothing: it fits to four fifths of the mails and reads the fifth left out, for each fifth,
and tells how many codes of mails that the weights never knew are right, and how many alarms are false.

Every mail is read several times: as it is and as a plain client shows it, with all words and with a tenth or a quarter
of the words of the lists taken out. So the weights lean on no single word, and hold for mails with words that nobody
listed. Logistic regression with a ridge penalty (Newton's method); of a mail that shows its code more than once, the
likeliest place is the one to learn from. The held-out mails are not read.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mailmcp.mail import codes, text
from mailmcp.mail.onetime import evidence, labels, matter, surroundings
from mailmcp.mail.onetime.codewords import LABELS, LISTS, Kind, Lexicon
from mailmcp.mail.onetime.settled import SETTLED
from mailmcp.mail.onetime.signin import best_link
from mailmcp.mail.parse import parse
from mailmcp.models import Channels, Message

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus" / "codes"
WRITTEN = ROOT / "src" / "mailmcp" / "mail" / "onetime" / "weights.py"
READINGS = ((0.0, 1), (0.1, 2), (0.25, 1))
"""Share of the words taken out, and how often."""
RIDGE = 50.0
ROUNDS, STEPS = 3, 12
FLAT = 1e-3
FOLDS = 5
THRESHOLDS = (-2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.0, 0.5, 1.0)


class Row(NamedTuple):
    """A candidate of one reading of a mail."""

    reading: int
    right: bool
    """Is it the code?"""
    signs: dict[str, float]
    points: float
    """The hand-made ones."""
    settled: float
    """The odds of the signs whose weights are set by hand."""


class Reading(NamedTuple):
    """A mail read once, with some of the words."""

    mail: int
    share: float
    """Of the words, taken out."""
    has_code: bool


def mails() -> Iterator[tuple[int, str, Channels, str | None]]:
    """Number, subject, channels and expected code of every mail that rules may be developed on."""
    number = 0
    for folder in sorted(CORPUS.glob("dev_*/")):
        for line in (folder / "expected.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            message = parse((folder / row["file"]).read_bytes())
            channels = text.read(message)
            number += 1
            yield number, message.subject, channels, row["code"]
            if channels.read_from == "html":  # as a plain client shows it
                plain = text.read(Message(text=as_plain(channels), subject=message.subject))
                yield number, message.subject, plain, row["code"]
    for line in (CORPUS / "dev_short.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        number += 1
        yield number, row["subject"], text.read(Message(text=row["text"], subject=row["subject"])), row["code"]


def as_plain(channels: Channels) -> str:
    """Visible text without emphasis and buttons; addresses stand behind the words of their links."""
    words = channels.visible
    for link in reversed(channels.links):
        if link.text and "://" not in link.text:
            at = link.offset + len(link.text)
            words = f"{words[:at]} <{link.url}>{words[at:]}"
    return words.replace("\t", "  ")


def forgetful(share: float, chance: random.Random) -> Lexicon:
    """The lists without some of their words."""
    left: list[tuple[Kind, str]] = []
    for kind, words in LISTS:
        entries = " ".join(line for line in words.splitlines() if not line.startswith("#")).split()
        left.append((kind, " ".join(entry for entry in entries if chance.random() > share)))
    return Lexicon(*left)


def rows() -> tuple[list[Row], list[Reading]]:
    """The candidates of all readings of all mails."""
    read = list(mails())
    found: list[Row] = []
    readings: list[Reading] = []
    for share, times in READINGS:
        for seed in range(times):
            lexicon = forgetful(share, random.Random(100 + seed)) if share else LABELS  # noqa: S311 - the same each time
            for module in (labels, matter, evidence, surroundings):
                module.LABELS = lexicon
            for number, subject, channels, code in read:
                mail = matter.Matter.of(subject, channels)
                linked = best_link(mail, channels.links, None, None) is not None
                for candidate in codes.judged(mail, channels, linked):
                    right = code is not None and candidate.key == codes.key(code)
                    signs = {name: value for name, value in candidate.signs.items() if name not in SETTLED}
                    settled = sum(SETTLED.get(name, 0.0) * value for name, value in candidate.signs.items())
                    found.append(Row(len(readings), right, signs, signs["points"], settled))
                readings.append(Reading(number, share, code is not None))
    return found, readings


def learnt_from(found: list[Row], likely: list[float]) -> list[tuple[Row, float]]:
    """The rows with their weight: the likeliest of a mail weighs most, the code itself as much."""
    ranks: dict[int, int] = {}
    taken: list[tuple[Row, float]] = []
    for place in sorted(range(len(found)), key=lambda place: (found[place].reading, -likely[place])):
        row = found[place]
        rank = ranks[row.reading] = ranks.get(row.reading, 0) + 1
        taken.append((row, 1.0 if row.right or rank == 1 else 0.5 if rank <= 3 else 0.2))
    return taken


def fitted(found: list[Row]) -> tuple[float, dict[str, float]]:
    """Intercept and weights."""
    names = sorted({name for row in found for name in row.signs})
    spread = {name: spread_of([row.signs.get(name, 0.0) for row in found]) for name in names}
    place = {name: at for at, name in enumerate(names)}
    scaled = {
        id(row): [(place[name], row.signs[name] / spread[name]) for name in sorted(row.signs)] + [(len(names), 1.0)]
        for row in found
    }
    weights = [0.0] * (len(names) + 1)
    likely = [row.points for row in found]
    for _ in range(ROUNDS):
        taken = [(scaled[id(row)], float(row.right), weight) for row, weight in learnt_from(found, likely)]
        for _ in range(STEPS):
            step = newton(taken, weights)
            weights = [weight - change for weight, change in zip(weights, step, strict=True)]
            if max(map(abs, step)) < 1e-3:
                break
        likely = [sum(weights[at] * value for at, value in scaled[id(row)]) for row in found]
    return weights[-1], {name: weights[place[name]] / spread[name] for name in names}


def spread_of(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) + 1e-6


def newton(taken: list[tuple[list[tuple[int, float]], float, float]], weights: list[float]) -> list[float]:
    """One step: the solution of (curvature) x = (slope)."""
    size = len(weights)
    slope = [RIDGE * weight for weight in weights]
    slope[-1] = 0.0
    curve = [[0.0] * size for _ in range(size)]
    for at in range(size):
        curve[at][at] = RIDGE if at < size - 1 else 1e-6
    for signs, right, weight in taken:
        odds = max(-30.0, min(30.0, sum(weights[at] * value for at, value in signs)))
        share = 1.0 / (1.0 + math.exp(-odds))
        missed, bend = weight * (share - right), weight * share * (1.0 - share)
        for at, value in signs:
            slope[at] += missed * value
        if bend < FLAT:
            continue  # all but settled: it bends nothing, and most rows are so
        for place, (at, value) in enumerate(signs):
            row, much = curve[at], bend * value
            for other, amount in signs[place:]:
                row[other] += much * amount
    for at in range(size):
        for other in range(at):
            curve[at][other] = curve[other][at]
    return solved(curve, slope)


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination; the matrix is positive definite, so no row is exchanged."""
    size = len(right)
    right = list(right)
    for at in range(size):
        pivot = matrix[at]
        for below in range(at + 1, size):
            row = matrix[below]
            if factor := row[at] / pivot[at]:
                for column in range(at, size):
                    row[column] -= factor * pivot[column]
                right[below] -= factor * right[at]
    for at in reversed(range(size)):
        known = sum(matrix[at][column] * right[column] for column in range(at + 1, size))
        right[at] = (right[at] - known) / matrix[at][at]
    return right


def estimate(found: list[Row], readings: list[Reading]) -> None:
    """Print how the weights do on mails that they were not fitted to."""
    best: dict[int, tuple[float, bool]] = {}
    for fold in range(FOLDS):
        unknown = {number for number, reading in enumerate(readings) if reading.mail % FOLDS == fold}
        intercept, weights = fitted([row for row in found if row.reading not in unknown])
        for row in found:
            if row.reading in unknown:
                odds = (
                    intercept + row.settled + sum(weights.get(name, 0.0) * value for name, value in row.signs.items())
                )
                best[row.reading] = max(best.get(row.reading, (odds, row.right)), (odds, row.right))
    for share in sorted({reading.share for reading in readings}):
        read = [(reading, best.get(at)) for at, reading in enumerate(readings) if reading.share == share]
        coded = sum(reading.has_code for reading, _ in read)
        for threshold in THRESHOLDS:
            given = [(reading, top[1]) for reading, top in read if top is not None and top[0] >= threshold]
            right = sum(is_code for _, is_code in given)
            alarms = sum(not reading.has_code for reading, _ in given)
            sys.stdout.write(
                f"{share:.0%} of the words missing, threshold {threshold}: {right} of {coded} codes right, "
                f"alarms in {alarms} of {len(read) - coded} mails without\n"
            )


def main() -> int:
    found, readings = rows()
    if "--estimate" in sys.argv[1:]:
        estimate(found, readings)
        return 0
    intercept, weights = fitted(found)
    lines = [
        '"""The weights of the signs of ``evidence``: written by scripts/fit_codes.py, not by hand."""',
        "",
        "from __future__ import annotations",
        "",
        f"INTERCEPT = {intercept:.2f}",
        "WEIGHTS: dict[str, float] = {",
        *(f'    "{name}": {weight:.2f},' for name, weight in weights.items()),
        "}",
        "",
    ]
    WRITTEN.write_text("\n".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
