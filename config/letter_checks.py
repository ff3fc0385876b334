"""Letters: what customers read never says how we work inside, and what somebody has to approve has a place to wait.

Decided here: which words are ours. Not decided here: whether a letter can be filled in (`fields`).
"""

import re
from collections.abc import Mapping
from typing import Any

from config.source import Source

INTERNAL = re.compile(
    r"\b(?:sla|ola|breach\w*|escalat\w+|ladders?|rotas?|on.call|outbox|backlog|priority [0-9p]\w*|stakeholders?)\b",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


def check_letters(source: Source) -> None:
    """Warn of words in letters that mean nothing to who reads them."""
    for depth in (("wording", "*", "*"), ("wording", "*", "*", "*")):
        for place, text in source.found(depth):
            found = INTERNAL.search(_TEMPLATE.sub(" ", text)) if isinstance(text, str) else None
            if found:
                hint = "Say what happened, what happens next and when, as you would to a neighbour."
                source.problem(place, f"{found[0]!r}, a word of ours", "words that a customer knows", hint, warning=True)


def check_approval(source: Source, valid: Mapping[str, Mapping[str, Any]]) -> None:
    """Note agreements whose letters would wait for their approval in no channel."""
    for name, agreement in valid["agreements"].items():
        role = agreement.customer_updates.approve
        if role is not None and agreement.team is None:
            hint = "Add team: to it, in whose channel the letter waits, or write approve: none."
            place = ("agreements", name, "customer_updates", "approve")
            source.problem(place, role, "none, as the agreement has no team", hint)
