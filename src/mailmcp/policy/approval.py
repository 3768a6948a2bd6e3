"""What an approval is proved by: pure functions over keys that are handed in.

Two proofs. The home's key makes an HMAC over everything an approval says: whoever can write into the database and has
not that key can let nothing go. Where the approver has a passphrase, a key pair is derived from it, and each human
approval is signed as well: whoever sends can check that hours later without the passphrase, and whoever has read
every file of the home cannot make it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from datetime import datetime

from mailmcp.models import Approval, Leave, Seal

KEY_BYTES = 32
LEAST_PASSPHRASE = 8
_CODE_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 6
_SCRYPT_MEMORY = 128 * 1024 * 1024


def seal(approval: Approval, key: bytes, seed: bytes | None = None) -> Seal:
    """Prove an approval with the home's key and, where there is one, the seed of the approver's passphrase."""
    said = _said(approval)
    return Seal(approval=approval, mac=_mac(key, said), signature=_sign(seed, said) if seed else "")


def doubt(
    found: Seal | None,
    *,
    draft: str,
    revision: int,
    sha256: str,
    key: bytes,
    public: bytes | None,
    now: datetime,
) -> str | None:
    """Why a message must not leave by this seal, as a sentence; None when it may.

    ``draft``, ``revision`` and ``sha256`` are those of what is about to leave; ``public`` is the approver's key where
    a passphrase is set.
    """
    if found is None:
        return "It was taken out of the held drafts, but nobody approved it here."
    given = found.approval
    said = _said(given)
    if not hmac.compare_digest(_mac(key, said), found.mac):
        return "The approval it carries was not made with this home's key."
    if (given.draft, given.revision) != (draft, revision) or not hmac.compare_digest(given.sha256, sha256):
        return "The approval it carries is for another message than the one that would leave."
    if given.decision is Leave.APPROVED and public is not None and not _is_signed(public, said, found.signature):
        return "The approval it carries was made without the approver's passphrase."
    if given.expires_at <= now:
        return "The approval it carries has run out."
    return None


def code(key: bytes, *, draft: str, revision: int, sha256: str) -> str:
    """What a human types who has seen this revision at a terminal: nobody can work it out without the home's key."""
    words = json.dumps(["mailmcp code", draft, revision, sha256]).encode()
    number = int.from_bytes(hmac.digest(key, words, "sha256"), "big")
    letters: list[str] = []
    for _ in range(_CODE_LENGTH):
        number, place = divmod(number, len(_CODE_LETTERS))
        letters.append(_CODE_LETTERS[place])
    return "".join(letters)


def derived(passphrase: str, salt: bytes, *, cost: int) -> bytes:
    """The seed that a passphrase stands for. Takes some 0.1 s and 32 MiB on purpose (``cost`` is scrypt's N)."""
    words = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(words, salt=salt, n=cost, r=8, p=1, maxmem=_SCRYPT_MEMORY, dklen=KEY_BYTES)


def public_of(seed: bytes) -> bytes:
    """The key that checks what a seed signs."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # slow, and rarely needed

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _said(approval: Approval) -> bytes:
    words = (
        *("mailmcp approval", approval.draft, approval.revision, approval.sha256, str(approval.decision)),
        *(approval.approver, int(approval.expires_at.timestamp() * 1000), approval.nonce),
    )
    return json.dumps(words).encode()


def _mac(key: bytes, said: bytes) -> str:
    return hmac.digest(key, said, "sha256").hex()


def _sign(seed: bytes, said: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(said).hex()


def _is_signed(public: bytes, said: bytes, signature: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), said)
    except (InvalidSignature, ValueError):
        return False
    return True
