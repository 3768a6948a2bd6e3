"""The colour functions of CSS Color 4 and 5, brought to sRGB: oklch(), lab(), hwb(), color(), color-mix() and more."""

from __future__ import annotations

import colorsys
import math
import re
from collections.abc import Callable, Sequence

from mailmcp.mail.sight.brackets import parted
from mailmcp.mail.sight.lengths import degrees, number

Channels = tuple[float, float, float]
"""Red, green and blue from 0 to 1; alpha apart."""
Coloured = tuple[Channels, float]

_CALL = re.compile(r"([a-z-]+)\((.*)\)\Z", re.DOTALL)
_TOKEN = re.compile(r"[a-z-]*\([^()]*\)|[^\s,/()]+")
_SPACES = frozenset(
    ("srgb", "srgb-linear", "display-p3", "a98-rgb", "prophoto-rgb", "rec2020", "xyz", "xyz-d65", "xyz-d50")
)
_EVEN = 0.179
"""How light a ground is on which white and black can be read equally well."""
_SHARE = re.compile(r"\s([0-9.]{1,8})%\s*\Z|\A\s*([0-9.]{1,8})%\s")


def called(value: str, colour: Callable[[str], Coloured | None]) -> Coloured | None:
    """The colour of a function; ``colour`` reads the colours inside it. None for what is not known."""
    match = _CALL.match(value)
    if match is None or len(value) > 300:
        return None
    name, inside = match[1], match[2].strip()
    if name == "light-dark":
        return colour(parted(inside)[0])
    if name == "contrast-color":
        return _contrasting(colour(inside))
    if name == "color-mix":
        return _mixed(parted(inside), colour)
    tokens = _TOKEN.findall(inside)
    base: Coloured | None = None
    if tokens[:1] == ["from"]:
        base, tokens = _relative(name, inside, colour)
        if base is None:
            return None
    space = tokens.pop(0) if name == "color" and tokens else ""
    if len(tokens) not in (3, 4) or (name == "color" and space not in _SPACES):
        return None
    alpha = 1.0 if len(tokens) == 3 else max(0.0, min(1.0, _share(tokens[3], 1.0)))
    channels = _channels(name, space, tokens)
    if channels is None or not all(math.isfinite(one) for one in channels):
        return None
    red, green, blue = (max(0.0, min(1.0, one)) for one in channels)
    return (red, green, blue), alpha


def _contrasting(ground: Coloured | None) -> Coloured | None:
    """White or black, whichever can be read better on a ground (CSS Color 5 §9)."""
    if ground is None:
        return None
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in ground[0])
    shade = 1.0 if 0.2126 * red + 0.7152 * green + 0.0722 * blue < _EVEN else 0.0
    return (shade, shade, shade), 1.0


def _channels(name: str, space: str, tokens: Sequence[str]) -> Channels | None:
    one, two, three = tokens[:3]
    match name:
        case "rgb" | "rgba":
            return _share(one, 255) / 255, _share(two, 255) / 255, _share(three, 255) / 255
        case "hsl" | "hsla":
            hue = _hue(one) / 360 % 1
            return colorsys.hls_to_rgb(hue, _share(three, 100) / 100, _share(two, 100) / 100)
        case "hwb":
            return _hwb(_hue(one), _share(two, 100) / 100, _share(three, 100) / 100)
        case "oklab":
            return _from_oklab(_share(one, 1), _share(two, 0.4), _share(three, 0.4))
        case "oklch":
            return _from_oklab(_share(one, 1), *_polar(_share(two, 0.4), _hue(three)))
        case "lab":
            return _from_lab(_share(one, 100), _share(two, 125), _share(three, 125))
        case "lch":
            return _from_lab(_share(one, 100), *_polar(_share(two, 150), _hue(three)))
        case "color":
            values = _share(one, 1), _share(two, 1), _share(three, 1)
            if space.startswith("xyz"):
                return _from_xyz(*values)
            # The other spaces of screens are near enough to sRGB to tell letters from their ground.
            return _gamma(values) if space == "srgb-linear" else values
        case _:
            return None


