"""Numbers that are an amount, an account or a measure: told by what stands right beside them."""

from __future__ import annotations

import re
from itertools import islice

_PRICES_IN = 8_000

_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_MASKED_CARD = re.compile(r"(?:[*•·●∗]{2,16}|(?<![A-Za-z])[xX]{2,16}|…|(?<!\.)\.{3,4})[ -]?\Z")
# "TAN ............. 318 605": dots that lead from a name to what it names. "*** 318605 ***": stars to draw the eye.
LEADER = re.compile(r"(?:\.{5,}|[·•∙․]{5,}|…{2,}|_{5,}|-{5,})[ \t]\Z")
_STARRED = re.compile(r"[ -]?[*•·●∗]{2,16}")
_STARS = "*•·●∗xX…."
_SIGNS = "$€£¥₹₽₩₺₫฿₴₦₪₱₡₸₾₼৳៛₭"
_CURRENCIES = (
    r"EUR|USD|GBP|CHF|PLN|CZK|SEK|NOK|DKK|HUF|RON|BGN|TRY|UAH|RUB|INR|JPY|CNY|KRW|VND|"
    r"IDR|THB|BRL|MXN|ARS|COP|CLP|ZAR|KES|NGN|AED|SAR|EGP|PKR|BDT|LKR|AUD|CAD|NZD|SGD|HKD|MYR|PHP|ISK|KZT|Rs|R\$|Kč|kr|Rp|"
    r"Ft|zł|RM|TL|NT"
)
_MONEY_BEFORE = re.compile(rf"(?:[{_SIGNS}]|\b(?:{_CURRENCIES}))[. ]{{0,2}}\Z", re.IGNORECASE)
_MONEY = (*_SIGNS, *_CURRENCIES.replace("\\", "").lower().split("|"))
_UNIT_AFTER = re.compile(
    r"[^\S\r\n]?(?:[%‰°€£¥₹₽₩₺₫฿₴₦₪₱]|[$](?![\w])|[円元원年년月月日년월명人件점건回층号室楼路條条丁番個개]|点(?!击)|點(?!擊)|"
    r"(?:EUR|USD|GBP|CHF|PLN|CZK|SEK|NOK|"
    r"DKK|HUF|RON|BGN|TRY|UAH|RUB|INR|JPY|CNY|KRW|VND|IDR|THB|BRL|ZAR|KES|NGN|Kč|kr|Ft|zł|TL|лв|руб|грн|km|kg|kWh|mAh|MB|GB|"
    r"kB|px|mm|cm|ml|mg|hPa|Hz|kHz|MHz|GHz|bit|bits|bytes?|pts?|points?|ppm|rpm|Mbit|kcal|m²|đ|บาท)\b)",
    re.IGNORECASE,
)
"""On the same line: what begins the next one is no unit of what ends this one. 点击 is to click."""
_MONEY_SIGN = re.compile("[€$£¥₹₽₩₺₫฿₴₦₪₱₡₸₾%円元원]")
_MONEY_WORD = re.compile(
    r"[0-9](?=[\s,A-Za-zлрг])\s?(?:(?:EUR|USD|CHF|PLN|Kč|kr|Ft|zł|lei|лв|руб|грн|TL|RSD|KM)\b|,-|,[0-9]{2}(?![0-9]))"
)


def prices(text: str) -> int:
    """How many amounts of money (or percentages) the first part of a text shows, counted up to ten."""
    text = text[:_PRICES_IN]
    found = 0
    for match in _MONEY_SIGN.finditer(text):
        beside = text[max(0, match.start() - 2) : match.end() + 2]
        found += any(character.isdigit() for character in beside)
        if found >= 10:
            return found
    return found + sum(1 for _ in islice(_MONEY_WORD.finditer(text), 10 - found))


def money_before(text: str, start: int) -> bool:
    """Does a currency stand right before ``start``?"""
    before = text[max(0, start - 6) : start].rstrip(". ")
    return before.lower().endswith(_MONEY) and _MONEY_BEFORE.search(text, max(0, start - 6), start) is not None


def of_account(text: str, start: int, end: int) -> bool:
    """Is it part of an account number (IBAN), or the end of a masked card number?"""
    near = text[max(0, start - 2) : start].rstrip(" -")[-1:]
    if near and near in _STARS and _MASKED_CARD.search(text[max(0, start - 18) : start]):
        led = LEADER.search(text[max(0, start - 18) : start]) is not None
        return not (led or text[end : end + 1] == "*" or _STARRED.match(text, end, end + 18))
    beside = text[max(0, start - 2) : start].rstrip(" ")[-1:]
    if not (beside.isdigit() or beside.isupper() or text[start].isupper()):
        return False  # no group of an account number before it, nor does one begin here
    window = max(0, start - 42)
    return any(
        match.start() + window <= start < match.end() + window for match in _IBAN.finditer(text[window : end + 6])
    )


def unit_after(text: str, end: int) -> bool:
    """Does a currency, a percent sign or another unit stand right after ``end``?"""
    return _UNIT_AFTER.match(text, end, end + 10) is not None
