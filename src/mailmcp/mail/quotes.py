"""Quoted history and signatures: where the new text of a mail ends.

Containers of HTML mail are known by name; in plain text (and HTML without containers) lines tell: separators,
header blocks, "On … wrote:" in many languages, ``>`` marks. Everything is found as an offset; nothing is copied.
Interleaved answers and forwards are kept whole, and a text that would be nothing but history is not cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_TEXT = 200_000
_MAX_LINE = 400

_CLASSES = frozenset(
    (
        "gmail_quote", "gmail_quote_container", "gmail_extra", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote",
        "zmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message", "WordSection1_quote", "quote-container",
    )
)  # fmt: skip
_IDS = frozenset(("OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container"))
_HISTORY_IDS = frozenset(("divRplyFwdMsg", "appendonsend"))
_OUTLOOK_BORDER = re.compile(
    r"border-top:\s*solid\s+#(?:e1e1e1|b5c4df)\s+1\.0pt|border-top:\s*1pt solid #(?:e1e1e1|b5c4df)"
)

_FORWARDED = (
    "forwarded message|begin forwarded|weitergeleitete nachricht|message transféré|message transmis|mensaje reenviado|"
    "mensagem encaminhada|mensagem reencaminhada|messaggio inoltrato|doorgestuurd bericht|vidarebefordrat|"
    "videresendt|välitetty viesti|przekazana wiadomość|пересылаемое сообщение|пересланное сообщение|переслане|"
    "iletilen ileti|iletilmiş ileti|転送|전달된 메일|转发的邮件|轉寄的郵件|转发邮件|přeposlaná zpráva|továbbított|"
    "mesaj redirecționat|προωθημένο μήνυμα|رسالة محولة|הודעה שהועברה|thư đã chuyển|pesan terusan"
)
_FORWARD_LINE = re.compile(rf"[\s\-–—>*_]{{0,40}}(?:{_FORWARDED})", re.IGNORECASE)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst|fs|pd|пер|ilt|i̇lt|转发|轉寄|転送|전달|tov|přep|πρθ|إعادة توجيه|הועבר)"
    r"\s*[:：]",
    re.IGNORECASE,
)
_ORIGINAL = (
    "original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht|message d'origine|"
    "message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|"
    "origineel bericht|originalmeddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|"
    "alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|оригинальное сообщение|"
    "початкове повідомлення|özgün ileti|orijinal mesaj|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|"
    "αρχικό μήνυμα|оригинално съобщение|izvorna poruka|originalna poruka|原始邮件|原始郵件|元のメッセージ|원본 메일|"
    "원본 메시지|الرسالة الأصلية|הודעה מקורית|thư gốc|pesan asli|ข้อความต้นฉบับ"
)
_SEPARATOR = re.compile(
    rf"\s{{0,8}}(?:[-–—_=]{{2,60}}\s{{0,3}}(?:{_ORIGINAL})\s{{0,3}}[-–—_=]{{0,60}})\s*$", re.IGNORECASE
)
_RULE = re.compile(r"\s{0,8}(?:_{20,200}|[-–—]{20,200})\s*$")
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|escreveu|escribi[óo]|a [ée]crit|ha scritto|schreef|skrev|kirjoitti|napisał\(?a?\)?|"
    r"napsal\(?a?\)?|napísal\(?a?\)?|написала?|пише|писала?|írta|scris|yazdı|έγραψε|rašė|rakstīja|kirjutas|napisao|"
    r"je napisal|va escriure|idatzi du|skrifaði|viết|menulis|kutoka|het volgende geskryf)\b|"
    r"のメール|書きました|写道|寫道|작성|כתב|كتب|نوشت|เขียน|님이|ने लिखा",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"\s{0,4}(?:on|am|le|el|il|em|op|den|på|w dniu|dnia|dne|dňa|dana|pe|la|în|ngày|pada|vào|στις|на|в|el dia|"
    r"\d{1,4}[./年-]\d{1,2}|\d{4}年|בתאריך|في|در)",
    re.IGNORECASE,
)
_DATED_ADDRESS = re.compile(r"\d.{0,200}@")
_FROM = (
    "from|von|de|da|van|från|fra|lähettäjä|od|от|від|kimden|gönderen|feladó|de la|από|od|saatja|no|nuo|发件人|"
    "寄件者|寄件人|差出人|보낸 사람|보낸사람|من|מאת|từ|dari|จาก"
)
_FIELDS = (
    "sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado|enviada em|enviado el|fecha|para|"
    "asunto|assunto|data|inviato|oggetto|a|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|lähetetty|"
    "päivämäärä|vastaanottaja|kenelle|aihe|wysłano|do|temat|odesláno|komu|předmět|odoslané|predmet|отправлено|дата|"
    "кому|тема|надіслано|gönderildi|tarih|kime|konu|elküldve|dátum|címzett|tárgy|trimis|către|subiect|στάλθηκε|"
    "ημερομηνία|προς|θέμα|poslano|za|zadeva|prima|发送时间|日期|收件人|主题|寄件日期|收件者|主旨|送信日時|日時|宛先|"
    "件名|보낸 날짜|날짜|받는 사람|제목|تاريخ|إلى|الموضوع|תאריך|אל|נושא|ngày|đến|chủ đề|tanggal|kepada|subjek|"
    "วันที่|ถึง|เรื่อง|sent:|saatmisaeg|saaja|teema|išsiųsta|kam|tema|nosūtīts|temats"
)
_FROM_LINE = re.compile(rf"[\s>*]{{0,6}}(?:{_FROM})\s{{0,2}}\*?[:：]\*?\s", re.IGNORECASE)
_FIELD_LINE = re.compile(rf"[\s>*]{{0,6}}(?:{_FIELDS})\s{{0,2}}\*?[:：]\*?", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}(?!\d)|\d{1,2}\s?[時时点點시]")
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}|25\d\d(?!\d)|1[34]\d\d(?!\d)|[٠-٩۰-۹]{4}")
_SENT_FROM = re.compile(
    r"\s{0,8}(?:sent from|sent with|get outlook|gesendet mit|von meinem|envoyé de|envoyé depuis|enviado desde|"
    r"enviado do|inviato da|verzonden (?:met|vanaf)|skickat från|sendt fra|lähetetty|wysłane z|"
    r"отправлено с|sent via)\b",
    re.IGNORECASE,
)


def is_quote_container(tag: str, id_: str, classes: Iterable[str], attributes: Mapping[str, str | None]) -> bool:
    """Is this HTML element one that mail programs put round quoted history?"""
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return True
    return not _CLASSES.isdisjoint(classes) or id_.removeprefix("x_") in _IDS


def starts_history(tag: str, id_: str, style: str) -> bool:
    """Does quoted history begin at this HTML element and go on to the end of the mail?"""
    if id_.removeprefix("x_") in _HISTORY_IDS:
        return True
    return tag == "div" and "border-top" in style and _OUTLOOK_BORDER.search(style.lower()[:400]) is not None


def begins_forward(text: str) -> bool:
    """Do these first words of a container say that it is a forwarded mail?"""
    text = text.lstrip()
    return text.startswith(("----------", "- - - -")) or _FORWARD_LINE.match(text) is not None


def is_forward(subject: str) -> bool:
    """Does the subject say that the mail was forwarded ("Fwd:" and its kin)?"""
    return _FORWARD_SUBJECT.match(subject[:40]) is not None


def history_offset(text: str) -> int:
    """Where quoted history begins in ``text``; its length when there is none, or nothing would be left."""
    if len(text) > MAX_TEXT:
        return len(text)
    lines = text.split("\n")
    own = [number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(">")]
    last_own = own[-1] if own else -1
    offset = 0
    for number, line in enumerate(lines):
        if len(line) <= _MAX_LINE and line and not line.isspace():
            if _FORWARD_LINE.match(line):
                return len(text)
            if _begins_history(lines, number, last_own):
                return offset if text[:offset].strip() else len(text)
        offset += len(line) + 1
    return len(text)


def signature_offset(text: str) -> int:
    """Where the signature begins (a line ``--``, or a short "Sent from …" at the end); the length if nowhere."""
    at = text.rfind("\n-- \n")
    if at < 0:
        at = text.rfind("\n--\n")
    if at > 0 and text[:at].strip() and len(text) - at < 3_000:
        return at + 1
    body = text.rstrip()
    for _ in range(3):
        start = body.rfind("\n") + 1
        line = body[start:]
        if start and len(line) < 120 and _SENT_FROM.match(line) and text[:start].strip():
            return start
        body = body[:start].rstrip()
        if not body:
            break
    return len(text)


def _begins_history(lines: list[str], number: int, last_own: int) -> bool:
    line = lines[number]
    if _SEPARATOR.match(line):
        return True
    if _RULE.match(line):
        # A bare rule may be mere decoration.
        return any(_is_header_block(lines, later, 2) for later in range(number + 1, min(number + 5, len(lines))))
    if _FROM_LINE.match(line):
        after_gap = number > 0 and not lines[number - 1].strip()
        return _is_header_block(lines, number, 2 if after_gap or number == 0 else 3)
    if line.lstrip().startswith(">"):
        # Trailing marks only: unquoted words after them mean an interleaved answer.
        return number > last_own
    return _is_attribution(lines, number, last_own)


def _is_header_block(lines: list[str], number: int, least: int) -> bool:
    """A From line, ``least`` other fields after it, and in them an address, a date with a time, or three names.

    With less it is a trip (From, To, Date) or a parcel.
    """
    if not _FROM_LINE.match(lines[number][:_MAX_LINE]):
        return False
    following = [later[:2_000] for later in lines[number + 1 : number + 8] if later.strip()]
    fields = [match[0].strip(" \t>*:：").lower() for later in following[:5] if (match := _FIELD_LINE.match(later))]
    if len(fields) < least:
        return False
    if len(set(fields)) >= 3:
        return True
    # The value of a field may stand on the lines after its name.
    evidence = [lines[number][:2_000], *following]
    return any(_ADDRESS.search(one) or (_TIME.search(one) and _DATE.search(one)) for one in evidence)


def _is_attribution(lines: list[str], number: int, last_own: int) -> bool:
    """ "On … wrote:", perhaps folded over up to three lines, with only history after it."""
    joined = lines[number]
    for extra in range(3):
        if len(joined) > _MAX_LINE:
            return False
        ending = joined.rstrip()
        if ending.endswith((":", "：", ":*")) or (extra == 0 and ending.endswith(("wrote", "写道", "寫道"))):
            break
        if not _OPENER.match(joined) or number + extra + 1 >= len(lines) or not lines[number + extra + 1].strip():
            return False
        joined += " " + lines[number + extra + 1].strip()
    else:
        return False
    if not re.search(r"\d|@", joined):
        return False
    end = number + extra
    following = next((later for later in lines[end + 1 : end + 4] if later.strip()), "")
    marked = following.lstrip().startswith(">")
    if not _WROTE.search(joined) and not (marked and _DATED_ADDRESS.search(joined)):
        return False
    return last_own <= end or not marked
