"""The sections about people: who there is, who is on call, who is paged when.

Decided here: which fields there are, of which kind, and their defaults. Not decided here: what fits together.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.fields import (
    Clock,
    Every,
    LocalTime,
    Milliseconds,
    StepWhen,
    Text,
    Texts,
    ThresholdField,
    Weekday,
    Weekdays,
    Window,
    Zone,
    wrong,
)
from config.section import Section
from escalation.ladder import OpenHours
from escalation.people import ROLES
from rules.durations import Threshold
from rules.instants import DAY, MINUTE


def _role(value: Any) -> Any:
    if value not in ROLES:
        raise wrong(f"one of {', '.join(ROLES)}")
    return value


def _lead_time(value: Threshold) -> Threshold:
    if value.daily or value.offset > 0 or (value.percent is not None and not 0 < value.percent < 1):
        raise wrong("a time before the end", "Write 5m before, or 80%.")
    return value


def _both(value: list[str]) -> list[str]:
    if len(set(value)) != 2:
        raise wrong("two people", "Write who: [ana, ben].")
    return value


def _open_hours(value: Any) -> OpenHours:
    outside = isinstance(value, dict) and list(value) == ["not"]
    calendar = value["not"] if outside else value
    if not isinstance(calendar, str):
        raise wrong("the name of a calendar", "Write hours: london, or hours: {not: london} for the time when it is closed.")
    return OpenHours(calendar, inside=not outside)


Role = Annotated[str, BeforeValidator(_role)]
WeeklyHours = dict[Weekdays, list[Window]]


class QuietSection(Section):
    zone: Zone
    hours: WeeklyHours


class PersonSection(Section):
    name: Text
    email: Text | None = None
    slack: Text | None = None
    discord: Text | None = None
    roles: list[Role] = []
    quiet: QuietSection | None = None


class GrantSection(Section):
    slack_group: Text | None = None
    discord_role: Text | None = None


class ReviewsSection(Section):
    rota: Text | None = None
    within: Milliseconds = 7 * DAY
    causes: Annotated[list[Text], Field(max_length=50)] = []


class HandOverSection(Section):
    every: Every
    at: Clock
    day: Weekday | None = None


class ShiftSection(Section):
    who: Texts
    start: LocalTime = Field(alias="from")
    until: LocalTime | None = None
    hand_over: HandOverSection | None = None
    hours: WeeklyHours | None = None
    zone: Zone | None = None


class OverrideSection(Section):
    who: Texts
    start: LocalTime = Field(alias="from")
    until: LocalTime


class SwapSection(OverrideSection):
    who: Annotated[Texts, AfterValidator(_both)]


class RotaSection(Section):
    zone: Zone
    shifts: list[ShiftSection] = []
    overrides: list[OverrideSection] = []
    swaps: list[SwapSection] = []
    icalendar: Text | None = None


class StepTarget(Section):
    rota: Text | None = None
    person: Text | None = None
    role: Role | None = None
    lead_of: Text | None = None
    channel: Text | None = None


class StepSection(Section):
    page: StepTarget
    wait: Milliseconds
    after: Literal["breach"] | None = None
    when: StepWhen | None = None
    hours: Annotated[OpenHours, BeforeValidator(_open_hours)] | None = None


class AcknowledgementSection(Section):
    lasts: Milliseconds = 30 * MINUTE
    remind: Annotated[ThresholdField, AfterValidator(_lead_time)] | None = None


class LadderSection(Section):
    steps: list[StepSection] = Field(min_length=1)
    waits: Literal["wall", "calendar"] = "wall"
    repeat: int = Field(default=0, ge=0, le=100)
    acknowledgement: AcknowledgementSection = AcknowledgementSection()
