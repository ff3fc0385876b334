"""What must fit together within the configuration: limits with their calendars, and parts of one thing with each other.

Decided here: checks that need more than one field. They read the data as written, so that each is told even where its
section has other problems. Not decided here: names that must be defined elsewhere (`references`), what makes a calendar
(`calendar_checks`), and thresholds (`threshold_checks`).
"""

from collections.abc import Mapping
from typing import Any

from config.calendar_checks import first_that
from config.fields import local_time
from config.problems import shown
from config.source import Place, Source
from rules.durations import Amount, DurationError, parse_amount
from rules.metrics import BUILT_IN

_NOTHING = (None, "none")
_WHOM = ("rota", "person", "role", "lead_of", "channel")


def check_consistency(source: Source) -> None:
    """Note everything that does not fit together."""
    for place, metric in source.found(("metrics", "*")):
        if isinstance(metric, Mapping):
            _check_metric(source, place, metric)
    for place, page in source.found(("ladders", "*", "steps", "*", "page")):
        if isinstance(page, Mapping):
            named = [whom for whom in _WHOM if page.get(whom) is not None]
            if len(named) != 1:
                source.problem(place, f"{len(named)} of them", f"exactly one of {', '.join(_WHOM)}")
    for place, limit in source.found(("agreements", "*", "targets", "*", "*")):
        _check_limit(source, place, limit)
    _check_replaced(source)
    _check_version_names(source)
    for field in ("shifts", "overrides", "swaps"):
        for place, span in source.found(("rotas", "*", field, "*")):
            _check_span(source, place, span)


def _check_replaced(source: Source) -> None:
    """Agreements that replace each other in a circle would leave none of them."""
    replaced: dict[str, set[str]] = {}
    for place, instead in source.found(("agreements", "*", "instead_of")):
        name = source.agreement_names[str(place[1])]
        replaced.setdefault(name, set()).update(map(str, instead if isinstance(instead, list) else [instead]))
    for place, _ in source.found(("agreements", "*", "instead_of")):
        name = source.agreement_names[str(place[1])]
        if name in replaced[name]:
            source.problem(place, shown(name), "another agreement", "An agreement cannot replace itself.")
        elif name in (reached := _reached(replaced, name)):
            circle = ", ".join(sorted({name, *(other for other in reached if name in _reached(replaced, other))}))
            source.problem(place, f"a circle: {circle}", "no circle", "Agreements that replace each other would all be gone.")


def _reached(replaced: Mapping[str, set[str]], name: str) -> set[str]:
    """What an agreement replaces, and what that replaces, and so on."""
    found: set[str] = set()
    ahead = list(replaced.get(name, ()))
    while ahead:
        other = ahead.pop()
        if other not in found:
            found.add(other)
            ahead.extend(replaced.get(other, ()))
    return found


def _check_version_names(source: Source) -> None:
    seen: dict[tuple[str, str], Place] = {}
    for place, agreement in source.found(("agreements", "*")):
        if isinstance(agreement, Mapping):
            version = str(agreement.get("version") or agreement.get("from"))
            if seen.setdefault((source.agreement_names[str(place[1])], version), place) != place:
                hint = "Each version has a name of its own; without one it is its date."
                source.problem((*place, "version"), shown(version), "another name than the versions before it", hint)


def _check_metric(source: Source, place: Place, metric: Mapping[str, Any]) -> None:
    """A built-in metric may be redefined in part: what is not said is its own."""
    whole = {**BUILT_IN.get(str(place[-1]), {}), **metric}
    if whole.get("start") in _NOTHING:
        source.problem(place, "no start", "a start condition", "Write start: {event: …}.")
    if whole.get("stop") in _NOTHING:
        hint = "Each of its clocks runs until it is cancelled, and is never met. Write stop: {event: …}."
        source.problem(place, "no stop", "a stop condition", hint, warning=True)


def _check_limit(source: Source, place: Place, limit: object) -> None:
    """Days are counted only where every day has 24 hours, working days only where their length is known."""
    own = limit if isinstance(limit, Mapping) else {"within": limit}
    amount = _amount(own.get("within"))
    if amount is not None and not amount.milliseconds and not amount.working_days:
        hint = "It is broken unless it is kept at the very instant at which it starts. Write none for no promise."
        source.problem(place, shown(amount.text), "a limit above zero, or none", hint, warning=True)
    where, name = _calendar_of(source, place, own)
    calendar = _calendar(source, name)
    if amount is None or calendar is None:
        return
    # An inherited limit is right where it was written; what does not fit it is the calendar said here.
    at, found = (where, name) if source.is_inherited(place) else (place, amount.text)
    if amount.uses_days and (version := _unlike_24x7(calendar)) is not None:
        hint = f"Calendar {name}{version} is not 24x7: write working days, such as 2wd, or hours."
        source.problem(at, shown(found), f"working days or hours{_for_which(amount, at, place)}", hint)
    elif amount.working_days and (version := _without_working_day(calendar)) is not None:
        expected = f"a calendar that says how long a working day is{_for_which(amount, at, place)}"
        source.problem(at, shown(found), expected, f"Add working_day: 8h to calendar {name}{version}.")


def _check_span(source: Source, place: Place, span: object) -> None:
    if not isinstance(span, Mapping):
        return
    if span.get("who") == []:
        source.problem((*place, "who"), "nobody", "at least one person", "Write who: [ana, ben].")
    start, end = (local_time(str(span.get(name))) for name in ("from", "until"))
    if start is not None and end is not None and end <= start:
        source.problem((*place, "until"), shown(span["until"]), f"a time after {span['from']}", "It would never be in force.")


def _amount(text: object) -> Amount | None:
    try:
        return parse_amount(text) if isinstance(text, str) else None
    except DurationError:
        return None


def _calendar(source: Source, name: object) -> Mapping[str, Any] | None:
    calendars = source.data.get("calendars")
    found = calendars.get(str(name)) if isinstance(calendars, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _unlike_24x7(calendar: Mapping[str, Any]) -> str | None:
    return first_that(calendar, lambda terms: terms.get("hours") != "24x7")


def _without_working_day(calendar: Mapping[str, Any]) -> str | None:
    return first_that(calendar, lambda terms: terms.get("working_day") is None)


def _calendar_of(source: Source, place: Place, limit: Mapping[str, Any]) -> tuple[Place, object]:
    """Where the calendar of a limit is said, and its name."""
    if limit.get("calendar") is not None:
        return (*place, "calendar"), limit["calendar"]
    agreement = source.data["agreements"][place[1]]
    return (*place[:2], "calendar"), agreement.get("calendar")


def _for_which(amount: Amount, at: Place, place: Place) -> str:
    """Names the limit where the problem is told at another place than its own."""
    return "" if at == place else f" for {place[-2]} {place[-1]} within {amount.text}"
