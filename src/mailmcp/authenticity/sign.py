"""DKIM signatures of our own: keys, their DNS records, and the field that goes on top of a message (RFC 6376, 8463).

Signed with ``cryptography``, in constant time; what receives here is verified with dkimpy, so neither checks itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mailmcp.authenticity import fields
from mailmcp.authenticity.canonical import canonical_body, relaxed_field
from mailmcp.authenticity.dns import normal
from mailmcp.authenticity.fields import Field
from mailmcp.errors import BadInput
from mailmcp.language.domains import ascii_host

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA_BITS = 2048
OVERSIGNED = (
    *("from", "to", "cc", "subject", "date", "reply-to", "message-id", "in-reply-to", "references", "sender"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-disposition"),
    *("auto-submitted", "list-unsubscribe"),
)
"""Covered once more than they are there: nobody can add another one (§8.15). bcc never leaves."""

_FOLD_AT = 72


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the place where its public half is published."""

    domain: str
    selector: str
    pem: bytes
    """PKCS #8, not encrypted: the file that keeps it has mode 0600."""

    def __repr__(self) -> str:
        return f"SigningKey({self.domain!r}, {self.selector!r})"

    @property
    def name(self) -> str:
        """Where the record of its public key belongs."""
        return f"{self.selector}._domainkey.{self.domain}"


def generate(domain: str, selector: str, kind: str = "rsa") -> SigningKey:
    """A new key: ``rsa`` (2048 bits, which every receiver can verify) or ``ed25519``. Raises BadInput."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    asciied = ascii_host(domain)
    if not asciied or not normal(f"{selector}._domainkey.{asciied}") or ascii_host(selector) != selector.lower():
        raise BadInput(f"{domain} with the selector {selector} is no place for a key: both must be DNS names.")
    key: Ed25519PrivateKey | RSAPrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    elif kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        raise BadInput(f"There is no kind of key {kind!r}: choose rsa or ed25519.")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return SigningKey(asciied, selector.lower(), pem)


def public_record(key: SigningKey) -> str:
    """The text of the TXT record at ``key.name`` (RFC 6376 §3.6.1, RFC 8463 §4)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    private = _loaded(key)
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        octets = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        kind = "rsa"
    else:
        octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        kind = "ed25519"
    return f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}"


def strength(key: SigningKey) -> tuple[str, int]:
    """The kind of a key (rsa or ed25519) and its bits. Raises BadInput when it is neither."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    private = _loaded(key)
    return ("rsa", private.key_size) if isinstance(private, RSAPrivateKey) else ("ed25519", 256)


def sign(mime: bytes, keys: Sequence[SigningKey], *, now: datetime) -> bytes:
    """The message with a DKIM-Signature on top for each key; ``mime`` are the final bytes, with CRLF line ends.

    Relaxed in header and body, without l=, every field that counts covered once more than it is there. Raises
    BadInput for bytes that no receiver could verify: bare line ends, a header that is none, not exactly one From.
    """
    message = fields.read(mime)
    if mime.count(b"\n") != mime.count(b"\r\n"):
        raise BadInput("The message cannot be signed: its lines must end with CRLF.")
    if message.problem or len(message.all("from")) != 1:
        raise BadInput(f"The message cannot be signed: {message.problem or 'it needs exactly one From.'}")
    body_hash = hashlib.sha256(canonical_body(message.body, relaxed=True)).digest()
    signatures = [_signature(message.fields, body_hash, key, now) for key in keys]
    return b"".join((*signatures, mime))


def _signature(present: Sequence[Field], body_hash: bytes, key: SigningKey, now: datetime) -> bytes:
    """One whole field with its line end."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    private = _loaded(key)
    rsa = isinstance(private, RSAPrivateKey)
    counts = Counter(field.key for field in present)
    names = [name for name in OVERSIGNED for _ in range(counts[name] + 1)]
    value = _folded(
        f" v=1; a={'rsa' if rsa else 'ed25519'}-sha256; c=relaxed/relaxed; d={key.domain}; s={key.selector};"
        f" t={int(now.timestamp())};",
        f"h={':'.join(names)};",
        f"bh={base64.b64encode(body_hash).decode()};",
        "b=",
    )
    unsigned = relaxed_field("DKIM-Signature", value.encode("ascii"))
    data = b"".join(relaxed_field(one.name, one.value) + b"\r\n" for one in _picked(present, names)) + unsigned
    if isinstance(private, RSAPrivateKey):
        signature = private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = private.sign(hashlib.sha256(data).digest())  # RFC 8463 §3: PureEdDSA over the hash
    encoded = base64.b64encode(signature).decode()
    chunks = "\r\n ".join(encoded[at : at + _FOLD_AT] for at in range(0, len(encoded), _FOLD_AT))
    return f"DKIM-Signature:{value}{chunks}\r\n".encode("ascii")


def _picked(present: Sequence[Field], names: Sequence[str]) -> list[Field]:
    """The fields that a list of names covers, from the bottom up for each name (§5.4.2)."""
    left = {name: [field for field in present if field.key == name] for name in set(names)}
    return [left[name].pop() for name in names if left[name]]


def _folded(*parts: str) -> str:
    """The tags on lines of at most some 72 characters; long lists break after a colon."""
    lines = [parts[0]]
    for part in parts[1:]:
        line = " " + part
        while len(line) > _FOLD_AT and (at := line.rfind(":", 0, _FOLD_AT)) > 0:
            lines.append(line[: at + 1])
            line = " " + line[at + 1 :]
        lines.append(line)
    return "\r\n".join(lines)


def _loaded(key: SigningKey) -> Ed25519PrivateKey | RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    try:
        private = serialization.load_pem_private_key(key.pem, password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"The signing key of {key.name} cannot be read: make a new one.") from error
    if not isinstance(private, Ed25519PrivateKey | RSAPrivateKey):
        raise BadInput(f"The signing key of {key.name} is neither RSA nor Ed25519.")
    return private
