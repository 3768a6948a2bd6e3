"""A calendar entry as the few lines that a mail program shows above the text (RFC 5545, RFC 5546).

Only what a person needs to answer it: what, when and in which zone, where, who asks, who is asked. Everything is a
stranger's word and bounded; nothing raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

MAX_CALENDAR = 256 * 1024
MAX_LINES = 5_000
MAX_ENTRIES = 5
MAX_PEOPLE = 20
MAX_DATES = 12
MAX_VALUE = 500
MAX_DESCRIPTION = 10_000

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[A-Za-z0-9-]{1,60}=(?:"[^"\n]{0,500}"|[^";:\n]{0,500})){0,20}):(.*)')
_PARAMETER = re.compile(r';([A-Za-z0-9-]{1,60})=(?:"([^"]*)"|([^";:]*))')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?)?")
_ENTRIES = {"VEVENT": "Event", "VTODO": "Task"}
_TITLES = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer",
    "COUNTER": "Other time proposed",
    "DECLINECOUNTER": "Proposed time declined",
    "ADD": "Further date",
    "REFRESH": "Asked for the current state",
}
_OFTEN = {
    "YEARLY": ("year", "every year"),
    "MONTHLY": ("month", "every month"),
    "WEEKLY": ("week", "every week"),
    "DAILY": ("day", "every day"),
    "HOURLY": ("hour", "every hour"),
}
_PLACES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last", "-2": "last but one"}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "maybe", "DELEGATED": "delegated"}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class _Property:
    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class _Entry:
    kind: str
    properties: dict[str, list[_Property]] = field(default_factory=dict[str, list[_Property]])

    def first(self, name: str) -> _Property | None:
        return next(iter(self.properties.get(name, ())), None)

    def words(self, name: str, limit: int = MAX_VALUE) -> str:
        found = self.first(name)
        return _unescaped(found.value)[:limit].strip() if found else ""


def card(calendar: str) -> str:
    """The entry of a calendar as lines of text; ``""`` where it has none."""
    method, entries = _read(calendar)
    return "\n\n".join(filter(None, (_lines(method, entry) for entry in entries)))


def is_message(calendar: str) -> bool:
    """Whether the calendar asks or answers something (it has a METHOD), as opposed to a file that is handed over."""
    return _read(calendar)[0] in _TITLES


def says_when(calendar: str, words: str) -> bool:
    """Whether ``words`` already hold the hour at which the first entry begins, in any of the usual spellings."""
    for entry in _read(calendar)[1][:1]:
        start = entry.first("DTSTART")
        found = _TIME.match(start.value) if start else None
        if found is None or found[4] is None:
            return True  # nothing to say, or a whole day
        hour, minute = int(found[4]), found[5]
        spellings = [f"{hour:02}:{minute}", f"{hour}:{minute}", f"{hour:02}.{minute}", f"{hour}h{minute}"]
        spellings += [f"{hour % 12 or 12}:{minute}", f"{hour}時", f"{hour}시", f"{hour}点"]
        if minute == "00":
            half = "ap"[hour >= 12]
            spellings += [f"{hour % 12 or 12}{blank}{half}" for blank in ("", " ", "\u00a0", "\u202f")]
            spellings += [f"{hour} Uhr", f"{hour} h"]
        lower = words.lower()
        return any(one.lower() in lower for one in spellings)
    return True


def _read(calendar: str) -> tuple[str, list[_Entry]]:
    method = ""
    entries: list[_Entry] = []
    open_blocks: list[str] = []
    for line in _FOLD.sub("", calendar[:MAX_CALENDAR]).splitlines()[:MAX_LINES]:
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1].upper(), match[3]
        if name == "BEGIN":
            open_blocks = [*open_blocks[-20:], value.strip().upper()]
            if open_blocks[-1] in _ENTRIES:
                if len(entries) == MAX_ENTRIES:
                    break
                entries.append(_Entry(open_blocks[-1]))
        elif name == "END":
            open_blocks = open_blocks[:-1]
        elif name == "METHOD" and not method:
            method = value.strip().upper()
        elif entries and open_blocks and open_blocks[-1] == entries[-1].kind:  # not of an alarm inside it
            parameters = {one[1].upper(): one[2] or one[3] or "" for one in _PARAMETER.finditer(match[2])}
            entries[-1].properties.setdefault(name, []).append(_Property(value, parameters))
    return method, entries


def _lines(method: str, entry: _Entry) -> str:
    title = entry.words("SUMMARY").replace("\n", " ") or "(no title)"
    kind = _TITLES.get(method, _ENTRIES[entry.kind])
    if entry.words("STATUS").upper() == "CANCELLED":
        kind = _TITLES["CANCEL"]
    attendees = entry.properties.get("ATTENDEE", [])
    organizer = entry.first("ORGANIZER")
    lines = [f"{kind}: {title}", _when(entry)]
    if rule := entry.words("RRULE"):
        lines.append(f"Repeats: {_rule(rule)}")
    for name, label in (("RDATE", "Also on"), ("EXDATE", "Not on"), ("RECURRENCE-ID", "Instead of the one on")):
        if days := _dates(entry.properties.get(name, [])):
            lines.append(f"{label}: {days}")
    if where := entry.words("LOCATION"):
        lines.append(f"Where: {where.replace(chr(10), ', ')}")
    if organizer:
        lines.append(f"Organizer: {_person(organizer)}")
    if attendees:
        more = f" and {len(attendees) - MAX_PEOPLE} more" if len(attendees) > MAX_PEOPLE else ""
        lines.append(f"Attendees: {', '.join(map(_attendee, attendees[:MAX_PEOPLE]))}{more}")
    for name, label in (("COMMENT", "Comment"), ("URL", "Link")):
        if words := entry.words(name):
            lines.append(f"{label}: {words}")
    if description := entry.words("DESCRIPTION", MAX_DESCRIPTION):
        lines += ["", description]
    return "\n".join(line for line in lines if line is not None)


def _when(entry: _Entry) -> str | None:
    start = entry.first("DTSTART") or entry.first("DUE")
    begin = _moment(start)
    if start is None or begin is None:
        return None
    day = not isinstance(begin, datetime)
    end = _moment(entry.first("DTEND"))
    if end is None and (length := entry.first("DURATION")) is not None:
        end = _later(begin, length.value)
    if day:
        # The end of a whole day is the first one that is free again.
        last = end - timedelta(days=1) if end and not isinstance(end, datetime) and end > begin else begin
        return f"When: {_date(begin)}" + (f" to {_date(last)}" if last > begin else "") + ", all day"
    zone = _zone(start)
    text = f"When: {_date(begin)}, {begin:%H:%M}"
    if isinstance(end, datetime):
        other = entry.first("DTEND")
        text += f" to {'' if end.date() == begin.date() else _date(end) + ', '}{end:%H:%M}"
        if other is not None and _zone(other) != zone:
            text += f" ({_zone(other)})"
    return f"{text} ({zone})"


def _moment(found: _Property | None) -> date | datetime | None:
    match = _TIME.match(found.value.strip()) if found else None
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        # As it is written: the zone stands beside it in words.
        return day if match[4] is None else datetime(day.year, day.month, day.day, int(match[4]), int(match[5]))  # noqa: DTZ001
    except ValueError:
        return None


def _later(begin: date | datetime, duration: str) -> date | datetime | None:
    match = _DURATION.fullmatch(duration.strip().lstrip("+"))
    if match is None:
        return None
    weeks, days, hours, minutes = (int(one or 0) for one in match.groups())
    try:
        return begin + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except OverflowError:
        return None


def _zone(found: _Property) -> str:
    if found.value.strip().endswith("Z"):
        return "UTC"
    return _unescaped(found.parameters.get("TZID", ""))[:60].lstrip("/") or "no zone given"


def _date(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _rule(rule: str) -> str:
    """How an entry comes again (RFC 5545 §3.3.10), in words; a part that is seldom written stays as it is."""
    parts = {name: value for name, _, value in (part.partition("=") for part in rule.upper().split(";")) if value}
    unit, often = _OFTEN.get(parts.pop("FREQ", ""), ("time", "again"))
    interval = parts.pop("INTERVAL", "1")
    said = often if interval == "1" else f"every {interval} {unit}s"
    for name, before, word in (("BYDAY", "on", _weekday), ("BYMONTHDAY", "on day", str), ("BYMONTH", "in", _month)):
        if found := parts.pop(name, ""):
            said += f" {before} {', '.join(word(one) for one in found.split(',') if one)}"
    parts.pop("WKST", "")
    until, count = _moment(_Property(parts.pop("UNTIL", ""), {})), parts.pop("COUNT", "")
    ends = [f"until {_date(until)}"] if until else [f"{count} times"] if count else []
    return ", ".join((said, *(f"{name.lower()} {value.lower()}" for name, value in parts.items()), *ends))


def _weekday(code: str) -> str:
    """``FR``, ``2TU`` (the second), ``-1SU`` (the last)."""
    number, day = code[:-2].lstrip("+"), code[-2:].capitalize()
    name = next((one for one in _WEEKDAYS if one[:2] == day), day)
    return f"{_PLACES.get(number, number)} {name}".strip()


def _month(number: str) -> str:
    return _MONTHS[int(number) - 1] if number.isdecimal() and 1 <= int(number) <= 12 else number.lower()


def _dates(found: list[_Property]) -> str:
    """The days of all values of a property, each of which may hold several."""
    days = [_moment(_Property(value, one.parameters)) for one in found for value in one.value.split(",")]
    told = [_date(day) for day in days[:MAX_DATES] if day is not None]
    return ", ".join((*told, f"{len(days) - MAX_DATES} more") if len(days) > MAX_DATES else told)


def _person(found: _Property) -> str:
    address = re.sub(r"^mailto:", "", found.value.strip(), flags=re.IGNORECASE)[:MAX_VALUE]
    name = _unescaped(found.parameters.get("CN", ""))[:100].strip()
    return f"{name} <{address}>" if name and name.lower() != address.lower() else address


def _attendee(found: _Property) -> str:
    answer = _ANSWERS.get(found.parameters.get("PARTSTAT", "").upper())
    return _person(found) + (f" ({answer})" if answer else "")


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
