"""The outbox and the local chat: in order, once each, again after a crash, never said twice."""

from pathlib import Path

import pytest

from bot.messages import Card
from bot.records import ChatEntry, OutboxRow, Written
from escalation.book import Book
from escalation.facts import NO_FACTS
from escalation.look import look
from rules.instants import MINUTE, parse
from rules.ticket import TicketEvent
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")


def put(db: Opened, *keys: str, due_at: int = NOW, channel: str = "support") -> None:
    """Rows into the outbox, as a look leaves them."""
    ticket = "T-1"
    if not db.ledger.looks.histories([ticket])[0].events:
        db.ledger.intake.append([TicketEvent(ticket, "ticket.opened", NOW, {}, "1", "desk")], [], NOW)
    rows = [OutboxRow(key, ticket, "local", channel, {"line": key, "mentions": ("ana",)}, due_at) for key in keys]
    seen = db.ledger.looks.histories([ticket])[0].seen
    nothing = look(ticket, [], Book(), NO_FACTS, NOW)
    assert db.ledger.looks.write([Written(nothing, seen, [], rows, {}, NOW)]) == [True]


def lines(rows: list[OutboxRow]) -> list[str]:
    return [row.body["line"] for row in rows]


def test_rows_leave_in_the_order_in_which_they_came(db: Opened) -> None:
    put(db, "c", "a", "b")
    put(db, "z", channel="leadership")
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["c", "a", "b", "z"]


def test_what_was_said_before_a_clock_was_set_back_goes_out_once_and_waits_for_its_turn_after_a_failure(db: Opened) -> None:
    put(db, "a")
    earlier = NOW - 24 * 60 * MINUTE
    (row,) = db.ledger.outbox.claim(earlier, 10)
    assert db.ledger.outbox.claim(earlier + 1, 10) == []
    db.ledger.outbox.failed(row, "the platform does not answer", earlier + 2 * MINUTE)
    assert db.ledger.outbox.claim(earlier + MINUTE, 10) == []
    assert lines(db.ledger.outbox.claim(earlier + 2 * MINUTE, 10)) == ["a"]


