"""What the words round a number call it: the nearest label counts, and one before it counts more."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from mailmcp.language.folding import folded
from mailmcp.mail.onetime.codewords import ENDED, ENDINGS, EXAMPLES, LABELS, SPENT, Hit, Kind

_WEIGHTS = {Kind.OTP: 4.2, Kind.CODE: 2.9, Kind.VERIFY: 1.5, Kind.SECRET: 1.5, Kind.CUE: 0.5, Kind.ENTER: 0.8}
_AGAINST = {Kind.OTHER: 4.0, Kind.GIFT: 4.5, Kind.ROOM: 4.5, Kind.CALL: 4.5, Kind.NUMBER: 2.0, Kind.OLD: 3.5}
_ELSE = frozenset((Kind.OTHER, Kind.GIFT, Kind.ROOM, Kind.CALL, Kind.OLD))
_NOT_ASKED = (_ELSE, _ELSE, frozenset((Kind.GIFT, Kind.CALL, Kind.OLD)), _ELSE)
"""By strength: what must not be among the words that ask for a code."""
_VERIFYING = frozenset((Kind.VERIFY, Kind.SECRET))
"""With these a code is one to sign in: "the code to change your password"."""
_COMPOUND = 8
"""Words this near each other (characters) are one name: "promo code", "code postal"."""

# A full stop ends a sentence after a word, not after "No." or "dn."; after a number or a short word, where the next
# word begins with no small letter.
_CAPITAL = r"(?![a-zß-öø-ÿа-џѐ-ҁα-ώա-և])[^\W\d_]"
_ABBREVIATED = "art|bzw|col|dne|etc|ext|fig|ggf|inc|kto|ltd|max|min|num|poz|ref|tel|tlf|usw|vol"
_SENTENCE_END = re.compile(
    r"(?:[^\W\d_]{4}|[^\x00-\x7f]|[)\"”»])\.[ \n]|[!?]\s|[。！？।؟۔]|;\s"
    rf"|(?:\A|[0-9]{{4}}|:[0-9]{{2}})\.[ \n]+(?={_CAPITAL})|(?<=\s)(?!{_ABBREVIATED})[a-z]{{3}}\.[ \n](?=[A-Z][a-z])"
)


class Label(NamedTuple):
    """A judgement of words.

    ``strength``: 3 a one-time code by name, 2 a code with words of verification, 1 a code of some kind, 0 neither.
    ``asked``: the words ask to enter it, and call it nothing but a code.
    """

    score: float
    strength: int
    asked: bool = False


_DECORATION = " \t\n" + "".join(map(chr, range(0x2500, 0x25A0))) + "*=-_~+#|"
"""Blanks and the lines that are drawn round a code."""
_NUMBERED = re.compile(r"[^\W\d_]{0,8}[ .:#]{0,3}[0-9]")
_CLOSING = " \t\n:：=#*_`,\"'(«“„「【"
_CLAUSE_END = re.compile(r"[,，、;:：(（–—]| - |\. |\.\Z")
_IS = frozenset(("is", "ist", "est", "es", "e", "ar", "er", "on", "to", "je", "is:", "no", "no.", "lyder", "lautet"))
NO_LABEL = Label(0.0, 0)


def label(text: str, line_start: int, line_end: int, start: int, end: int) -> Label:
    """What is said of ``text[start:end]``: before it on its line, else on the lines above; then after it."""
    on_line = text[max(line_start, start - 120) : start]
    before = _since_cell(since_sentence(on_line))
    after = until_sentence(text[end : min(line_end, end + 70)])
    named, spoken = _has_words(before), _has_words(after)
    ahead, behind = _read(before) if named else [], _read(after) if spoken else []
    if line_start and not ahead and "\t" in on_line and (heading := _heading(text, line_start, start)):
        before, named, ahead = heading, True, _read(heading)
    if named and not ahead and len(before) <= 20 and "," not in before and len(before) < len(on_line):
        # "You need an access code. Yours is 482913": two short words name nothing, the sentence before does.
        whole = since_sentence(on_line[: -len(before)], keep=True) + before
        earlier = _read(whole)
        if all(hit.kind != Kind.NOTICE for hit in earlier):  # "Your PIN was changed. Request 482913"
            before, ahead = whole, earlier
    score, strength, asked = _ahead(before, ahead) if named else _lines_above(text, line_start)
    if spoken:
        said = _behind(behind)
        if not named:
            # "482913 is your code": the number opens its line, so what follows names it.
            above = 0.4 * score
            score = above + 0.3 * said.score if abs(above) > abs(said.score) else max(above, 0) + 1.2 * said.score
            strength = max(strength if above > 0 else 0, said.strength)
            if start == line_start and said.strength and said.score > 1.0:
                score += 1.6  # few other numbers come before their name
        else:
            # A label before settles it; what follows then speaks of other things.
            score += said.score * (0.25 if score > 1.5 else 0.6)
            strength = max(strength, said.strength)
    elif not named:
        below = text[line_end + 1 : line_end + 200].lstrip("\n").split("\n", 1)[0]
        score += 0.4 * max(-3.0, min(2.5, phrase_after(until_sentence(below)[:100]).score))
    kinds = {hit.kind for hit in (*ahead, *behind)}
    if _asks(before, ahead, behind):
        if kinds.isdisjoint((Kind.VERIFY, Kind.SCREEN)):
            return Label(score, strength, True)
        return Label(score + 1.8, max(strength, 2), True)
    if named and strength == 1 and Kind.VERIFY in kinds and kinds.isdisjoint(_ELSE):
        score, strength = score + 0.6, 2  # "code 482913 to sign in": words of both sides together
    if named and spoken and not asked:
        asked = Kind.CODE in kinds and Kind.ENTER in kinds
        if asked and _between(before, ahead, behind):
            return Label(max(score, 3.4), max(strength, 1), True)
    return Label(score, strength, asked and kinds.isdisjoint(_ELSE))


def phrase_before(phrase: str, above: bool = False) -> Label:
    """What a phrase says about the number that follows it, on its line or on the one below."""
    return _ahead(phrase, _read(phrase), above)


def phrase_after(phrase: str) -> Label:
    """What a phrase says about the number before it; a label behind is rarer and weaker."""
    return _behind(_read(phrase))


def named_directly(text: str, start: int) -> bool:
    """Does a word for a code or for verification end right before it, with at most "is" between?"""
    before = folded(text[max(0, start - 60) : start]).rstrip(_CLOSING + ".")
    named = (Kind.CODE, Kind.OTP, Kind.VERIFY)
    return any(hit.kind in named and _only_is(before[hit.end :]) for hit in LABELS.hits(before))


def _only_is(between: str) -> bool:
    """Is there at most the rest of a word and "is" between? "Code: see AB-482913" names nothing."""
    if len(between) > 7:
        return False
    words = between.replace(":", " ").split()
    if between[:1].isalpha():
        words = words[1:]
    return all(word in _IS or not word.isascii() for word in words)


def no_longer_counts(before: str, after: str) -> bool:
    """ "A code like 123456", "482913 has expired", "~~482913~~": an example, or a code that has had its day."""
    if before.endswith("~~") and after.startswith("~~") and not before.endswith("~~~"):
        return True
    ahead = folded(before).rstrip(_CLOSING)  # without the full stop: it is a part of "e.g."
    if EXAMPLES.closes(ahead):
        return True
    clause = _CLAUSE_END.split(until_sentence(after), maxsplit=1)[0]
    if not _has_words(clause):
        return False
    behind = folded(clause)
    return any(hit.kind == Kind.OLD and hit.start <= 30 for hit in SPENT.hits(behind))


def last_digits(before: str, after: str) -> bool:
    """ "The phone ending in 4471": is the number right here only the end of another?"""
    if ENDINGS.closes(folded(before).rstrip(_CLOSING)):
        return True
    return any(hit.start <= 2 for hit in ENDED.hits(folded(after)))


def since_sentence(phrase: str, keep: bool = False) -> str:
    """The part after the last end of a sentence that has words after it ("Member no. 4829" is one).

    With ``keep`` a sentence end at the very end does not count.
    """
    body = phrase.rstrip(" .!?。！？।") if keep else phrase
    cut = 0
    for match in _SENTENCE_END.finditer(body):
        if _has_words(phrase[match.end() :]):
            cut = match.end()
    return phrase[cut:]


def until_sentence(phrase: str) -> str:
    """The part up to the first end of a sentence, cell or line."""
    match = _SENTENCE_END.search(phrase)
    cuts = [at for at in (phrase.find("\n"), phrase.find("\t"), match.end() if match else -1) if at >= 0]
    return phrase[: min(cuts)] if cuts else phrase


def _read(phrase: str) -> list[Hit]:
    """The words of a phrase, without what names another number in it: "password no. 4 of today"."""
    words = folded(phrase)
    return [hit for hit in LABELS.hits(words) if hit.kind != Kind.NUMBER or not _NUMBERED.match(words, hit.end)]


def _ahead(phrase: str, found: list[Hit], above: bool = False) -> Label:
    length = len(folded(phrase).rstrip(" :=#*_`\"'(«“„「【.·•…"))
    judged = _judged(found, [max(0, length - hit.end) for hit in found], above)
    if judged.score < 0 or not phrase.rstrip().endswith((":", "：", "=", "....", "····", "……")):
        return judged
    if not judged.strength and any(
        hit.kind == Kind.VERIFY and " " not in folded(phrase)[hit.end : length] for hit in found
    ):
        return Label(judged.score + 1.6, 1)  # "Verification: 482913"
    return judged._replace(score=judged.score + 0.5)


def _behind(found: list[Hit]) -> Label:
    found = [hit for hit in found if hit.kind != Kind.NUMBER]
    judged = _judged(found, [hit.start for hit in found])
    return judged._replace(score=0.8 * judged.score)


def _since_cell(phrase: str) -> str:
    """The words of the cell that the number is in; when it has none, those of the cell before it."""
    cells = phrase.split("\t")
    return cells[-1] if _has_words(cells[-1]) else "\t".join(cells[-2:])


def _heading(text: str, line_start: int, start: int) -> str:
    """The cell over the number's own in the first row of a table, "" when the row above is no heading."""
    above = text[max(0, line_start - 400) : line_start - 1].rpartition("\n")[2].split("\t")
    column = text.count("\t", line_start, start)
    if column >= len(above) or any(character.isdigit() for cell in above for character in cell):
        return ""
    return above[column]


