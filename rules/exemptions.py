"""What the register does to one ticket.

Decided here: when an exception's scope holds for a ticket, and what of a clock's limit it changes: a suspension takes out of
the calendar the part of its window in which its scope holds; a relief makes the limit of a clock longer that starts in its
window; a waiver excuses a breach in it. A scope may ask for the ticket's facts and for `agreement`, `kind` and `metric`.
Not decided here: what follows for the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from rules.agreement import Agreement, Target
from rules.calendar_days import merged
from rules.conditions import Predicate, compiled
from rules.crossings import NEVER
from rules.exceptions import SlaException
from rules.register import Register
from rules.suspension import Window
from rules.ticket import TicketEvent


@dataclass(slots=True)
class _Held:
    """Since when a scope holds, and when it did before; `seen` moments have been asked."""

    holds: Predicate
    spans: list[Window]
    since: int | None = None
    seen: int = 0


def no_waiver(_clock: object, _now: int) -> None:
    """Nothing excuses a breach."""


class Exemptions:
    """The exceptions that can concern one ticket, approved by `now`; false where there is none. What was approved before
    the ticket was first heard of holds for it from its beginning: nobody could be told anything before that.
    """

    def __init__(self, register: Register, history: Sequence[TicketEvent], now: int) -> None:
        self._known: Sequence[SlaException] = ()
        self._first_known = now
        if register.exceptions:
            self._known = register.touching(min((event.time for event in history), default=now), now)
            # At one instant events come first.
            self._first_known = min([now + 1, *(event.known_at for event in history)]) - 1
        self._moments: list[tuple[int, Mapping[str, Any]]] = []
        self._held: dict[tuple[str, str, str], _Held] = {}
        self.changes = sorted({at for exception in self._known for at in exception.changes if self._first_known < at <= now})

    def __bool__(self) -> bool:
        return bool(self._known)

    def happened(self, at: int, facts: Mapping[str, Any]) -> None:
        """The ticket's facts from an instant on; `facts` must not change any more."""
        self._moments.append((at, facts))

    def words(self, at: int) -> str:
        """What began or ceased to hold at an instant."""
        changed = [e for e in self._known if at in e.changes]
        return "; ".join(f"{e.in_words()} ({'revoked' if at == e.changes[-1] > e.changes[0] else 'approved'})" for e in changed)

    def terms(self, target: Target, agreement: Agreement, metric: str, *, started_at: int, since: int, known: int) -> Target:
        """The limit as it is known at an instant for a clock that started at `started_at` and counts from `since` on."""
        known = max(known, self._first_known)
        windows: list[Window] = []
        factor = Fraction(1)
        under: list[SlaException] = []
        for exception in self._known:
            window = exception.window(known)
            if window is None or exception.kind == "waiver":
                continue
            spans = self._spans(exception, agreement, metric)
            if exception.kind == "suspension":
                parts = [(max(window[0], a), min(window[1], b)) for a, b in spans if max(window[0], a) < min(window[1], b)]
                parts = [part for part in parts if part[1] > since]
                windows.extend(parts)
            else:
                held = any(a <= started_at < b or a == b == started_at for a, b in spans)
                parts = [window] if held and window[0] <= started_at < window[1] else []
                factor *= (exception.factor or 1) if parts else 1
            if parts:
                under.append(exception)
        if not under:
            return target
        times = f" × {float(factor):g}" if factor > 1 else ""
        limit = int(target.milliseconds * factor)
        return replace(
            target, milliseconds=limit, text=target.text + times, under=tuple(under), suspended=tuple(merged(windows))
        )

    def waiver(self, agreement: Agreement, metric: str, breached_at: int, known: int) -> SlaException | None:
        """The first waiver, as known at an instant, that excuses a breach."""
        known = max(known, self._first_known)
        for exception in self._known:
            window = exception.window(known)
            if exception.kind != "waiver" or window is None or not window[0] <= breached_at < window[1]:
                continue
            if any(a <= breached_at < b for a, b in self._spans(exception, agreement, metric)):
                return exception
        return None

    def _spans(self, exception: SlaException, agreement: Agreement, metric: str) -> list[Window]:
        """When the scope of an exception holds for a clock, as far as events tell; what holds now is taken to go on."""
        key = (exception.id, agreement.name, metric)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(compiled(exception.scope), [])
        about = {"agreement": agreement.name, "kind": agreement.kind, "metric": metric}
        for at, facts in self._moments[held.seen :]:
            holds = held.holds({**facts, **about})
            if holds and held.since is None:
                held.since = at
            elif not holds and held.since is not None:
                held.spans.append((held.since, at))
                held.since = None
        held.seen = len(self._moments)
        return held.spans if held.since is None else [*held.spans, (held.since, NEVER)]
