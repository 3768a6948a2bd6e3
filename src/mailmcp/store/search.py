"""Full-text search (FTS5) over subject, people, visible text and the names of files, newest first.

The index keeps no text: what goes in is folded here, and what is taken out is folded in the same way again. A blank
is written round every character of a script without spaces, so that any run of them is found as a phrase.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice

INDEXED_CHARACTERS = 200_000
"""Of each column: a longer body is found by its beginning."""

# Han, kana, Hangul syllables, Thai, Lao, Khmer, Myanmar: written without spaces between words (or, for Hangul, with
# endings glued to the word that one searches for).
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
# The tokenizer knows the accents of Latin letters alone, and only those that are one character with their letter.
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Letters that people leave the stroke out of where their keyboard has none, and the dotless i of Turkish.
_STROKES = str.maketrans("łđøħŧı", "ldohti")
_WORD = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans("“”„‟«»", '""""""')
_PIECES = re.compile(
    r'(?P<minus>(?<!\S)-(?=[^\W\d]|"))?(?:(?:(?P<field>[a-z]{1,9}):)?"(?P<exact>[^"]+)"|(?P<word>\S+))', re.IGNORECASE
)
_COLUMNS = {"from": "people", "to": "people", "subject": "subject", "body": "body", "filename": "body"}
_NAMED = re.compile(rf"({'|'.join(_COLUMNS)}):(?=\S)", re.IGNORECASE)


def folded(text: str) -> str:
    """Text as the index holds it: NFKC; case, accents and strokes folded; blanks round signs of unspaced scripts."""
    text = _folded_at_first(text)
    return text if text.isascii() else text.translate(_STROKES)


def _folded_at_first(text: str) -> str:
    """The same as it was before schema 17: letters with a stroke were others."""
    text = text[:INDEXED_CHARACTERS]
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFC", _ACCENTS.sub("", apart)))


def expression(query: str, beginning: Callable[[str], list[str] | None] = lambda _: None) -> str | None:
    """A user's words as an FTS5 expression that cannot be a syntax error: all words, each as its parts in a row.

    The last letters of a word may be missing (prefix search); ``beginning`` may say which words of the index begin so.
    ``from:bob`` and ``subject:invoice`` are found where other programs look for them, and as words of a text; words
    between quotation marks are found as they stand, and ``-word`` leaves out what has it.
    None when the query has no word.
    """
    phrases: list[str] = []
    unwanted: list[str] = []
    for piece in islice(_PIECES.finditer(query.translate(_QUOTES)), 32):
        minus, exact, word = piece["minus"], piece["exact"], piece["word"] or ""
        if exact is not None:
            rows = [_WORD.findall(one) for one in dict.fromkeys((folded(exact), _folded_at_first(exact)))]
            phrase = f"({' OR '.join(map(_phrase, rows))})" if rows[0] else ""
            if phrase and (column := _COLUMNS.get((piece["field"] or "").lower())):
                phrase = f"{column} : {phrase}"
        else:
            phrase = _sought(word, beginning)
            if phrase and (named := _NAMED.match(word)) and (inner := _sought(word[named.end() :], beginning)):
                phrase = f"({phrase} OR {_COLUMNS[named[1].lower()]} : {inner})"
        if phrase:
            (unwanted if minus else phrases).append(phrase)
    if not phrases:
        phrases, unwanted = unwanted, []  # to leave out is no search
    return " NOT ".join((" AND ".join(phrases), *unwanted)) if phrases else None


def _sought(word: str, beginning: Callable[[str], list[str] | None]) -> str:
    """One word of a query, also as older mail has it in the index; "" when there is nothing in it to be found."""
    spellings = dict.fromkeys((folded(word), _folded_at_first(word)))
    found = list(filter(None, (_spelled(one, beginning) for one in spellings)))
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})" if found else ""


def _spelled(word: str, beginning: Callable[[str], list[str] | None]) -> str:
    parts = _WORD.findall(word)
    if not parts:
        return ""
    if _UNSPACED.search(word[-1:]):
        return _phrase(parts)
    if parts[-1].isascii() and (words := beginning(parts[-1])) is not None:
        return f"({' OR '.join(_phrase((*parts[:-1], last)) for last in words or parts[-1:])})"
    return f"{_phrase(parts)}*"


def _phrase(parts: Sequence[str]) -> str:
    return f'"{" ".join(parts)}"'


def add(db: sqlite3.Connection, message: int, *, subject: str, people: str, body: str) -> None:
    """Index a message by its row; its attachments are stored before."""
    db.execute(
        "INSERT INTO search (rowid, subject, people, body) VALUES (:message, :subject, :people, :body)",
        {"message": message, "subject": folded(subject), "people": folded(people), "body": _body(db, message, body)},
    )


def people(from_name: str, from_email: str, to: str, cc: str) -> str:
    """The column ``people``: the author and the JSON of the To and Cc addresses, as words."""
    return f"{from_name} {from_email} {to} {cc}"


def _body(db: sqlite3.Connection, message: int, text: str) -> str:
    """The column ``body``: the text, and the names of the files that are attached (not of pictures inside it)."""
    names = db.execute(
        "SELECT filename FROM attachments WHERE message = :message"
        " AND NOT (inline AND content_type LIKE 'image/%') ORDER BY part",
        {"message": message},
    )
    return "\n".join((folded(text), *(folded(row["filename"]) for row in names)))


def forget_inbox(db: sqlite3.Connection, inbox: int) -> None:
    """Take an inbox's messages out of the index."""
    _forget(db, "inbox = :value", inbox)


def forget_message(db: sqlite3.Connection, message: int) -> None:
    """Take one message out of the index, by its row."""
    _forget(db, "messages.id = :value", message)


def add_stored(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Index a message from what is stored of it: a row of ``messages`` with its ``bodies``."""
    db.execute(
        "INSERT INTO search (rowid, subject, people, body) VALUES (:message, :subject, :people, :body)", _of(db, row)
    )


def _of(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, int | str]:
    """The words of a stored message, as they went in: what came before schema 17 has no Cc and no names of files."""
    text, newer = f"{row['visible']}\n{json.loads(row['channels'])['signature']}", row["words"] >= 1
    fold = folded if newer else _folded_at_first
    return {
        "message": row["id"],
        "subject": fold(row["subject"]),
        "people": fold(people(row["from_name"], row["from_email"], row["to_"], row["cc"] if newer else "")),
        "body": _body(db, row["id"], text) if newer else fold(text),
    }


def _forget(db: sqlite3.Connection, condition: str, value: int) -> None:
    """A contentless FTS5 table wants the words that went in."""
    rows = db.execute(
        "SELECT messages.id, subject, from_name, from_email, to_, cc, words, visible, channels FROM messages"
        f" JOIN bodies ON bodies.message = messages.id WHERE {condition}",
        {"value": value},
    )
    for row in rows.fetchall():
        db.execute(
            "INSERT INTO search (search, rowid, subject, people, body)"
            " VALUES ('delete', :message, :subject, :people, :body)",
            _of(db, row),
        )
