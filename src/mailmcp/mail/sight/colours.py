"""CSS colours as numbers, and whether two of them can be told apart (CSS Color Module Level 4)."""

from __future__ import annotations

import re
from functools import lru_cache

from mailmcp.mail.sight.brackets import closing, parted
from mailmcp.mail.sight.colourspaces import Coloured, called

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
# System colours of a light screen (CSS Color 4 §6.2).
_SYSTEM: dict[str, RGB] = {
    **dict.fromkeys(("canvas", "field", "window", "background", "highlighttext", "selecteditemtext"), WHITE),
    **dict.fromkeys(("menu", "infobackground"), WHITE),
    **dict.fromkeys(("canvastext", "fieldtext", "windowtext", "buttontext", "marktext", "infotext", "menutext"), BLACK),
    **dict.fromkeys(("buttonface", "threedface", "buttonhighlight", "buttonshadow"), (239, 239, 239)),
    "mark": (255, 255, 0), "graytext": (128, 128, 128), "linktext": (0, 0, 238), "visitedtext": (85, 26, 139),
    "activetext": (255, 0, 0), "highlight": (25, 103, 210), "accentcolor": (0, 117, 255), "accentcolortext": WHITE,
    "-webkit-link": (0, 0, 238), "-internal-light-dark": BLACK,
}  # fmt: skip
_STOP = re.compile(r"[a-z-]+\((?:[^()]|\([^()]*\))*\)|#?[a-z0-9-]+(?:\.\d+)?%?")
_GRADIENT = re.compile(r"(?:-(?:webkit|moz|o)-)?(?:repeating-)?(?:linear|radial|conic)-gradient\(")
_NO_ROOM = re.compile(r"\s*(?:0(?:px|%)?(?:\s|\Z)|\S+\s+0(?:px|%)?(?:\s|\Z))")
_LITTLE = re.compile(r"\s*(?:[12]?\d(?:px|pt)?(?:\s|\Z)|\S+\s+[0-9](?:px|pt)?(?:\s|\Z))")
_HEX = re.compile(r"#?([0-9a-f]{3,8})\Z")


@lru_cache(maxsize=2048)
def parsed(value: str) -> tuple[RGB, float] | None:
    """A CSS colour (lower case) as ``((red, green, blue), alpha)``; None when it is not one we know.

    Named, ``#rgb``, ``#rgba``, ``#rrggbb``, ``#rrggbbaa`` (the hash may lack, as in HTML attributes), the functions
    of CSS Color 4 and 5, the system colours of a light screen, ``transparent``.
    """
    value = value.strip()
    if value == "transparent":
        return WHITE, 0.0
    if (named := _NAMES.get(value) or _SYSTEM.get(value)) is not None:
        return named, 1.0
    if match := _HEX.match(value):
        return _from_hex(match.group(1))
    if "(" in value and (found := called(value, _inner)) is not None:
        (red, green, blue), alpha = found
        return (round(255 * red), round(255 * green), round(255 * blue)), alpha
    return None


def legacy(value: str) -> RGB | None:
    """The colour of an HTML attribute, by the rules for whatever people wrote there (HTML §2.3.6); None for none."""
    value = value.strip().lower()
    if not value or value == "transparent":
        return None
    if value in _NAMES:
        return _NAMES[value]
    if len(value) == 4 and value[0] == "#" and (short := _from_hex(value[1:])) is not None:
        return short[0]
    digits = "".join(one if one in "0123456789abcdef" else "0" for one in value[:128].removeprefix("#"))
    third = max(1, -(-len(digits) // 3))
    digits = digits.ljust(3 * third, "0")
    parts = [digits[at : at + third][-8:] for at in (0, third, 2 * third)]
    while len(parts[0]) > 2 and all(part[0] == "0" for part in parts):
        parts = [part[1:] for part in parts]
    red, green, blue = (int(part[:2], 16) for part in parts)
    return red, green, blue


def _inner(value: str) -> Coloured | None:
    found = parsed(value)
    return None if found is None else ((found[0][0] / 255, found[0][1] / 255, found[0][2] / 255), found[1])


@lru_cache(maxsize=256)
def even(image: str) -> tuple[RGB, float] | None:
    """The one colour of a gradient whose colours cannot be told apart; None for others, and for pictures."""
    opening = _GRADIENT.search(image)
    if opening is None or "url(" in image or image.count("gradient(") > 1 or len(image) > 1000:
        return None
    inside = image[opening.end() : closing(image, opening.end() - 1)]
    stops = [found for piece in _STOP.findall(inside) if (found := parsed(piece))]
    if not stops or any(not indistinct(one, stops[0][0]) or abs(alpha - stops[0][1]) > 0.05 for one, alpha in stops):
        return None
    return stops[0]


@lru_cache(maxsize=256)
def painted(image: str, size: str, repeat: str) -> tuple[RGB, float] | None:
    """What the layers of a background show behind letters: one colour, or None for what is not known.

    A layer that is too small to lie behind letters shows nothing.
    """
    if len(image) > 1000:
        return None
    sizes = size.split(",")
    for number, layer in enumerate(parted(image)):
        its_size = layer.rpartition("/")[2] if "/" in layer.rpartition(")")[2] else sizes[number % len(sizes)]
        if _NO_ROOM.match(its_size) or (_LITTLE.match(its_size) and "no-repeat" in layer + repeat):
            continue
        if "(" not in layer:
            continue  # the colour, which lies under all of them
        if (found := even(layer)) is None or 0.02 < found[1] <= 0.9:
            return None if found is None or "," in image else found
        if found[1] > 0.9:
            return found
    return WHITE, 0.0


def rgb(value: str) -> RGB | None:
    """The colour alone, in letters of any case; None when it is not one we know."""
    found = parsed(value.lower())
    return found[0] if found is not None else None


def distance(a: RGB, b: RGB) -> int:
    """How far two colours are apart: 0, or up to 765 for black and white."""
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])


def indistinct(a: RGB, b: RGB) -> bool:
    """Are the two so near that text of one on the other cannot be read?"""
    return distance(a, b) < _INDISTINCT


def blended(top: RGB, alpha: float, ground: RGB) -> RGB:
    """``top`` with ``alpha`` over ``ground``."""
    red, green, blue = (round(t * alpha + g * (1 - alpha)) for t, g in zip(top, ground, strict=True))
    return red, green, blue


def _from_hex(digits: str) -> tuple[RGB, float] | None:
    if not set(digits) <= set("0123456789abcdef"):
        return None
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8):
        return None
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return (red, green, blue), int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
