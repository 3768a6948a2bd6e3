"""RSA keys that are made once: each takes some 60 ms of CPU."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

_anew = rsa.generate_private_key


@functools.cache
def _key(exponent: int, bits: int, number: int) -> rsa.RSAPrivateKey:
    return _anew(exponent, bits)


@pytest.fixture(autouse=True)
def rsa_keys_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key that a test makes is another one, but every test makes the same."""
    made = itertools.count()

    def generate_private_key(public_exponent: int, key_size: int, backend: Any = None) -> rsa.RSAPrivateKey:
        return _key(public_exponent, key_size, next(made))

    monkeypatch.setattr(rsa, "generate_private_key", generate_private_key)
