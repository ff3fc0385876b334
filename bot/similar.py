"""Similar: what is known that may help with a ticket.

Decided here: what of a solved ticket is kept to be found: how its customer described it; which words are searched for; how
alike two texts are: by the words that they share, those that few share counting more. Pure. Not decided here: where it is
searched.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log
from operator import attrgetter
from typing import Any

from bot.records import Case
from rules.ticket import DONE, OPENED, REPLIED, TicketEvent

MOST = 3
_MOST_WORDS = 16
_LEAST_SHARED = 2
_MOST_TEXTS = 3
_LONGEST = 4_000
_WORD = re.compile(r"\w{3,40}")
_COMMON = frozenset(
    """
    and are but can cannot could does don for from had has have hello her his how into its just not now our out please
    see she should since thank thanks that the their them then there they this was were what when where which who why
    will with would you your der die das und ich nicht wir sie ist mit ein eine auf den von les des une est pas que pour
    dans
    """.split()  # noqa: SIM905 - a list of quoted words is no text to read
)
"""Words that tell nothing about a problem."""


def words_of(text: str) -> list[str]:
    """The words that tell what a text is about, in their order, once each."""
    return [word for word in dict.fromkeys(_WORD.findall(text.casefold())) if word not in _COMMON][:_MOST_WORDS]


def problem_of(events: Iterable[TicketEvent]) -> str:
    """What a customer wrote first."""
    said = (event for event in sorted(events, key=attrgetter("time")) if event.type == OPENED or _by_customer(event))
    texts = [str(event.data["text"]) for event in said if isinstance(event.data.get("text"), str)]
    return "\n".join(texts[:_MOST_TEXTS])[:_LONGEST]


def case_of(ticket: str, facts: Mapping[str, Any], events: Iterable[TicketEvent]) -> Case | None:
    """What is kept of a ticket that is solved; None where it is not, or where nobody knows what it was about."""
    if facts.get("status") not in DONE or facts.get("gone"):
        return None
    title, problem = str(facts.get("title") or ""), problem_of(events)
    return Case("ticket", ticket, title, problem) if title or problem else None


def most_similar(words: Sequence[str], cases: Sequence[Case]) -> list[Case]:
    """The cases that share most with some words, the likest first; one word alone is no likeness, but for one-word problems."""
    held = [(case, set(words_of(case.title)) | set(_WORD.findall(case.body.casefold()))) for case in cases]
    often = Counter(word for _, own in held for word in own)
    weights = {word: log(1 + len(held) / often[word]) for word in words if often[word]}
    least = min(_LEAST_SHARED, len(words))
    found = [(_score(weights, own), case) for case, own in held if len(own & weights.keys()) >= least]
    return [case for _, case in sorted(found, key=lambda each: (-each[0], each[1].kind, each[1].ref))[:MOST]]


def _score(weights: Mapping[str, float], own: set[str]) -> float:
    return sum(weight for word, weight in weights.items() if word in own)


def _by_customer(event: TicketEvent) -> bool:
    return event.type == REPLIED and event.data.get("author") == "customer"
