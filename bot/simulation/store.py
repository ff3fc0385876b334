"""Rows outside memory, in temporary files that several processes share.

Decided here: that every process appends to a file of its own and may read all of them; that a piece is named by its file and
place; that the files have no name, so that nothing stays behind whatever ends the processes. Not decided here: what the rows
are (anything that JSON can say, and bytes), and how large a piece is.
"""

import marshal
import os
import tempfile
from typing import Any

Piece = tuple[int, int, int]
"""Rows that were put down together: the file, where they begin, how many bytes they take."""


class StoreError(Exception):
    """There is no room for temporary files."""


class Store:
    """Put rows down, get them back. Made before the processes that share it; `writer` is the file of this one."""

    def __init__(self, writers: int = 1) -> None:
        self.writer = 0
        try:
            # Without a buffer: others read what was just written.
            self._files = [tempfile.TemporaryFile(prefix="slakeeper-", buffering=0) for _ in range(writers)]  # noqa: SIM115
        except OSError as error:
            raise StoreError(_said(error)) from None
        self._end = 0

    def put(self, rows: Any) -> Piece:
        """Write rows down."""
        written = memoryview(marshal.dumps(rows))
        piece = (self.writer, self._end, len(written))
        number = self._files[self.writer].fileno()
        try:
            while written:
                done = os.pwrite(number, written, self._end)
                self._end += done
                written = written[done:]
        except OSError as error:
            raise StoreError(_said(error)) from None
        return piece

    def get(self, piece: Piece) -> Any:
        """The rows of a piece."""
        file, start, length = piece
        return marshal.loads(os.pread(self._files[file].fileno(), length, start))  # noqa: S302 - written by ourselves

    def close(self) -> None:
        """Give the room back."""
        for file in self._files:
            file.close()


def _said(error: OSError) -> str:
    return f"temporary files cannot be written to {tempfile.gettempdir()}: {error.strerror}"
