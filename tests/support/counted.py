"""Clocks counted one by one: the judge of the roll-ups, which must come to the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from adapters.ledger.database import Database
from adapters.ledger.rollup_checks import check_rollups
from adapters.ledger.schema import clocks
from bot.records import Tally
from rules.instants import MINUTE

Row = Mapping[str, Any]


def every_clock(engine: Engine) -> list[Row]:
    """The rows of all clocks."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(clocks)).mappings()]


def differences(engine: Engine) -> list[str]:
    """Where the roll-ups are not what the clocks come to."""
    return Database(engine).read(check_rollups, one_state=True)


def counted(
    rows: Iterable[Row], now: int, filters: Mapping[str, str], within: tuple[int, int] | None, by: Sequence[str]
) -> list[Tally]:
    """What `Reader.tally` is to answer."""
    found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        verdict, judged = now_stands(row, now)
        if any(row[name] != value for name, value in filters.items()):
            continue
        if within is not None:
            start, end = within
            inside = start <= now < end if judged is None else start <= judged < end
            if not inside:
                continue
        found[tuple(row[name] for name in ("agreement", "kind", "metric", *by))][verdict] += 1
    ordered = sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return [Tally(*key[:3], key[3:], dict(verdicts)) for key, verdicts in ordered]


def now_stands(row: Row, now: int) -> tuple[str, int | None]:
    """The verdict that holds now, and when the clock was judged by it."""
    due, broken = row["due_at"], row["breached_at"]
    if row["state"] == "running":
        if due is not None and due <= now and (broken is None or broken < due):
            return "overdue", due
        if row["verdict"] == "on track" and row["next_at"] is not None and row["next_at"] <= now:
            return "at risk", row["judged_at"]
    return row["verdict"], row["judged_at"]


def minute_of(rows: Iterable[Row], minute: int) -> dict[tuple[str, str, str], dict[str, int]]:
    """By agreement, kind and metric: where its clocks stand at the end of a minute, and what was judged or ended in it."""
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    end = (minute + 1) * MINUTE
    for row in rows:
        own = found[row["agreement"], row["kind"], row["metric"]]
        broken = row["verdict"] in ("overdue", "missed")
        if row["judged_at"] is not None and row["judged_at"] // MINUTE == minute:
            own["missed" if broken else row["verdict"]] += 1
        over = row["judged_at"] if row["verdict"] == "excused" else row["stopped_at"]
        if row["started_at"] >= end or (over is not None and over < end):
            continue
        if broken and row["breached_at"] < end:
            own["overdue"] += 1
        elif row["risky_at"] is not None and row["risky_at"] < end:
            own["at_risk"] += 1
        else:
            own["running"] += 1
    return {line: dict(figures) for line, figures in found.items()}
