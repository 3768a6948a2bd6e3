"""Strings of a text that have the shape of a one-time code, before anything is known of their meaning.

Numbers of other shapes (dates, times, amounts, telephone numbers, addresses, versions) are already out here: a
number is taken as a whole, with the separators inside it, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, pairwise
from string import ascii_letters
from typing import NamedTuple

from mailmcp.mail.onetime.apart import Candidate, of_layout

MAX_CANDIDATES = 400

_DIGITS = re.compile(r"[0-9]+")
# What may stand between the digits of one number. A comma or full stop with a blank parts two numbers.
_RUN = re.compile(
    r"[0-9]+(?:(?:[ \t][-–—][ \t]|[-–—‑−./:,'’_+ \t\u00b7\uff0d]|\((?=[0-9 ]{1,8}\))|(?:\)|\ufe0f?\u20e3) ?)[0-9]+)*"
)
"""Digits and what parts their groups. A bracket does in telephone numbers, 0049(0)89, which hold digits alone in it."""
_AMOUNT = re.compile(r"[0-9]{1,4}(?:[.:/'’][0-9]+)+|[0-9]{1,3}(?:[.,][0-9]{1,3})+")
# What every address has; found first, for addresses are few.
_ADDRESS = re.compile(r"[@:wW](?:(?<=@)|(?<=:)//|(?<=[wW])[wW]{2}\.)")
_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)
_REST_OF_URL = re.compile(r"[^\s<>\"]+")
_BEFORE_AT = re.compile(r"[\w.+-]{1,64}\Z")
_BEHIND_AT = re.compile(r"[\w-]{1,63}\.[\w.-]{1,190}")
_PICTURE = re.compile(r"\[image: [^\[\]\n]{1,300}\]")
_MASK = "\x1a"
# Emphasis of plain text: what opens before a token closes after it. A masked card number has no closing stars.
_EMPHASIS = re.compile(r"(?<![\w*`])(\*{1,3}|_{1,3}|`{1,3})([A-Za-z0-9][A-Za-z0-9 -]{2,38}[A-Za-z0-9])\1(?![\w*`])")
_TOUCHING = frozenset("-_" + ascii_letters)
_NO_GROUPS = frozenset((".", "/", ":", ",", "'", "’", "+", "(", ")", ") "))
"""Separators of no code."""
_UNEQUAL = frozenset(((3, 3, 4), (3, 4), (4, 3), (3, 2), (2, 3), (4, 2), (2, 4)))
_ANY_DIGIT = str.maketrans("123456789", "000000000")
_WORD = frozenset("_" + ascii_letters + "0123456789")
_OF_TOKEN = "-_" + ascii_letters + "0123456789"
# Far too long for a code is read over at once.
_REST_OF_TOKEN = re.compile(r"[A-Za-z0-9_-]{0,24}[A-Za-z0-9_]{0,1976}")
_BLANKS = ("", " ", "\n")
_BEFORE_NO_CODE = (".", "/", "@", "&", "\\", "$", "€", "£")
# "OTP=4821" names the number; in "page?code=4821" and "a.code=4821" it is a part of something longer.
_NAMED_BEFORE = re.compile(r"(?:^|(?<=[\s(\[<\"'“„>]))[^\W\d_]{2,40}=\Z")
_INFLECTED = re.compile(r"(?:[a-z]{1,4}-)?([0-9]{4,10})(?:-[a-z]{1,4})?")
_PREFIX = re.compile(r"(?:^|[\s(\"'“„«])[a-z]{1,4}-\Z")
_SUFFIX = re.compile(r"-[a-z]{1,4}(?![\w-])")
_MEASURE = re.compile(r"[0-9]{1,4}-[A-Za-z]{3,}|[0-9]{1,5}x[0-9]{1,5}(?:x[0-9]{1,5})?|[0-9]+[a-z]{1,3}")
_SINGLES = re.compile(r"(?<![\w.,:/-])[A-Za-z0-9](?:[ \t][A-Za-z0-9]){3,11}(?![\w.:/-])")
_FOUR_SINGLES = re.compile(r"[ \t][A-Za-z0-9][ \t][A-Za-z0-9][ \t]")
# What stands before a token is looked at behind its first letter: so few places are tried.
# Not between other words in capitals: those are a heading.
_CAPITALS = re.compile(r"[A-Z](?<![\w@.#/-].)(?<![A-Z]{2} .)[A-Z]{3,9}(?:-[A-Z]{2,10}){0,3}(?![\w/@-])(?! [A-Z]{2})")
_NO_WORD = re.compile(r"[bcdfghjklmnpqrstvwxz](?<![\w@./#-].)[bcdfghjklmnpqrstvwxz]{5,11}(?![\w@/-])")
# "HXPD-RWLK": letters that make no words, as devices show them (RFC 8628 section 6.1).
_DEVICE = re.compile(r"[B-DF-HJ-NP-TV-XZ](?<![\w@./#-].)[B-DF-HJ-NP-TV-XZ]{3}-[B-DF-HJ-NP-TV-XZ]{4}(?![\w/@-])")
# What git writes of files in patches and listings: short hashes, and modes beside them.
_OF_A_PATCH = re.compile(
    r"\b[0-9a-f]{7,64}\.\.[0-9a-f]{7,64}(?: 100(?:644|755)\b)?"
    r"|\b100(?:644|755)(?= blob [0-9a-f]{7})|(?<=mode )100(?:644|755)"
)
# "[Acme TCMS]", "[PATCH 2/10]", "[ANNOUNCE]": no digits but those that count.
_TAG = re.compile(r"\[(?=[^\[\] ]{1,40} |[A-Za-z]{2,20}\])(?:[^\[\]0-9]|(?<![0-9])[0-9]{1,3}(?![0-9])){1,80}\]")
_GROUPED_CAPITALS = re.compile(r"[A-Z](?<![\w@./#-].)[A-Z]{2}-[A-Z]{3,4}(?:-[A-Z]{3,4})?(?![\w/@-])")


def without_tag(subject: str) -> str:
    """A subject with blanks for who is named in brackets before it ("[Acme TCMS] Your code"); the length stays."""
    tag = _TAG.match(subject)
    return subject if tag is None else " " * tag.end() + subject[tag.end() :]


def masked(text: str) -> str:
    """``text`` with addresses, descriptions of pictures and what patches say of files blotted out; the length stays."""
    if "100644" in text or "100755" in text:
        text = _OF_A_PATCH.sub(_blot, text)
    if "[image: " in text:
        text = _PICTURE.sub(_blot, text)
    parts: list[str] = []
    at = 0
    for mark in _ADDRESS.finditer(text):
        if mark.start() < at:
            continue
        start, end = _address(text, mark, at)
        if end:
            parts += (text[at:start], _MASK * (end - start))
            at = end
    return "".join((*parts, text[at:])) if parts else text


def unmarked(text: str) -> str:
    """``text`` with blanks for the marks of emphasis round a token (``**482913**``); the length stays."""
    if not ("*" in text or "_" in text or "`" in text):
        return text
    return _EMPHASIS.sub(_bared, text)


def candidates(text: str, capitals: bool) -> list[Candidate]:
    """All candidates of a masked text with ASCII digits. Linear.

    Words in capitals inside sentences are candidates only where ``capitals`` says so.
    """
    found: list[Candidate] = []
    spaced = [_digits_alone(text, *one.span()) for one in _SINGLES.finditer(text)] if _FOUR_SINGLES.search(text) else []
    for start, end in spaced:
        letters = re.sub(r"\s", "", text[start:end])
        if any(c.isdigit() for c in letters) or letters.isupper():
            found.append(Candidate(start, end, letters, "spaced", (len(letters),)))
    taken = iter(spaced)
    span = next(taken, None)
    read_to = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        if start < read_to:
            continue  # one token may hold several runs
        while span is not None and span[1] <= start:
            span = next(taken, None)
        if span is not None and span[0] <= start:
            continue
        before, after = text[start - 1 : start], text[end : end + 1]
        whole = match[0]
        if whole.isdigit():
            if end - start < 4 and before not in _TOUCHING and after not in _TOUCHING:
                continue  # most numbers of a text: a count
            if before in _BLANKS and after in _BLANKS:
                if 4 <= end - start <= 10 and text[start - 2 : start] != "+ ":
                    found.append(Candidate(start, end, whole, "digits", (end - start,)))
                continue
            runs = ([(start, end)],)
        elif (end - start < 4 or _plan(whole.translate(_ANY_DIGIT)).amount) and (
            before not in _TOUCHING and after not in _TOUCHING
        ):
            continue  # an amount, a date
        else:
            runs = _runs(text, start, end)
        for run in runs:
            if run[0][0] < read_to:
                continue
            if len(run) > 1 and _is_inflected(text, run[0][0], run[-1][1]):
                found.extend(_of_run(text, run))
            elif _in_token(text, run[0][0], run[-1][1]):
                tokens, read_to = _mixed(text, run)
                found.extend(tokens)
            else:
                found.extend(_of_run(text, run))
        if len(found) >= MAX_CANDIDATES:
            break
    found.extend(
        Candidate(m.start(), m.end(), m.group(), "letters", (len(m.group()),))
        for pattern in ((_CAPITALS, _GROUPED_CAPITALS, _NO_WORD) if capitals else (_DEVICE,))
        for m in islice(pattern.finditer(text), 60)
    )
    return of_layout(text, found, capitals)


def _digits_alone(text: str, start: int, end: int) -> tuple[int, int]:
    """ "5 5 0 8 i rutan", "y 5 5 0 8": digits without the words of one letter beside them."""
    bare = text[start:end].strip(" \tabcdefghijklmnopqrstuvwxyz")
    if not bare[::2].isdigit() or len(bare) < 7:
        return start, end
    start = text.index(bare, start)
    return start, start + len(bare)


def _address(text: str, mark: re.Match[str], low: int) -> tuple[int, int]:
    """Where the address round a mark of one begins and ends, (0, 0) when there is none."""
    start, end = mark.span()
    if mark.group() == "@":
        before = _BEFORE_AT.search(text, max(low, start - 64), start)
        behind = _BEHIND_AT.match(text, end)
        return (before.start(), behind.end()) if before and behind else (0, 0)
    if mark.group() == "://":
        scheme = _SCHEME.search(text, max(low, start - 5), start)
        if scheme is None:
            return (0, 0)
        start = scheme.start()
    rest = _REST_OF_URL.match(text, end)
    return (start, rest.end()) if rest else (0, 0)


def _blot(match: re.Match[str]) -> str:
    return _MASK * len(match.group())


def _bared(match: re.Match[str]) -> str:
    marks = " " * len(match.group(1))
    return f"{marks}{match.group(2)}{marks}"


class _Plan(NamedTuple):
    """What a form of digits and separators can be, whatever the digits are."""

    amount: bool
    """An amount, a date, a version."""
    spans: tuple[tuple[int, int], ...]
    """Of its groups of digits."""
    shape: str
    """That of the one number in groups that it is, "" when it is none."""
    groups: tuple[int, ...]


@lru_cache(maxsize=2048)
def _plan(form: str) -> _Plan:
    """The plan of a form in which every digit is a nought."""
    spans = tuple(match.span() for match in _DIGITS.finditer(form))
    groups = tuple(end - start for start, end in spans)
    kinds = {(gap := form[one[1] : two[0]]).strip(" \t") or gap for one, two in pairwise(spans)}
    shape = "" if kinds & _NO_GROUPS or len(kinds) != 1 else _shape_of(groups)
    return _Plan(_AMOUNT.fullmatch(form) is not None, spans, shape, groups)


def _shape_of(lengths: tuple[int, ...]) -> str:
    """482 913, 739-204, 12 34 56 are in groups, 4 8 2 9 1 3 is spaced."""
    if not 4 <= sum(lengths) <= 10:
        return ""
    if set(lengths) == {1}:
        return "spaced"
    # "58 41 09 3": what is left over makes the last group.
    rest = len(lengths) >= 3 and lengths[-1] < max(lengths) and sum(lengths) <= 8
    even = set(lengths[:-1] if rest else lengths)
    equal = len(even) == 1 and 2 <= max(even) <= 5 and len(lengths) <= 4
    return "grouped" if equal or lengths in _UNEQUAL else ""


def _runs(text: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Groups of digits that belong to one number or stand beside each other with one separator."""
    run: list[tuple[int, int]] = []
    for one, two in _plan(text[start:end].translate(_ANY_DIGIT)).spans:
        one, two = one + start, two + start
        if run and text[run[-1][1] : one] == "," and _parts_clause(text, run[-1], two):
            yield run
            run = []
        run.append((one, two))
    yield run