def _asks(before: str, ahead: list[Hit], behind: list[Hit]) -> bool:
    """ "Type 482913 on the sign-in page": is a number that nothing names to be entered to sign in?"""
    kinds = {hit.kind for hit in (*ahead, *behind)}
    if not kinds.isdisjoint((Kind.CODE, Kind.OTP, *_ELSE)):
        return False
    if any(hit.kind == Kind.ENTER and len(before) - hit.end <= 20 for hit in ahead):
        return True
    return any(hit.kind == Kind.ENTER and hit.start <= (20 if ahead else 40) for hit in behind)


def _between(before: str, ahead: list[Hit], behind: list[Hit]) -> bool:
    """ "Adja meg a 482913 kódot": does the number stand between "enter" and "code"?"""
    return any(hit.kind == Kind.CODE and hit.start <= 3 for hit in behind) and any(
        hit.kind == Kind.ENTER and len(before) - hit.end <= 8 for hit in ahead
    )


def _lines_above(text: str, line_start: int) -> Label:
    """The label of something alone on its line stands above it, sometimes with a line between."""
    above = text[max(0, line_start - 400) : line_start].rstrip(_DECORATION)
    score, weight, strength, asked = 0.0, 1.0, 0, False
    for _ in range(2):
        line = above[above.rfind("\n") + 1 :]
        if not _has_words(line):
            break  # nothing there, or another number that the label belongs to
        above = above[: len(above) - len(line)].rstrip()
        last = since_sentence(line.strip(), keep=True)
        part = phrase_before(last[-140:], above=True)
        if not part.strength and (part.score > -1.0 or any(map(str.isdigit, last))) and len(last) < len(line.strip()):
            # "Use the passcode below. We ask for it because it has been a while.": the sentences before may name it.
            whole = phrase_before(line.strip()[: -len(last)][-220:], above=True)
            if whole.strength >= 2 or whole.asked:
                # A last sentence with a number of its own names that one.
                part = whole._replace(score=max(-1.0, part.score) + 0.8 * max(0.0, whole.score))
        score += weight * part.score
        strength = max(strength, part.strength if part.score > 0 else 0)
        asked = asked or part.asked
        if abs(part.score) >= 1.5:
            break
        weight *= 0.6
    return Label(score, strength, asked)


