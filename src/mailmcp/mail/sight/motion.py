"""Animations (CSS Animations 1): how an element looks once they have run.

A page is read as it stands after a while. What an animation leaves in place counts, and what every one of its frames
says while it goes on; what it only passes through does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailmcp.mail.sight.declared import declarations, merge

_FRAME = re.compile(r"([^{}]{1,200})\{([^{}]{0,4000})\}")
_NAME = re.compile(r"@(?:-webkit-|-moz-)?keyframes\s+[\"']?([\w-]{1,100})", re.IGNORECASE)
_MAX_FRAMES = 50


@dataclass(frozen=True, slots=True)
class Motion:
    """The frames of a ``@keyframes`` rule, as far as they last; bodies of declarations."""

    first: str
    last: str
    frames: tuple[str, ...]


Motions = Mapping[str, Motion]


def motion(prelude: str, body: str) -> tuple[str, Motion] | None:
    """The name and the frames of a ``@keyframes`` rule; None when it is another one."""
    name = _NAME.match(prelude)
    if name is None:
        return None
    first = last = ""
    frames: list[str] = []
    for places, said in _FRAME.findall(body)[:_MAX_FRAMES]:
        frames.append(said)
        for place in places.lower().split(","):
            place = place.strip()
            first = f"{first};{said}" if place in ("from", "0%") else first
            last = f"{last};{said}" if place in ("to", "100%") else last
    return name[1].lower(), Motion(first, last, tuple(frames))


def named(said: Mapping[str, str], motions: Motions) -> tuple[Motion, bool, bool] | None:
    """The animation that an element has, whether it stays where it ends, and whether it goes on for ever."""
    words = f"{said.get('animation', '')} {said.get('animation-name', '')}".replace(",", " ").split()
    found = next((motions[word.strip("\"'")] for word in words if word.strip("\"'") in motions), None)
    if found is None:
        return None
    rest = {*words, said.get("animation-fill-mode", ""), said.get("animation-iteration-count", "")}
    rest |= {said.get("animation-direction", ""), said.get("animation-play-state", "")}
    if "reverse" in rest:
        found = Motion(found.last, found.first, found.frames)
    return found, not rest.isdisjoint(("forwards", "both")), not rest.isdisjoint(("infinite", "paused"))


def let_run(said: dict[str, str], motions: Motions) -> None:
    """What an animation leaves in place, or says all the time; in place."""
    if (found := named(said, motions)) is None:
        return
    moving, stays, goes_on = found
    if stays and not goes_on:
        merge(said, declarations(moving.last).normal)
    elif goes_on:
        frames = [declarations(frame).normal for frame in moving.frames]
        merge(said, dict(set(frames[0].items()).intersection(*(frame.items() for frame in frames))) if frames else {})
