"""Ports for listeners that a test starts later."""

from __future__ import annotations

import contextlib
import random
import socket

_random = random.Random()  # of its own: whoever seeds the other for all workers alike must not give them one port


def free_port() -> int:
    """A free port below those that the system gives to whoever asks for any, so that nobody gets it meanwhile."""
    while True:
        port = _random.randrange(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
