"""The mails that the benchmarks send: what applications send, with text and HTML."""

from __future__ import annotations

import random
import secrets
from email.message import EmailMessage
from email.policy import SMTP

_VOCABULARY = """
    account order invoice meeting report project delivery update question answer morning schedule budget contract
    review release ticket customer service product request change version support payment address number account
    please thanks regards attached following received confirmed scheduled available required complete regarding
"""

_WORDS = _VOCABULARY.split()

_CODE_TEXT = """\
Hello,

Somebody, hopefully you, wants to sign in to Example App with this address.

Your verification code is:

{code}

The code expires in 10 minutes. Do not share it with anybody: nobody who works for us will ever ask for it.

If you did not try to sign in you can ignore this mail, or change your password at https://app.example/settings.

Example App, 20931 Sample Street, Suite 400, Anytown
You get this mail because you have an account since 2024. Questions? https://app.example/help
"""

_CODE_HTML = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Your code</title>
<style>
body {{ margin: 0; padding: 0; background: #f4f5f7; font-family: Arial, sans-serif; color: #1b1f24; }}
.card {{ background: #ffffff; border-radius: 8px; padding: 32px; }}
.code {{ font-size: 32px; letter-spacing: 6px; font-weight: bold; font-family: monospace; }}
.small {{ font-size: 12px; color: #6a737d; }}
</style></head>
<body>
<div style="display:none;max-height:0;overflow:hidden">Your sign-in request at Example App</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" class="card">
<tr><td><img src="https://app.example/logo.png" width="120" height="32" alt="Example App"></td></tr>
<tr><td style="padding-top:24px"><h1 style="font-size:20px;margin:0">Sign in to Example App</h1></td></tr>
<tr><td style="padding-top:12px"><p>Somebody, hopefully you, wants to sign in with this address.</p>
<p>Your verification code is:</p></td></tr>
<tr><td align="center" style="padding:16px;background:#f4f5f7"><span class="code">{code}</span></td></tr>
<tr><td style="padding-top:12px"><p>The code expires in 10 minutes. Do not share it with anybody: nobody who works
for us will ever ask for it.</p>
<p>If you did not try to sign in you can ignore this mail, or
<a href="https://app.example/settings?from=mail&amp;id=8841203" style="color:#0a66c2">change your password</a>.</p>
</td></tr>
<tr><td class="small" style="padding-top:24px;border-top:1px solid #e1e4e8">Example App, 20931 Sample Street, Suite 400,
Anytown<br>You get this mail because you have an account since 2024.
<a href="https://app.example/help">Questions?</a></td></tr>
</table></td></tr></table>
</body></html>
"""


def code_mail(to: str, code: str) -> bytes:
    """A sign-in mail of about 3 KB: text and HTML, a preheader, other numbers around the code."""
    return _with_bodies(to, "Your sign-in code", _CODE_TEXT.format(code=code), _CODE_HTML.format(code=code))


def ordinary_mail(to: str, *, size: int = 5_000) -> bytes:
    """A notice of about ``size`` bytes, text and HTML in equal shares."""
    half = max(200, (size - 900) // 2)
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < half:
        paragraphs.append(" ".join(random.choices(_WORDS, k=40)))
    text = "\n\n".join(paragraphs)[:half]
    html = "".join(f"<p>{paragraph}</p>\n" for paragraph in text.split("\n\n"))
    return _with_bodies(to, " ".join(random.choices(_WORDS, k=5)), text, f"<html><body>{html}</body></html>")


def words(choose: random.Random, length: int) -> str:
    """Words of the trade's small talk, about ``length`` characters of them."""
    said = ""
    while len(said) < length:
        said += choose.choice(_WORDS) + " "
    return said[:length].strip()


def large_mail(to: str, *, size: int = 20 * 1024 * 1024) -> bytes:
    """A mail of ``size`` bytes on the wire, nearly all of it one attachment."""
    mail = _begun(to, "A large file")
    mail.set_content("The file is attached.\n")
    mail.add_attachment(secrets.token_bytes(size * 3 // 4 * 76 // 78 - 1_000), "application", "zip", filename="a.zip")
    return mail.as_bytes(policy=SMTP)


def _with_bodies(to: str, subject: str, text: str, html: str) -> bytes:
    mail = _begun(to, subject)
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes(policy=SMTP)


def _begun(to: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Example App <no-reply@app.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{secrets.token_hex(12)}@app.example>"
    mail["Date"] = "Mon, 05 Jan 2026 10:00:00 +0000"
    return mail
