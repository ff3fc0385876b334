"""The seals' file, outside the database.

Decided here: a JSON line a seal, on the disk before it counts; the file only grows, so that it may be set append-only. A line
that was half written when the machine died stays and is passed over: its seal was not made. Not decided here: what stands in
a seal.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from bot.records import Seal

_SEAL = TypeAdapter(Seal)


class JsonSealFile:
    """Seals in a file of lines."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Seal]:
        """The seals that it holds, in the order in which they came; none where there is no file yet. Raises OSError."""
        return self.read_all()[0]

    def read_all(self) -> tuple[list[Seal], int]:
        """Its seals, and how many of its lines hold something else. Raises OSError."""
        try:
            lines = [line for line in self.path.read_bytes().splitlines() if line.strip()]
        except FileNotFoundError:
            return [], 0
        seals = [seal for line in lines if (seal := _seal(line)) is not None]
        return seals, len(lines) - len(seals)

    def unwritable(self) -> str | None:
        """Why nothing could be added to it now, in words; None: it could be. Nothing is written."""
        folder = self.path.absolute().parent
        try:
            if self.path.exists():
                self.path.open("ab+").close()
                return None
        except OSError as error:
            return f"{self.path} cannot be written: {error.strerror}"
        if not folder.is_dir():
            return f"{self.path} cannot be written: there is no folder {folder}"
        return None if os.access(folder, os.W_OK | os.X_OK) else f"{self.path} cannot be written: its folder cannot be"

    def append(self, seals: Sequence[Seal]) -> None:
        """Add seals; when this ends they are on the disk. Raises OSError."""
        new = not self.path.exists()
        with self.path.open("ab+") as file:
            torn = b""
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                torn = b"" if file.read(1) == b"\n" else b"\n"
            file.write(torn + b"".join(json.dumps(seal._asdict()).encode() + b"\n" for seal in seals))
            file.flush()
            os.fsync(file.fileno())
        if new:  # its name too must survive
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _seal(line: bytes) -> Seal | None:
    try:
        seal = _SEAL.validate_json(line, strict=True)
        json.loads(seal.body)
    except ValueError:
        return None
    return seal