def _parts_clause(text: str, before: tuple[int, int], end: int) -> bool:
    """ "验证码为 638150,5 分钟内有效": does the comma part two numbers?"""
    if before[1] - before[0] < 4:
        return False
    after = text[end : end + 2].lstrip(" ")
    return end - before[1] == 2 or bool(after and "\u3000" < after[0] < "\ud800")


def _of_run(text: str, run: list[tuple[int, int]]) -> list[Candidate]:
    start, end = run[0][0], run[-1][1]
    before, after = text[start - 1 : start], text[end : end + 1]
    if before == "+" or text[max(0, start - 2) : start] in ("+ ", "+("):
        return []
    if before in ("/", "\\", "&") or after in ("/", "\\", "=", "@") or _of_query(text, start, end):
        return []
    if len(run) == 1:
        return _single(text, start, end, False)
    plan = _plan(text[start:end].translate(_ANY_DIGIT))
    if plan.shape:
        typed = "".join([text[one:two] for one, two in run])
        return [Candidate(start, end, typed, plan.shape, plan.groups)]
    gaps = [text[one[1] : two[0]] for one, two in pairwise(run)]
    lengths = [two - one for one, two in run]
    if sum(lengths) >= 9 and text[start] == "0" and (len(run) > 2 or (sum(lengths) >= 10 and min(lengths) >= 3)):
        return []  # "07700 900142": a telephone
    # Numbers side by side: each that is whole between blanks may be meant alone.
    found: list[Candidate] = []
    for place, (one, two) in enumerate(run):
        left = gaps[place - 1] if place else " "
        right = gaps[place] if place < len(gaps) else " "
        if left.strip(" \t") == "" and right.strip(" \t") == "":
            found.extend(_single(text, one, two, left != "\t" or right != "\t"))
    return found


