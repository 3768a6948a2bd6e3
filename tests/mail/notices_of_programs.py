"""Notices as mail programs write them, about one message: written for these tests after the form of each program."""

from __future__ import annotations

ID = "<5f0c1d2e3a4b5c6d7e8f901122334455@agents.example>"
BOB = "bob@far.example"
_COPY = f"""Received: from agents.example (agents.example [192.0.2.1])
\tby mx.near.example; Sat, 28 Nov 2026 07:00:00 +0000
From: anna@agents.example
To: {BOB}
Subject: Offer
Message-ID: {ID}

The words that were sent.
"""


def report(*parts: str, type_: str = "delivery-status", **fields: str) -> bytes:
    """A multipart/report of these parts, each with its header."""
    head = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.near.example>",
        "To": "anna@agents.example",
        "Subject": "Undelivered Mail Returned to Sender",
        "Message-ID": "<1@mx.near.example>",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/report; report-type={type_}; boundary="zz"',
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    top = "".join(f"{name}: {value}\n" for name, value in head.items() if value)
    body = "".join(f"--zz\n{part}\n" for part in parts)
    return f"{top}\n{body}--zz--\n".replace("\n", "\r\n").encode()


def status(
    *recipients: str, about: str = "Reporting-MTA: dns; mx.near.example", kind: str = "message/delivery-status"
) -> str:
    """The part of a report for machines."""
    return f"Content-Type: {kind}\n\n" + "\n\n".join((about, *recipients)) + "\n"


def failed(
    address: str = BOB, code: str = "5.1.1", said: str = "550 5.1.1 User unknown", action: str = "failed"
) -> str:
    """What it says of one recipient."""
    return (
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {code}\n"
        f"Remote-MTA: dns; mx.far.example\nDiagnostic-Code: smtp; {said}"
    )


TEXT = "Content-Type: text/plain\n\nIt could not be delivered.\n"
HEADER = f"Content-Type: text/rfc822-headers\n\nFrom: anna@agents.example\nMessage-ID: {ID}\n"
WHOLE = f"Content-Type: message/rfc822\n\n{_COPY}"


def letter(body: str, **fields: str) -> bytes:
    """A notice in words alone."""
    head = {"To": "anna@agents.example", "Message-ID": "<2@mx.near.example>", **fields}
    top = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in head.items())
    return f"{top}\n{body}".replace("\n", "\r\n").encode()


POSTFIX = report(TEXT, status(failed()), WHOLE, Auto_Submitted="auto-replied")
POSTFIX_DELAY = report(
    TEXT,
    status(failed(code="4.4.1", said="connect to mx.far.example: Connection timed out", action="delayed")),
    HEADER,
    Subject="Delayed Mail (still being retried)",
)
EXCHANGE = report(
    "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    "<p>Your message to <b>bob@far.example</b> couldn't be delivered.</p>\n",
    status(
        f"Final-Recipient: rfc822;{BOB}\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10"
        " RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        about="Reporting-MTA: dns;AM0.prod.outlook.example",
    ),
    WHOLE,
    From="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@far.example>",
    Subject="Undeliverable: Offer",
    In_Reply_To=ID,
)
GMAIL = report(
    "Content-Type: multipart/related; boundary=yy\n\n--yy\nContent-Type: text/html\n\n<h2>Address not found</h2>\n"
    "--yy--\n",
    status(
        f"Final-Recipient: rfc822; {BOB}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The email"
        " account that you tried to reach does not exist.\n 550 5.1.1 https://support.google.example/mail/?p=NoSuchUser"
    ),
    WHOLE,
    From="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    Subject="Delivery Status Notification (Failure)",
    X_Failed_Recipients=BOB,
    References=ID,
)
SENDMAIL = report(
    f"\n   ----- The following addresses had permanent fatal errors -----\n<{BOB}>\n    (reason: 550 5.1.1 unknown)\n",
    status(failed(said="550 5.1.1 <bob@far.example>... User unknown")),
    HEADER,
    Subject="Returned mail: see transcript for details",
)
STANDARD = {"postfix": POSTFIX, "exchange": EXCHANGE, "gmail": GMAIL, "sendmail": SENDMAIL}

