"""Files of lines, as commands read them.

Decided here: that - is standard input, how files are unpacked, how many lines are read at once, and how a command ends where
its file cannot be read. Not decided here: what a line means.
"""

import codecs
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bot.cli.options import usage_error
from bot.simulation.simulate import BLOCK, Progress

_UNPACK: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".xz": lzma.open}


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """A file, unpacked where its name ends in .gz or .xz. Ends with a usage error where it cannot be read."""
    try:
        if name == "-":
            yield sys.stdin.buffer
            return
        path = Path(name)
        if unpack := _UNPACK.get(path.suffix):
            with io.BufferedReader(unpack(path), BLOCK) as file:  # line by line, unpacking takes three times as long
                yield file
        else:
            with path.open("rb") as file:
                yield file
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise usage_error(f"{name} cannot be read: {reason}") from None


def blocks_of(name: str, progress: Progress) -> Iterator[list[bytes]]:
    """The lines of a file, many at once."""
    with opened(name) as file:
        found = os.fstat(file.fileno())
        whole = found.st_size if stat.S_ISREG(found.st_mode) else None
        progress.begin("Reading", whole)
        read = 0
        while block := file.readlines(BLOCK):
            block[0] = block[0].removeprefix(codecs.BOM_UTF8)  # a file may begin with one
            yield block
            if whole is not None:  # of a packed file, what is read of it packed
                before, read = read, os.lseek(file.fileno(), 0, os.SEEK_CUR)
                progress.advance(read - before)
