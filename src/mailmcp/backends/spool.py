"""Where the data of one message grows while it comes in: in memory as long as it is short, then in a file.

A message may have 25 MiB and a hundred peers may be sending. The file has no name where the system allows it, lies in
the home (there the message goes next), and is gone with its process.
"""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path
from typing import IO


class Spool:
    """Bytes that are only added to, and then read as a whole."""

    def __init__(self, folder: Path, in_memory: int) -> None:
        self._folder = folder
        self._limit = in_memory
        self._short = bytearray()
        self._file: IO[bytes] | None = None
        self._size = 0

    @property
    def in_memory(self) -> int:
        """Bytes that are held in memory."""
        return len(self._short)

    @property
    def in_file(self) -> int:
        """Bytes that are held in a file."""
        return self._size if self._file is not None else 0

    def add(self, data: bytes) -> None:
        """Keep these bytes too. Raises OSError when the file cannot be written."""
        self._size += len(data)
        if self._file is None:
            if self._size <= self._limit:
                self._short += data
                return
            self._file = tempfile.TemporaryFile(prefix="incoming-", dir=self._folder, buffering=0)  # noqa: SIM115 - it is closed by ``drop``
            _write(self._file, self._short)
            self._short = bytearray()
        _write(self._file, data)

    def whole(self) -> bytes | mmap.mmap:
        """All of it: in memory, or the file mapped, so that its pages come and go as they are read."""
        if self._file is None:
            return bytes(self._short)
        try:
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # not every file system can map
            self._file.seek(0)
            return self._file.read()

    def drop(self) -> None:
        """Free all of it; what ``whole`` gave stays readable."""
        self._short = bytearray()
        self._size = 0
        if self._file is not None:
            self._file.close()
            self._file = None


def _write(file: IO[bytes], data: bytes | bytearray) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
