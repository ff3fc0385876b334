"""Thresholds on the right side of the breach, each once, and none that is crossed as a clock starts.

Decided here: a threshold written twice is refused, since its crossing would be told twice; one on the wrong side of the breach
is crossed all the same, where it lies, and one that lies at or before the start is crossed at the start: both are warned of.
Not decided here: whether a rule answers it (`references`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.calendar_checks import first_that
from config.problems import shown
from config.source import Place, Source
from rules.agreement import Agreement
from rules.durations import WARN_AT, DurationError, Threshold, parse_amount, parse_threshold
from rules.metrics import in_words

FIELDS = ("warn_at", "after_breach")
_Found = tuple[Place, Threshold]


def check_written(source: Source) -> None:
    """Note what is wrong with thresholds as they are written."""
    for place, agreement in source.found(("agreements", "*")):
        if isinstance(agreement, Mapping):
            found = {field: list(_thresholds((*place, field), agreement.get(field))) for field in FIELDS}
            if "warn_at" not in agreement:
                found["warn_at"] = [((*place, "warn_at"), threshold) for threshold in WARN_AT]
            everything = [pair for pairs in found.values() for pair in pairs]
            _check_days(source, agreement, everything)
            if not _check_twice(source, everything):
                _check_sides(source, found)


def check_before(source: Source, agreements: Mapping[str, Agreement]) -> None:
    """Warn of times before the due instant that are as long as a limit, or longer."""
    for key, agreement in agreements.items():
        for field in FIELDS:
            for i, threshold in enumerate(getattr(agreement, field)):
                if threshold.offset < 0:
                    _check_lead(source, key, agreement, (field, i), threshold)


def _thresholds(place: Place, written: object) -> Iterator[_Found]:
    for i, text in enumerate(written if isinstance(written, list) else ()):
        try:
            yield (*place, i), parse_threshold(text)
        except DurationError:
            continue  # told by the schema


def _check_twice(source: Source, found: Iterable[_Found]) -> bool:
    seen: dict[tuple[object, ...], Place] = {}
    twice = False
    for place, threshold in found:
        first = seen.setdefault((threshold.percent, threshold.offset, threshold.daily), place)
        if first != place:
            twice = True
            at = first if source.is_inherited(place) and len(first) > 3 else place
            hint = f"{first[2]} has it already: take one of them out." if first[2] != place[2] else "Take one of them out."
            source.problem(at, f"{shown(threshold.text)} a second time", "each threshold once", hint)
    return twice


def _check_sides(source: Source, found: Mapping[str, Iterable[_Found]]) -> None:
    for place, threshold in found["warn_at"]:
        if threshold.daily or threshold.offset > 0 or (threshold.percent or 0) > 1:
            hint = "It is crossed after the breach all the same: write it under after_breach."
            source.problem(place, shown(threshold.text), "a threshold up to 100%", hint, warning=True)
        elif threshold.percent == 0:
            hint = "It is crossed as the clock starts, and every ticket is at risk at once."
            source.problem(place, shown(threshold.text), "a threshold above 0%", hint, warning=True)
    for place, threshold in found["after_breach"]:
        if threshold.offset < 0 or (threshold.percent is not None and threshold.percent <= 1):
            hint = "It is crossed by the time of the breach all the same: write it under warn_at."
            source.problem(place, shown(threshold.text), "a threshold above 100%", hint, warning=True)


def _check_days(source: Source, agreement: Mapping[str, Any], found: Iterable[_Found]) -> None:
    calendars, name = source.data.get("calendars"), agreement.get("calendar")
    calendar = calendars.get(str(name)) if isinstance(calendars, Mapping) else None
    if not isinstance(calendar, Mapping):
        return
    for place, threshold in found:
        amount = threshold.text.strip().removesuffix("before").removesuffix("after")
        if not threshold.offset or not parse_amount(amount).uses_days:
            continue
        if (version := first_that(calendar, lambda terms: terms.get("hours") != "24x7")) is not None:
            hint = f"Calendar {name}{version} is not 24x7, and a threshold is counted in it: write hours."
            source.problem(place, shown(threshold.text), "hours", hint)


def _check_lead(source: Source, key: str, agreement: Agreement, at: tuple[str, int], threshold: Threshold) -> None:
    """Told at the threshold, of the shortest limit; where that was written elsewhere, at the agreement's own limits."""
    short = [
        (target.milliseconds, metric, priority, target.text)
        for metric, by_priority in agreement.targets.items()
        for priority, target in by_priority.items()
        if target is not None and 0 < target.milliseconds <= -threshold.offset
    ]
    place: Place = ("agreements", key, *at)
    if source.is_inherited(place):
        for _, metric, priority, text in short:
            expected = f"more than the {shown(threshold.text)} of {at[0]}"
            hint = "That threshold is crossed as the clock starts, and every such ticket is at risk at once."
            source.problem(("agreements", key, "targets", metric, priority), shown(text), expected, hint, warning=True)
    elif short:
        _, metric, priority, text = min(short)
        expected = f"less than every limit: {in_words(metric)} {priority} is {text}"
        hint = "It is crossed as such a clock starts, and every such ticket is at risk at once."
        source.problem(place, shown(threshold.text), expected, hint, warning=True)
