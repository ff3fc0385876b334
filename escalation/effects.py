"""Effects: what new decisions make us say, and to whom.

Decided here: which decisions are said to a team, a person or a customer; that cards already shown follow the ticket silently;
that of several pages found at once only the latest calls people, of what is late only the last is said, and of a clock's
corrections one. Pure; data, not
deeds. Not decided here: on which platforms, and how it is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from escalation.book import Book
from escalation.letters import KEPT_BACK, RELEASED
from escalation.reconcile import CORRECTED, LETTER
from escalation.reviews import OPENED as REVIEWED
from escalation.reviews import TO_DO
from escalation.roster import CHANNEL
from escalation.takers import GROUP
from rules.decisions import Decision
from rules.instants import DAY, MINUTE
from rules.metrics import in_words
from rules.moments import Moment

Audience = Literal["team", "person", "customer", "draft", "helpdesk"]

ON_CARDS = ("title", "customer", "tier", "priority", "status", "assignee")
"""Fields of a ticket that its card shows."""
LATE = MINUTE
"""Of what was true longer ago, as after an outage, only the last is said."""
_LOGGED = ("clock.met", "clock.missed", "clock.cancelled", "clock.moved", "clock.recounted", "clock.excused")
CALLS = ("page.opened", "page.stepped", "page.handed_over")
REMINDED = "page.reminded"
HINTED, REASSIGNED = "ticket.hinted", "ticket.reassigned"
_WRITTEN_BACK = ("ticket.tagged", "ticket.untagged", REASSIGNED)
"""What the helpdesk is told."""

Place = tuple[Audience, str]


@dataclass(frozen=True)
class Effect:
    """Something to say once. Without a `line` it only brings a card that is already shown up to date."""

    key: str
    audience: Audience
    who: str
    decision: Decision
    line: str | None = None
    mentions: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where it is said."""
        return self.audience, self.who


def effects_of(
    new: Sequence[Decision], recorded: Sequence[Decision], book: Book, now: int, moments: Sequence[Moment] = ()
) -> list[Effect]:
    """What the new decisions of one ticket lead to at `now`, in their order; then every other card that is shown follows."""
    everything = [*recorded, *new]
    teams = dict.fromkeys(d.team for d in everything if d.team and (d.kind == "message.team" or d.page))
    called = dict.fromkeys(who for d in everything if d.kind in CALLS for who in d.to or ())
    latest = {d.page: d for d in new if d.kind in CALLS}
    corrected = {d.clock: d for d in new if d.kind == CORRECTED}
    effects: list[Effect] = []
    for decision in new:
        if decision.kind == "message.team" and decision.team:
            effects.append(_effect(decision, "team", decision.team, _crossing(decision)))
        elif decision.kind == HINTED and decision.team:
            effects.append(_effect(decision, "team", decision.team, "This may help"))
        elif decision.kind == LETTER and decision.team:
            effects.append(_effect(decision, "draft", decision.team, decision.reason))
        elif decision.kind in (LETTER, RELEASED) and decision.customer:
            effects.append(_effect(decision, "customer", decision.customer, decision.reason))
            if decision.kind == RELEASED:
                effects.extend(_effect(decision, "team", team, decision.reason) for team in teams)
        elif decision.kind == KEPT_BACK:
            effects.extend(_effect(decision, "team", team, decision.reason) for team in teams)
        elif decision.kind in CALLS and decision.to:
            effects.extend(_calls(decision, book, latest[decision.page] is decision))
        elif decision.kind == REMINDED or (decision.kind in TO_DO and decision.at > now - DAY):
            effects.extend(_effect(decision, "person", who, _sentence(decision.reason), (who,)) for who in decision.to or ())
        elif decision.kind == REVIEWED and decision.to:
            line = f"{book.names(decision.to)} reviews this breach: /sla reviews {decision.ticket}"
            effects.extend(_effect(decision, "team", team, line) for team in teams)
        elif decision.kind.startswith("page.") and decision.team:
            effects.append(_effect(decision, "team", decision.team, _sentence(decision.reason)))
        elif decision.kind in _LOGGED or corrected.get(decision.clock) is decision:
            effects.extend(_effect(decision, "team", team, _state(decision)) for team in teams)
        if decision.kind in _WRITTEN_BACK:
            effects.append(_effect(decision, "helpdesk", decision.ticket, _sentence(decision.reason)))
        if decision.kind == REASSIGNED:
            line = f"It goes {_taken_by(decision, book)}: {_crossing(decision)}"
            effects.extend(_effect(decision, "team", team, line) for team in teams)
    effects = _once(effects, now)
    brought = {effect.place for effect in effects}
    shown = dict.fromkeys([*(("team", team) for team in teams), *map(_whereabouts, called)])
    change = _change(new, moments)
    silent = [place for place in shown if place not in brought] if change is not None else []
    return [*effects, *(Effect(f"{change}/{audience}/{who}", audience, who, everything[-1]) for audience, who in silent)]


