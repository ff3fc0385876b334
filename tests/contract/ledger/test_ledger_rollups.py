"""Roll-ups: at every instant they say what counting every clock would say, whatever is folded, however late the bot looks."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, text

from adapters.ledger.database import Database
from adapters.ledger.migrating import migrate
from adapters.ledger.rollups import rebuild_rollups
from adapters.ledger.schema import clocks
from rules.instants import DAY, HOUR, MINUTE
from rules.instants import text as instant
from tests.support.counted import counted, differences, every_clock, minute_of
from tests.support.ledgers import Opened, undo_escalation
from tests.support.lives import START, Clocks, write, written

FILTERS: tuple[dict[str, str], ...] = (
    *(
        {},
        {"agreement": "gold"},
        {"tier": "gold"},
        {"region": "emea", "tier": "gold"},
        {"team": "support"},
        {"metric": "resolution"},
    ),
    *({"customer": "acme"}, {"customer": "globex", "tier": "tin"}, {"tier": "none such"}, {"agreement": "none such"}),
)
GROUPS = ((), ("tier",), ("tier", "region"), ("customer",), ("customer", "priority"), ("metric", "team"))


def spans(dice: random.Random) -> Iterator[tuple[int, int] | None]:
    yield None
    for length in (10 * MINUTE, 7 * HOUR, DAY, 2 * DAY + HOUR, 31 * DAY):
        start = START + dice.randint(-DAY // MINUTE, 4 * DAY // MINUTE) * MINUTE + dice.choice([0, 0, 1, 777])
        yield start, start + length
    midnight = START // DAY * DAY + DAY
    yield midnight, midnight + DAY
    yield midnight - HOUR, midnight + 2 * DAY - HOUR


@pytest.mark.parametrize("seed", range(6))
def test_a_tally_is_what_counting_every_clock_at_that_instant_comes_to(db: Opened, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    tickets = Clocks(dice, 60)
    now = START
    for _ in range(12):
        now += dice.choice([MINUTE, HOUR, 5 * HOUR, 20 * HOUR])  # the bot may be away for long
        seen = dice.sample(sorted(tickets.lives), dice.randint(5, 60))
        write(db, [tickets.look(ticket, now) for ticket in sorted(seen)])
        if dice.random() < 0.4:
            db.ledger.rollups.fold()
        rows = every_clock(db.engine)
        turning = [row[name] for row in rows for name in ("due_at", "next_at") if row[name] is not None]
        turn = dice.choice(turning) if turning else now
        for at in (now, turn - 1, turn, turn + 1, now + dice.randrange(2 * DAY)):
            filters, by = dice.choice(FILTERS), dice.choice(GROUPS)
            for within in spans(dice):
                found = db.ledger.reader.tally(at, filters, within=within, by=by)
                assert found == counted(rows, at, filters, within, by), (at, filters, within, by)
            last = [row["judged_at"] for row in rows if all(row[name] == value for name, value in filters.items())]
            assert db.ledger.reader.last_judged(filters) == max((at for at in last if at is not None), default=None)
    assert differences(db.engine) == []
    while db.ledger.rollups.fold():
        pass
    assert db.rows("select * from rollup_changes") == []
    assert differences(db.engine) == []


@pytest.mark.parametrize("seed", range(3))
def test_every_minute_of_the_series_is_what_the_clocks_come_to(db: Opened, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    tickets = Clocks(dice, 30)
    now = START
    while now < START + 5 * DAY:
        now += dice.choice([7 * MINUTE, HOUR, 9 * HOUR])
        write(db, [tickets.look(ticket, now) for ticket in sorted(dice.sample(sorted(tickets.lives), 15))])
        db.ledger.rollups.fold()
    rows = every_clock(db.engine)
    figures = ("running", "at_risk", "overdue", "met", "missed", "excused", "cancelled")
    minutes = dice.sample(range(START // MINUTE, START // MINUTE + 5 * 1440), 25)
    minutes += [minute for row in rows[:10] for minute in (row["started_at"] // MINUTE, (row["judged_at"] or now) // MINUTE)]
    last = db.rows("select max(minute) from series_minutes")[0][0]
    as_text = "to_char(time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS\"Z\"')" if "postgres" in db.url else "time"
    stored: dict[str, dict[tuple[str, ...], Any]] = {}
    for row in db.rows(f"select {as_text} as at, s.* from sla_minutes s"):
        stored.setdefault(row.at, {})[row.agreement, row.kind, row.metric] = row
    assert len(stored) == last + 1 - min(row["started_at"] for row in rows) // DAY * 1440, "no minute is left out"
    for minute in minutes:
        if minute <= last:
            due = minute_of(rows, minute)
            found = stored[instant(minute * MINUTE).replace(".000Z", "Z")]
            assert {
                line: {name: getattr(row, name) for name in figures if getattr(row, name)} for line, row in found.items()
            } == {line: due.get(line, {}) for line in found}
            assert {line for line, counts in due.items() if counts} <= set(found)


def test_the_last_minute_agrees_with_the_status(db: Opened) -> None:
    tickets = Clocks(random.Random(5), 150)  # noqa: S311
    now = START + 2 * DAY
    write(db, [tickets.look(ticket, now) for ticket in sorted(tickets.lives)])
    db.ledger.rollups.fold()
    (row,) = db.rows(
        "select sum(running) as running, sum(at_risk) as at_risk, sum(overdue) as overdue from sla_minutes "
        "group by time order by time desc limit 1"
    )
    standing = dict(db.rows("select verdict, sum(clocks) from sla_standing group by verdict"))
    assert standing == {"on track": row.running, "at risk": row.at_risk, "overdue": row.overdue}
    assert min(standing.values()) > 0


def test_a_question_about_one_day_finds_that_day(db: Opened) -> None:
    tickets = Clocks(random.Random(6), 20)  # noqa: S311
    write(db, [tickets.look(ticket, START + 4 * DAY) for ticket in sorted(tickets.lives)])
    db.ledger.rollups.fold()
    found = db.rows(
        "select agreement, metric, count(*) as n from sla_minutes where day = '2026-03-28' group by agreement, metric"
    )
    assert sorted(found) == [("gold", "first_response", 1440), ("gold", "resolution", 1440), ("hand-over", "resolution", 1440)]
    rows = every_clock(db.engine)
    day = db.rows("select sum(met), sum(missed), sum(excused), sum(cancelled) from sla_attainment where day = '2026-03-28'")
    judged = [row for row in rows if row["judged_at"] is not None and row["judged_at"] // DAY == START // DAY + 1]
    broken = sum(row["verdict"] in ("missed", "overdue") for row in judged)
    others = {verdict: sum(row["verdict"] == verdict for row in judged) for verdict in ("met", "excused", "cancelled")}
    assert tuple(day[0]) == (others["met"], broken, others["excused"], others["cancelled"])


def test_counts_computed_anew_are_those_that_were_kept(db: Opened) -> None:
    dice = random.Random(7)  # noqa: S311
    tickets = Clocks(dice, 40)
    for now in (START + DAY, START + 2 * DAY, START + 4 * DAY):
        write(db, [tickets.look(ticket, now) for ticket in sorted(tickets.lives)])
    db.ledger.rollups.fold()
    views = ("sla_standing", "sla_attainment", "sla_minutes")
    before = {view: sorted(map(str, db.rows(f"select * from {view}"))) for view in views}
    Database(db.engine).write(rebuild_rollups)
    assert differences(db.engine) == []
    assert {view: sorted(map(str, db.rows(f"select * from {view}"))) for view in views} == before


def test_a_count_that_is_wrong_is_named(db: Opened) -> None:
    tickets = Clocks(random.Random(8), 3)  # noqa: S311
    write(db, [tickets.look(ticket, START + 5 * DAY) for ticket in sorted(tickets.lives)])
    db.ledger.rollups.fold()
    Database(db.engine).write(lambda connection: connection.execute(text("update rollups set n = n + 1 where day = -1000000")))
    assert differences(db.engine)
    assert all(said.startswith("rollups (") and "and the clocks come to" in said for said in differences(db.engine))


def test_a_ledger_from_before_gets_its_counts_by_migrating(db: Opened) -> None:
    tickets = Clocks(random.Random(9), 30)  # noqa: S311
    write(db, [tickets.look(ticket, START + DAY) for ticket in sorted(tickets.lives)])
    _back_to("0004", db)
    migrate(db.url)
    assert differences(db.engine) == []
    rows = every_clock(db.engine)
    assert {row["verdict"] for row in rows} >= {"on track", "overdue", "met"}
    assert db.ledger.reader.tally(START + DAY, {}, by=("tier",)) == counted(rows, START + DAY, {}, None, ("tier",))


def test_what_a_process_of_the_version_before_has_written_is_counted_when_its_entries_are_adopted(db: Opened) -> None:
    tickets = Clocks(random.Random(9), 10)  # noqa: S311
    write(db, [tickets.look(ticket, START + DAY) for ticket in sorted(tickets.lives)])
    entry = (
        "insert into entries (kind, ticket, key, is_event, at, recorded_at, body) values ('x', 'T-1', 'k', false, 1, 1, '{}')"
    )
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text(entry))
        connection.execute(delete(clocks))
    assert differences(db.engine)
    migrate(db.url)
    assert differences(db.engine) == []


def _back_to(revision: str, db: Opened) -> None:
    """The database as it was before this version."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for view in ("sla_standing", "sla_attainment", "sla_minutes"):
            connection.execute(text(f"drop view {view}"))
        for table in ("cells", "rollups", "rollup_changes", "series_minutes", "series_days"):
            connection.execute(text(f"drop table {table}"))
        new = (
            "entries_ticket_seq",
            "clocks_customer_judged_at",
            "clocks_judged",
            "clocks_unlooked",
            "tickets_resting",
            "outbox_ticket",
            "chat_ticket",
        )
        undo_escalation(connection)
        for index in new:
            connection.execute(text(f"drop index ix_{index}"))
        connection.execute(text("create index ix_entries_ticket on entries (ticket)"))
        connection.execute(text("create index ix_clocks_judged_at on clocks (judged_at)"))
        connection.execute(text("alter table clocks drop column risky_at"))
        connection.execute(text("alter table tickets drop column archived_at"))
        connection.execute(text(f"update alembic_version set version_num = '{revision}'"))


