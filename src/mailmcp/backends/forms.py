"""A small form posted to a sign-in server, by the standard library in a thread; loaded when the first one is.

What a server answers is read up to a bound and never said again, since it holds tokens.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, cast

ANSWER_SECONDS = 30.0
MOST_BYTES = 64 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A form with tokens goes to the address in the settings and nowhere else."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        """No."""


def post(url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and record of the answer, {} for one that is none. Raises OSError or ValueError when there is none."""
    request = urllib.request.Request(  # noqa: S310 - the settings take https, and http on this machine
        url, urllib.parse.urlencode(form).encode(), {"Accept": "application/json"}
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, _record(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _record(error.read(MOST_BYTES))


def _record(octets: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
