"""The fence round strangers' words (law 4)."""

from __future__ import annotations

import secrets


class Fence:
    """Two lines with a random mark that a mail cannot know beforehand, so it cannot forge the end."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(4)

    def around(self, mail: str) -> list[str]:
        """The lines of a mail with the fence before and after."""
        # The mark is drawn anew for every call; that a mail holds it is chance, and then it is broken up.
        return [f"<<mail {self._mark}", mail.replace(self._mark, " ".join(self._mark)), f"{self._mark} mail>>"]
