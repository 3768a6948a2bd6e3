"""Answers of a stand-in that somebody has been at: between a service and us may stand anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from http_service import Asked, Handler, Said

JUNK: tuple[Any, ...] = (
    None,
    [],
    {},
    5,
    -1,
    1e308,
    True,
    "",
    "\ud800",
    "x\x00/../%2e\u202e",
    [[None]],
    [{}],
    {"a": []},
)
"""What may stand where something else should."""

Tamper = Callable[[Asked, Said], Said]


class Tampered:
    """A stand whose answers go through ``tamper``, while there is one."""

    def __init__(self, stand: Any) -> None:
        self._stand = stand
        self.tamper: Tamper | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stand, name)

    @property
    def handler(self) -> Handler:
        """The stand-in, seen through it."""
        inner = self._stand.handler

        def handle(asked: Asked) -> Said:
            said = inner(asked)
            return self.tamper(asked, said) if self.tamper is not None else said

        return handle


def leaves(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in JSON, whole lists and objects too."""
    yield path
    if isinstance(said, dict):
        for name, value in said.items():
            yield from leaves(value, (*path, name))
    elif isinstance(said, list):
        for at, value in enumerate(said[:1]):
            yield from leaves(value, (*path, at))


def replaced(said: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same with something else in one place."""
    if not path:
        return value
    made = copy.deepcopy(said)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return made


def without(said: Any, path: tuple[Any, ...]) -> Any:
    """The same without what stands in one place."""
    made = copy.deepcopy(said)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    del inside[path[-1]]
    return made


def variants(said: Any, junk: tuple[Any, ...] = JUNK) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
    """(where, what, JSON) of each way to tamper with an answer."""
    for path in leaves(said):
        for value in junk:
            yield path, repr(value), json.dumps(replaced(said, path, value)).encode()
        if path:
            yield path, "nothing", json.dumps(without(said, path)).encode()
