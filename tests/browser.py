"""Chromium as a human at the page: windows that are clicked, typed at and looked at."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chromium import FLAGS, Chromium, available

__all__ = ["CONTRAST", "Browser", "Window", "available"]

LIMIT = 15
EVIL = "evil.test"
"""A name that leads to this machine in the browser: a page of somebody else, or a name that was bound anew."""
# Another page lies at another port, or under a name that its owner has bound to this machine.
_NAMES = f"MAP {EVIL} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"

# Words that stand out from their ground by less than 4.5 to 1 (WCAG AA), but for what is switched off.
CONTRAST = """
(() => {
  const light = c => { const v = c.map(x => x / 255).map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const rgb = text => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return { c: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 };
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const back = rgb(getComputedStyle(node).backgroundColor);
      if (back.a === 1) return back.c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!own || node.closest('button:disabled, .said, .skip, noscript') || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    if (style.visibility === 'hidden') continue;
    const a = light(rgb(style.color).c), b = light(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push([node.className, node.innerText.slice(0, 30), ratio]);
  }
  return bad;
})()
"""


class Browser(Chromium):
    """One profile; its windows share cookies and storage."""

    def __init__(self) -> None:
        # A picture of a page with a blinking caret would wait for ever for the last stage of its drawing.
        super().__init__(_NAMES, tuple(one for one in FLAGS if not one.startswith("--run-all-compositor")))

    def window(self, address: str, *, width: int = 1100, height: int = 850, dark: bool = False) -> Window:
        """A new window at an address, in front of the others."""
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        window = Window(self, session, target)
        window.ask("Page.enable")
        window.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        window.size(width, height, dark=dark)
        window.ask("Page.bringToFront")
        window.go(address)
        return window


@dataclass
class Window:
    """A page in the browser."""

    browser: Browser
    session: str
    target: str

    def ask(self, method: str, **arguments: Any) -> Any:
        return self.browser._ask(method, arguments, self.session)

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **metrics)

    def go(self, address: str) -> None:
        self.ask("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """What an expression gives, awaited."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        result = self.ask("Runtime.evaluate", **asked)
        if "exceptionDetails" in result:
            raise AssertionError(str(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + LIMIT
        value: Any = None
        while time.monotonic() < end:
            try:
                if value := self.run(f"!!({script})"):
                    return
            except AssertionError as error:  # between two documents
                value = error
            time.sleep(0.05)  # the browser tells nobody
        raise AssertionError(
            f"{script} was not true in time ({value}); the page says: {self.run('document.body.innerText')}"
        )

    def sees(self, words: str) -> None:
        """Wait until these words are on the page."""
        self.until(f"document.body && document.body.innerText.includes({json.dumps(words)})")

    def click(self, selector: str, *, times: int = 1) -> None:
        """Press the middle of an element with the mouse, once it can be pressed."""
        place = json.dumps(selector)
        self.until(f"(e => e && !e.disabled)(document.querySelector({place}))")
        x, y = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})(document.querySelector({place}))"
        )
        for number in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=number)

    def type(self, selector: str, text: str) -> None:
        """Replace what a field holds."""
        self.run(f"(e => {{ e.focus(); e.select(); }})(document.querySelector({json.dumps(selector)}))")
        self.ask("Input.insertText", text=text)

    def key(self, name: str) -> None:
        """Press a key: Tab, Enter, Escape, or blank."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(name)
        key = {"key": name, "code": "Space" if name == " " else name, "windowsVirtualKeyCode": codes[name]}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **key, **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", **key)

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Save what is seen."""
        self.ask("Page.bringToFront")  # a window behind others draws nothing
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self.browser._ask("Target.closeTarget", {"targetId": self.target})