def _share(channel: str, whole: float) -> float:
    """A channel: a number, or a percentage of ``whole``; ``none`` is nothing."""
    if channel == "none":
        return 0.0
    return number(channel) * whole if channel.endswith("%") else number(channel)


def _hue(channel: str) -> float:
    angle = 0.0 if channel == "none" else degrees(channel)
    return 0.0 if math.isnan(angle) else angle


def _polar(chroma: float, hue: float) -> tuple[float, float]:
    return chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))


def _hwb(hue: float, white: float, black: float) -> Channels:
    if white + black >= 1:
        grey = white / (white + black)
        return grey, grey, grey
    red, green, blue = (one * (1 - white - black) + white for one in colorsys.hls_to_rgb(hue / 360 % 1, 0.5, 1.0))
    return red, green, blue


def _from_oklab(light: float, a: float, b: float) -> Channels:
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return _gamma(
        (
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        )
    )


def _from_lab(light: float, a: float, b: float) -> Channels:
    fy = (light + 16) / 116
    fx, fz = fy + a / 500, fy - b / 200
    x, y, z = (one**3 if one > 6 / 29 else 3 * (6 / 29) ** 2 * (one - 4 / 29) for one in (fx, fy, fz))
    # The white of D50 is made that of D65 (Bradford), roughly: by its ratio.
    return _from_xyz(x * 0.9505, y, z * 1.089)


def _from_xyz(x: float, y: float, z: float) -> Channels:
    return _gamma(
        (
            3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
            -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
            0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
        )
    )


def _gamma(linear: Channels) -> Channels:
    red, green, blue = (
        12.92 * one if one <= 0.0031308 else 1.055 * min(one, 100.0) ** (1 / 2.4) - 0.055 for one in linear
    )
    return red, green, blue


def _relative(name: str, inside: str, colour: Callable[[str], Coloured | None]) -> tuple[Coloured | None, list[str]]:
    """``rgb(from white r g b / alpha)``: of the relative ones only those of red, green and blue."""
    tokens = _TOKEN.findall(inside)
    base = colour(tokens[1]) if len(tokens) > 1 and name in ("rgb", "rgba") else None
    if base is None:
        return None, []
    (red, green, blue), alpha = base
    names = {"r": f"{255 * red:f}", "g": f"{255 * green:f}", "b": f"{255 * blue:f}", "alpha": f"{alpha:f}"}
    rest = [names.get(token) or token for token in tokens[2:]]
    return base, rest if len(rest) == 4 else [*rest, names["alpha"]]


def _mixed(arguments: list[str], colour: Callable[[str], Coloured | None]) -> Coloured | None:
    """``color-mix()``: always in sRGB, which tells well enough what can be read."""
    if len(arguments) != 3 or not arguments[0].strip().startswith("in "):
        return None
    colours: list[Coloured] = []
    shares: list[float | None] = []
    for one in arguments[1:]:
        share = _SHARE.search(one)
        shares.append(float(share[1] or share[2]) / 100 if share and _is_figure(share[1] or share[2]) else None)
        read = colour(_SHARE.sub(" ", one).strip())
        if read is None:
            return None
        colours.append(read)
    first, second = shares
    if first is None and second is None:
        first = second = 0.5
    first = 1 - (second or 0.0) if first is None else first
    second = 1 - first if second is None else second
    total = first + second
    if total <= 0:
        return None
    (one, alpha), (other, beta) = colours
    first, second = first / total, second / total
    mixed = alpha * first + beta * second
    if mixed <= 0:
        return one, 0.0
    red, green, blue = ((a * alpha * first + b * beta * second) / mixed for a, b in zip(one, other, strict=True))
    return (red, green, blue), mixed * min(1.0, total)


def _is_figure(text: str) -> bool:
    return text.count(".") <= 1 and text != "."
