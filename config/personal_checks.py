"""Conditions on what is about a person.

Decided here: they are warned of, since what they decide would change when the person's data is erased. Not decided here: which
fields these are (`rules/personal.py`).
"""

from config.problems import shown
from config.source import Source
from config.spelling_checks import CONDITIONS, asked
from rules.personal import is_personal


def check_personal(source: Source) -> None:
    """Warn of conditions that ask for a person's data."""
    for pattern in CONDITIONS:
        for place, when in source.found(pattern):
            for at, field, _ in asked(when, place):
                if is_personal(field):
                    hint = "Erasing a person's data would change what this decides: ask for a tag or a field of your own."
                    source.problem(at, shown(field), "a field that is not about a person", hint, warning=True)
