"""Rules that are written, against what exists: names that nothing has, and rules that can never hold.

Decided here: what a rule may be asked about: an event of a ticket, without any of a clock's fields, or what happens to a clock,
with an agreement, its kind and one of its metrics, and at a crossing one of its thresholds. All of it is warned of: such a
rule does nothing. It reads agreements as they are written, so that it is told also where they have other problems. Not decided
here: rules that contradict themselves (`fields`), and the targets of actions (`references`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.problems import shown
from config.source import Place, Source
from config.threshold_checks import FIELDS
from escalation.book import ABOUT_CLOCKS
from rules.conditions import AllOf, AnyOf, Condition, Not, Test
from rules.durations import BREACH, WARN_AT, DurationError, parse_threshold
from rules.metrics import BUILT_IN
from rules.possibility import can_hold
from rules.problems import did_you_mean
from rules.ticket import AT_ONE_EVENT

_CROSSED = "clock.crossed"
_KINDS = ("sla", "ola", "uc")
_EXISTS = {
    "crossing": "a threshold of an agreement",
    "kind": "sla, ola or uc",
    "agreement": "the name of an agreement",
    "metric": "a metric",
}


@dataclass(frozen=True)
class _Promised:
    """What a rule can be told of clocks of some agreements that are alike."""

    kind: str
    metrics: frozenset[str]
    crossings: frozenset[str]


def check_rules(source: Source, valid: Mapping[str, Mapping[str, Any]]) -> None:
    """Warn of rules that name what does not exist, or that can never hold."""
    promised = dict(_promised(source))
    if not promised:
        return  # without agreements there is nothing to answer, and nothing to compare with
    named = _check_names(source, promised)
    if len(valid["agreements"]) < len(source.data["agreements"]):
        return  # what a wrong agreement would have is not known
    situations = [_AT_EVENTS, *(_at_clocks(terms, names) for terms, names in promised.items())]
    for name, rule in valid["rules"].items():
        if name not in named and not any(can_hold(AllOf((rule.when, situation))) for situation in situations):
            hint = "The rule does nothing: no agreement has all of it, or a clock's field is asked for at a ticket's event."
            expected = "a condition that holds for some clock or event"
            source.problem(("rules", name, "when"), "one that never holds with these agreements", expected, hint, warning=True)


def _check_names(source: Source, promised: Iterable[_Promised]) -> set[str]:
    """The rules that name what nothing has; each such name is warned of."""
    own = source.data.get("metrics")
    known = {
        "crossing": {text for terms in promised for text in terms.crossings},
        "kind": set(_KINDS),
        "agreement": set(source.agreement_names.values()),
        "metric": {*BUILT_IN, *(own if isinstance(own, Mapping) else {})},
    }
    named = set()
    for place, when in source.found(("rules", "*", "when")):
        for at, field, value in _values(when, place):
            if field in known and isinstance(value, str | int) and str(value) not in known[field]:
                named.add(str(place[1]))
                hint = f"{did_you_mean(value, sorted(known[field]))} Nothing has this one, so it never matches.".strip()
                source.problem(at, shown(value), _EXISTS[field], hint, warning=True)
    return named


def _promised(source: Source) -> Iterator[tuple[_Promised, frozenset[str]]]:
    """The terms of all agreements with the names of those that have them."""
    found: dict[_Promised, set[str]] = {}
    for place, raw in source.found(("agreements", "*")):
        if isinstance(raw, Mapping):
            metrics = raw.get("targets")
            terms = _Promised(
                str(raw.get("kind")), frozenset(metrics if isinstance(metrics, Mapping) else ()), frozenset(_crossings(raw))
            )
            found.setdefault(terms, set()).add(source.agreement_names[str(place[1])])
    yield from ((terms, frozenset(names)) for terms, names in found.items())


def _crossings(agreement: Mapping[str, Any]) -> Iterator[str]:
    """Texts of an agreement's thresholds; the breach is always among them."""
    breach = BREACH.text
    for field in FIELDS:
        written = agreement.get(field, [threshold.text for threshold in WARN_AT] if field == "warn_at" else [])
        for text in written if isinstance(written, list) else ():
            if isinstance(text, str):
                yield text
                breach = text if _is_breach(text) else breach
    yield breach


def _is_breach(text: str) -> bool:
    try:
        return parse_threshold(text).percent == BREACH.percent
    except DurationError:
        return False


def _values(raw: object, place: Place, field: str = "") -> Iterator[tuple[Place, str, object]]:
    """The values that a condition compares for equality, each with its place and field, however they are wrapped."""
    if isinstance(raw, Mapping):
        for key, value in raw.items():
            inside = field if key in ("in", "not", "any", "all") else "" if field else str(key)
            yield from _values(value, (*place, key), inside)
    elif isinstance(raw, list):
        for i, item in enumerate(raw):
            yield from _values(item, (*place, i), field)
    elif field:
        yield place, field, raw


def _one_of(field: str, values: frozenset[str]) -> Condition:
    return AnyOf(tuple(Test(field, "==", value) for value in sorted(values)))


def _missing(*fields: str) -> list[Condition]:
    return [Test(field, "exists", False) for field in fields]


def _begins(prefix: str) -> Condition:
    """An event whose name begins so: texts are in order, and `/` follows the full stop."""
    return AllOf((Test("event", ">=", f"{prefix}."), Test("event", "<", f"{prefix}/")))


_AT_EVENTS = AllOf((*_missing(*ABOUT_CLOCKS), Test("event", "exists", True), Not(_begins("clock")), Not(_begins("page"))))
"""What happens to a ticket."""


def _at_clocks(terms: _Promised, names: frozenset[str]) -> Condition:
    """What happens to clocks of these agreements."""
    crossing = AllOf((Test("event", "==", _CROSSED), _one_of("crossing", terms.crossings)))
    other = AllOf((_begins("clock"), Not(Test("event", "==", _CROSSED)), *_missing("crossing")))
    about = (Test("kind", "==", terms.kind), _one_of("agreement", names), _one_of("metric", terms.metrics))
    return AllOf((*about, Test("cycle", ">=", 1), *_missing(*AT_ONE_EVENT), AnyOf((crossing, other))))
