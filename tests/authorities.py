"""Whom the programs under test trust: one authority that signed nothing.

No test asks anybody outside this machine, and to read all authorities of a system takes 50 ms of CPU each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from loopback_certificate import made_for_loopback

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
GIVEN = {name: os.environ.get(name) for name in NAMES}
"""What programs need that do go out, such as one that fetches packages."""


@pytest.fixture(autouse=True, scope="session")
def nobodys_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The only one there is, unless the keys of real services are here: those are asked."""
    if any(name.startswith("LIVE_MAILMCP_") for name in os.environ):
        yield
        return
    folder = tmp_path_factory.mktemp("authorities")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made_for_loopback(folder, "nobody")))  # looked for by its name
        patch.setenv("SSL_CERT_DIR", str(folder))
        yield


def as_given(environment: dict[str, str]) -> dict[str, str]:
    """An environment with the authorities of the system."""
    kept = {name: value for name, value in environment.items() if name not in NAMES}
    return kept | {name: value for name, value in GIVEN.items() if value is not None}
