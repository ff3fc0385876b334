"""The book: the whole versioned configuration, as a look reads it.

Decided here: what belongs together, and which ladders and rotas a page goes by. Not decided here: where it was written down
(`config`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from escalation.facts import COUNTERS
from escalation.ladder import Ladder, Step
from escalation.people import Person, Team
from escalation.roster import CHANNEL, Roster
from escalation.rota import Rota
from rules.calendar import UTC
from rules.conditions import Condition, Facts, compiled
from rules.instants import to_datetime
from rules.matching import Matcher
from rules.promises import Promises

ABOUT_CLOCKS = ("crossing", "kind", "agreement", "metric", "cycle")
"""Fields that only a clock's decision has."""
_MOST_KINDS = 1_000


@dataclass(frozen=True)
class Action:
    """One thing that a rule does: tell, page, tag, review, hint, reassign or update_customer; `target` is what it names."""

    verb: str
    target: str


@dataclass(frozen=True)
class Rule:
    """What is done at a crossing or an event."""

    name: str
    when: Condition
    actions: tuple[Action, ...]


class Lasting(NamedTuple):
    """What must not be written otherwise from an instant on; `of` names what it may go with as a whole."""

    holds_at: int
    digest: str
    of: str | None = None


@dataclass
class Book:
    """Not changed after it is built, but for what people decide: `promises`, and `rosters`, the ladders and rotas that were
    published, each with its instant. `digests` tell by name whether what is written about promises is still the same,
    `lasting` what must not be written otherwise. `wording`: by name, language and tier.
    """

    promises: Promises = field(default_factory=Promises)
    rules: Sequence[Rule] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    wording: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    lasting: Mapping[str, Lasting] = field(default_factory=dict)
    rosters: Sequence[tuple[int, Roster]] = ()

    def __post_init__(self) -> None:
        self._matcher = Matcher({rule.name: rule.when for rule in self.rules}, COUNTERS)
        self._silent: dict[tuple[str, str | None], bool] = {}
        self._rules = {rule.name: rule for rule in self.rules}

    def zone_of(self, agreement: str, at: int) -> ZoneInfo | None:
        """The zone of the calendar by which an agreement counts at an instant; None for an agreement that is not known."""
        versions = self.promises.versions.get(agreement, ())
        held = next((a for a in reversed(versions) if a.since <= at), versions[0] if versions else None)
        return held.calendar.zone_on(to_datetime(at).date()) if held else None

    def zone_at(self, at: int, first: Iterable[str] = ()) -> ZoneInfo:
        """The zone by whose clock people speak of times: that of the first agreement which does not count in UTC; those
        named `first` are asked before all others.
        """
        zones = (self.zone_of(name, at) for name in (*first, *self.promises.versions))
        return next((zone for zone in zones if zone not in (None, UTC)), None) or UTC

    def silent(self, event: str, crossing: str | None) -> bool:
        """Whether no rule can hold at such an event, whatever the ticket is; most events need not be asked about."""
        found = self._silent.get((event, crossing))
        if found is None:
            if len(self._silent) > _MOST_KINDS:
                self._silent.clear()
            known: dict[str, str | None] = {} if event.startswith("clock.") else dict.fromkeys(ABOUT_CLOCKS)
            known |= {"event": event, "crossing": crossing}
            found = self._silent[event, crossing] = not self._matcher.possible(known)
        return found

    def rules_for(self, facts: Facts) -> tuple[list[Rule], bool]:
        """The rules that hold for a fact, in the order of the configuration; and whether a counter sways that."""
        match = self._matcher.match(facts)
        return [self._rules[name] for name in match.names], match.swayed

    @property
    def hints(self) -> bool:
        """Whether any rule asks for what may help with a ticket, so that it has to be kept."""
        return any(action.verb == "hint" for rule in self.rules for action in rule.actions)

    @property
    def roster(self) -> Roster:
        """The ladders and rotas as they are written now."""
        return Roster(self.ladders, self.rotas)

    def roster_at(self, at: int) -> Roster:
        """The ladders and rotas in force at an instant: as they were published last, or else first."""
        before = [roster for since, roster in self.rosters if since <= at]
        return before[-1] if before else self.rosters[0][1] if self.rosters else self.roster

    def ladder_at(self, name: str, at: int) -> Ladder | None:
        """A ladder as it stood at an instant, or, where it came later, as it stands."""
        return self.roster_at(at).ladders.get(name) or self.ladders.get(name)

    def reached(self, roster: Roster, step: Step, team: str | None, at: int) -> list[str]:
        """Whom a step of a roster reaches at an instant: people's ids, or a channel."""
        return roster.reached(step, team, at, self.people, self.teams)

    def counts(self, step: Step, facts: Facts, at: int) -> bool:
        """Whether a step is for a ticket with these facts at an instant."""
        calendar = self.promises.calendars.get(step.hours.calendar) if step.hours else None
        if step.hours and calendar and calendar.is_open(at) is not step.hours.inside:
            return False
        return compiled(step.when)(facts)

    def who_has(self, roles: Sequence[str]) -> str:
        """Who has one of some roles, for a sentence: `Ana Costa, Ben Osei have one.`"""
        having = [person.name for person in self.people.values() if set(roles) & set(person.roles)]
        return f"{', '.join(having[:8])} {'has' if len(having) == 1 else 'have'} one." if having else "Nobody has one yet."

    def names(self, people: Sequence[str]) -> str:
        """People and channels for a sentence: `Ana Costa and Ben Osei`."""
        known = [self._called(id) for id in people]
        return " and ".join(known) if len(known) < 3 else f"{', '.join(known[:-1])} and {known[-1]}"

    def _called(self, id: str) -> str:
        if id.startswith(CHANNEL):
            return f"the channel of {id.removeprefix(CHANNEL)}"
        return self.people[id].name if id in self.people else id
