"""The page behind a link by mail, in a real browser: read, then decided with the code of the mail."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Browser, available
from rig import Rig
from test_review import Outside, Reviewer, outside, reviewed, reviewer, state

__all__ = ["outside", "reviewed", "reviewer"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="no chromium here: apt install chromium"),
]


def test_a_reviewer_reads_types_the_code_and_approves(reviewer: Reviewer) -> None:
    link = f"{reviewer.rig.address}review#{reviewer.token}"
    with Browser() as browser:
        window = browser.window(link, width=390)
        for words in ("A secret subject", "Secret words.", "bert@agents.internal"):
            window.sees(words)
        assert window.run("location.href") == f"{reviewer.rig.address}review"
        if folder := os.environ.get("MAILMCP_TEST_PICTURES"):
            window.picture(Path(folder) / "review-phone.png", whole=True)
        window.click(".decide button[type=submit]")  # without the code nothing is asked of the server
        assert state(reviewer) == "held"
        window.type("#code", "12")
        window.click(".decide button[type=submit]")
        window.sees("That is not the code")
        assert state(reviewer) == "held"
        window.run("document.querySelector('#code').value = ''")
        window.type("#code", reviewer.code)
        window.click(".decide button[type=submit]")
        window.sees("You have approved it")
        assert state(reviewer) in ("queued", "sent")
        again = browser.window(link)
        again.sees("This link leads nowhere")


def test_the_html_of_a_draft_is_drawn_in_its_frame_and_its_files_are_saved(
    reviewed: Callable[..., Rig], outside: Outside
) -> None:
    rig = reviewed()
    held = rig.hold(html="<p>The <b>words</b>.</p>", files=({"name": "list.csv", "text": "a;b"},))
    mine = Reviewer.of(rig, outside.next(), held)
    with Browser() as browser:
        window = browser.window(f"{rig.address}review#{mine.token}", width=390)
        window.sees("The HTML version, as it would look")
        window.run("window.__drawn = null; document.querySelector('details').open = true")
        window.until("document.querySelector('iframe')")
        window.run("document.querySelector('iframe').addEventListener('load', () => { window.__drawn = true; })")
        window.until("window.__drawn")
        got = "performance.getEntriesByType('resource').filter(one => one.name.includes('/api/review/html'))"
        window.until(f"{got}.length")
        assert window.run(f"{got}[0].responseStatus") == 200
        window.run(
            "URL.createObjectURL = blob => { blob.text().then(text => { window.__saved = text; }); return '#saved'; }"
        )
        window.click("ul.files button")
        window.until("window.__saved")
        assert window.run("window.__saved") == "a;b"
        if folder := os.environ.get("MAILMCP_TEST_PICTURES"):
            window.picture(Path(folder) / "review-html-phone.png", whole=True)
