"""Headless Chromium as a witness: which words of a page a person would see, judged by the pixels that it draws.

A page is drawn twice, as it is and with all text made transparent. A word is seen when the two pictures differ where
it stands, and it is large enough to be read. Scripts of the page are off and nothing is fetched; the browser is spoken
to over two pipes (``--remote-debugging-pipe``), so no port is opened.
"""

from __future__ import annotations

import json
import os
import select
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, Self

WIDTH, TALLEST = 800, 8_000
"""Of the page, in CSS pixels: what is further down is not judged."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ANSWER = 30.0
_BROWSERS = 5
"""That are asked for one page."""
_END = 60.0
_IN_STEP = "--run-all-compositor-stages-before-draw"
"""Else a picture may hold tiles of before the last change; but a busy browser may wait for a stage for ever."""
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    _IN_STEP,
    "--disable-partial-raster",
    "--disable-checker-imaging",
)
NOBODY = "MAP * ~NOTFOUND"
"""Which names lead where (Chromium's host resolver rules): nowhere."""
# Chromium reads commands from descriptor 3 and answers on 4.
_LAUNCH = """
import os, sys
taken, given = (os.dup(int(name)) for name in sys.argv[1:3])
high = [os.dup(one) for one in (taken, given) for _ in range(8)]
os.dup2(high[7], 3)
os.dup2(high[15], 4)
os.closerange(5, 256)
os.execv(sys.argv[3], sys.argv[3:])
"""

# What a style sheet draws before and after elements, put there as words of the page that look the same.
_WRITTEN = """
(() => {
  const said = /"((?:[^"\\\\]|\\\\.)*)"|attr\\(([\\w-]+)/g, made = [];
  const unescaped = text => text.replace(/\\\\(?:([0-9a-f]{1,6}) ?|(.))/gi, (_, code, sign) =>
    sign || String.fromCodePoint(parseInt(code, 16)));
  for (const one of document.querySelectorAll('body, body *')) for (const side of ['before', 'after']) {
    const style = getComputedStyle(one, '::' + side), content = style.content.split(' / ')[0];
    if (content === 'none' || content === 'normal' || style.display === 'none') continue;
    const words = [...content.matchAll(said)]
      .map(found => found[2] ? one.getAttribute(found[2]) || '' : unescaped(found[1])).join('');
    if (!/[^\\s\\ue000-\\uf8ff]/.test(words)) continue;
    made.push([one, side, words, [...style].map(name => [name, style.getPropertyValue(name)])]);
  }
  for (const [one, side, words, look] of made) {
    const span = document.createElement('span');
    for (const [name, value] of look) span.style.setProperty(name, value);
    span.textContent = words;
    one.setAttribute('data-written-' + side, '');
    one[side === 'before' ? 'prepend' : 'append'](span);
  }
  if (made.length) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('[data-written-before]::before, [data-written-after]::after {content: none !important}');
    document.adoptedStyleSheets = [sheet];
  }
})()
"""

# The words of all texts in order, with where they are drawn; two texts that touch on a line are one word. Where
# two words lie over each other the pixels do not tell whose they are: there the browser says what stands at that point.
_WORDS = """
(() => {
  const words = [], rows = new Map(), range = document.createRange();
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  const fields = 'select, textarea, input:is([type=text], [type=submit], [type=button], [type=reset], [type=email], '
    + '[type=tel], [type=url], [type=search], [type=number], :not([type]))';
  let last = null, glued = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === 1) {  // what a field shows is no text of the page
      if (!node.matches(fields)) continue;
      const box = node.tagName === 'SELECT';
      const labels = { submit: 'Submit', reset: 'Reset' };
      const shown = !box ? node.value || (node.value === '' && node.hasAttribute('value') ? '' : labels[node.type])
        || node.placeholder || ''
        : node.size > 1 || node.multiple ? [...node.options].slice(0, node.size || 4).map(one => one.label).join(' ')
        : node.selectedOptions[0]?.label || '';
      const rects = [...node.getClientRects()].map(r => [r.left + scrollX, r.top + scrollY, r.width, r.height]);
      for (const one of shown.match(/\\S+/g) || [])
        words.push({pieces: [{text: one, rects, parent: node, word: node}]});
      last = null;
      glued = false;
      continue;
    }
    if (node.parentElement?.closest('select, textarea')) continue;
    const text = node.data;
    if (!/\\S/.test(text)) { if (text) glued = false; continue; }
    for (const one of text.matchAll(/\\S+/g)) {
      range.setStart(node, one.index);
      range.setEnd(node, one.index + one[0].length);
      const rects = [...range.getClientRects()].map(r => [r.left + scrollX, r.top + scrollY, r.width, r.height]);
      const first = rects[0], end = last && last.rects[last.rects.length - 1];
      const touches = glued && one.index === 0 && first && end
        && Math.abs(first[0] - end[0] - end[2]) < 0.6 && first[1] < end[1] + end[3] && end[1] < first[1] + first[3];
      if (!touches) words.push(last = {pieces: []});
      last.rects = rects;
      const piece = {text: one[0], rects, parent: node.parentElement, word: last};
      last.pieces.push(piece);
      for (const rect of rects) for (let row = rect[1] >> 5; row <= (rect[1] + rect[3]) >> 5; row++) {
        if (row > 2000) break;
        if (!rows.has(row)) rows.set(row, []);
        rows.get(row).push([rect, piece]);
      }
      glued = true;
    }
    if (/\\s$/.test(text)) glued = false;
  }
  const isCovered = (piece, [left, top, width, height]) => {
    const x = left + width / 2, y = top + height / 2;
    let box = piece.parent;
    while (box && getComputedStyle(box).display === 'contents') box = box.parentElement;
    if (box && !box.checkVisibility({contentVisibilityAuto: true})) return true;  // laid out, but not drawn
    const shares = (rows.get(y >> 5) || []).some(([[l, t, w, h], other]) =>
      other.word !== piece.word && l <= x && x <= l + w && t <= y && y <= t + h);
    if (!shares || getComputedStyle(piece.parent).pointerEvents === 'none') return false;
    return !document.elementsFromPoint(x, y).includes(piece.parent);
  };
  return words.map(word => word.pieces.map(piece =>
    [piece.text, piece.rects.filter(rect => !isCovered(piece, rect))]));
})()
"""

_BLANK = """
(() => {
  const clear = {'-webkit-text-fill-color': 'transparent', 'text-shadow': 'none', 'transition': 'none',
    '-webkit-text-stroke': '0 transparent',
    'text-decoration-color': 'transparent', 'text-emphasis-color': 'transparent'};
  for (const one of document.querySelectorAll('*')) {
    if (!one.style) continue;
    const cut = getComputedStyle(one).webkitBackgroundClip === 'text';
    if (one.matches('text, tspan, textPath')) one.style.setProperty('fill', 'transparent', 'important');
    for (const name in clear) one.style.setProperty(name, clear[name], 'important');
    if (cut) one.style.setProperty('background', 'none', 'important');
  }
})()
"""

# Which rectangles hold a pixel that differs between two pictures.
_COMPARE = """
(async (before, after, rects) => {
  const pixels = async data => {
    const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const a = await pixels(before), b = await pixels(after);
  const wide = Math.min(a.width, b.width), high = Math.min(a.height, b.height);
  return rects.map(([left, top, width, height]) => {
    const x0 = Math.max(0, Math.floor(left)), x1 = Math.min(wide, Math.ceil(left + width));
    const y0 = Math.max(0, Math.floor(top)), y1 = Math.min(high, Math.ceil(top + height));
    let inked = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) {
      const i = 4 * (y * a.width + x), j = 4 * (y * b.width + x);
      inked += Math.abs(a.data[i] - b.data[j]) + Math.abs(a.data[i + 1] - b.data[j + 1])
        + Math.abs(a.data[i + 2] - b.data[j + 2]) >= 40;
    }
    return inked;
  });
})
"""


class NoBrowser(Exception):
    """There is no Chromium on this machine, or it does not start."""


class NoAnswer(NoBrowser):
    """It was there, and hangs."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a page as it stands in its source, and whether a person sees it."""

    text: str
    seen: bool


class Chromium:
    """A browser with a fresh profile, as a context manager. Raises NoBrowser where there is none."""

    def __init__(self, names: str = NOBODY, options: tuple[str, ...] = FLAGS) -> None:
        program = next((path for name in _NAMES if (path := shutil.which(name))), None)
        if program is None:
            raise NoBrowser("There is no Chromium on this machine.")
        self._started_as = program, names, options
        self._begin()

    def _begin(self) -> None:
        program, names, options = self._started_as
        self._folder = tempfile.TemporaryDirectory(prefix="mailmcp-chromium-", ignore_cleanup_errors=True)
        # Chromium has no sandbox for the superuser and refuses to start with one.
        flags = [
            *options,
            f"--host-resolver-rules={names}",
            f"--user-data-dir={self._folder.name}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ]
        taken, self._to = os.pipe()
        self._from, given = os.pipe()
        launch = [sys.executable, "-c", _LAUNCH, str(taken), str(given), program, *flags, "about:blank"]
        self._process = subprocess.Popen(
            launch,
            pass_fds=(taken, given),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(taken)
        os.close(given)
        os.set_blocking(self._to, False)  # a browser that hangs reads no more
        self._closed = False
        self._number = 0
        self._read = b""
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._from, selectors.EVENT_READ)
        try:
            self._judge = self._page()
            self._mail = self._page()
            for method, arguments in (
                ("Emulation.setScriptExecutionDisabled", {"value": True}),
                ("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]}),
                ("Emulation.setDeviceMetricsOverride", _window(1_000)),
                ("Page.enable", {}),
            ):
                self._ask(method, arguments, self._mail)
            tree = self._ask("Page.getFrameTree", {}, self._mail)
            self._frame: str = tree["frameTree"]["frame"]["id"]
        except BaseException:
            self.close()
            raise

    def words(self, html: str) -> list[Word]:
        """The words of a page in the order of its source.

        On a busy machine a browser sometimes draws no picture any more: then others are asked, which draw out of step.
        """
        for _ in range(_BROWSERS - 1):
            try:
                return self._words(html)
            except NoAnswer:
                self.close()
                program, names, options = self._started_as
                self._started_as = program, names, tuple(one for one in options if one != _IN_STEP)
                self._begin()
        return self._words(html)

    def _words(self, html: str) -> list[Word]:
        self._ask("Emulation.setDeviceMetricsOverride", _window(1_000), self._mail)
        self._ask("Page.setDocumentContent", {"frameId": self._frame, "html": html}, self._mail)
        size = self._ask("Page.getLayoutMetrics", {}, self._mail)["cssContentSize"]
        height = int(min(TALLEST, max(1_000, size["height"])))
        self._ask("Emulation.setDeviceMetricsOverride", _window(height), self._mail)
        clip = {"x": 0, "y": 0, "width": min(2_000, max(WIDTH, size["width"])), "height": height, "scale": 1}
        self._run(_WRITTEN, self._mail)
        words: list[list[tuple[str, list[list[float]]]]] = self._run(_WORDS, self._mail)
        before = self._picture(clip)
        self._run(_BLANK, self._mail)
        after = self._picture(clip)
        rects = [rect for word in words for _, places in word for rect in places]
        inked = iter(
            self._run(f"{_COMPARE}({json.dumps(before)}, {json.dumps(after)}, {json.dumps(rects)})", self._judge)
        )
        drawn = [[(text, [(next(inked), rect) for rect in places]) for text, places in word] for word in words]
        return [_word(part) for word in drawn for part in _parts(word)]

    def close(self) -> None:
        """End the browser that was started here and remove its profile; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._ready.close()
        os.close(self._to)
        os.close(self._from)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=_END)  # on a busy machine even this takes its time
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _page(self) -> str:
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        return self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]

    def _picture(self, clip: dict[str, float]) -> str:
        # Beyond the window only where the page is wider: pages from right to left come out shifted there.
        beyond = clip["width"] > WIDTH
        asked = {"clip": clip, "captureBeyondViewport": beyond, "optimizeForSpeed": True}
        return self._ask("Page.captureScreenshot", asked, self._mail)["data"]

    def _run(self, script: str, session: str) -> Any:
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        result = self._ask("Runtime.evaluate", asked, session)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def _ask(self, method: str, arguments: dict[str, Any], session: str = "") -> Any:
        self._number += 1
        command = {"id": self._number, "method": method, "params": arguments}
        until = time.monotonic() + _ANSWER
        self._write(json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0", until)
        while True:
            answer = self._message(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _write(self, octets: bytes, until: float) -> None:
        while octets:
            if not select.select([], [self._to], [], max(0.0, until - time.monotonic()))[1]:
                raise NoAnswer(f"Chromium read nothing within {_ANSWER:.0f} seconds.")
            try:
                octets = octets[os.write(self._to, octets) :]
            except BrokenPipeError:
                raise NoBrowser("Chromium does not start on this machine.") from None

    def _message(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            if not self._ready.select(max(0.0, until - time.monotonic())):
                raise NoAnswer(f"Chromium gave no answer within {_ANSWER:.0f} seconds.")
            if not (piece := os.read(self._from, 1 << 20)):
                raise NoBrowser("Chromium does not start on this machine.")
            self._read += piece
        one, _, self._read = self._read.partition(b"\0")
        return json.loads(one)


def _window(height: int) -> dict[str, Any]:
    return {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}


_Piece = tuple[str, list[tuple[int, list[float]]]]
"""Letters, and the places that they are drawn at with how many pixels differ there."""


def _parts(word: list[_Piece]) -> Iterator[list[_Piece]]:
    """A word cut where letters that leave no trace touch others that do."""
    for _, pieces in groupby(word, lambda piece: any(inked for inked, _ in piece[1])):
        yield list(pieces)


def _word(pieces: list[_Piece]) -> Word:
    text = "".join(piece for piece, _ in pieces)
    places = [place for _, drawn in pieces for place in drawn]
    ink = sum(inked for inked, _ in places)
    wide = sum(width for _, (_, _, width, _) in places)
    high = max((height for _, (_, _, _, height) in places), default=0.0)
    return Word(text, ink >= max(1, len(text) // 2) and high > 3 and wide > 0.8 * len(text))


def available() -> bool:
    """Is there a program that looks like Chromium?"""
    return any(shutil.which(name) for name in _NAMES)
