"""Files that only their owner may read: keys, tokens, what is remembered between runs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(file: Path, content: bytes, *, replace: bool) -> bool:
    """Put a file of mode 0600 into its place, whole or not at all; its folder is there.

    Without ``replace`` one that is there stays (unlike a rename, a link never replaces a key that may be in use), and
    the answer is False. Raises OSError.
    """
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        if replace:
            unfinished.replace(file)
        else:
            os.link(unfinished, file)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True