def _of_query(text: str, start: int, end: int) -> bool:
    """Is it the value of a query string or a setting, and not of a word alone with an equals sign?"""
    if text[start - 1 : start] != "=":
        return False
    low = max(0, start - 42)
    return text[end : end + 1] == "&" or _NAMED_BEFORE.search(text[low:start]) is None


def _single(text: str, start: int, end: int, crowded: bool) -> list[Candidate]:
    if not 4 <= end - start <= 10:
        return []
    if text[start - 1 : start] in (".", ",", ":") and text[start - 2 : start - 1].isdigit():
        return []
    return [Candidate(start, end, text[start:end], "digits", (end - start,), crowded)]


def _in_token(text: str, start: int, end: int) -> bool:
    """Do letters (or dashes and letters) touch the run?"""
    return text[start - 1 : start] in _WORD or text[end : end + 1] in _WORD or _dashed(text, start, end)


def _is_inflected(text: str, start: int, end: int) -> bool:
    """ "ngu-72 05 91", "72 05 91-et": is grammar all that a dash ties to the groups?"""
    before = _PREFIX.search(text, max(0, start - 6), start) is not None
    after = _SUFFIX.match(text, end) is not None
    bare_before = text[start - 1 : start] not in _WORD and text[start - 1 : start] != "-"
    bare_after = text[end : end + 1] not in _WORD and text[end : end + 1] != "-"
    return (before or after) and (before or bare_before) and (after or bare_after)