def test_a_row_is_given_once_and_carries_what_was_put_in(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    assert (row.ticket, row.platform, row.channel, row.body) == ("T-1", "local", "support", {"line": "a", "mentions": ["ana"]})
    assert (row.attempts, row.id > 0) == (1, True)
    assert db.ledger.outbox.claim(NOW, 10) == []


def test_the_same_key_is_put_in_once(db: Opened) -> None:
    put(db, "a", "a")
    put(db, "a")
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["a"]
    put(db, "a")
    assert db.ledger.outbox.claim(NOW, 10) == []


def test_no_more_rows_are_given_than_asked_for(db: Opened) -> None:
    put(db, "a", "b", "c")
    taken = db.ledger.outbox.claim(NOW, 2)
    assert lines(taken) == ["a", "b"]
    assert db.ledger.outbox.claim(NOW, 2) == []  # on one channel nothing overtakes what is on its way
    for row in taken:
        db.ledger.outbox.sent(row, NOW)
    assert lines(db.ledger.outbox.claim(NOW, 2)) == ["c"]


def test_nothing_leaves_before_it_is_due(db: Opened) -> None:
    put(db, "a", due_at=NOW + 5)
    assert db.ledger.outbox.next_due() == NOW + 5
    assert db.ledger.outbox.claim(NOW + 4, 10) == []
    assert lines(db.ledger.outbox.claim(NOW + 5, 10)) == ["a"]


def test_what_was_sent_is_over(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.sent(row, NOW)
    assert db.ledger.outbox.claim(NOW + 99 * MINUTE, 10) == []
    assert db.ledger.outbox.next_due() is None
    assert db.ledger.reader.health(NOW).outbox_waiting == 0


def test_a_row_held_back_by_an_older_one_is_not_due_before_it(db: Opened) -> None:
    put(db, "a")
    put(db, "b")
    first, second = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed(first, "busy", NOW + 7)
    db.ledger.outbox.release([second])
    assert db.ledger.outbox.next_due() == NOW + 7
    assert lines(db.ledger.outbox.claim(NOW + 7, 10)) == ["a", "b"]


def test_what_failed_is_given_again_at_the_time_that_was_said(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed(row, "busy", NOW + 7)
    assert db.ledger.outbox.claim(NOW + 6, 10) == []
    (again,) = db.ledger.outbox.claim(NOW + 7, 10)
    assert (again.id, again.attempts) == (row.id, 2)


def test_what_can_never_be_sent_is_kept_as_a_dead_letter(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed(row, "no such channel", None)
    assert db.ledger.outbox.claim(NOW + 99 * MINUTE, 10) == []
    health = db.ledger.reader.health(NOW)
    assert (health.dead_letters, health.outbox_waiting) == (1, 0)


def test_a_row_lost_on_the_way_is_given_again_after_a_minute(db: Opened) -> None:
    put(db, "a")
    db.ledger.outbox.claim(NOW, 10)
    assert db.ledger.outbox.claim(NOW + MINUTE - 1, 10) == []
    assert lines(db.ledger.outbox.claim(NOW + MINUTE, 10)) == ["a"]


def test_after_a_crash_of_the_only_process_what_was_being_sent_is_given_again_at_once(db: Opened) -> None:
    put(db, "a", "b")
    first, _ = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.sent(first, NOW)
    db.ledger.outbox.reopen()
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["b"]


def test_a_row_that_failed_for_good_is_not_reopened(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed(row, "x", None)
    db.ledger.outbox.reopen()
    assert db.ledger.outbox.claim(NOW, 10) == []


# The local chat


def outbox_row(id: int, channel: str = "support", ticket: str = "T-1") -> OutboxRow:
    return OutboxRow("k", ticket, "local", channel, {}, NOW, id, 1)


def say(db: Opened, id: int, text: str | None = "line", kind: str = "card", title: str = "T-1", **where: str) -> None:
    entry = None if text is None else ChatEntry(str(id), NOW, text, ("ana",))
    db.ledger.chat.send(outbox_row(id, **where), Card(title=title), kind, entry, NOW + id)


def test_a_ticket_has_one_message_in_a_channel_with_a_thread(db: Opened) -> None:
    say(db, 1, "first", title="before")
    say(db, 2, "second", title="after")
    (message,) = db.ledger.chat.messages("support", 0, 10)
    assert message.card.title == "after"
    assert [(line.text, line.mentions) for line in message.log] == [("first", ["ana"]), ("second", ["ana"])]
    assert (message.created_at, message.edited_at) == (NOW + 1, NOW + 2)


def test_an_outbox_row_posts_once_however_often_it_is_sent(db: Opened) -> None:
    for _ in range(3):
        say(db, 1, "first")
    say(db, 2, "second")
    say(db, 1, "first")
    (message,) = db.ledger.chat.messages("support", 0, 10)
    assert [line.text for line in message.log] == ["first", "second"]


def test_a_customers_message_is_written_once_however_often_it_is_sent(db: Opened) -> None:
    for _ in range(3):
        say(db, 1, "", kind="customer", channel="customer:acme")
    say(db, 2, "", kind="customer", channel="customer:acme")
    assert len(db.ledger.chat.messages("customer:acme", 0, 10)) == 2


def test_a_change_without_words_is_shown_only_where_the_card_is(db: Opened) -> None:
    say(db, 1, None)
    assert db.ledger.chat.messages(None, 0, 10) == []
    say(db, 2, "first")
    say(db, 3, None, title="edited")
    (message,) = db.ledger.chat.messages("support", 0, 10)
    assert (message.card.title, len(message.log)) == ("edited", 1)
    say(db, 4, None, title="edited")  # nothing has changed: it is no edit
    assert db.ledger.chat.messages("support", 0, 10) == [message]


def test_every_change_has_a_greater_revision_and_is_found_by_it(db: Opened) -> None:
    revisions = []
    for id, ticket in enumerate(["T-1", "T-2", "T-1", "T-3", "T-2"], 1):
        say(db, id, "x", ticket=ticket)
        revisions.append(max(message.rev for message in db.ledger.chat.messages(None, 0, 10)))
    assert revisions == sorted(set(revisions))
    assert [message.ticket for message in db.ledger.chat.messages(None, revisions[2], 10)] == ["T-3", "T-2"]
    assert [message.ticket for message in db.ledger.chat.messages(None, 0, 2)] == ["T-1", "T-3"]
    assert db.ledger.chat.messages(None, revisions[-1], 10) == []


def test_channels_are_those_in_which_something_was_said(db: Opened) -> None:
    say(db, 1, channel="support")
    say(db, 2, channel="@ana")
    say(db, 3, channel="customer:acme", kind="customer")
    assert db.ledger.chat.channels() == ["@ana", "customer:acme", "support"]
    assert [message.channel for message in db.ledger.chat.messages("@ana", 0, 10)] == ["@ana"]


@pytest.mark.parametrize("text", ["<script>", "\u202e", "'; drop table chat; --", "@everyone", "x" * 10_000])
def test_a_line_of_any_text_comes_back_as_it_was(db: Opened, text: str, tmp_path: Path) -> None:
    say(db, 1, text)
    assert db.ledger.chat.messages(None, 0, 10)[0].log[0].text == text
