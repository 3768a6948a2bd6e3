"""What an SMTP server's answer means, in words of ours.

The servers of recipients' domains are strangers: their words could be written for the assistant that reads them, so
the code is told and what it stands for (RFC 3463, RFC 5321 §4.2.3), and not the words.
"""

from __future__ import annotations

import re

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")

STATUS: dict[tuple[int, int], str] = {
    (1, 1): "there is no such mailbox",
    (1, 2): "there is no such domain",
    (1, 3): "the address cannot be used",
    (1, 6): "the mailbox has moved",
    (1, 7): "the sender's address cannot be used",
    (1, 8): "the sender's domain is not known",
    (1, 10): "the domain takes no mail",
    (2, 1): "the mailbox is closed",
    (2, 2): "the mailbox is full",
    (2, 3): "the mail is too large for the mailbox",
    (3, 2): "the server takes no mail now",
    (3, 4): "the mail is too large for the server",
    (4, 5): "the server is too busy",
    (4, 7): "the server gave up",
    (5, 3): "there are too many recipients",
    (6, 7): "the address needs SMTPUTF8",
    (7, 0): "its rules refuse it",
    (7, 1): "its rules refuse it",
    (7, 20): "there is no DKIM signature that it accepts",
    (7, 21): "there is no DKIM signature that it accepts",
    (7, 22): "the DKIM signature is not of the sender's domain",
    (7, 23): "SPF fails",
    (7, 24): "SPF cannot be checked",
    (7, 25): "this server's address has no name in DNS",
    (7, 26): "the sender cannot be verified: SPF, DKIM and DMARC fail",
    (7, 27): "the sender's domain takes no mail",
    (7, 28): "there was too much mail",
}
CLASSES = {
    1: "the address is not accepted",
    2: "the mailbox cannot take it",
    3: "the server cannot take it",
    4: "it is in trouble with the network",
    5: "it did not understand what was said",
    6: "it does not take mail in this form",
    7: "its rules refuse it",
}
CODES = {
    421: "it takes no mail now",
    450: "the mailbox cannot be used now",
    451: "it is in trouble",
    452: "it has no room, or there are too many recipients",
    550: "it is refused",
    552: "the mailbox is full, or the mail too large",
    553: "the address cannot be used",
    554: "it is refused",
}


def of(code: int, said: str) -> str:
    """``550 5.1.1, there is no such mailbox`` for a reply's code and its words."""
    enhanced = _ENHANCED.match(said)
    if enhanced is None:
        return f"{code}, {CODES.get(code, 'it is refused' if code >= 500 else 'not now')}"
    kind, subject, detail = (int(part) for part in enhanced.groups())
    meaning = STATUS.get((subject, detail)) or CLASSES.get(subject) or CODES.get(code) or "it is refused"
    return f"{code} {kind}.{subject}.{detail}, {meaning}"
