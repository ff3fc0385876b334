"""Problems in what people write, and how they are told.

Decided here: the form of a problem: file, line, field, what was found, what was expected, a hint; which known word comes
near a found one. Not decided here: what is a problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong, at a place. `warning` is true for what works as it is written, but is hardly meant."""

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


def slip_of(found: str, known: Iterable[str]) -> str | None:
    """The known word that is one slip away: a letter left out, added, swapped with its neighbour or, in a word that is not
    short, changed.
    """
    words = list(known)
    if found in words or len(found) < 3:
        return None
    return next((word for word in words if len(word) > 3 and _one_slip(found, word)), None)


def _one_slip(found: str, word: str) -> bool:
    at = next((i for i, (a, b) in enumerate(zip(found, word, strict=False)) if a != b), min(len(found), len(word)))
    swapped = found[at : at + 2] == word[at : at + 2][::-1] and found[at + 2 :] == word[at + 2 :]
    changed = len(word) > 4 and found[at + 1 :] == word[at + 1 :]
    return swapped or changed or found[at:] == word[at + 1 :] or found[at + 1 :] == word[at:]


def did_you_mean(found: object, known: Iterable[object], otherwise: str | None = None) -> str:
    """A hint towards the nearest known word; where none is near, what to say `otherwise`, or the known words if few."""
    words = [str(word) for word in known]
    close = get_close_matches(str(found), words, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    if otherwise is not None:
        return otherwise
    return f"Known: {', '.join(words)}." if 0 < len(words) <= 12 else ""
