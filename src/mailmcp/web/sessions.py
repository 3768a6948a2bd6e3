"""Who may use the page: a token that opens it once, and the session that comes of it.

The token is random and lies in the home only as its SHA-256, in a file of mode 0600 that is removed when it is used:
`mailmcp ui` writes one, the leading process reads it. A session is proved by an HMAC of a key derived from the home's,
so that it outlives the process that began it. The cookie alone opens nothing: every request names a second word as
well, which a page of another port cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mailmcp.errors import ConfigError
from mailmcp.mailroom.sealing import write_private

TOKEN_SECONDS = 300
"""So long a token waits to be used."""
SESSION_SECONDS = 12 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LARGEST_FILE = 1000
_FOLDER = "page"


def issue(home: Path, *, now: float | None = None) -> str:
    """A token that opens the page of this home once, within five minutes. Raises ConfigError."""
    now = time.time() if now is None else now
    folder = home / _FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}.") from error
    _forget_old(folder, now)
    token = secrets.token_urlsafe(32)
    words = {"sha256": _hash(token), "until": now + TOKEN_SECONDS}
    write_private(folder / _name(token), json.dumps(words).encode(), replace=True)
    return token


def redeem(home: Path, token: str, *, now: float | None = None) -> bool:
    """Use a token; whether it was one, and in time. It is gone either way."""
    now = time.time() if now is None else now
    if not _TOKEN.fullmatch(token):
        return False
    file = home / _FOLDER / _name(token)
    try:
        with file.open("rb") as opened:
            words = json.loads(opened.read(_LARGEST_FILE))
        file.unlink()  # of two who use it at once, one finds it gone
        return hmac.compare_digest(str(words["sha256"]), _hash(token)) and now < float(words["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _forget_old(folder: Path, now: float) -> None:
    for file in folder.glob("*.token"):
        with suppress(OSError):
            if now - file.stat().st_mtime > 2 * TOKEN_SECONDS:
                file.unlink()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _name(token: str) -> str:
    return f"{_hash(token)[:32]}.token"


class Sessions:
    """Makes and checks sessions of one home."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        self.cookie = f"mailmcp_{self._mac('cookie')[:12]}"
        """The cookie's name: other homes on this machine have others."""

    def begin(self) -> tuple[str, str]:
        """(the cookie's value, the word that each request names besides)."""
        session = f"{secrets.token_hex(16)}.{int(self._clock()) + SESSION_SECONDS}"
        return f"{session}.{self._mac('session', session)}", self.word(session)

    def known(self, cookie: str | None) -> str | None:
        """The session of a cookie; None for one that is not ours or over."""
        session, _, mac = (cookie or "").rpartition(".")
        if not hmac.compare_digest(self._mac("session", session).encode(), mac.encode()):
            return None
        until = session.partition(".")[2]
        return session if until.isdecimal() and self._clock() < int(until) else None

    def word(self, session: str) -> str:
        """What each request of a session names in a header."""
        return self._mac("word", session)

    def permit(self, session: str, what: str) -> str:
        """What the address of something must hold that is shown in a frame, where no header can be set."""
        return self._mac("permit", session, what)

    def is_word(self, session: str, given: str | None) -> bool:
        """Whether a request named the session's word."""
        return hmac.compare_digest(self.word(session).encode(), (given or "").encode("utf-8", "replace"))

    def is_permit(self, session: str, what: str, given: str | None) -> bool:
        """Whether an address holds the permit for what it asks."""
        return hmac.compare_digest(self.permit(session, what).encode(), (given or "").encode("utf-8", "replace"))

    def _mac(self, *words: str) -> str:
        return hmac.digest(self._key, json.dumps(words).encode(), "sha256").hex()


class Tries:
    """How often something may fail before it has to wait."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failed: deque[float] = deque()

    def failed(self) -> None:
        """One more."""
        self._failed.append(self._clock())

    @property
    def spent(self) -> bool:
        """Whether there were too many of late."""
        while self._failed and self._clock() - self._failed[0] > self._seconds:
            self._failed.popleft()
        return len(self._failed) >= self._most
