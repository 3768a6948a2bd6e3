"""Letters mixed with what lies under them (Compositing and Blending 1), and what shadows and strokes make of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from mailmcp.mail.sight.colours import RGB, blended, distance, parsed
from mailmcp.mail.sight.lengths import number, pixels

Said = Mapping[str, str]

_NEAR = 60.0
"""Pixels: a shadow farther off stands for itself."""
_BLURRED = 12.0
_FILTER = re.compile(r"(invert|brightness|contrast)\(([^()]*(?:\([^()]*\)[^()]*)?)\)")
_TOKEN = re.compile(r"[a-z-]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|#[0-9a-f]+|[^\s,()]+|,")


def filtered(colour: RGB, said: str) -> RGB:
    """What the filters of an element make of a colour in it (Filter Effects 1 §8)."""
    for name, amount in _FILTER.findall(said[:200]):
        share = number(amount) if amount.strip() else 1.0
        if name == "invert":
            share = min(1.0, share)
            colour = _each(colour, lambda one, share=share: one + share * (255 - 2 * one))
        elif name == "brightness":
            colour = _each(colour, lambda one, share=share: one * share)
        elif name == "contrast":
            colour = _each(colour, lambda one, share=share: (one - 127.5) * share + 127.5)
    return colour


def _each(colour: RGB, change: Callable[[float], float]) -> RGB:
    red, green, blue = (round(max(0.0, min(255.0, change(one)))) for one in colour)
    return red, green, blue


def _screen(ground: float, ink: float) -> float:
    return ground + ink - ground * ink


def _overlay(ground: float, ink: float) -> float:
    return 2 * ground * ink if ground <= 0.5 else _screen(2 * ground - 1, ink)


def _dodge(ground: float, ink: float) -> float:
    return 0.0 if ground == 0 else 1.0 if ink >= 1 else min(1.0, ground / (1 - ink))


def _burn(ground: float, ink: float) -> float:
    return 1.0 if ground == 1 else 0.0 if ink <= 0 else 1 - min(1.0, (1 - ground) / ink)


def _soft(ground: float, ink: float) -> float:
    if ink <= 0.5:
        return ground - (1 - 2 * ink) * ground * (1 - ground)
    root = ((16 * ground - 12) * ground + 4) * ground if ground <= 0.25 else ground**0.5
    return ground + (2 * ink - 1) * (root - ground)


def _product(ground: float, ink: float) -> float:
    return ground * ink


def _hard(ground: float, ink: float) -> float:
    return _overlay(ink, ground)


def _difference(ground: float, ink: float) -> float:
    return abs(ground - ink)


def _exclusion(ground: float, ink: float) -> float:
    return ground + ink - 2 * ground * ink


def _sum(ground: float, ink: float) -> float:
    return min(1.0, ground + ink)


_MODES: Mapping[str, Callable[[float, float], float]] = {
    "multiply": _product,
    "screen": _screen,
    "overlay": _overlay,
    "darken": min,
    "lighten": max,
    "color-dodge": _dodge,
    "color-burn": _burn,
    "hard-light": _hard,
    "soft-light": _soft,
    "difference": _difference,
    "exclusion": _exclusion,
    "plus-lighter": _sum,
}
_OF_GROUND = frozenset(("hue", "saturation", "color"))
"""Modes that keep how light the ground is: on white and on black they leave nothing to be seen."""


def mixed(mode: str, ground: RGB, ink: RGB) -> RGB:
    """The colour that is drawn where ``ink`` is mixed into ``ground``."""
    if mode in _OF_GROUND and (min(ground) > 245 or max(ground) < 10):
        return ground
    if (function := _MODES.get(mode)) is None:
        return ink
    red, green, blue = (round(255 * function(a / 255, b / 255)) for a, b in zip(ground, ink, strict=True))
    return red, green, blue


def ink_of(said: Said, size: float) -> tuple[tuple[RGB, float], ...] | None:
    """The colours, with their strength, that shadows and strokes of letters are drawn in; None when nothing is said."""
    if "text-shadow" not in said and "-webkit-text-stroke" not in said and "-webkit-text-stroke-width" not in said:
        return None
    found = list(_shadows(said.get("text-shadow", ""), size))
    stroke = f"{said.get('-webkit-text-stroke', '')} {said.get('-webkit-text-stroke-width', '')}"
    stroke += " " + said.get("-webkit-text-stroke-color", "")
    if any(pixels(part, size) >= 0.5 for part in _TOKEN.findall(stroke)):
        colours = [colour for part in _TOKEN.findall(stroke) if (colour := parsed(part)) is not None]
        found += colours[-1:]
    return tuple(found)


@lru_cache(maxsize=256)
def _shadows(value: str, size: float) -> tuple[tuple[RGB, float], ...]:
    found: list[tuple[RGB, float]] = []
    lengths: list[float] = []
    colour: tuple[RGB, float] | None = None
    for piece in [*_TOKEN.findall(value), ","]:
        if piece == ",":
            blur = lengths[2] if len(lengths) > 2 else 0.0
            near = len(lengths) >= 2 and max(abs(lengths[0]), abs(lengths[1])) <= _NEAR
            if colour is not None and near and blur <= _BLURRED:
                found.append((colour[0], colour[1] / (1 + blur / 4)))
            lengths, colour = [], None
        elif (length := pixels(piece, size)) == length:
            lengths.append(length)
        else:
            colour = parsed(piece) or colour
    return tuple(found)


def is_inked(inks: tuple[tuple[RGB, float], ...], ground: RGB, strength: float) -> bool:
    """Can letters be read by their shadows or strokes alone?"""
    return any(distance(blended(rgb, alpha * strength, ground), ground) >= 100 for rgb, alpha in inks)
