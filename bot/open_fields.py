"""Fields of tickets that are kept in the open.

Decided here: those that the configuration's conditions ask for, beside the known ones: what decides about promises must be
there as long as the promises are, also when a person's data is erased. Not decided here: which fields are always personal
(`rules/personal.py`), and how fields are kept (`adapters/ledger/entries.py`).
"""

from escalation.book import Book
from rules.conditions import fields_of
from rules.personal import is_personal


def open_fields(book: Book) -> frozenset[str]:
    """The fields that agreements, rules, ladders and metrics ask for, but for those that are about a person."""
    conditions = [agreement.when for agreement in book.promises.agreements]
    conditions += [rule.when for rule in book.rules]
    conditions += [step.when for ladder in book.ladders.values() for step in ladder.steps]
    conditions += [condition for metric in book.promises.known_metrics.values() for condition in metric.conditions.values()]
    return frozenset(field for condition in conditions for field in fields_of(condition) if not is_personal(field))
