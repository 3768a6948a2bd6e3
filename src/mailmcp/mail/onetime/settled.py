"""The weights of the signs of ``evidence`` that are too rare to be fitted: set by hand."""

from __future__ import annotations

SETTLED = {
    "many": -3.0,
    "repository": -6.0,
    "answer": -2.5,
    "of another length": -4.0,
    "named otherwise": -1.5,
    "counted": -3.0,
    "numbered in trade": -2.5,
    "pointed at": 4.0,
    "replaces": 2.5,
    "name": -3.0,
    "named in a row": -3.0,
    "carried by a link": -3.5,
    "of a call": -3.0,
    "of a place": -2.0,
    "all that is said": 1.0,
    "unnamed in subject": -1.5,
    "keyed in": -3.0,
    "numbered": -2.5,
    "number of a paper": -5.0,
    "behind an acronym": -1.0,
    "figures to enter": 1.2,
    "idle and paid": -1.5,
    "traded below": -2.0,
    "urged below": 0.5,
}
"""Too rare in the corpus to be fitted: backup codes, talk among developers, a person's answer, a number with as many
digits as the code is not said to have, one that a word calls something else and none a code, 123456, a number (not a
code) that confirms a stay or an order, what the text says is in the subject, and what follows a number alike that no
longer counts; what somebody is called, three tokens with the same word before each, a token that a link which signs
nobody in carries in a mail about trade, the passcode of a meeting, a postal code that nothing names, "PIN=4821" as the
whole mail, letters that only the subject shows and nobody names, what a number sign ends, as telephones and doors want
it, what is called "confirmation #", "PO-4711" where nothing names it, "ATM 4471 2098", "type these digits", a code of a
payment that nobody is asked to enter, and what the
line below says of a code alone on its line: that it is of a voucher or a door, or that it is to be used soon."""
