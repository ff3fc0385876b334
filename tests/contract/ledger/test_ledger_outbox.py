"""The outbox and the local chat: in order, once each, again after a crash, never said twice."""

from pathlib import Path

import pytest

from bot.messages import Card
from bot.records import PRESSING, SILENT, SPOKEN, ChatEntry, OutboxRow, Written
from bot.sending import Post, Posted, PostKind
from escalation.book import Book
from escalation.facts import NO_FACTS
from escalation.look import look
from rules.instants import MINUTE, parse
from rules.ticket import TicketEvent
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")


def put(db: Opened, *keys: str, due_at: int = NOW, channel: str = "support", priority: int = SPOKEN) -> None:
    """Rows into the outbox, as a look leaves them."""
    ticket = "T-1"
    if not db.ledger.looks.histories([ticket])[0].events:
        db.ledger.intake.append([TicketEvent(ticket, "ticket.opened", NOW, {}, "1", "desk")], [], NOW)
    rows = [
        OutboxRow(key, ticket, "local", channel, {"line": key, "mentions": ("ana",)}, due_at, priority=priority) for key in keys
    ]
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
    db.ledger.outbox.failed([row], "the platform does not answer", earlier + 2 * MINUTE)
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


def test_no_more_channels_are_given_than_asked_for_and_those_as_a_whole(db: Opened) -> None:
    put(db, "a", "b")
    put(db, "z", channel="leadership")
    assert lines(db.ledger.outbox.claim(NOW, 1)) == ["a", "b"]
    put(db, "c")
    assert lines(db.ledger.outbox.claim(NOW, 2)) == ["z"]  # on one channel nothing overtakes what is on its way


def test_what_is_more_pressing_leaves_first(db: Opened) -> None:
    put(db, "digest", priority=SILENT)
    put(db, "line")
    put(db, "other", channel="leadership")
    put(db, "page", priority=PRESSING)
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["page", "line", "other", "digest"]


def test_only_what_is_more_pressing_overtakes_what_waits_for_another_try(db: Opened) -> None:
    put(db, "line")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed([row], "busy", NOW + MINUTE)
    put(db, "later")
    assert db.ledger.outbox.claim(NOW, 10) == []
    put(db, "page", priority=PRESSING)
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["page"]


def test_a_row_that_waits_for_an_instant_of_its_own_holds_up_nothing(db: Opened) -> None:
    put(db, "quiet")
    row = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.release(row, NOW + MINUTE)
    put(db, "line")
    assert db.ledger.outbox.next_due() == NOW
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["line"]
    assert lines(db.ledger.outbox.claim(NOW + MINUTE, 10)) == ["quiet", "line"]


def test_each_platform_is_asked_for_its_own(db: Opened) -> None:
    put(db, "a")
    assert db.ledger.outbox.claim(NOW, 10, ["slack"]) == []
    assert db.ledger.outbox.next_due(["slack"]) is None
    assert lines(db.ledger.outbox.claim(NOW, 10, ["slack", "local"])) == ["a"]


def test_what_waits_for_a_platform_that_is_gone_is_a_dead_letter_and_can_be_sent_again(db: Opened) -> None:
    put(db, "a")
    db.ledger.outbox.serve(["slack"])
    (record,) = db.ledger.outbox.records(state="failed")
    assert (record.why, record.state) == ("nothing is set up that sends to this platform", "failed")
    assert db.ledger.outbox.again([record.id, 999]) == [record.id]
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["a"]


def test_each_row_tells_what_became_of_it(db: Opened) -> None:
    put(db, "waiting", "sent", "dropped", "failed")
    rows = {row.body["line"]: row for row in db.ledger.outbox.claim(NOW, 10)}
    db.ledger.outbox.sent([rows["sent"]], NOW + 1)
    db.ledger.outbox.dropped([rows["dropped"]], "the page is closed", NOW + 2)
    db.ledger.outbox.failed([rows["failed"]], "no such channel", None)
    db.ledger.outbox.release([rows["waiting"]], NOW + 9)
    told = {row.body["line"]: (row.state, row.sent_at, row.why) for row in db.ledger.outbox.records(ticket="T-1")}
    assert told == {
        "waiting": ("pending", None, None),
        "sent": ("sent", NOW + 1, None),
        "dropped": ("dropped", NOW + 2, "the page is closed"),
        "failed": ("failed", None, "no such channel"),
    }
    assert [row.body["line"] for row in db.ledger.outbox.records(state="waiting")] == ["waiting"]
    assert db.ledger.outbox.records(ticket="T-2") == []


def test_nothing_leaves_before_it_is_due(db: Opened) -> None:
    put(db, "a", due_at=NOW + 5)
    assert db.ledger.outbox.next_due() == NOW + 5
    assert db.ledger.outbox.claim(NOW + 4, 10) == []
    assert lines(db.ledger.outbox.claim(NOW + 5, 10)) == ["a"]


