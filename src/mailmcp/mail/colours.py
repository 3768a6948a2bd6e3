"""CSS colours as numbers, and whether two of them can be told apart (CSS Color Module Level 4)."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

RGB = tuple[int, int, int]

WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)

# Below this sum of channel differences a person sees no letters on the ground: #f4f4f4 on white is 33.
_INDISTINCT = 40

_NAMED = """
aliceblue=f0f8ff antiquewhite=faebd7 aqua=00ffff aquamarine=7fffd4 azure=f0ffff beige=f5f5dc
bisque=ffe4c4 black=000000 blanchedalmond=ffebcd blue=0000ff blueviolet=8a2be2 brown=a52a2a
burlywood=deb887 cadetblue=5f9ea0 chartreuse=7fff00 chocolate=d2691e coral=ff7f50
cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c cyan=00ffff darkblue=00008b darkcyan=008b8b
darkgoldenrod=b8860b darkgray=a9a9a9 darkgreen=006400 darkgrey=a9a9a9 darkkhaki=bdb76b
darkmagenta=8b008b darkorange=ff8c00 darkred=8b0000 darkslateblue=483d8b darkslategray=2f4f4f
darkslategrey=2f4f4f deeppink=ff1493 deepskyblue=00bfff dimgray=696969 dimgrey=696969
dodgerblue=1e90ff firebrick=b22222 floralwhite=fffaf0 forestgreen=228b22 fuchsia=ff00ff
gainsboro=dcdcdc ghostwhite=f8f8ff gold=ffd700 goldenrod=daa520 gray=808080 green=008000 grey=808080
honeydew=f0fff0 hotpink=ff69b4 indigo=4b0082 ivory=fffff0 khaki=f0e68c lavender=e6e6fa
lavenderblush=fff0f5 lemonchiffon=fffacd lightblue=add8e6 lightcyan=e0ffff lightgray=d3d3d3
lightgreen=90ee90 lightgrey=d3d3d3 lightyellow=ffffe0 lime=00ff00 linen=faf0e6 magenta=ff00ff
maroon=800000 midnightblue=191970 mintcream=f5fffa mistyrose=ffe4e1 navy=000080 oldlace=fdf5e6
olive=808000 orange=ffa500 orangered=ff4500 orchid=da70d6 papayawhip=ffefd5 pink=ffc0cb plum=dda0dd
purple=800080 rebeccapurple=663399 red=ff0000 royalblue=4169e1 salmon=fa8072 seagreen=2e8b57
seashell=fff5ee silver=c0c0c0 skyblue=87ceeb slategray=708090 slategrey=708090 snow=fffafa
steelblue=4682b4 tan=d2b48c teal=008080 tomato=ff6347 turquoise=40e0d0 violet=ee82ee wheat=f5deb3
white=ffffff whitesmoke=f5f5f5 yellow=ffff00 yellowgreen=9acd32
"""
_NAMES: dict[str, RGB] = {
    name: (int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16))
    for name, _, value in (pair.partition("=") for pair in _NAMED.split())
}
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_HEX = re.compile(r"#?([0-9a-f]{3,8})\Z")


@lru_cache(maxsize=2048)
def parsed(value: str) -> tuple[RGB, float] | None:
    """A CSS colour (lower case) as ``((red, green, blue), alpha)``; None when it is not one we know.

    Named, ``#rgb``, ``#rgba``, ``#rrggbb``, ``#rrggbbaa`` (the hash may lack, as in HTML attributes), ``rgb()``
    and ``hsl()`` in the old and the new notation, ``transparent``.
    """
    value = value.strip()
    if value == "transparent":
        return WHITE, 0.0
    if value in _NAMES:
        return _NAMES[value], 1.0
    if match := _HEX.match(value):
        return _from_hex(match.group(1))
    if match := _FUNCTION.match(value):
        return _from_function(match.group(1), match.group(2))
    return None


def indistinct(a: RGB, b: RGB) -> bool:
    """Are the two so near that text of one on the other cannot be read?"""
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]) < _INDISTINCT


def blended(top: RGB, alpha: float, ground: RGB) -> RGB:
    """``top`` with ``alpha`` over ``ground``."""
    red, green, blue = (round(t * alpha + g * (1 - alpha)) for t, g in zip(top, ground, strict=True))
    return red, green, blue


def _from_hex(digits: str) -> tuple[RGB, float] | None:
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8):
        return None
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return (red, green, blue), int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0


def _from_function(name: str, inside: str) -> tuple[RGB, float] | None:
    parts = inside.replace(",", " ").replace("/", " ").split()
    if len(parts) not in (3, 4):
        return None
    try:
        alpha = _number(parts[3], 1.0) if len(parts) == 4 else 1.0
        if name == "rgb":
            red, green, blue = (max(0, min(255, round(_number(part, 255.0)))) for part in parts[:3])
            return (red, green, blue), alpha
        hue = float(parts[0].removesuffix("deg")) % 360 / 360
        channels = colorsys.hls_to_rgb(hue, _number(parts[2], 1.0), _number(parts[1], 1.0))
        red, green, blue = (max(0, min(255, round(channel * 255))) for channel in channels)
    except (ValueError, OverflowError):
        return None
    return (red, green, blue), alpha


def _number(text: str, whole: float) -> float:
    return float(text[:-1]) / 100 * whole if text.endswith("%") else float(text)
