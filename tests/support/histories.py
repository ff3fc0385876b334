"""Random histories of a ticket, for property tests."""

import random
from collections.abc import Sequence
from typing import Any

from rules.ticket import TicketEvent
from tests.support.core import event, opened

Change = tuple[str, dict[str, Any]]


def random_history(seed: int, start: int, changes: Sequence[Change], gaps: Sequence[int], most: int) -> list[TicketEvent]:
    """Few kinds of change and of gap in one history, so that the same thing happens again and again.

    Built from a seed: strategies that shrink draw histories too tame to find much.
    """
    dice = random.Random(seed)  # noqa: S311
    few, steps = dice.sample(list(changes), dice.randint(2, 6)), dice.sample(list(gaps), dice.randint(1, 3))
    found, when = [opened(start, arrival_=0, id_="e0")], start
    for i in range(1, dice.randint(2, most)):
        when += dice.choice(steps)
        type_, data = dice.choice(few)
        found.append(event(when, type_, id_=f"e{i}", arrival_=i, **data))
    return found
