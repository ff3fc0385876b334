"""How many clocks stand where, over a span of time: what `/sla status` and reports ask.

Decided here: whole UTC days are taken from the roll-ups, what is left of a span at its two ends is counted among the clocks
themselves, and so is all that is asked by customer; then it is corrected by the clocks that have come to another verdict since
their last look. So the answer is that of counting every clock at this instant. Not decided here: what the figures mean.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select, true, union_all

from adapters.ledger.counting import CELL, LINE
from adapters.ledger.rollups import EVER, unfolded
from adapters.ledger.schema import cells, clocks, rollups
from adapters.ledger.standing import FIELDS, filtered, overdue_since, passed, verdict_now
from bot.records import Tally
from rules.instants import DAY

_OPEN = ("on track", "at risk")
"""Verdicts of clocks that are not judged yet."""


def tally(
    connection: Connection, now: int, filters: Mapping[str, str], within: tuple[int, int] | None, by: Sequence[str]
) -> list[Tally]:
    """Clocks by agreement, metric, some fields and the verdict that holds now."""
    asked = _Question(connection, now, {name: value for name, value in filters.items() if name in FIELDS}, within, tuple(by))
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for (*key, verdict), n in asked.answer().items():
        if n:
            found[tuple(key)][verdict] = n
    ordered = sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return [Tally(key[0], key[1], key[2], key[3:], verdicts) for key, verdicts in ordered]


def last_judged(connection: Connection, filters: Mapping[str, str]) -> int | None:
    """When such a clock was judged, or ended, last."""
    wanted = filtered(select(func.max(clocks.c.judged_at)), filters)
    if "customer" not in filters:
        asked = _Question(connection, 0, filters, None, ())
        judged = [day for day, n in asked.by_day().items() if n > 0]
        if not judged:
            return None
        wanted = wanted.where(clocks.c.judged_at >= max(judged) * DAY, clocks.c.judged_at < (max(judged) + 1) * DAY)
    last: int | None = connection.execute(wanted).scalar()
    return last


@dataclass
class _Question:
    """One question, asked of one state."""

    connection: Connection
    now: int
    filters: Mapping[str, str]
    within: tuple[int, int] | None
    by: tuple[str, ...]

    def answer(self) -> Counter[tuple[Any, ...]]:
        """By agreement, kind, metric, the fields and verdict. One statement asks for everything that is folded."""
        parts = [self._passed(-1), self._passed(1)]
        if "customer" in (*self.filters, *self.by):
            parts.append(self._counted(self._held))
        else:
            parts.extend(self._rolled_up())
            parts.extend(self._counted(_judged(*edge)) for edge in self._edges())
        found: Counter[tuple[Any, ...]] = Counter()
        for *key, n in self.connection.execute(union_all(*parts)):
            found[tuple(key)] += int(n)
        if "customer" not in (*self.filters, *self.by):
            for fields, day, verdict, n in self._unfolded():
                if self._rolls_up(day):
                    found[(*fields, verdict)] += n
        return found

    def by_day(self) -> Counter[int]:
        """How many were judged on each UTC day."""
        found: Counter[int] = Counter()
        asked = select(rollups.c.day, func.sum(rollups.c.n)).join(cells, cells.c.id == rollups.c.cell)
        for day, n in self.connection.execute(asked.where(*self._cells(), rollups.c.day > EVER).group_by(rollups.c.day)):
            found[day] += n
        for _, day, _, n in self._unfolded():
            if day is not None:
                found[day] += n
        return found

    def _rolled_up(self) -> list[Select[Any]]:
        """What the roll-ups say: all, or whole days and, where the span holds the present, what is not judged yet."""
        first, last = self._days
        own = [*(cells.c[name] for name in (*LINE, *self.by)), rollups.c.verdict]
        asked = select(*own, func.sum(rollups.c.n)).join(cells, cells.c.id == rollups.c.cell)
        asked = asked.where(*self._cells()).group_by(*own)
        ever = asked.where(rollups.c.day == EVER)
        if self.within is None:
            return [ever]
        within = asked.where(rollups.c.day >= first, rollups.c.day < last)
        return [within, ever.where(rollups.c.verdict.in_(_OPEN))] if self._present else [within]

    def _rolls_up(self, day: int | None) -> bool:
        """The same of a change that is not folded yet."""
        first, last = self._days
        return self.within is None or (self._present if day is None else first <= day < last)

    def _counted(self, which: ColumnElement[bool]) -> Select[Any]:
        """Some clocks, as they stood at their last look."""
        own = [clocks.c[name] for name in (*LINE, *self.by, "verdict")]
        return filtered(select(*own, func.count()), self.filters).where(which).group_by(*own)

    def _passed(self, sign: int) -> Select[Any]:
        """Clocks that have come to another verdict since their last look: taken from where they counted, or put to where they
        belong now.
        """
        verdict, belongs = (clocks.c.verdict, self._held) if sign < 0 else (verdict_now(self.now), self._belonging)
        own = [*(clocks.c[name] for name in (*LINE, *self.by)), verdict.label("verdict")]
        # Not a condition: with one more, SQLite would take another index than the one that holds just these clocks.
        number = case((belongs, sign), else_=0).label("n")
        inner = filtered(select(*own, number), self.filters).where(passed(self.now)).subquery()
        keys = [column for column in inner.c if column.name != "n"]
        return select(*keys, func.sum(inner.c.n)).group_by(*keys)

    @property
    def _present(self) -> bool:
        return self.within is not None and self.within[0] <= self.now < self.within[1]

    @property
    def _days(self) -> tuple[int, int]:
        """The UTC days that lie in the span as a whole: from the first one up to another."""
        start, end = self.within or (0, 0)
        return -(-start // DAY), end // DAY

    def _edges(self) -> list[tuple[int, int]]:
        """What is left of the span."""
        if self.within is None:
            return []
        (start, end), (first, last) = self.within, self._days
        edges = [(start, first * DAY), (last * DAY, end)] if first < last else [(start, end)]
        return [edge for edge in edges if edge[0] < edge[1]]

    @property
    def _held(self) -> ColumnElement[bool]:
        """Clocks that belong to the span by their last look."""
        if self.within is None:
            return true()
        judged = _judged(*self.within)
        return or_(judged, clocks.c.verdict.in_(_OPEN) & clocks.c.judged_at.is_(None)) if self._present else judged

    @property
    def _belonging(self) -> ColumnElement[bool]:
        """Clocks that belong to the span as they stand now: what is overdue since then was judged when it was due."""
        if self.within is None:
            return true()
        late = overdue_since(self.now)
        return case((late, (clocks.c.due_at >= self.within[0]) & (clocks.c.due_at < self.within[1])), else_=self._held)

    def _cells(self) -> list[ColumnElement[bool]]:
        """The cells to ask: whole ones where no finer ones are needed."""
        fine = any(name not in LINE for name in (*self.filters, *self.by))
        return [cells.c.whole.is_(not fine), *(cells.c[name] == value for name, value in self.filters.items())]

    def _unfolded(self) -> Iterator[tuple[tuple[Any, ...], int | None, str, int]]:
        """What is not folded yet: key, day, verdict and number."""
        positions = [CELL.index(name) for name in (*LINE, *self.by)]
        wanted = [(CELL.index(name), value) for name, value in self.filters.items()]
        for (*fields, day, verdict), n in unfolded(self.connection).places.items():
            if all(fields[position] == value for position, value in wanted):
                yield tuple(fields[position] for position in positions), day, verdict, n


def _judged(start: int, end: int) -> ColumnElement[bool]:
    return (clocks.c.judged_at >= start) & (clocks.c.judged_at < end)
