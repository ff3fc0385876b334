"""Load a configuration: read, validate, build.

Decided here: the order of these, the rules that hold where none are written, and that a configuration with problems is
refused as a whole.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from config.agreement_checks import check_doubled, check_replaced, sound_agreements
from config.build import build
from config.calendar_checks import check_calendars, check_openings
from config.consistency import check_consistency
from config.coverage_checks import check_coverage
from config.default_rules import DEFAULT_RULES
from config.extends import extend
from config.letter_checks import check_approval, check_letters
from config.personal_checks import check_personal
from config.references import check_actions, check_references, check_thresholds
from config.rule_checks import check_rules
from config.size_checks import check_sizes
from config.source import Source, read
from config.spelling_checks import check_spelling
from config.threshold_checks import check_before, check_written
from config.underpinning import check_underpinning
from config.validate import validate
from escalation.book import Book
from rules.instants import of
from rules.problems import Problem


def examine(path: Path, drafts: Mapping[str, str] | None = None) -> tuple[Book | None, list[Problem]]:
    """The book, where nothing is wrong, and all problems and warnings in the order of their places.

    `drafts` are texts by file that are examined instead of what the files hold, before they are written.
    """
    source = read(path, drafts)
    extend(source)
    written = "rules" in source.data
    source.data.setdefault("rules", DEFAULT_RULES)
    valid = validate(source)
    check_references(source)
    check_calendars(source)
    check_consistency(source)
    check_spelling(source)
    check_personal(source)
    check_openings(source, valid["calendars"], datetime.now(UTC).date())
    if written or source.data.get("agreements"):  # else the rules that hold by default have nothing to answer
        check_actions(source)
    check_thresholds(source, valid)
    check_sizes(source, valid)
    check_written(source)
    if written:  # those that hold by default name more than most agreements have
        check_rules(source, valid)
    sound = sound_agreements(source, valid)
    check_before(source, sound)
    check_replaced(source, sound)
    check_doubled(source, sound)
    check_underpinning(source, sound)
    check_letters(source)
    check_approval(source, valid)
    book = build(valid, source) if _right(source) else None
    if not _right(source):  # a file that is read only now, as a rota's, may be wrong too
        book = None
    if book is not None:
        check_coverage(source, book, of(datetime.now(UTC)))
    return book, sorted(set(source.problems))


def _right(source: Source) -> bool:
    return all(problem.warning for problem in source.problems)
