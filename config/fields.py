"""The kinds of values in a configuration: how each is read, and what is said where it cannot be.

Decided here: durations, thresholds, dates, times, windows of hours, conditions, actions, lists of people. Not decided here:
which field has which kind (`schema`).
"""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from config.problems import shown
from escalation.takers import QUEUE, TAKERS
from rules.calendar_days import wall_milliseconds
from rules.conditions import Condition, ConditionError, parse
from rules.durations import EXAMPLES, Amount, Threshold, parse_amount, parse_milliseconds, parse_threshold
from rules.encoding import Encoding
from rules.instants import DAY
from rules.possibility import obstacles

LETTER_VALUES = ("promise", "due", "next_step", "next_update", "expected", "credit", "ticket")
"""What a letter to a customer may use."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wrong(expected: str, hint: str = "", path: tuple[str | int, ...] = (), found: str = "") -> PydanticCustomError:
    """What a reader raises: `path` leads further down from the field; `found` says what was found better than the value."""
    told = {"expected": expected, "hint": hint, "path": path, "found": found}
    return PydanticCustomError("sla", "expected {expected}", told)


def _text(value: Any) -> str:
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise wrong("a text")


def _reader(read: Callable[[str], Any], expected: str, hint: str = "") -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            raise wrong(expected, hint)
        try:
            return read(value)
        except (ValueError, KeyError, OverflowError, OSError):  # a zone's name may be that of a folder
            raise wrong(expected, hint) from None

    return validate


def _local(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment


def _clock(text: str) -> time:
    found = time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError(text)
    return found


def local_time(text: str) -> datetime | None:
    """A local date and time, or None where a text is none."""
    try:
        return _local(text)
    except ValueError:
        return None


def day_of(text: object) -> date | None:
    """A date, or None where a text is none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _window(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    first, last = wall_milliseconds(start), wall_milliseconds(end)
    if first in (DAY, last):
        raise ValueError(text)
    return (first, last if last > first else last + DAY)


def days_of(text: str) -> list[int]:
    """Weekdays named by `mon`, `mon-thu` or `mon,wed`; 0 is Monday. Raises ValueError."""
    days: list[int] = []
    for part in text.lower().split(","):
        first, dash, last = part.strip().partition("-")
        begin = WEEKDAYS.index(first.strip())
        end = WEEKDAYS.index(last.strip()) if dash else begin
        days.extend((begin + i) % 7 for i in range((end - begin) % 7 + 1))
    return days


def _weekdays(value: Any) -> str:
    try:
        days_of(str(value))
    except ValueError:
        raise wrong("weekdays", "Write mon, mon-thu or sat,sun.", found=shown(value)) from None
    return str(value)


def _condition(value: Any) -> Condition:
    try:
        return parse(value)
    except ConditionError as error:
        raise wrong(error.expected, path=error.path) from None


def _holding(what_else: str, *, engine: bool = True) -> Callable[[Any], Condition]:
    """A reader of conditions that can hold; `what_else` says what would come of one that cannot. The rule engine is asked
    those of agreements and rules, and it holds only so many alternatives.
    """

    def validate(value: Any) -> Condition:
        condition = _condition(value)
        if engine:
            try:
                Encoding([condition]).branches(condition)
            except ConditionError as error:
                raise wrong(error.expected, found=str(error.found)) from None
        if fields := obstacles(condition):
            found = f"{shown(value)}, which never holds"
            raise wrong("a condition that can hold", f"No value of {' or '.join(fields)} fulfils it: {what_else}.", found=found)
        return condition

    return validate


def _every(text: str) -> int:
    count, _, unit = text.rpartition(" ")
    days = {"day": 1, "week": 7}[unit.removesuffix("s")]
    if count and not (count.isascii() and count.isdigit() and 0 < int(count) < 1000):
        raise ValueError(text)
    return days * int(count or 1)


def _letter(text: str) -> str:
    """A template, filled in with sample values: a misspelt name is told now and not when a letter should go out."""
    # Imported where there is a letter: it costs every other command a noticeable part of its start.
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        environment = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
        environment.from_string(text).render(dict.fromkeys(LETTER_VALUES, "a sample"))
    except TemplateError as error:
        line = f"line {error.lineno} of the text: " if isinstance(error, TemplateSyntaxError) else ""
        hint = f"A letter may use {', '.join(LETTER_VALUES)}."
        raise wrong("a Jinja template that can be filled in", hint, found=f"{line}{error.message}") from None
    return text


def _milliseconds(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise wrong("an amount of time", f"Add a unit: {value}m or {value}h.")
    return int(_reader(parse_milliseconds, "an amount of time", f"Write {EXAMPLES.replace(' or 3wd', '')}.")(value))


def _percent(value: Any) -> str:
    return str(_reader(_as_percent, "a percentage", "Write 95%.")(value))


def _as_percent(text: str) -> str:
    threshold = parse_threshold(text)
    if threshold.percent is None:
        raise ValueError(text)
    return text


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[list[Text], BeforeValidator(_one_or_more)]
Milliseconds = Annotated[int, BeforeValidator(_milliseconds)]
AmountField = Annotated[
    Amount, BeforeValidator(_reader(parse_amount, "an amount of time or none", f"Write {EXAMPLES}, or none for no promise."))
]
ThresholdField = Annotated[
    Threshold, BeforeValidator(_reader(parse_threshold, "a threshold", "Write 80%, 30s before, 2h after or daily."))
]
Percent = Annotated[str, BeforeValidator(_percent)]
Day = Annotated[date, BeforeValidator(_reader(date.fromisoformat, "a date", "Write 2026-12-31."))]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_reader(_local, "a local date and time", "Write 2026-01-05T09:00, without an offset.")),
]
Clock = Annotated[time, BeforeValidator(_reader(_clock, "a time of day", "Write 09:00."))]
Weekday = Annotated[int, BeforeValidator(_reader(lambda text: WEEKDAYS.index(text.lower()), "a weekday", "Write mon."))]
Weekdays = Annotated[str, BeforeValidator(_weekdays)]
Window = Annotated[tuple[int, int], BeforeValidator(_reader(_window, "a window of hours", 'Write "09:00-17:30".'))]
Zone = Annotated[ZoneInfo, BeforeValidator(_reader(ZoneInfo, "an IANA time zone", "Write Europe/London or UTC."))]
ConditionField = Annotated[Condition, BeforeValidator(_condition)]
AppliesWhen = Annotated[Condition, BeforeValidator(_holding("the agreement would apply to no ticket"))]
HoldsWhen = Annotated[Condition, BeforeValidator(_holding("the rule would do nothing"))]
StartsWhen = Annotated[Condition, BeforeValidator(_holding("no clock would ever start", engine=False))]
StepWhen = Annotated[Condition, BeforeValidator(_holding("the step would page nobody", engine=False))]
Every = Annotated[int, BeforeValidator(_reader(_every, "how often", "Write day, week or 2 weeks."))]
Letter = Annotated[Text, AfterValidator(_letter)]
Letters = Annotated[dict[str, Letter], BeforeValidator(lambda value: {"default": value} if isinstance(value, str) else value)]


