"""The keys of our own domains, and the signatures on what leaves (RFC 6376, 8463).

A key is a file, ``keys/DOMAIN/SELECTOR.pem`` in the home: whoever may read it can send mail in the domain's name, so
the folders have mode 0700 and the files 0600. Every key that lies there signs; to change one, publish and add that of
another selector, and remove the old file a few days later.
"""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.authenticity import sign
from mailmcp.authenticity.keys import LARGEST_RSA, SMALLEST_RSA, STRONG_RSA
from mailmcp.authenticity.sign import SigningKey
from mailmcp.errors import BadInput, ConfigError
from mailmcp.language.domains import ascii_host
from mailmcp.mail import compose
from mailmcp.models import OutboundMail, Standing
from mailmcp.private import write_private

log = logging.getLogger("mailmcp.signing")

SELECTORS = {"mailmcp-rsa": "rsa", "mailmcp-ed25519": "ed25519"}
"""Every receiver can verify RSA; Ed25519 is shorter and stronger, and not yet known to all (RFC 8463 §1)."""
LARGEST_FILE = 64 * 1024


def folder_of(home: Path, domain: str) -> Path:
    """Where the keys of a domain (in ASCII) lie."""
    return home / "keys" / domain


def make_keys(home: Path, domain: str) -> tuple[str, ...]:
    """Make the keys that a domain lacks; gives the selectors of those made now. Raises ConfigError."""
    folder = folder_of(home, domain)
    try:
        for one in (home, folder.parent, folder):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in (folder.parent, folder):
            one.chmod(0o700)
        made = [
            selector
            for selector, kind in SELECTORS.items()
            if not (folder / f"{selector}.pem").exists()
            and write_private(folder / f"{selector}.pem", sign.generate(domain, selector, kind).pem, replace=False)
        ]
        for file in folder.glob("*.pem"):
            file.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"The keys of {domain} cannot be kept in {folder}: {error.strerror}.") from error
    return tuple(made)


def keys_of(home: Path, domain: str) -> tuple[SigningKey, ...]:
    """The keys of a domain (in ASCII), none when it has no folder. Raises ConfigError for a file that is no key."""
    folder = folder_of(home, domain)
    try:
        files = sorted(folder.glob("*.pem"))
        keys = [SigningKey(domain, file.stem, _read(file)) for file in files]
        for key in keys:
            sign.public_record(key)
    except OSError as error:
        raise ConfigError(f"A key in {folder} cannot be read: {error.strerror}.") from error
    except BadInput as error:
        raise ConfigError(f"{error.public} Its file is in {folder}.") from error
    return tuple(keys)


def doubts(keys: Sequence[SigningKey]) -> tuple[tuple[Standing, str], ...]:
    """What receivers have against keys that can be read: WRONG for what they do not believe (RFC 8301 §3.2)."""
    found: list[tuple[Standing, str]] = []
    for key in keys:
        kind, bits = sign.strength(key)
        file, wanted = f"{key.selector}.pem", SELECTORS.get(key.selector, kind)
        more = f"Move it away, and `mailmcp domain add {key.domain}` makes another."
        if kind != wanted:
            names = {"rsa": "an RSA key", "ed25519": "an Ed25519 key"}
            why = "which every receiver can verify" if wanted == "rsa" else "as its record promises"
            sentence = f"The key file {file} holds {names[kind]}, where {names[wanted]} belongs, {why}. {more}"
            found.append((Standing.WRONG, sentence))
        elif kind == "rsa" and not SMALLEST_RSA <= bits <= LARGEST_RSA:
            limits = f"of {SMALLEST_RSA} to {LARGEST_RSA} bits"
            sentence = (
                f"The key file {file} holds an RSA key of {bits} bits: others believe only those {limits}. {more}"
            )
            found.append((Standing.WRONG, sentence))
        elif kind == "rsa" and bits < STRONG_RSA:
            sentence = (
                f"The key file {file} holds an RSA key of {bits} bits: {STRONG_RSA} are asked of new ones. {more}"
            )
            found.append((Standing.WEAK, sentence))
    return tuple(found)


def open_to_others(home: Path, domain: str) -> tuple[str, ...]:
    """Names of key files that others than their owner may read or write."""
    files = folder_of(home, domain).glob("*.pem")
    return tuple(sorted(one.name for one in files if stat.S_IMODE(one.stat().st_mode) & 0o077))


async def on_its_way(approved: OutboundMail, now: datetime, home: Path) -> bytes:
    """What really leaves of an approved mail: the same bytes with ``Date`` and signatures in front (law 5)."""
    dated = compose.dated(approved.mime, now)
    return await asyncio.to_thread(signed, dated, approved.mail_from, home)


def signed(mime: bytes, sender: str, home: Path) -> bytes:
    """The bytes of a mail as they leave: with a signature of each key that the sender's domain has.

    ``mime`` has its ``Date``; ``sender`` is the address in From. A name below a domain with keys is signed by that
    domain (DMARC's relaxed alignment). Without keys the bytes stay as they are, and also when they cannot be signed:
    SPF may still prove them, and `mailmcp domain check` says what is wrong with a key.
    """
    domain = ascii_host(sender.rpartition("@")[2])
    try:
        while domain.count("."):
            if keys := keys_of(home, domain):
                return sign.sign(mime, keys, now=datetime.now(UTC))
            domain = domain.partition(".")[2]
    except (ConfigError, BadInput) as error:
        log.warning("a mail of %s leaves without a signature: %s", sender, error.public)
    return mime


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE)
