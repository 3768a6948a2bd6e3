"""The certificate of the embedded server: read at the start, and again whenever its file was renewed."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path

from mailmcp.errors import BackendError

log = logging.getLogger("mailmcp.backends.local")


class Certificate:
    """A certificate with its key, as the settings name them."""

    def __init__(self, cert: str, key: str | None) -> None:
        self._cert = Path(cert).expanduser()
        self._key = Path(key).expanduser() if key else None
        self._seen: tuple[tuple[int, int, int], ...] = ()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """What a handshake needs. A renewed file that cannot be used is named in the log, and the old one kept.

        Raises BackendError when there is none that can be used.
        """
        try:
            seen = tuple(_state(file) for file in (self._cert, self._key) if file)
            if self._context is None or seen != self._seen:
                self._context = self._loaded()
                self._seen = seen
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            what = f"The certificate {self._cert} (MAILMCP_LOCAL__TLS_CERT)"
            if self._key is not None and getattr(error, "filename", None) in (self._key, str(self._key)):
                what = f"The private key {self._key} (MAILMCP_LOCAL__TLS_KEY)"
            sentence = f"{what} cannot be used: {_why(error)}."
            if self._context is None:
                raise BackendError(sentence) from error
            log.warning("%s The one before is used on.", sentence)
        return self._context

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a word for it OpenSSL would ask for one at the terminal.
        context.load_cert_chain(self._cert, self._key, password="")
        return context


def _state(file: Path) -> tuple[int, int, int]:
    about = os.stat(file)
    return about.st_mtime_ns, about.st_size, about.st_ino


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the private key belongs to another certificate (MAILMCP_LOCAL__TLS_KEY)"
        if error.reason == "EE_KEY_TOO_SMALL":
            return "its key is too short: get one with 2048 bits of RSA or an elliptic curve"
        return "the files must be PEM, the certificate first, and its private key without a password"
    return str(getattr(error, "strerror", None) or "its file cannot be read")
