"""Problems in what people write, and how they are told.

Decided here: the form of a problem: file, line, field, what was found, what was expected, a hint. Not decided here: what is
a problem.
"""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong, at a place. `warning` is true for what works but does nothing."""

    file: str
    line: int
    field: str
    found: str
    expected: str
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        """One line: `FILE:LINE: FIELD: found X, expected Y. Hint`."""
        word = "warning: " if self.warning else ""
        sentence = f"{self.file}:{self.line}: {word}{self.field}: found {self.found}, expected {self.expected}."
        return f"{sentence} {self.hint}".rstrip()