def test_nothing_is_lost_while_workers_write_and_two_processes_fold(db: Opened) -> None:
    looks = [Clocks(random.Random(seed), 40) for seed in range(4)]  # noqa: S311
    for number, tickets in enumerate(looks):
        tickets.lives = {
            f"{number}-{id}": [life._replace(ticket=f"{number}-{id}") for life in own] for id, own in tickets.lives.items()
        }
    done, failed = threading.Event(), []

    def work(tickets: Clocks) -> None:
        try:
            for step in range(12):
                write(db, [tickets.look(ticket, START + step * 9 * HOUR) for ticket in sorted(tickets.lives)])
        except Exception as error:
            failed.append(error)

    def fold() -> None:
        try:
            while not done.is_set():
                db.ledger.rollups.fold()
                assert all(n >= 0 for tally in db.ledger.reader.tally(START, {}) for n in tally.verdicts.values())
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(tickets,)) for tickets in looks]
    folders = [threading.Thread(target=fold) for _ in range(2)]
    for thread in (*workers, *folders):
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    for thread in folders:
        thread.join()
    assert failed == []
    assert differences(db.engine) == []


def test_clocks_that_are_gone_count_no_longer(db: Opened) -> None:
    tickets = Clocks(random.Random(10), 5)  # noqa: S311
    now = START + 4 * DAY
    write(db, [tickets.look(ticket, now) for ticket in sorted(tickets.lives)])
    db.ledger.rollups.fold()
    write(db, [written(ticket, [], {}, now) for ticket in sorted(tickets.lives)])
    assert db.ledger.reader.tally(now, {}) == []
    db.ledger.rollups.fold()
    assert (db.ledger.reader.tally(now, {}), differences(db.engine)) == ([], [])
    assert db.rows("select * from sla_standing") == []


