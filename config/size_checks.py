"""How much the rule engine is asked to hold.

Decided here: all agreements together, and all rules, have a bound, beyond which starting and asking would take seconds; it is
told at the first condition past it. Not decided here: how large a single condition may be (`rules.encoding`).
"""

from collections.abc import Mapping
from typing import Any

from config.source import Source
from rules.encoding import MOST_COMPARISONS, Encoding


def check_sizes(source: Source, valid: Mapping[str, Mapping[str, Any]]) -> None:
    """Note the first agreement and the first rule that is one too many."""
    for section in ("agreements", "rules"):
        total = 0
        for name, item in valid[section].items():
            if item.when is not None:
                total += sum(map(len, Encoding([item.when]).branches(item.when)))
            if total > MOST_COMPARISONS:
                expected = f"at most {MOST_COMPARISONS} comparisons in all {section} together"
                hint = "Each alternative of a condition is a comparison for each of its fields: simplify them."
                source.problem((section, name), f"more than {MOST_COMPARISONS} up to here", expected, hint)
                break