def test_what_was_sent_is_over(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.sent([row], NOW)
    assert db.ledger.outbox.claim(NOW + 99 * MINUTE, 10) == []
    assert db.ledger.outbox.next_due() is None
    assert db.ledger.reader.health(NOW).outbox_waiting == 0


def test_a_row_held_back_by_an_older_one_is_not_due_before_it(db: Opened) -> None:
    put(db, "a")
    put(db, "b")
    first, second = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed([first], "busy", NOW + 7)
    db.ledger.outbox.release([second])
    assert db.ledger.outbox.next_due() == NOW + 7
    assert lines(db.ledger.outbox.claim(NOW + 7, 10)) == ["a", "b"]


def test_what_failed_is_given_again_at_the_time_that_was_said(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed([row], "busy", NOW + 7)
    assert db.ledger.outbox.claim(NOW + 6, 10) == []
    (again,) = db.ledger.outbox.claim(NOW + 7, 10)
    assert (again.id, again.attempts) == (row.id, 2)


def test_what_can_never_be_sent_is_kept_as_a_dead_letter(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed([row], "no such channel", None)
    assert db.ledger.outbox.claim(NOW + 99 * MINUTE, 10) == []
    health = db.ledger.reader.health(NOW)
    assert (health.dead_letters, health.outbox_waiting) == (1, 0)


def test_a_row_lost_on_the_way_is_given_again_after_a_minute(db: Opened) -> None:
    put(db, "a")
    assert [row.lost for row in db.ledger.outbox.claim(NOW, 10)] == [False]
    assert db.ledger.outbox.claim(NOW + MINUTE - 1, 10) == []
    (again,) = db.ledger.outbox.claim(NOW + MINUTE, 10)
    assert (again.body["line"], again.lost) == ("a", True)


def test_after_a_crash_of_the_only_process_what_was_being_sent_is_given_again_at_once(db: Opened) -> None:
    put(db, "a", "b")
    first, _ = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.sent([first], NOW)
    db.ledger.outbox.reopen()
    assert lines(db.ledger.outbox.claim(NOW, 10)) == ["b"]


def test_a_row_that_failed_for_good_is_not_reopened(db: Opened) -> None:
    put(db, "a")
    (row,) = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.failed([row], "x", None)
    db.ledger.outbox.reopen()
    assert db.ledger.outbox.claim(NOW, 10) == []


# The local chat


def say(db: Opened, id: int, text: str | None = "line", kind: PostKind = "card", title: str = "T-1", **where: str) -> str:
    entries = () if text is None else (ChatEntry(str(id), NOW, text, ("ana",)),)
    channel, ticket = where.get("channel", "support"), where.get("ticket", "T-1")
    return db.ledger.chat.send(Post(id, channel, kind, Card(title=title), entries, where.get("ref"), ticket), NOW + id)


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
        say(db, 1, "", kind="letter", channel="customer:acme")
    say(db, 2, "", kind="letter", channel="customer:acme")
    assert len(db.ledger.chat.messages("customer:acme", 0, 10)) == 2


def test_a_change_without_words_is_an_edit_only_where_something_changes(db: Opened) -> None:
    ref = say(db, 2, "first")
    say(db, 3, None, title="edited", ref=ref)
    (message,) = db.ledger.chat.messages("support", 0, 10)
    assert (message.card.title, len(message.log)) == ("edited", 1)
    say(db, 4, None, title="edited", ref=ref)  # nothing has changed: it is no edit
    assert db.ledger.chat.messages("support", 0, 10) == [message]


def test_a_list_has_a_thread_of_lines_about_several_tickets_each_once(db: Opened) -> None:
    lines = [ChatEntry(str(id), NOW, f"T-{id}: late") for id in (1, 2, 3)]
    ref = db.ledger.chat.send(Post(1, "support", "list", Card(title="2 tickets"), tuple(lines[:2]), None, "T-1"), NOW)
    crashed = db.ledger.chat.send(Post(2, "support", "list", Card(title="3 tickets"), tuple(lines), None, "T-2"), NOW)
    assert crashed == ref
    (message,) = db.ledger.chat.messages("support", 0, 10)
    assert (message.kind, message.ticket, message.card.title) == ("list", None, "3 tickets")
    assert [line.text for line in message.log] == ["T-1: late", "T-2: late", "T-3: late"]


def test_what_stands_in_a_channel_is_remembered(db: Opened) -> None:
    put(db, "a")
    put(db, "b", channel="leadership")
    first, second = db.ledger.outbox.claim(NOW, 10)
    db.ledger.outbox.sent([first], NOW, Posted("ref-1", NOW, NOW, NOW))
    db.ledger.outbox.sent([second], NOW, Posted("ref-2", NOW + 5, NOW + 5, NOW + 5, bundle=second.id))
    here = db.ledger.posts.standing("local", "support", ["T-1", "T-2"], NOW - 1)
    assert here.posts == {"T-1": Posted("ref-1", NOW, NOW, NOW)}
    assert (here.fresh, here.said_at, here.begun) == (1, NOW, None)
    there = db.ledger.posts.standing("local", "leadership", ["T-2"], NOW - 1)
    assert (there.posts, there.begun) == ({}, Posted("ref-2", NOW + 5, NOW + 5, NOW + 5, second.id))
    assert db.ledger.posts.bundled(second.id) == ["T-1"]


def test_a_message_that_is_edited_keeps_when_it_was_posted_and_what_is_said_silently_when_it_spoke(db: Opened) -> None:
    for key, at, said_at in (("a", NOW, NOW), ("b", NOW + 7, 0)):
        put(db, key)
        db.ledger.outbox.sent(db.ledger.outbox.claim(at, 10), at, Posted("ref-1", at, said_at, at))
    here = db.ledger.posts.standing("local", "support", ["T-1"], NOW)
    assert here.posts == {"T-1": Posted("ref-1", NOW, NOW, NOW + 7)}
    assert here.fresh == 0


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
    say(db, 3, channel="customer:acme", kind="letter")
    assert db.ledger.chat.channels() == ["@ana", "customer:acme", "support"]
    assert [message.channel for message in db.ledger.chat.messages("@ana", 0, 10)] == ["@ana"]


@pytest.mark.parametrize("text", ["<script>", "\u202e", "'; drop table chat; --", "@everyone", "x" * 10_000])
def test_a_line_of_any_text_comes_back_as_it_was(db: Opened, text: str, tmp_path: Path) -> None:
    say(db, 1, text)
    assert db.ledger.chat.messages(None, 0, 10)[0].log[0].text == text