def test_while_two_fold_at_once_each_change_is_added_once(db: Opened) -> None:
    tickets = Clocks(random.Random(11), 20)  # noqa: S311
    for step in range(30):
        write(db, [tickets.look(ticket, START + step * HOUR) for ticket in sorted(tickets.lives)])
    threads = [threading.Thread(target=db.ledger.rollups.fold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.rows("select count(*) from rollup_changes") == [(0,)]
    assert differences(db.engine) == []


def test_a_fold_that_fails_is_done_again_as_a_whole(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = Clocks(random.Random(12), 20)  # noqa: S311
    write(db, [tickets.look(ticket, START + DAY) for ticket in sorted(tickets.lives)])

    def crash(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("adapters.ledger.rollups._store", crash)
        with pytest.raises(RuntimeError, match="killed"):
            db.ledger.rollups.fold()
    assert differences(db.engine) == []
    assert db.ledger.rollups.fold() == 1
    assert differences(db.engine) == []


def test_a_check_of_an_empty_ledger_finds_nothing(db: Opened) -> None:
    assert differences(db.engine) == []
    assert db.rows("select * from sla_minutes") == []
    Database(db.engine).write(lambda connection: connection.execute(delete(clocks)))
    Database(db.engine).write(rebuild_rollups)
    assert db.ledger.reader.tally(START, {}) == []
