"""HTML of a mail made harmless to look at: nothing in it runs, leads anywhere or is fetched.

Whoever shows it still puts it into a sandbox with a policy that forbids everything: this is the second wall. What a
mail program would not draw (``html.drawn``) is not drawn here either.
"""

from __future__ import annotations

import re

from mailmcp.mail.sight.limits import safe

MAX_HTML = 2 * 1024 * 1024

_DROPPED = (
    *("script", "link", "meta", "base", "iframe", "frame", "frameset", "object", "embed", "applet", "audio", "video"),
    *("source", "track", "noscript", "noembed", "noframes", "template", "svg", "math", "canvas", "portal", "dialog"),
    *("title", "param"),
)
_KEPT = frozenset(
    (
        *(
            "align",
            "alt",
            "bgcolor",
            "border",
            "cellpadding",
            "cellspacing",
            "class",
            "color",
            "cols",
            "colspan",
            "dir",
        ),
        *("face", "height", "hidden", "id", "lang", "noshade", "nowrap", "open", "reversed", "rows", "rowspan", "size"),
        *("span", "src", "start", "style", "title", "type", "valign", "value", "width"),
    )
)
_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*\Z")
_LONG_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]{1000,}+")
_SET_ASIDE = re.compile(r"data:,[0-9]{1,4}")
_IMPORT = re.compile(r"@import[^;]{0,2000};?", re.IGNORECASE)
_FETCHING = re.compile(r"(?:url|image-set|src)\s*\([^)]{0,200000}\)?", re.IGNORECASE)


def inert(html: str) -> str:
    """The page without anything that runs, leads away or is fetched; pictures only where they stand in it as data."""
    from selectolax.lexbor import LexborHTMLParser  # no server needs it before a human looks

    pictures: dict[str, str] = {}

    def aside(picture: re.Match[str]) -> str:
        name = f"data:,{len(pictures)}"
        pictures[name] = picture[0]
        return name

    html, _ = safe(_LONG_PICTURE.sub(aside, html[:MAX_HTML]))
    tree = LexborHTMLParser(html)
    for node in tree.css(",".join(_DROPPED)):
        node.decompose()
    for node in tree.css("style"):
        words = _FETCHING.sub("none", _IMPORT.sub("", node.text(deep=True)))
        node.inner_html = words.replace("<", "")
    for node in tree.css("*"):
        for name, value in list(node.attributes.items()):
            is_picture = value is not None and (value in pictures or _PICTURE.match(value) is not None)
            if name.lower() not in _KEPT or (name.lower() == "src" and not is_picture):
                del node.attrs[name]
            elif name.lower() == "style" and value and _FETCHING.search(value):
                node.attrs[name] = _FETCHING.sub("none", value)
    # Each once: a page that names one many times would grow without end.
    return _SET_ASIDE.sub(lambda name: pictures.pop(name[0], name[0]), tree.html or "")
