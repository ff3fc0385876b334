"""Looks in the ledger: claimed once, written only where nothing came in between, put off further each time they fail."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.ledger.looks import CLAIMED
from bot.records import History, OutboxRow, Written
from escalation.book import Book
from escalation.facts import NO_FACTS
from escalation.look import look
from escalation.reconcile import reconcile
from rules.instants import DAY, HOUR, MINUTE, parse
from rules.ticket import TicketEvent
from tests.support.desk import book_of
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")
DATA = {"title": "Cannot pay", "priority": "urgent", "customer": "acme", "tier": "gold", "opened_by": "customer"}


def opened(ticket: str = "T-1", at: int = NOW, **data: object) -> TicketEvent:
    return TicketEvent(ticket, "ticket.opened", at, {**DATA, **data}, f"open-{ticket}", "desk")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return book_of(tmp_path)


def looked(history: History, book: Book, now: int, *rows: OutboxRow) -> Written:
    found = look(history.ticket, history.events, book, NO_FACTS, now)
    new = reconcile(history.recorded, found.decisions, history.events)
    return Written(found, history.seen, new, rows, {"gold": "support"}, now)


def look_at(db: Opened, book: Book, now: int, ticket: str = "T-1", *rows: OutboxRow) -> bool:
    (history,) = db.ledger.looks.histories([ticket])
    (done,) = db.ledger.looks.write([looked(history, book, now, *rows)])
    return done


def row(key: str = "k", ticket: str = "T-1", due_at: int = NOW) -> OutboxRow:
    return OutboxRow(key, ticket, "local", "support", {"line": "x"}, due_at)


# Claims


def test_a_ticket_is_not_given_twice(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    assert list(db.ledger.looks.claim(NOW, 10)) == ["T-1"]
    assert list(db.ledger.looks.claim(NOW, 10)) == []


def test_tickets_are_claimed_in_the_order_of_their_ids_and_no_more_than_asked(db: Opened) -> None:
    db.ledger.intake.append([opened(f"T-{n}") for n in (3, 1, 2)], [], NOW)
    first = list(db.ledger.looks.claim(NOW, 2))
    assert first == sorted(first)
    assert sorted([*first, *db.ledger.looks.claim(NOW, 2)]) == ["T-1", "T-2", "T-3"]


def test_nothing_is_claimed_before_its_time(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    assert list(db.ledger.looks.claim(NOW - 1, 10)) == []


def test_what_a_dead_worker_claimed_is_given_again_after_some_seconds(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.claim(NOW, 10)
    assert list(db.ledger.looks.claim(NOW + CLAIMED - 1, 10)) == []
    assert list(db.ledger.looks.claim(NOW + CLAIMED, 10)) == ["T-1"]


def test_what_was_claimed_before_the_clock_was_set_back_is_given_again(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW - DAY)
    db.ledger.looks.claim(NOW, 10)
    assert db.ledger.looks.next_attention(NOW - CLAIMED) is None
    assert db.ledger.looks.next_attention(NOW - HOUR) == NOW - DAY
    assert list(db.ledger.looks.claim(NOW - HOUR, 10)) == ["T-1"]


def test_after_a_crash_of_the_only_process_everything_claimed_is_free_at_once(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.claim(NOW, 10)
    db.ledger.looks.release()
    assert list(db.ledger.looks.claim(NOW, 10)) == ["T-1"]


def test_an_event_that_comes_during_a_look_waits_for_its_end_only(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.claim(NOW, 10)
    (history,) = db.ledger.looks.histories(["T-1"])
    db.ledger.intake.append([TicketEvent("T-1", "ticket.updated", NOW, {}, "2", "desk")], [], NOW)
    assert list(db.ledger.looks.claim(NOW, 10)) == []  # nobody else looks at it meanwhile
    found = look("T-1", history.events, Book(), NO_FACTS, NOW)
    assert db.ledger.looks.write([Written(found, history.seen, [], [], {}, NOW)]) == [False]
    assert list(db.ledger.looks.claim(NOW, 10)) == ["T-1"]


def test_workers_who_claim_at_the_same_time_share_the_tickets(db: Opened) -> None:
    db.ledger.intake.append([opened(f"T-{n}") for n in range(60)], [], NOW)
    claimed: list[str] = []

    def work() -> None:
        while ids := db.ledger.looks.claim(NOW, 7):
            claimed.extend(ids)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted({f"T-{n}" for n in range(60)})


# Writing


def test_a_look_is_written_and_the_ticket_has_attention_again_at_the_next_change(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    assert look_at(db, book, NOW)
    view = db.ledger.reader.ticket("T-1")
    assert view is not None
    assert sorted(clock.metric for clock in view.clocks) == ["first_response", "resolution"]
    assert view.facts["title"] == "Cannot pay"
    assert view.looked_at == NOW
    assert db.ledger.looks.next_attention(NOW) == NOW + 8 * MINUTE  # 80 % of ten minutes


def test_a_look_overtaken_by_an_event_leaves_no_trace(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    (history,) = db.ledger.looks.histories(["T-1"])
    db.ledger.intake.append([TicketEvent("T-1", "ticket.updated", NOW, {"priority": "low"}, "2", "desk")], [], NOW)
    assert db.ledger.looks.write([looked(history, book, NOW, row())]) == [False]
    view = db.ledger.reader.ticket("T-1")
    assert view is not None
    assert view.clocks == []
    assert db.ledger.looks.histories(["T-1"])[0].recorded == []
    assert db.ledger.outbox.claim(NOW, 10) == []
    assert list(db.ledger.looks.claim(NOW, 10)) == ["T-1"]


def test_one_overtaken_look_does_not_disturb_the_others_written_with_it(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened("T-1"), opened("T-2")], [], NOW)
    histories = db.ledger.looks.histories(["T-1", "T-2"])
    db.ledger.intake.append([TicketEvent("T-1", "ticket.updated", NOW, {}, "2", "desk")], [], NOW)
    assert db.ledger.looks.write([looked(history, book, NOW) for history in histories]) == [False, True]


def test_a_decision_is_recorded_once_however_often_it_is_looked(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    for now in (NOW, NOW + 9 * MINUTE, NOW + 9 * MINUTE, NOW + HOUR, NOW + HOUR):
        assert look_at(db, book, now)
    recorded = db.ledger.looks.histories(["T-1"])[0].recorded
    assert len({(decision.key, decision.at) for decision in recorded}) == len(recorded)
    assert sum(decision.kind == "clock.overdue" for decision in recorded) == 1


def test_two_looks_with_the_same_decisions_record_them_once(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    (history,) = db.ledger.looks.histories(["T-1"])
    same = looked(history, book, NOW + HOUR, row("a"), row("b"))
    db.ledger.looks.write([same])
    count = len(db.ledger.looks.histories(["T-1"])[0].recorded)
    db.ledger.looks.write([same])
    assert len(db.ledger.looks.histories(["T-1"])[0].recorded) == count
    assert len(db.ledger.outbox.claim(NOW, 10)) == 2


def test_decisions_come_back_as_they_were_written(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    (history,) = db.ledger.looks.histories(["T-1"])
    written = looked(history, book, NOW + 3 * HOUR)
    db.ledger.looks.write([written])
    assert db.ledger.looks.histories(["T-1"])[0].recorded == written.new
    assert {decision.kind for decision in written.new} >= {"clock.started", "clock.crossed", "page.opened", "message.customer"}


def test_clocks_and_pages_stand_as_the_last_look_found_them(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    look_at(db, book, NOW + HOUR)
    (history,) = db.ledger.looks.histories(["T-1"])
    found = look("T-1", history.events, book, NO_FACTS, NOW + HOUR)
    view = db.ledger.reader.ticket("T-1")
    assert view is not None
    assert sorted(view.clocks, key=lambda c: c.metric) == sorted(found.clocks, key=lambda c: c.metric)
    assert list(view.pages) == found.pages
    assert db.ledger.reader.page(found.pages[0].page) == found.pages[0]


def test_an_unknown_ticket_has_an_empty_history(db: Opened) -> None:
    assert db.ledger.looks.histories(["T-404"]) == [History("T-404", 0, [], [], [])]
    assert db.ledger.reader.ticket("T-404") is None


# Failures


def test_a_look_that_fails_waits_a_minute_then_twice_as_long_up_to_an_hour(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    waits = []
    for _ in range(9):
        db.ledger.looks.postpone("T-1", 1, NOW, "ValueError: no")
        waits.append(((db.ledger.looks.next_attention(NOW) or 0) - NOW) // MINUTE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert db.ledger.reader.health(NOW).failing == [("T-1", "ValueError: no")]


def test_a_ticket_that_has_failed_ten_thousand_times_still_waits_an_hour(db: Opened) -> None:
    from sqlalchemy import text

    db.ledger.intake.append([opened()], [], NOW)
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("update tickets set failures = 10000"))
    db.ledger.looks.postpone("T-1", 1, NOW, "x")
    assert db.ledger.looks.next_attention(NOW) == NOW + HOUR


def test_a_look_that_succeeds_is_failing_no_longer(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.postpone("T-1", 1, NOW, "x")
    look_at(db, book, NOW)
    assert db.ledger.reader.health(NOW).failing == []


def test_an_event_that_comes_while_a_look_fails_is_looked_at_at_once(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.postpone("T-1", 1, NOW, "x")
    db.ledger.intake.append([TicketEvent("T-1", "ticket.updated", NOW, {}, "2", "desk")], [], NOW + 1)
    assert list(db.ledger.looks.claim(NOW + 1, 10)) == ["T-1"]


def test_what_came_while_a_look_was_failing_is_not_put_off(db: Opened) -> None:
    db.ledger.intake.append([opened()], [], NOW)
    db.ledger.looks.claim(NOW, 10)
    db.ledger.intake.append([TicketEvent("T-1", "ticket.updated", NOW, {}, "2", "desk")], [], NOW + 1)
    db.ledger.looks.postpone("T-1", 1, NOW + 1, "NUL \0 and half a character \ud800")
    assert list(db.ledger.looks.claim(NOW + 1, 10)) == ["T-1"]
    assert db.ledger.reader.health(NOW).failing == [("T-1", "NUL ? and half a character ?")]


# Figures


def test_a_customers_breaches_are_those_of_its_other_tickets(db: Opened, book: Book) -> None:
    db.ledger.intake.append(
        [opened("T-1"), opened("T-2", at=NOW + MINUTE), opened("T-3", customer="globex", tier="gold")], [], NOW
    )
    for ticket in ("T-1", "T-2", "T-3"):
        look_at(db, book, NOW + HOUR, ticket)
    found = db.ledger.looks.breaches(["acme"], "T-1", NOW)
    assert dict(found) == {"acme": [NOW + 11 * MINUTE]}
    assert dict(db.ledger.looks.breaches(["acme"], "T-1", NOW + HOUR)) == {}


def test_queries_read_clocks_by_verdict_soonest_due_first(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened("T-1", at=NOW + MINUTE), opened("T-2")], [], NOW)
    for ticket in ("T-1", "T-2"):
        look_at(db, book, NOW + HOUR, ticket)
    late = db.ledger.reader.clocks(NOW, verdicts=["overdue"])
    assert [(clock.ticket, clock.metric) for clock in late] == [("T-2", "first_response"), ("T-1", "first_response")]
    assert [clock.ticket for clock in db.ledger.reader.clocks(NOW, verdicts=["overdue"], limit=1)] == ["T-2"]
    assert [clock.ticket for clock in db.ledger.reader.breached(NOW, NOW, 10)] == ["T-1", "T-2"]
    (first, second) = db.ledger.reader.tally(NOW, {"customer": "acme"})
    assert (first.metric, dict(first.verdicts)) == ("first_response", {"overdue": 2})
    assert (second.metric, dict(second.verdicts)) == ("resolution", {"on track": 2})


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(7, "on track"), (8, "at risk"), (9, "at risk"), (10, "overdue"), (50, "overdue")]
)
def test_queries_know_what_has_come_to_pass_since_the_last_look(db: Opened, book: Book, minutes: int, verdict: str) -> None:
    db.ledger.intake.append([opened("T-1")], [], NOW)
    look_at(db, book, NOW, "T-1")
    now = NOW + minutes * MINUTE
    found = {v: db.ledger.reader.clocks(now, verdicts=[v]) for v in ("on track", "at risk", "overdue", "met")}
    assert {v for v, clocks in found.items() if any(clock.metric == "first_response" for clock in clocks)} == {verdict}
    first = next(tally for tally in db.ledger.reader.tally(now, {}) if tally.metric == "first_response")
    assert dict(first.verdicts) == {verdict: 1}
    assert len(db.ledger.reader.breached(now, NOW, 10)) == (verdict == "overdue")


def test_open_pages_are_read_without_the_closed_ones(db: Opened, book: Book) -> None:
    db.ledger.intake.append([opened("T-1"), opened("T-2")], [], NOW)
    reply = TicketEvent("T-1", "ticket.replied", NOW + 20 * MINUTE, {"author": "agent", "public": True}, "r", "desk")
    db.ledger.intake.append([reply, replace(reply, id="s", type="ticket.updated", data={"status": "solved"})], [], NOW)
    for ticket in ("T-1", "T-2"):
        look_at(db, book, NOW + HOUR, ticket)
    assert [page.ticket for page in db.ledger.reader.pages()] == ["T-2"]
    assert sorted(page.ticket for page in db.ledger.reader.pages(open_only=False)) == ["T-1", "T-2"]