def _dashed(text: str, start: int, end: int) -> bool:
    """Is the run one part of a dashed token with letters, as in ``G-604417``?"""
    left = text[start - 1 : start] == "-" and text[start - 2 : start - 1] in _WORD
    right = text[end : end + 1] == "-" and text[end + 1 : end + 2] in _WORD
    return left or right


def _mixed(text: str, run: list[tuple[int, int]]) -> tuple[list[Candidate], int]:
    """The tokens of letters, digits and single dashes round a run, and how far was read."""
    parts = [(run[0][0], run[-1][1])]
    if any(text[one[1] : two[0]] != "-" for one, two in pairwise(run)):
        # "A12 345": only the group that touches the letters can belong to a token.
        parts = [pair for pair in run if _in_token(text, *pair)]
    found: list[Candidate] = []
    read_to = 0
    for start, end in parts[:4]:
        if start >= read_to:
            tokens, read_to = _token(text, start, end)
            found.extend(tokens)
    return found, read_to


def _token(text: str, start: int, end: int) -> tuple[list[Candidate], int]:
    before = text[max(0, start - 24) : start]
    low = start - len(before) + len(before.rstrip(_OF_TOKEN))
    rest = _REST_OF_TOKEN.match(text, end)
    high = rest.end() if rest else end
    read_to = high
    token = text[low:high].strip("-")
    low += len(text[low:high]) - len(text[low:high].lstrip("-"))
    high = low + len(token)
    if len(token) > 30 or "--" in token or "_" in token or text[low - 1 : low] in _BEFORE_NO_CODE:
        return [], read_to
    if _of_query(text, low, high):
        return [], read_to
    if text[high : high + 1] in ("@", "/", "\\", "=") or (
        text[high : high + 1] == "." and text[high + 1 : high + 2].isalnum()
    ):
        return [], read_to
    # "482913-at", "ngu-482913": grammar, not a part of the code.
    ending = _INFLECTED.fullmatch(token)
    if ending and not (ending.start(1) and text[max(0, low - 3) : low].rstrip().endswith((":", "："))):
        number = ending.group(1)
        low += ending.start(1)
        return [Candidate(low, low + len(number), number, "digits", (len(number),))], read_to
    letters, figures = sum(map(str.isalpha, token)), sum(map(str.isdigit, token))
    if not letters or not figures or not 4 <= letters + figures <= 16 or _MEASURE.fullmatch(token):
        return [], read_to
    return [Candidate(low, high, token, "mixed", tuple(len(part) for part in token.split("-")))], read_to