QMAIL = letter(
    "Hi. This is the qmail-send program at mx.near.example.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    f"<{BOB}>:\n203.0.113.7 does not like recipient.\nRemote host said: 550 5.1.1 no such user here\n"
    f"Giving up on 203.0.113.7.\n\n--- Below this line is a copy of the message.\n\n"
    f"Return-Path: <anna@agents.example>\n{_COPY}",
    From="MAILER-DAEMON@mx.near.example",
    Subject="failure notice",
)
EXIM = letter(
    "This message was created automatically by mail delivery software.\n\n"
    "A message that you sent could not be delivered to one or more of its\n"
    "recipients. This is a permanent error. The following address(es) failed:\n\n"
    f"  {BOB}\n    host mx.far.example [203.0.113.7]\n"
    f"    SMTP error from remote mail server after RCPT TO:<{BOB}>:\n    550 Unrouteable address\n\n"
    f"------ This is a copy of the message, including all the headers. ------\n\n{_COPY}",
    From="Mail Delivery System <Mailer-Daemon@mx.near.example>",
    Subject="Mail delivery failed: returning message to sender",
    X_Failed_Recipients=BOB,
    Auto_Submitted="auto-replied",
)
EXIM_DELAY = letter(
    "This message was created automatically by mail delivery software.\n"
    "A message that you sent has not yet been delivered to one or more of its\n"
    "recipients after more than 24 hours on the queue on mx.near.example.\n\n"
    f"The message identifier is:     1abc-0\nThe subject of the message is: Offer\n\n"
    f"The address to which the message has not yet been delivered is:\n\n  {BOB}\n    Delay reason: timed out\n\n"
    "No action is required on your part. Delivery attempts will continue for\nsome time.\n\n"
    f"------ This is a copy of the header. ------\n\n{_COPY}",
    From="Mail Delivery System <Mailer-Daemon@mx.near.example>",
    Subject="Warning: message 1abc-0 delayed 24 hours",
)
OLD_GMAIL = letter(
    f"Delivery to the following recipient failed permanently:\n\n     {BOB}\n\n"
    "Technical details of permanent failure: \nThe error that the other server returned was:\n"
    f"550 5.1.1 No such user\n\n----- Original message -----\n\n{_COPY}",
    From="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    Subject="Delivery Status Notification (Failure)",
)
YAHOO = letter(
    "Sorry, we were unable to deliver your message to the following address.\n\n"
    f"<{BOB}>:\nRemote host said:\n554 delivery error: dd This user doesn't have a far.example account\n\n"
    f"--- Below this line is a copy of the message.\n\n{_COPY}",
    From="MAILER-DAEMON@yahoo.example",
    Subject="Failure Notice",
)
IN_A_SENTENCE = letter(
    f"This is the mail system of far.example.\n\nYour message for {BOB} could not be delivered (550 5.1.1), since\n"
    "nobody here has this name. Write to postmaster@far.example with questions.\n\nOriginal message follows.\n\n"
    f"{_COPY}",
    From="Mail Service <postmaster@mx.far.example>",
    Subject="Undeliverable Mail",
)
IN_BRACKETS = letter(
    'Delivery has failed to these recipients:\n\nServer "192.0.2.7:25" answered:\n'
    f"* [{BOB}]: 550 5.1.1 No such user\n\nOriginal message details:\n{_COPY}",
    From="MAILER-DAEMON <mailer-daemon@gate.example>",
    Subject="Undeliverable: Offer",
    Auto_Submitted="auto-replied",
)
IN_WORDS = {
    "qmail": QMAIL,
    "exim": EXIM,
    "old gmail": OLD_GMAIL,
    "yahoo": YAHOO,
    "in a sentence": IN_A_SENTENCE,
    "in brackets": IN_BRACKETS,
}

COMPLAINT = report(
    "Content-Type: text/plain\n\nThis is an abuse report for a message.\n",
    "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\n"
    f"Original-Mail-From: <anna@agents.example>\nOriginal-Rcpt-To: <{BOB}>\nReported-Domain: agents.example\n",
    WHOLE,
    type_="feedback-report",
    From="Feedback <feedback@far.example>",
    Subject="FW: Offer",
)
RECEIPT = report(
    "Content-Type: text/plain\n\nYour message was displayed.\n",
    "Content-Type: message/disposition-notification\n\nReporting-UA: Mail; 1\n"
    f"Final-Recipient: rfc822;{BOB}\nOriginal-Message-ID: {ID}\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\n",
    type_="disposition-notification",
    From=f"Bob <{BOB}>",
    Subject="Read: Offer",
)
