"""Where the tokens that renew a sign-in are kept: in the system's keyring where there is one, else in files of the home
that only their owner can read."""

from __future__ import annotations

import contextlib
import importlib
import re
from pathlib import Path
from typing import Any

from mailmcp.errors import BackendError
from mailmcp.private import write_private

SERVICE = "mailmcp"


class TokenDrawer:
    """The refresh tokens of the accounts of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home / "tokens"

    def get(self, address: str) -> str | None:
        """The token of an account; None when nobody has signed in."""
        keyring = _keyring()
        if keyring is not None:
            with contextlib.suppress(Exception):  # locked, or its service does not answer: the file is looked at
                if found := keyring.get_password(SERVICE, self._name(address)):
                    return str(found)
        try:
            return self._file(address).read_text("utf-8").strip() or None
        except OSError:
            return None

    def put(self, address: str, token: str) -> str:
        """Keep a token; gives where, in words. Raises BackendError when it cannot be kept."""
        keyring = _keyring()
        if keyring is not None:
            with contextlib.suppress(Exception):
                keyring.set_password(SERVICE, self._name(address), token)
                self._file(address).unlink(missing_ok=True)
                return "the system's keyring"
        file = self._file(address)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(file, token.encode(), replace=True)
        except OSError as error:
            raise BackendError(f"The sign-in cannot be kept in {self._folder}: {error.strerror}.") from error
        return f"{file}, which only you can read"

    def _name(self, address: str) -> str:
        """Homes do not share a sign-in."""
        return f"{address} in {self._home}"

    def _file(self, address: str) -> Path:
        return self._folder / re.sub(r"[^a-z0-9@._+-]", "_", address.lower()).lstrip(".")


def _keyring() -> Any:
    """The keyring library, when it is installed and has a place to keep anything."""
    try:
        library: Any = importlib.import_module("keyring")
        return library if library.get_keyring().priority > 0 else None
    except Exception:
        return None