def _once(effects: Sequence[Effect], now: int) -> list[Effect]:
    """What should have been said long ago is said once in each place, as it stands now. A letter is not left out."""
    last = {effect.place: effect for effect in effects if effect.decision.at < now - LATE}
    return [
        effect
        for effect in effects
        if effect.audience in ("customer", "draft", "helpdesk")
        or effect.decision.at >= now - LATE
        or last[effect.place] is effect
    ]


def _change(new: Sequence[Decision], moments: Sequence[Moment]) -> str | None:
    """A name for what has changed about the ticket since its cards were drawn: a decision, or else a field that they show."""
    if new:
        return f"{new[-1].ticket}/{new[-1].entry}"
    changes = (after.event for before, after in pairwise(moments) if _shown(before) != _shown(after))
    event = max(changes, key=lambda event: event.known_at, default=None)
    return None if event is None else f"{event.ticket}/{event.source}/{event.id}"


def _shown(moment: Moment) -> tuple[object, ...]:
    return tuple(moment.facts.get(name) for name in ON_CARDS)


def _calls(decision: Decision, book: Book, latest: bool) -> list[Effect]:
    """A step of the ladder: the team sees it, the people or the channel called are told themselves."""
    called = tuple(decision.to or ())
    places = list(map(_whereabouts, called))
    people = tuple(who for audience, who in places if audience == "person")
    line = f"{book.names(called)} {'is' if len(called) == 1 else 'are'} paged (step {decision.step}): {decision.reason}"
    own = ("team", decision.team)
    effects = [_effect(decision, "team", decision.team, line, people if latest else ())] if decision.team else []
    if latest:
        others = (place for place in places if place != own)
        effects.extend(_effect(decision, *place, line, people if place[0] == "person" else ()) for place in others)
    return effects


def _whereabouts(called: str) -> Place:
    """Where somebody who is called hears of it."""
    return ("team", called.removeprefix(CHANNEL)) if called.startswith(CHANNEL) else ("person", called)


def _effect(d: Decision, audience: Audience, who: str, line: str, mentions: tuple[str, ...] = ()) -> Effect:
    return Effect(f"{d.ticket}/{d.entry}/{audience}/{who}", audience, who, d, line, mentions)


def _crossing(decision: Decision) -> str:
    """What a rule tells the team: its cause, without the rule's name."""
    rule, _, reason = decision.reason.partition(": ")
    return _sentence(reason or rule)


def _taken_by(decision: Decision, book: Book) -> str:
    if not decision.to:
        return "back to the queue"
    return f"to {book.names([who.removeprefix(GROUP) for who in decision.to])}"


def _state(decision: Decision) -> str:
    if decision.kind == "clock.moved":
        return _sentence(f"{in_words(decision.metric or '')} is due at another time: {decision.reason}")
    return _sentence(decision.reason)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
