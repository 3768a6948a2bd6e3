"""The fence round strangers' words (law 4): a random mark before every one of their lines.

A text for the model is built as a :class:`Page`. What mailmcp says and what strangers say are handed in apart; only
when all of it is there is the mark drawn, so that no stranger's word contains it, and put before each of their lines.
A line without the mark is ours, and from a mark to the end of its line it is theirs: a mail has no way to write
a line of the other kind.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LEAST_MARK = 2
_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f]")

# What the formats of chats and of tool calls are made of. Such a word anywhere in the name of a tag makes it one of
# theirs ("tool_use_error", "local-command-stdout"), together or alone ("systemprompt"); the rest are whole names.
_SPEAKER = "system|assistant|user|human|developer|model|agent|tools?|functions?|commands?|invoke|antml"
_SPEECH = (
    "instructions?|prompts?|messages?|calls?|use|results?|responses?|outputs?|reminders?|query|queries|errors?|stdin|"
    "stdout|stderr"
)
_ROLE = re.compile(rf"(?:{_SPEAKER})?(?:{_SPEAKER}|instructions?|prompts?|results?|stdout|stderr|untrusted|thinking)")
_ROLE_AND_SPEECH = re.compile(rf"(?:{_SPEAKER})(?:{_SPEECH})")
_NAME = re.compile(
    "parameters?|context|e?mails?|messages?|documents?|response|output|think|reasoning|scratchpad|answer|s|im_start|"
    "im_end|im_sep|endoftext|begin_of_text|end_of_text|eot_id|eom_id|start_header_id|end_header_id|fim_[a-z]+|"
    "endofprompt|start_of_turn|end_of_turn|bos|eos|pad|sep|cls|unk|python_tag|channel|call|return|error"
)
_WORD_OF_A_NAME = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# A tag may be too long to be worth finding its end.
_TAG = re.compile(
    r"[<＜﹤](?P<open>\s{0,4}[/／!?]?\s{0,4}[|｜]?\s{0,4})(?P<name>[\w:.$#{-]{1,200})(?P<rest>[^<>＜＞﹤﹥]{0,200})"
    r"(?P<close>[>＞﹥]?)"
)
# An address in angle brackets is no tag, whatever it begins with.
_ADDRESS = re.compile(r"[^\s<>|｜]{1,64}@[\w-]{1,63}\.[^\s<>]{1,200}")
_SPECIAL = re.compile(r"[<＜﹤](?P<inside>\s?[|｜][^<>＜＞﹤﹥|｜\n]{0,100}[|｜]\s?)[>＞﹥]")
_BRACKETED = re.compile(
    r"\[(?P<inside>/?\s?(?:SYSTEM|ASSISTANT|USER|TOOL_[A-Z_]{3,20}|AVAILABLE_TOOLS|(?i:inst|sys)|"
    rf"(?i:(?:begin |end(?: of)? )?(?:{_SPEAKER})[ _-](?:{_SPEECH}|override))|\|[^\[\]|\n]{{1,60}}\|)\s?:?)\]"
)
_DOUBLED = re.compile(r"[<＜]{2}(?P<inside>/?\s?SYS\s?)[>＞]{2}")


def inert(words: str) -> str:
    """Strangers' words with the marks of chat roles and tool calls in brackets that mean nothing to a model.

    One bracket takes the place of another: every other character stays where it stands.
    """
    if any(sign in words for sign in "<＜﹤"):
        words = _SPECIAL.sub(r"‹\g<inside>›", _DOUBLED.sub(r"‹‹\g<inside>››", words))
        words = _TAG.sub(_without_point, words)
    return _BRACKETED.sub(r"⟦\g<inside>⟧", words) if "[" in words else words


def _without_point(tag: re.Match[str]) -> str:
    opening, rest, close = tag["open"], tag["rest"], tag["close"]
    if not _is_role(tag["name"]) or (not opening.strip() and _ADDRESS.fullmatch(tag["name"] + rest)):
        return tag.group()
    if opening.isspace() and not close:
        return tag.group()  # "a < user count" compares
    return f"‹{opening}{tag['name']}{rest}{'›' if close else ''}"


def _is_role(name: str) -> bool:
    """Is it the name of a tag of chats or of tool calls?"""
    name = unicodedata.normalize("NFKC", name)
    words = [word.lower() for word in _WORD_OF_A_NAME.findall(name)]
    known = any(_ROLE.fullmatch(word) or _ROLE_AND_SPEECH.fullmatch(word) for word in words)
    return known or any(_NAME.fullmatch(part) for part in name.lower().split(":"))


def one_line(words: str) -> str:
    """Words that stand in a line of ours: no break or control character can begin another one."""
    return " ".join(_CONTROLS.sub(" ", _BREAKS.sub(" ", words)).split())


class Page:
    """A text for the model, of our words and strangers' words."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str | None]] = []

    def say(self, ours: str, theirs: str | None = None) -> None:
        """One line of ours, ended by a stranger's words where there are some; ``{mark}`` in ours names the mark."""
        self._lines.append((ours, None if theirs is None else " ".join(_BREAKS.split(theirs))))

    def quote(self, theirs: str) -> None:
        """Lines of a stranger."""
        self._lines += [("", line) for line in _BREAKS.split(theirs)]

    def text(self) -> str:
        """All lines."""
        theirs = [None if words is None else inert(_CONTROLS.sub(" ", words)) for _, words in self._lines]
        mark = _drawn("\n".join(words for words in theirs if words is not None))
        lines: list[str] = []
        for (ours, _), words in zip(self._lines, theirs, strict=True):
            begin = ours.replace("{mark}", mark)
            if words is None or not (words or begin):
                lines.append(begin)  # an empty line says nothing, whoever wrote it
            else:
                lines.append(f"{begin}{' ' if begin else ''}{mark}{words}".rstrip())
        return "\n".join(lines)


def _drawn(words: str) -> str:
    """A mark that is random and in none of the words; longer when all short ones are taken."""
    length = _LEAST_MARK
    while True:
        for _ in range(8):
            mark = "".join(secrets.choice(_ALPHABET) for _ in range(length)) + "|"
            if mark not in words:
                return mark
        length += 1
