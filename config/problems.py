"""A configuration that is refused.

Decided here: that all its problems are told together, and how a found value is shown. Not decided here: what is a problem.
"""

from collections.abc import Sequence

from rules.problems import Problem


class ConfigError(Exception):
    """A configuration has problems; `problems` holds all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


def shown(value: object) -> str:
    """A found value, on one line and not too long."""
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:79] + "…"