def _judged(found: list[Hit], distances: list[int], above: bool = False) -> Label:
    good, bad = 0.0, 0.0
    nearest_good, nearest_bad = math.inf, math.inf
    kinds = {hit.kind for hit in found}
    goods = [hit for hit in found if hit.kind in (Kind.CODE, Kind.OTP)]
    compound = False
    for hit, distance in zip(found, distances, strict=True):
        near = 1.0 / (1.0 + distance / 60.0)
        if value := _WEIGHTS.get(hit.kind, 0.0):
            if hit.kind == Kind.CODE and not kinds.isdisjoint(_VERIFYING):
                value = 4.0
            good = max(good, value * near)
            if hit.kind not in (Kind.CUE, Kind.ENTER):
                nearest_good = min(nearest_good, distance)
        elif hit.kind == Kind.QUALIFIER:
            if Kind.OTP not in kinds and Kind.VERIFY not in kinds and _beside(hit, goods, 4):
                bad, nearest_bad, compound = max(bad, 3.5 * near), min(nearest_bad, distance), True
        elif value := _AGAINST.get(hit.kind, 0.0):
            if hit.kind == Kind.NUMBER and kinds & {Kind.OTP, Kind.CODE, Kind.VERIFY}:
                continue
            bad = max(bad, value * near)
            nearest_bad = min(nearest_bad, distance)
            compound = compound or _beside(hit, goods)
    strength = 3 if Kind.OTP in kinds else 0
    if Kind.VERIFY in kinds and not goods:
        value, strength = _named_otherwise(found, distances)
        good = max(good, value)
    if Kind.CODE in kinds:
        strength = max(strength, 1 if kinds.isdisjoint(_VERIFYING) else 2)
    if bad and good and Kind.OLD not in kinds:
        if Kind.OTP in kinds:
            if _opens_a_room(found, goods):
                strength = min(strength, 1)
            else:
                bad *= 0.35 if nearest_good <= nearest_bad or nearest_bad > 12 or not compound else 0.8
        elif compound and nearest_good >= nearest_bad - _COMPOUND:
            good *= 0.3
            strength = 0
        elif Kind.CODE in kinds:
            bad *= 0.35 if nearest_good <= nearest_bad or above else 0.6
    asked = (strength > 0 or above) and Kind.ENTER in kinds and kinds.isdisjoint(_NOT_ASKED[strength])
    return Label(good - bad, strength, asked)


def _named_otherwise(found: list[Hit], distances: list[int]) -> tuple[float, int]:
    """ "Single-use password", "verification number": points and strength of what is called no code."""
    verifying = [hit for hit in found if hit.kind == Kind.VERIFY]
    for hit, distance in zip(found, distances, strict=True):
        if hit.kind in (Kind.SECRET, Kind.NUMBER) and _beside(hit, verifying, 4):
            value, strength = (3.5, 2) if hit.kind == Kind.SECRET else (2.5, 1)
            return value / (1.0 + distance / 60.0), strength
    return 0.0, 0


def _opens_a_room(found: list[Hit], goods: list[Hit]) -> bool:
    """ "Webinar passcode", "passcode of the meeting": is it the word for a room that says which passcode it is?"""
    return any(hit.kind in (Kind.ROOM, Kind.CALL) and _beside(hit, goods, 4) for hit in found)


def _beside(hit: Hit, others: list[Hit], reach: int = _COMPOUND) -> bool:
    return any(-reach <= other.start - hit.end <= reach or 0 <= hit.start - other.end <= reach for other in others[:8])


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))
