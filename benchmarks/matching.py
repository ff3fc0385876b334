"""How many tickets a second are matched with a hundred agreements, through the cache and past it."""

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.looking import fastest
from benchmarks.report import line
from rules.conditions import compiled, parse
from rules.matching import Matcher

AGREEMENTS = 100
TICKETS = 5_000


def results() -> Iterator[dict[str, Any]]:
    """Agreements like the example's gold: a tier, two services, and not one region."""
    dice = random.Random(1)
    services = [f"service {n}" for n in range(20)]
    regions = ["emea", "test", None]
    raw = {
        f"agreement {n}": {"tier": f"tier {n % 10}", "service": {"in": dice.sample(services, 2)}, "region": {"not": "test"}}
        for n in range(AGREEMENTS)
    }
    tickets = [
        {"ticket": f"T-{n}", "priority": "high", "status": "open", "customer": f"customer {n}"}
        | {
            "tier": f"tier {dice.randrange(11)}",
            "service": dice.choice(services),
            "region": dice.choice(regions),
        }
        for n in range(TICKETS)
    ]
    conditions = {name: parse(condition) for name, condition in raw.items()}
    plain = [compiled(condition) for condition in conditions.values()]
    reference = TICKETS / fastest(lambda: [[holds(ticket) for holds in plain] for ticket in tickets], 3)
    matcher = Matcher(conditions)
    past = TICKETS / fastest(lambda: [matcher.ask(ticket) for ticket in tickets], 3)
    yield line("match_hundred_agreements_past_the_cache", past, "tickets/s", reference, 8_000)
    through = TICKETS / fastest(lambda: [matcher.matching(ticket) for ticket in tickets])
    yield line("match_hundred_agreements_through_the_cache", through, "tickets/s", reference, 200_000)
