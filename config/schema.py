"""The sections of a configuration and their fields.

Decided here: which fields there are, of which kind, and their defaults; a metric's limits, or all of them, may be
`none` as a whole: that ends the promise. Not decided here: the sections about people (`roster_schema`), what fits together.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.fields import (
    ActionField,
    AmountField,
    AppliesWhen,
    ConditionField,
    Day,
    HoldsWhen,
    Letters,
    Milliseconds,
    Percent,
    StartsWhen,
    Text,
    Texts,
    ThresholdField,
    Weekdays,
    Window,
    Zone,
    wrong,
)
from config.roster_schema import GrantSection, LadderSection, PersonSection, ReviewsSection, Role, RotaSection
from config.section import Section, none_is_nothing
from rules.calendar import UTC
from rules.durations import WARN_AT, parse_threshold
from rules.ticket import STATUSES


def _within(value: Any) -> Any:
    """A limit may be written without its field; none is no promise."""
    if value is None or value == "none":
        return None
    return value if isinstance(value, dict) else {"within": value}


def _named_dates(value: Any) -> Any:
    return {str(day): "closed" for day in value} if isinstance(value, list) else value


def _customer(value: Any) -> Any:
    if isinstance(value, dict) and value.get("updates", "none") != "none":
        raise wrong("none", "Write updates: none for no messages, or leave it out.", ("updates",))
    return value


def _share(value: str) -> str:
    if not 0 < (parse_threshold(value).percent or 0) <= 1:
        raise wrong("a percentage above 0% and at most 100%", "Write 95%.")
    return value


Share = Annotated[Percent, AfterValidator(_share)]
OptionalCondition = Annotated[ConditionField | None, BeforeValidator(none_is_nothing)]


class TeamSection(Section):
    lead: Text | None = None
    rota: Text | None = None
    channels: dict[Literal["slack", "discord", "local"], Text] = {}
    reviews: ReviewsSection | None = None


class HolidaysSection(Section):
    country: Text | None = None
    subdivision: Text | None = None
    closed: Annotated[dict[Day, Text], BeforeValidator(_named_dates)] = {}
    open: list[Day] = []


def _hours(value: Any) -> Any:
    if value == "24x7":
        return None
    if not isinstance(value, dict):
        raise wrong("24x7 or hours by weekday", 'Write {mon-fri: ["09:00-17:00"]}.')
    return value


Hours = Annotated[dict[Weekdays, list[Window]] | None, BeforeValidator(_hours)]


class CalendarTerms(Section):
    zone: Zone = UTC
    working_day: Milliseconds | None = None
    holidays: HolidaysSection = HolidaysSection()
    dates: dict[Day, list[Window]] = {}


class CalendarVersionSection(CalendarTerms):
    start: Day = Field(alias="from")
    applies_to: Literal["new", "open"] = "new"
    hours: Hours = None


class CalendarSection(CalendarTerms):
    hours: Hours
    versions: list[CalendarVersionSection] = []


class MetricSection(Section):
    start: Annotated[StartsWhen | None, BeforeValidator(none_is_nothing)] = None
    stop: OptionalCondition = None
    pause: OptionalCondition = None
    resume: OptionalCondition = None
    cancel: OptionalCondition = None
    reset: OptionalCondition = None


class TargetSection(Section):
    within: AmountField
    calendar: Text | None = None


Limit = Annotated[TargetSection | None, BeforeValidator(_within)]
Limits = Annotated[dict[str, Limit], BeforeValidator(lambda value: {"default": value} if value == "none" else value)]
Targets = Annotated[dict[str, Limits], BeforeValidator(lambda value: {} if value == "none" else value)]


class ObjectiveSection(Section):
    attain: Share
    over: Literal["day", "week", "month", "quarter", "year"] = "month"


class UpdatesSection(Section):
    every: Milliseconds | None = None
    approve: Annotated[Role | None, BeforeValidator(lambda value: None if value == "none" else value)] = None


class CreditsSection(Section):
    below: dict[Percent, Percent]
    of: Text
    cap: Percent | None = None
    claim_within: Milliseconds | None = None


class ReviewSection(Section):
    every: Text
    people: Texts = Field(default=[], alias="with")


class AgreementSection(Section):
    kind: Literal["sla", "ola", "uc"]
    version: Text | None = None
    start: Day = Field(alias="from")
    when: AppliesWhen | None = None
    calendar: Text
    targets: Targets
    objective: ObjectiveSection | None = None
    warn_at: list[ThresholdField] = list(WARN_AT)
    after_breach: list[ThresholdField] = []
    team: Text | None = None
    ladder: Text | None = None
    on_change: Literal["carry", "restart"] = "carry"
    on_reopen: Literal["resume", "restart"] = "resume"
    applies_to: Literal["new", "open"] = "new"
    customer_updates: UpdatesSection = UpdatesSection()
    credits: CreditsSection | None = None
    review: ReviewSection | None = None
    extends: Text | None = None
    instead_of: Texts = []


class RuleSection(Section):
    when: HoldsWhen
    do: list[ActionField]


SECTIONS: dict[str, Any] = {
    "people": PersonSection,
    "role_grants": GrantSection,
    "teams": TeamSection,
    "statuses": Literal[STATUSES],
    "customers": Annotated[dict[str, Any], BeforeValidator(_customer)],
    "rotas": RotaSection,
    "calendars": CalendarSection,
    "metrics": MetricSection,
    "agreements": AgreementSection,
    "rules": RuleSection,
    "ladders": LadderSection,
    "wording": dict[str, Letters],
}
"""What each section holds by name."""
