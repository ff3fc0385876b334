"""Effects: what new decisions make us say, and to whom.

Decided here: which decisions are said to a team, a person or a customer; that a card already shown follows the ticket
silently; that of several pages found at once only the latest calls people. Pure; data, not deeds. Not decided here: on which
platforms, and how it is drawn.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from escalation.book import Book
from rules.clocks import Moment
from rules.decisions import Decision
from rules.metrics import in_words

Audience = Literal["team", "person", "customer"]

ON_CARDS = ("title", "customer", "tier", "priority", "status", "assignee")
"""Fields of a ticket that its card shows."""
_SILENT = ("clock.paused", "clock.resumed")
_LOGGED = ("clock.met", "clock.missed", "clock.cancelled", "clock.moved", "clock.corrected", "clock.excused")
_CALLS = ("page.opened", "page.stepped")


@dataclass(frozen=True)
class Effect:
    """Something to say once. Without a `line` it only brings a card that is already shown up to date."""

    key: str
    audience: Audience
    who: str
    decision: Decision
    line: str | None = None
    mentions: tuple[str, ...] = ()


def effects_of(
    new: Sequence[Decision], recorded: Sequence[Decision], book: Book, moments: Sequence[Moment] = ()
) -> list[Effect]:
    """What the new decisions of one ticket lead to, in their order; then what else its events have changed about its card."""
    everything = [*recorded, *new]
    teams = dict.fromkeys(d.team for d in everything if d.team and (d.kind == "message.team" or d.page))
    called = dict.fromkeys(person for d in everything if d.kind in _CALLS for person in d.to or ())
    latest = {d.page: d for d in new if d.kind in _CALLS}
    effects: list[Effect] = []
    for decision in new:
        if decision.kind == "message.team" and decision.team:
            effects.append(_effect(decision, "team", decision.team, _crossing(decision)))
        elif decision.kind == "message.customer" and decision.customer:
            effects.append(_effect(decision, "customer", decision.customer, decision.reason))
        elif decision.kind in _CALLS and decision.to:
            effects.extend(_calls(decision, book, latest[decision.page] is decision))
        elif decision.kind.startswith("page.") and decision.team:
            effects.append(_effect(decision, "team", decision.team, _sentence(decision.reason)))
            effects.extend(_effect(decision, "person", person, None) for person in called)
        elif decision.kind in _LOGGED or decision.kind in _SILENT:
            effects.extend(_effect(decision, "team", team, _state(decision)) for team in teams)
            effects.extend(_effect(decision, "person", person, None) for person in called)
    return [*effects, *_refreshed(effects, everything, moments, [("team", team) for team in teams], called)]


def _refreshed(
    effects: Sequence[Effect],
    everything: Sequence[Decision],
    moments: Sequence[Moment],
    teams: Sequence[tuple[Audience, str]],
    called: Iterable[str],
) -> Iterator[Effect]:
    """Cards that are shown follow the latest change of what stands on them, also where no decision came of it."""
    changed = next((now.event for before, now in reversed(list(pairwise(moments))) if _shown(before) != _shown(now)), None)
    if changed is None:
        return
    brought = {(effect.audience, effect.who) for effect in effects}
    people: list[tuple[Audience, str]] = [("person", person) for person in called]
    for audience, who in (*teams, *people):
        if (audience, who) not in brought:
            key = f"{changed.ticket}/{changed.source}/{changed.id}/{audience}/{who}"
            yield Effect(key, audience, who, everything[-1])


def _shown(moment: Moment) -> tuple[object, ...]:
    return tuple(moment.facts.get(name) for name in ON_CARDS)


def _calls(decision: Decision, book: Book, latest: bool) -> list[Effect]:
    """A step of the ladder: the team sees it, the people called are told themselves."""
    people = tuple(decision.to or ())
    line = f"{book.names(people)} {'is' if len(people) == 1 else 'are'} paged (step {decision.step}): {decision.reason}"
    effects = [_effect(decision, "team", decision.team, line, people if latest else ())] if decision.team else []
    if latest:
        effects.extend(_effect(decision, "person", person, line, (person,)) for person in people)
    return effects


def _effect(d: Decision, audience: Audience, who: str, line: str | None, mentions: tuple[str, ...] = ()) -> Effect:
    return Effect(f"{d.ticket}/{d.entry}/{audience}/{who}", audience, who, d, line, mentions)


def _crossing(decision: Decision) -> str:
    """What a rule tells the team: its cause, without the rule's name."""
    rule, _, reason = decision.reason.partition(": ")
    return _sentence(reason or rule)


def _state(decision: Decision) -> str | None:
    if decision.kind in _SILENT:
        return None
    if decision.kind == "clock.moved":
        return _sentence(f"{in_words(decision.metric or '')} is due at another time: {decision.reason}")
    return _sentence(decision.reason)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
