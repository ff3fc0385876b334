"""How an exception is asked for in one line.

Decided here: the words of `/sla exceptions request …`, and that a time without an offset is by the wall clock of the desk's
zone; that a field which nobody asks about may be misspelt. Not decided here: what a request must say (`rules.exceptions`).
"""

import shlex
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands import CommandError
from bot.messages import clipped
from bot.times import instant_at
from escalation.book import Book
from rules.conditions import Condition, fields_of
from rules.instants import InstantError, text
from rules.problems import did_you_mean
from rules.ticket import USUAL

USAGE = (
    "/sla exceptions request suspension for customer=acme from 2026-12-01T09:00 until 2026-12-01T17:00 because planned upgrade"
)
_FAMILIAR = USUAL | {"ticket", "agreement", "kind", "metric"}
_KEYWORDS = ("for", "from", "until", "category", "factor", "because")


def request_of(words: Sequence[str], zone: ZoneInfo, now: int) -> dict[str, Any]:
    """The data of a request. Raises CommandError with what to write instead."""
    if not words:
        raise CommandError(f"What is asked for? Write {USAGE}")
    parts = _parts(_quoted(words[1:]))
    missing = [word for word in ("for", "from", "until", "because") if not parts.get(word)]
    if missing:
        raise CommandError(f"The request does not say {' and '.join(missing)}. Write {USAGE}")
    data: dict[str, Any] = {
        "kind": words[0].lower(),
        "scope": scope_of(parts["for"]),
        "from": _instant(" ".join(parts["from"]), zone, now),
        "until": _instant(" ".join(parts["until"]), zone, now),
        "reason": " ".join(parts["because"]),
    }
    for name in ("category", "factor"):
        if parts.get(name):
            data[name] = " ".join(parts[name]).lower()
    return data


def scope_of(words: Sequence[str]) -> dict[str, Any]:
    """`customer=acme service=payments,login tags=vip` as a condition; digits may stand for a number. Raises CommandError."""
    scope: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise CommandError(f"For what? {word[:40]!r} is no field with a value: write customer=acme or ticket=T-1")
        values = [meant for one in value.split(",") if one for meant in _meant(one)]
        if name == "tags":
            scope.setdefault("any", []).extend({"tags": {"has": one}} for one in values)
        else:
            scope[name] = values[0] if len(values) == 1 else {"in": values}
    return scope


def unfamiliar(scope: Condition, book: Book) -> tuple[str, ...]:
    """Notes about fields of a scope that tickets do not usually have and nothing here speaks of: they may be misspelt."""
    promises = book.promises
    conditions = [condition for metric in promises.promised for condition in metric.conditions.values()]
    conditions += [rule.when for rule in book.rules]
    known = _FAMILIAR.union(promises.asked, *promises.customers.values(), *map(fields_of, conditions))
    return tuple(
        f"Note: tickets do not usually have a field {clipped(name, 40)!r}. {did_you_mean(name, known, otherwise='')}".rstrip()
        for name in sorted(fields_of(scope) - known)
    )


def _meant(value: str) -> list[Any]:
    """A text, and what else it may stand for in a ticket's field: a number, true or false."""
    if value in ("true", "false"):
        return [value, value == "true"]
    return [value, int(value)] if value.isascii() and value.isdigit() and len(value) < 16 else [value]


def _quoted(words: Sequence[str]) -> list[str]:
    """The words with what stands in quotation marks as one, up to the reason, which is left as it is."""
    lowered = [word.lower() for word in words]
    reason = lowered.index("because") if "because" in lowered else len(words)
    try:
        return [*shlex.split(" ".join(words[:reason])), *words[reason:]]
    except ValueError:
        raise CommandError(f"A quotation mark stands alone. Write {USAGE}") from None


def _parts(words: Sequence[str]) -> dict[str, list[str]]:
    """The words after each keyword; all that follows `because` is the reason."""
    parts: dict[str, list[str]] = {}
    keyword: str | None = None
    for word in words:
        if keyword != "because" and word.lower() in _KEYWORDS:
            keyword = word.lower()
            if keyword in parts:
                raise CommandError(f"{keyword} stands twice. Write {USAGE}")
            parts[keyword] = []
        elif keyword is None:
            raise CommandError(f"{word[:40]!r} was not understood: after the kind comes for. Write {USAGE}")
        else:
            parts[keyword].append(word)
    return parts


def _instant(said: str, zone: ZoneInfo, now: int) -> str:
    if said.lower() == "now":
        return text(now)
    try:
        return text(instant_at(said, zone))
    except InstantError:
        raise CommandError(
            f"{said[:40]!r} is no time: write 2026-12-01T09:00 ({zone.key}), 2026-12-01T09:00:00Z or now"
        ) from None
