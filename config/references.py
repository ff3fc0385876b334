"""What refers to what: names that must be defined in another section.

Decided here: which fields hold such names. They are looked up in the data as written, so that a reference that leads nowhere
is told even where its section has other problems. A rule's action is only warned of: without its target it does nothing.
"""

from collections.abc import Mapping
from typing import Any

from config.fields import action_of
from config.problems import shown
from config.source import Source
from escalation.book import Book, Rule
from rules.metrics import BUILT_IN
from rules.problems import did_you_mean

_REFERENCES: dict[tuple[str, ...], str] = {
    ("agreements", "*", "calendar"): "calendars",
    ("agreements", "*", "team"): "teams",
    ("agreements", "*", "ladder"): "ladders",
    ("agreements", "*", "instead_of"): "agreements",
    ("agreements", "*", "instead_of", "*"): "agreements",
    ("agreements", "*", "targets", "*", "*", "calendar"): "calendars",
    ("teams", "*", "lead"): "people",
    ("teams", "*", "rota"): "rotas",
    ("teams", "*", "reviews", "rota"): "rotas",
    ("rotas", "*", "shifts", "*", "who"): "people",
    ("rotas", "*", "shifts", "*", "who", "*"): "people",
    ("rotas", "*", "overrides", "*", "who"): "people",
    ("rotas", "*", "overrides", "*", "who", "*"): "people",
    ("ladders", "*", "steps", "*", "page", "rota"): "rotas",
    ("ladders", "*", "steps", "*", "page", "person"): "people",
    ("rotas", "*", "swaps", "*", "who", "*"): "people",
    ("ladders", "*", "steps", "*", "page", "lead_of"): "teams",
    ("ladders", "*", "steps", "*", "page", "channel"): "teams",
    ("ladders", "*", "steps", "*", "hours"): "calendars",
    ("rules", "*", "do", "*", "reassign", "rota"): "rotas",
    ("rules", "*", "do", "*", "reassign", "person"): "people",
    ("ladders", "*", "steps", "*", "hours", "not"): "calendars",
}
_ONE = {"people": "person", "ladders": "ladder", "calendars": "calendar", "rotas": "rota", "teams": "team"}
_OWN_TEAM = "team"
_ACTIONS = {"tell": ("team", "teams"), "page": ("ladder", "ladders"), "update_customer": ("", "wording")}
"""By verb, the word for the agreement's own target, and the section in which others are defined."""


def check_references(source: Source) -> None:
    """Note every name that is not defined where it should be."""
    for pattern, section in _REFERENCES.items():
        named = source.data.get(section)
        known = named if isinstance(named, Mapping) else {}
        if section == "agreements":
            known = dict.fromkeys(source.agreement_names.values())
        for place, name in source.found(pattern):
            if pattern[-1] in ("lead_of", "channel") and name == _OWN_TEAM:
                continue
            if isinstance(name, str | int) and str(name) not in known:
                expected = f"a {_ONE.get(section, 'name')} defined under {section}:"
                source.problem(place, shown(name), expected, did_you_mean(name, known))
    own = source.data.get("metrics")
    metrics = {*BUILT_IN, *(own if isinstance(own, Mapping) else {})}
    for place, targets in source.found(("agreements", "*", "targets")):
        for name in targets if isinstance(targets, Mapping) else ():
            if name not in metrics:
                source.problem((*place, name), shown(name), "a metric", did_you_mean(name, metrics))


def check_actions(source: Source) -> None:
    """Warn once of every target of an action that is not configured: the action does nothing."""
    warned = set()
    for place, action in source.found(("rules", "*", "do", "*")):
        verb, target = action_of(action) or ("", "")
        own, section = _ACTIONS.get(verb, ("", ""))
        named = source.data.get(section)
        if not section or (isinstance(named, Mapping) and target in named) or (section, target) in warned:
            continue
        warned.add((section, target))
        if target != own:
            hint = f"Define {target} under {section}:, or write rules: without this action."
            source.problem(place, f"{verb}: {target}", "a target that is configured", hint, warning=True)
            continue
        for at, agreement in source.found(("agreements", "*")):
            later = source.agreement_names.get(str(at[1])) != at[1]  # what a version does not say has been told of the first
            if isinstance(agreement, Mapping) and agreement.get(own) is None and not later:
                hint = f"Add {own}: to it, else {verb}: {own} does nothing there."
                source.problem((*at, own), "nothing", f"the agreement's {own}", hint, warning=True)


def check_thresholds(source: Source, valid: Mapping[str, Mapping[str, Any]]) -> None:
    """Warn of a threshold that no rule answers: nobody would hear of it."""
    book = Book(rules=[Rule(name, section.when, ()) for name, section in valid["rules"].items()])
    for name, agreement in valid["agreements"].items():
        for field in ("warn_at", "after_breach"):
            for i, threshold in enumerate(getattr(agreement, field)):
                if book.silent("clock.crossed", threshold.text):
                    hint = f"Add a rule with when: {{crossing: {threshold.text}}}, else nobody hears of it."
                    place = ("agreements", name, field, i)
                    source.problem(place, threshold.text, "a threshold that a rule answers", hint, warning=True)