_VERBS = ("tell", "page", "tag", "review", "update_customer", "hint", "reassign")


def action_of(value: object) -> tuple[str, str] | None:
    """One action as a pair: what is done, and with what; None where it is none."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    verb, target = next(iter(value.items()))
    if isinstance(target, dict) and len(target) == 1 and verb in ("tell", "page"):
        target = target.get({"tell": "team", "page": "ladder"}[verb])
    if verb == "reassign":
        target = _taker(target)
    known = verb in _VERBS and isinstance(target, str) and target and (verb != "hint" or target == "similar")
    return (verb, target) if known else None


def _taker(target: object) -> str | None:
    """Who is to take a ticket, as one text: `person:ana`; `queue` is nobody."""
    if target == QUEUE:
        return QUEUE
    kind, who = next(iter(target.items())) if isinstance(target, dict) and len(target) == 1 else (None, None)
    return f"{kind}:{who}" if kind in TAKERS and isinstance(who, str) and who else None


def _action(value: Any) -> Any:
    if (action := action_of(value)) is None:
        hint = (
            "Write {tell: team}, {page: ladder}, {tag: sla-risk}, {review: open}, {hint: similar}, {update_customer: breach} "
            "or {reassign: {rota: support}}, with rota, person or group, or {reassign: queue}."
        )
        raise wrong("an action", hint)
    return action


ActionField = Annotated[tuple[str, str], BeforeValidator(_action)]
