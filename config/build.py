"""Valid sections → the book: what refers to what.

Decided here: references between sections, the length of working days, versions' names, the default rules, and what is only
warned of. Not decided here: the meaning of any of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

import holidays
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from config.fields import days_of
from config.problems import shown
from config.schema import (
    AgreementSection,
    CalendarSection,
    LadderSection,
    MetricSection,
    RotaSection,
    StepTarget,
    TargetSection,
)
from config.source import Place, Source
from config.validate import did_you_mean
from escalation.book import Action, Book, Rule
from escalation.ladder import Acknowledgement, Ladder, Step
from escalation.people import Person, Team
from escalation.rota import HandOver, Override, Rota, Shift
from rules.agreement import Agreement, CustomerUpdates, Target
from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays, Hours, midnight
from rules.conditions import ALWAYS, Condition, ConditionError
from rules.encoding import Encoding
from rules.metrics import BUILT_IN, Metric
from rules.promises import Promises

LETTER_VALUES = ("promise", "due", "next_step", "next_update", "credit", "ticket")
"""What a letter to a customer may use."""


@dataclass
class Builder:
    """Builds the book of what is valid."""

    source: Source
    valid: dict[str, dict[str, Any]]

    def book(self) -> Book:
        """The book, of all that is valid."""
        calendars = {name: self._calendar(name, section) for name, section in self.valid["calendars"].items()}
        metrics = {name: self._metric(name, section) for name, section in self.valid["metrics"].items()}
        agreements = [
            agreement
            for name, section in self.valid["agreements"].items()
            if (agreement := self._agreement(name, section, calendars)) is not None
        ]
        return Book(
            promises=Promises(calendars, agreements, metrics, self._customers()),
            rules=[
                Rule(name, s.when, self._actions(name, s.do)) for name, s in self.valid["rules"].items() if self._holds(name, s)
            ],
            people={
                name: Person(name, s.name, s.email, s.slack, s.discord, tuple(s.roles))
                for name, s in self.valid["people"].items()
            },
            teams={name: self._team(name, section) for name, section in self.valid["teams"].items()},
            rotas={name: self._rota(name, section) for name, section in self.valid["rotas"].items()},
            ladders={name: self._ladder(name, section) for name, section in self.valid["ladders"].items()},
            wording={name: self._wording(name, texts) for name, texts in self.valid["wording"].items()},
        )

    # Calendars

    def _calendar(self, name: str, section: CalendarSection) -> BusinessCalendar:
        place: Place = ("calendars", name)
        if section.hours is None:
            return BusinessCalendar(name, None, section.working_day)
        weekly: list[Hours] = [()] * 7
        for named, windows in section.hours.items():
            for day in days_of(named):
                weekly[day] = weekly[day] + tuple(windows)
        if not any(weekly) and not any(section.dates.values()):
            self.source.problem(
                (*place, "hours"), "no open window", "at least one", "A calendar that never opens counts nothing."
            )
        days = CalendarDays(
            zone=section.zone,
            weekly=cast(Any, tuple(weekly)),
            closed=section.holidays.closed,
            dates={day: tuple(windows) for day, windows in section.dates.items()},
            open=frozenset(section.holidays.open),
            holidays=self._holidays(place, section),
        )
        return BusinessCalendar(name, days, section.working_day)

    def _holidays(self, place: Place, section: CalendarSection) -> Callable[[int], Mapping[date, str]]:
        country, subdivision = section.holidays.country, section.holidays.subdivision
        if country is None:
            return lambda _year: {}
        known = holidays.list_supported_countries()
        if country not in known:
            self.source.problem(
                (*place, "holidays", "country"), shown(country), "a country code such as GB", did_you_mean(country, known)
            )
            return lambda _year: {}
        if subdivision is not None and subdivision not in known[country]:
            hint = did_you_mean(subdivision, known[country])
            self.source.problem((*place, "holidays", "subdivision"), shown(subdivision), f"a subdivision of {country}", hint)
            return lambda _year: {}

        @cache
        def of_year(year: int) -> Mapping[date, str]:
            return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))

        return of_year

    # Agreements

    def _metric(self, name: str, section: MetricSection) -> Metric:
        """An own metric, or a built-in one redefined whole or in part."""
        said = {part: getattr(section, part) for part in section.model_fields_set}
        built_in = Metric.of(name, BUILT_IN[name]).conditions if name in BUILT_IN else {}
        parts: dict[Any, Condition | None] = {**built_in, **said}
        conditions: dict[Any, Condition] = {part: condition for part, condition in parts.items() if condition is not None}
        if "start" not in conditions:
            self.source.problem(("metrics", name), "no start", "a start condition", "Write start: {event: …}.")
        return Metric.from_conditions(name, conditions)

    def _agreement(self, name: str, section: AgreementSection, calendars: dict[str, BusinessCalendar]) -> Agreement | None:
        place: Place = ("agreements", name)
        calendar = calendars.get(section.calendar)
        if calendar is None:
            return None
        known = {*BUILT_IN, *self.valid["metrics"]}
        targets = {
            metric: {p: self._target((*place, "targets", metric, p), t, calendar, calendars) for p, t in limits.items()}
            for metric, limits in section.targets.items()
            if metric in known
        }
        if section.when is not None and not self._encodable((*place, "when"), section.when):
            return None
        return Agreement(
            name=name,
            version=section.version or section.start.isoformat(),
            kind=section.kind,
            since=midnight(section.start, calendar.zone),
            calendar=calendar,
            targets=targets,
            when=section.when or ALWAYS,
            warn_at=tuple(section.warn_at),
            after_breach=tuple(section.after_breach),
            team=section.team,
            ladder=section.ladder,
            on_change=section.on_change,
            on_reopen=section.on_reopen,
            instead_of=tuple(section.instead_of),
            customer_updates=CustomerUpdates(section.customer_updates.every, section.customer_updates.approve),
            terms={"objective": section.objective, "credits": section.credits, "review": section.review},
        )

    def _target(
        self, place: Place, section: TargetSection | None, calendar: BusinessCalendar, calendars: dict[str, BusinessCalendar]
    ) -> Target | None:
        if section is None:
            return None
        if section.calendar is not None:
            calendar = calendars.get(section.calendar, calendar)
        amount = section.within
        if amount.uses_days and not calendar.always:
            hint = f"Calendar {calendar.name} is not 24x7: write working days ({amount.text.replace('d', 'wd')}) or hours."
            self.source.problem(place, shown(amount.text), "working days or hours", hint)
            return None
        if amount.working_days and calendar.working_day is None:
            hint = f"Add working_day: 8h to calendar {calendar.name}."
            self.source.problem(place, shown(amount.text), "a calendar that says how long a working day is", hint)
            return None
        return Target(amount.in_milliseconds(calendar.working_day), calendar, amount.text)

    def _encodable(self, place: Place, condition: Condition) -> bool:
        try:
            Encoding([condition]).branches(condition)
        except ConditionError as error:
            self.source.problem(place, shown(error.found), error.expected)
            return False
        return True

    def _holds(self, name: str, section: Any) -> bool:
        return self._encodable(("rules", name, "when"), section.when)

    def _customers(self) -> dict[str, dict[str, Any]]:
        """What the configuration knows of customers, as fields of their tickets."""
        return {name: dict(fields) for name, fields in self.valid["customers"].items() if isinstance(fields, Mapping)}

    # People and ladders

    def _team(self, name: str, section: Any) -> Team:
        return Team(name, section.lead, section.rota, {"local": name, **section.channels})

    def _rota(self, name: str, section: RotaSection) -> Rota:
        shifts, overrides = [], []
        for i, shift in enumerate(section.shifts):
            hand_over = None
            if shift.hand_over is not None:
                days = self._every(("rotas", name, "shifts", i, "hand_over", "every"), shift.hand_over.every)
                hand_over = HandOver(days, shift.hand_over.at, shift.hand_over.day)
            shifts.append(Shift(tuple(shift.who), shift.start, hand_over, shift.until))
        for override in section.overrides:
            overrides.append(Override(tuple(override.who), override.start, override.until))
        return Rota(name, section.zone, tuple(shifts), tuple(overrides))

    def _every(self, place: Place, text: str) -> int:
        count, _, unit = text.rpartition(" ")
        days = {"day": 1, "week": 7}.get(unit.removesuffix("s"))
        if days is None or (count and not count.isdigit()) or count == "0":
            self.source.problem(place, shown(text), "how often", "Write day, week or 2 weeks.")
            return 7
        return days * int(count or 1)

    def _ladder(self, name: str, section: LadderSection) -> Ladder:
        steps = []
        for i, step in enumerate(section.steps):
            place = ("ladders", name, "steps", i, "page")
            target = self._step_target(place, step.page)
            if target is not None:
                steps.append(Step(cast(Any, target[0]), target[1], step.wait, step.after == "breach"))
        said = section.acknowledgement
        return Ladder(name, tuple(steps), section.repeat, section.waits, Acknowledgement(said.lasts, said.remind))

    def _step_target(self, place: Place, target: StepTarget) -> tuple[str, str] | None:
        named = [(kind, who) for kind in ("rota", "person", "role", "lead_of") if (who := getattr(target, kind)) is not None]
        if len(named) != 1:
            self.source.problem(place, f"{len(named)} of them", "exactly one of rota, person, role, lead_of")
            return None
        kind, who = named[0]
        return kind, who

    def _actions(self, name: str, actions: list[tuple[str, str]]) -> tuple[Action, ...]:
        """An action whose target is not configured does nothing: that is only warned of."""
        sections = {"tell": ("team", "teams"), "page": ("ladder", "ladders"), "update_customer": ("", "wording")}
        for i, (verb, target) in enumerate(actions):
            own, section = sections.get(verb, ("", ""))
            if section and target != own and target not in self.valid[section]:
                place: Place = ("rules", name, "do", i)
                hint = f"Define {target} under {section}:, or take the action out."
                self.source.problem(place, f"{verb}: {target}", "a target that is configured", hint, warning=True)
        return tuple(Action(verb, target) for verb, target in actions)

    def _wording(self, name: str, texts: Mapping[str, str]) -> Mapping[str, str]:
        for locale, text in texts.items():
            try:
                # With sample values, so that a misspelt name is told now and not when a letter should go out.
                environment = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
                environment.from_string(text).render(dict.fromkeys(LETTER_VALUES, "a sample"))
            except TemplateError as error:
                line = f"line {error.lineno} of the text: " if isinstance(error, TemplateSyntaxError) else ""
                place, hint = ("wording", name, locale), f"A letter may use {', '.join(LETTER_VALUES)}."
                self.source.problem(place, f"{line}{error.message}", "a Jinja template that can be filled in", hint)
        return texts
