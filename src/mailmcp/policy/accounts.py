"""Numbers of cards and bank accounts, told from other numbers by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A number in groups; not the middle of a longer one, an amount or a version.
_DIGITS = re.compile(r"(?<![\w./#+-])\d(?:[ -]?\d){12,18}(?![\w/]|[ .-]\d)")
# The first digits and the lengths of cards: Visa, Mastercard (two ranges), American Express, Diners, Discover, JCB,
# UnionPay, Maestro.
_CARDS = re.compile(
    r"(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|5[06-8]\d{10,17})\Z"
)
# Written as it stands on a card, or whole: then an expiry or a security code may follow, and other signs part it.
_AS_ON_CARDS = re.compile(
    r"(?<![\w.+-])(?:(\d{4})([ .\u2010-\u2013-]{1,2}|[ ]?\n)\d{4}\2\d{4}\2\d{4}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})"
    r"(?=\s{1,3}(?:\d{1,2} ?[/-] ?\d{2}(?:\d{2})?|\d{3,4})(?![\w/])|(?![\w/]|[ .-]?\d))"
)
_START = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})[ -]?(\d)[ -]?(\d)(?=[ -]?[A-Za-z0-9])")
_LONGEST = 34
_LEAST_DIGITS = 8
"""Fewer are words that happen to follow a country and a day."""
# Characters of an account number of each country (ISO 13616).
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO FK GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK MN",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTHS = {country: length for length, names in _COUNTRIES.items() for country in names.split()}


def cards(text: str) -> Iterator[str]:
    """The card numbers in a text, digits only."""
    seen: set[str] = set()
    for pattern in (_DIGITS, _AS_ON_CARDS):
        for found in pattern.finditer(text):
            number = re.sub(r"\D", "", found[0])
            if number not in seen and _CARDS.match(number) and len(set(number)) > 1 and _luhn(number):
                seen.add(number)
                yield number


def ibans(text: str) -> Iterator[str]:
    """The account numbers (IBAN) in a text, without blanks, in capitals."""
    for found in _START.finditer(text):
        length = _LENGTHS.get(found[1].upper())
        if length is None:
            continue
        number, end = "", found.start()
        for character in text[end : end + 2 * _LONGEST]:
            if len(number) == length or not (character.isascii() and (character.isalnum() or character in " -")):
                break
            number += character.upper() if character.isalnum() else ""
            end += 1
        if (
            len(number) == length
            and sum(map(str.isdigit, number)) >= _LEAST_DIGITS
            and not text[end : end + 1].isalnum()
            and _mod_97(number)
        ):
            yield number


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


def _mod_97(number: str) -> bool:
    return int("".join(str(int(one, 36)) for one in number[4:] + number[:4])) % 97 == 1
