"""The page behind a link by mail, in a real browser: read, then decided with the code of the mail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import Browser, available
from test_review import Reviewer, outside, reviewed, reviewer, state

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
