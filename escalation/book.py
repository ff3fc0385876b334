"""The book: the whole versioned configuration, as a look reads it.

Decided here: what belongs together, and whom a ladder's step reaches. Not decided here: where it was written down (`config`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from escalation.facts import COUNTERS
from escalation.ladder import Ladder, Step
from escalation.people import Person, Team
from escalation.rota import Rota
from rules.conditions import Condition, Facts
from rules.matching import Matcher
from rules.promises import Promises

ABOUT_CLOCKS = ("crossing", "kind", "agreement", "metric", "cycle")
"""Fields that only a clock's decision has."""


@dataclass(frozen=True)
class Action:
    """One thing that a rule does: tell, page, tag, review or update_customer; `target` is what it names."""

    verb: str
    target: str


@dataclass(frozen=True)
class Rule:
    """What is done at a crossing or an event."""

    name: str
    when: Condition
    actions: tuple[Action, ...]


@dataclass
class Book:
    """Not changed after it is built."""

    promises: Promises = field(default_factory=Promises)
    rules: Sequence[Rule] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    wording: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        conditions = {rule.name: rule.when for rule in self.rules}
        self._matcher = Matcher(conditions, COUNTERS)
        # Most rules ask for a crossing, which a ticket's event never has: they need not be asked at each event.
        self._at_events = Matcher({name: conditions[name] for name in self._matcher.possible_without(ABOUT_CLOCKS)}, COUNTERS)
        self._rules = {rule.name: rule for rule in self.rules}

    def rules_for(self, facts: Facts) -> tuple[list[Rule], bool]:
        """The rules that hold for a fact, in the order of the configuration; and whether a counter sways that."""
        match = (self._matcher if facts.get("metric") is not None else self._at_events).match(facts)
        return [self._rules[name] for name in match.names], match.swayed

    def reached(self, step: Step, team: str | None, at: int) -> list[str]:
        """Ids of the people whom a step reaches at an instant; empty where nobody is."""
        match step.kind:
            case "rota":
                rota = self.rotas.get(step.who)
                return rota.on_call(at) if rota else []
            case "role":
                return [person.id for person in self.people.values() if step.who in person.roles]
            case "lead_of":
                found = self.teams.get(team if step.who == "team" and team else step.who)
                return [found.lead] if found and found.lead else []
            case _:
                return [step.who] if step.who in self.people else []

    def names(self, people: Sequence[str]) -> str:
        """People for a sentence: `Ana Costa and Ben Osei`."""
        known = [self.people[id].name if id in self.people else id for id in people]
        return " and ".join(known) if len(known) < 3 else f"{', '.join(known[:-1])} and {known[-1]}"
