"""Certificates for tests, for one name: self-signed, or as if an authority had signed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def made(
    folder: Path,
    name: str = "mail.shop.example",
    *,
    days: int = 90,
    begins: int = -200,
    issuer: str | None = None,
    named: bool = True,
    password: bytes | None = None,
    key: rsa.RSAPrivateKey | None = None,
) -> Path:
    """A PEM file with a certificate and its key; ``named`` puts the name where it counts (subjectAltName)."""
    signing = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject)
        .public_key(signing.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=days))
    )
    if named:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(signing, hashes.SHA256())
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = signing.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.{days}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem)
    return file
