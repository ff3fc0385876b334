"""What of a ticket is about a person.

Decided here: which fields always are, whatever asks for them: their values may be erased at any time, so that nothing which is
promised should hang on them. Not decided here: which other fields are kept apart (`adapters/ledger/entries.py`).
"""

PERSONAL = ("title", "text", "requester")


def is_personal(field: str) -> bool:
    """Whether a field, or a member of one such as `requester.email`, is always about a person."""
    return field.partition(".")[0] in PERSONAL
