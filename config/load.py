"""Load a configuration: read, validate, build.

Decided here: the order of these, the rules that hold where none are written, and that a configuration with problems is
refused as a whole with all of them.
"""

from pathlib import Path
from typing import Any

from config.build import Builder
from config.problems import ConfigError
from config.references import check_references
from config.source import Source, read
from config.validate import validate
from escalation.book import Book
from rules.problems import Problem

DEFAULT_RULES: dict[str, Any] = {
    "warn": {"when": {"crossing": "80%"}, "do": [{"tell": "team"}]},
    "page": {"when": {"crossing": "90%"}, "do": [{"page": "ladder"}, {"tag": "sla-risk"}]},
    "breach": {
        "when": {"crossing": "100%"},
        "do": [{"tell": "team"}, {"page": "ladder"}, {"tag": "sla-breached"}, {"review": "open"}],
    },
    "breach-customer": {
        "when": {"crossing": "100%", "kind": "sla", "metric": {"in": ["first_response", "next_response", "resolution"]}},
        "do": [{"update_customer": "breach"}, {"tell": {"team": "leadership"}}],
    },
    "overdue": {"when": {"crossing": {"in": ["150%", "200%", "daily"]}}, "do": [{"page": "ladder"}]},
    "repeated": {
        "when": {"event": "clock.overdue", "customer_breaches_24h": {">=": 3}},
        "do": [{"page": {"ladder": "leadership"}}],
    },
}


def load(path: Path) -> Book:
    """The book of a file or folder. Raises ConfigError with every problem."""
    book, problems = examine(path)
    errors = [problem for problem in problems if not problem.warning]
    if errors or book is None:
        raise ConfigError(errors)
    return book


def examine(path: Path) -> tuple[Book | None, list[Problem]]:
    """The book, where one can be built, and all problems and warnings in the order of their places."""
    source = read(path)
    written = "rules" in source.data
    if not written:
        source.data["rules"] = DEFAULT_RULES
    valid = validate(source)
    check_references(source)
    book = _build(source, valid)
    problems = source.problems if written else [p for p in source.problems if not (p.warning and p.field.startswith("rules."))]
    return book, sorted(set(problems))


def _build(source: Source, valid: dict[str, dict[str, Any]]) -> Book | None:
    errors = any(not problem.warning for problem in source.problems)
    try:
        return Builder(source, valid).book()
    except (ValueError, KeyError, TypeError):
        if errors:
            return None  # what is valid does not hold together without what is not
        raise
