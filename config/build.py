"""Valid sections → the book.

Decided here: how sections are put together: whose calendar counts a limit, what a version is called, what of a built-in metric
stays. Not decided here: calendars (`calendars`), whether sections fit together (`references`, `consistency`), and the meaning
of any of it.
"""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from config.calendars import calendar_of_section
from config.lasting import lasting
from config.rosters import ladder_of, person_of, rota_of
from config.rota_feed import imported_shifts
from config.schema import (
    AgreementSection,
    CreditsSection,
    MetricSection,
    ObjectiveSection,
    TargetSection,
    TeamSection,
)
from config.source import Source
from escalation.book import Action, Book, Rule
from escalation.people import ReviewTerms, Team
from rules.agreement import Agreement, Credits, CustomerUpdates, Target
from rules.attainment import Objective
from rules.calendar import BusinessCalendar
from rules.calendar_days import midnight
from rules.conditions import ALWAYS, Condition
from rules.durations import parse_threshold
from rules.metrics import BUILT_IN, Metric
from rules.promises import Promises

_PROMISED = ("agreements", "calendars", "metrics", "statuses", "customers")
Calendars = Mapping[str, BusinessCalendar]


def build(valid: Mapping[str, Mapping[str, Any]], source: Source) -> Book:
    """The book of sections that are valid and fit together."""
    calendars = {name: calendar_of_section(name, section) for name, section in valid["calendars"].items()}
    versions = {name: later for calendar in calendars.values() for name, later in calendar.versions.items()}
    metrics = {name: _metric(name, section) for name, section in valid["metrics"].items()}
    agreements = [agreement_of(source.agreement_names[key], section, calendars) for key, section in valid["agreements"].items()]
    # What the configuration knows of customers, as fields of their tickets.
    customers = {name: dict(fields) for name, fields in valid["customers"].items() if isinstance(fields, Mapping)}
    people = {name: person_of(name, section) for name, section in valid["people"].items()}
    imported = imported_shifts(source, valid["rotas"], people)
    return Book(
        promises=Promises(calendars | versions, agreements, metrics, customers, valid["statuses"]),
        rules=[Rule(name, s.when, tuple(Action(*action) for action in s.do)) for name, s in valid["rules"].items()],
        people=people,
        teams={name: _team(name, section) for name, section in valid["teams"].items()},
        rotas={name: rota_of(name, section, imported.get(name, ())) for name, section in valid["rotas"].items()},
        ladders={name: ladder_of(name, section) for name, section in valid["ladders"].items()},
        wording=dict(valid["wording"]),
        digests=_digests(source),
        lasting=lasting(agreements, valid["calendars"]),
    )


def _digests(source: Source) -> dict[str, str]:
    """By section and name, a digest of what is written about promises; an agreement's versions each have their own."""
    found = {}
    for section in _PROMISED:
        for name, raw in (source.data.get(section) or {}).items():
            if section == "agreements":
                name = f"{source.agreement_names[name]} {raw.get('version') or raw['from']}"
            found[f"{section}.{name}"] = hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return found


# Agreements


def _metric(name: str, section: MetricSection) -> Metric:
    """An own metric, or a built-in one redefined whole or in part."""
    said = {part: getattr(section, part) for part in section.model_fields_set}
    built_in = Metric.of(name, BUILT_IN[name]).conditions if name in BUILT_IN else {}
    parts: dict[Any, Condition | None] = {**built_in, **said}
    return Metric.from_conditions(name, {part: condition for part, condition in parts.items() if condition is not None})


def agreement_of(name: str, section: AgreementSection, calendars: Calendars) -> Agreement:
    """One version of an agreement. Raises KeyError or DurationError where its calendars are not there or cannot count it."""
    calendar = calendars[section.calendar]
    return Agreement(
        name=name,
        version=section.version or section.start.isoformat(),
        kind=section.kind,
        since=midnight(section.start, calendar.zone_on(section.start)),
        calendar=calendar,
        targets={
            metric: {priority: _target(limit, calendar, calendars) for priority, limit in limits.items()}
            for metric, limits in section.targets.items()
        },
        when=section.when or ALWAYS,
        warn_at=tuple(section.warn_at),
        after_breach=tuple(section.after_breach),
        team=section.team,
        ladder=section.ladder,
        on_change=section.on_change,
        on_reopen=section.on_reopen,
        applies_to=section.applies_to,
        instead_of=tuple(section.instead_of),
        customer_updates=CustomerUpdates(section.customer_updates.every, section.customer_updates.approve),
        objective=_objective(section.objective) if section.objective else None,
        credits=_credits(section.credits) if section.credits else None,
    )


def _credits(section: CreditsSection) -> Credits:
    below = tuple((_share(limit), _share(owed)) for limit, owed in section.below.items())
    return Credits(below, section.of, _share(section.cap) if section.cap else None, section.claim_within)


def _share(text: str) -> Fraction:
    return parse_threshold(text).percent or Fraction(0)


def _objective(section: ObjectiveSection) -> Objective:
    return Objective(parse_threshold(section.attain).percent or Fraction(0), section.over, section.attain)


def _target(section: TargetSection | None, calendar: BusinessCalendar, calendars: Calendars) -> Target | None:
    if section is None:
        return None
    if section.calendar is not None:
        calendar = calendars[section.calendar]
    return Target(section.within.in_milliseconds(calendar.working_day), calendar, section.within.text)


# Teams


def _team(name: str, section: TeamSection) -> Team:
    channels = {str(platform): channel for platform, channel in section.channels.items()}
    said = section.reviews
    reviews = ReviewTerms(said.rota, said.within, tuple(said.causes)) if said else None
    return Team(name, section.lead, section.rota, {"local": name} | channels, reviews)
