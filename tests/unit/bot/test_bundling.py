"""What waits for one channel becomes messages: one a ticket, one for a burst, one for a person."""

from typing import Any

from bot.bundling import JOINED, MOST_CARDS, REDRAWN, SPAN, bundled
from bot.records import PRESSING, SILENT, SPOKEN, OutboxRow, notice
from bot.sending import Posted, Standing
from rules.instants import MINUTE, SECOND, parse

NOW = parse("2026-01-05T09:00:00Z")
LONG_AGO = NOW - 10 * MINUTE


def row(id: int, ticket: str, line: str | None = "80% used up", audience: str = "team", priority: int = SPOKEN) -> OutboxRow:
    body: dict[str, Any] = {"audience": audience, "line": line}
    return OutboxRow(f"k{id}", ticket, "local", "support", body, NOW, id, priority=SILENT if line is None else priority)


def call(id: int, ticket: str) -> OutboxRow:
    return row(id, ticket, "Ana is paged", "person", PRESSING)


def post(ref: str = "ref", at: int = LONG_AGO, bundle: int | None = None) -> Posted:
    return Posted(ref, at, at, at, bundle)


Said = list[tuple[list[int], str | None, int | None]]


def said(rows: list[OutboxRow], standing: Standing = Standing(), now: int = NOW) -> Said:
    """Of each message: its rows, what it edits, and the number of its list."""
    messages = bundled(rows, standing, now).messages
    return [([row.id for row in m.rows], m.post.ref if m.post else None, m.bundle) for m in messages]


def test_what_is_said_of_a_ticket_is_one_message() -> None:
    assert said([row(1, "T-1"), row(2, "T-2"), row(3, "T-1")]) == [([1, 3], None, None), ([2], None, None)]


def test_more_about_a_ticket_goes_to_the_message_that_stands_there() -> None:
    assert said([row(1, "T-1")], Standing({"T-1": post()})) == [([1], "ref", None)]


def test_what_is_most_pressing_is_said_first() -> None:
    rows = [row(1, "T-1"), row(2, "T-2", priority=PRESSING), row(3, "T-3")]
    assert [ids for ids, _, _ in said(rows)] == [[2], [1], [3]]


def test_a_change_without_words_is_drawn_where_the_card_is_shown_and_nowhere_else() -> None:
    found = bundled([row(1, "T-1", None), row(2, "T-2", None)], Standing({"T-1": post()}), NOW)
    assert [message.tickets for message in found.messages] == [("T-1",)]
    assert [row.id for row in found.needless] == [2]


def test_a_card_that_was_drawn_a_moment_ago_is_drawn_again_later() -> None:
    found = bundled([row(1, "T-1", None)], Standing({"T-1": post(at=NOW - SECOND)}), NOW)
    assert found.messages == []
    assert {at: [row.id for row in rows] for at, rows in found.later.items()} == {NOW - SECOND + REDRAWN: [1]}


def test_words_take_the_change_with_them() -> None:
    assert said([row(1, "T-1", None), row(2, "T-1")], Standing({"T-1": post(at=NOW)})) == [([1, 2], "ref", None)]


def test_a_few_tickets_have_their_own_cards_and_a_burst_is_one_list() -> None:
    few = [row(n, f"T-{n}") for n in range(1, MOST_CARDS + 1)]
    assert len(said(few)) == MOST_CARDS
    many = [row(n, f"T-{n}") for n in range(1, 501)]
    assert said(many) == [(list(range(1, 501)), None, 1)]


def test_a_burst_that_comes_in_pieces_goes_on_in_its_list() -> None:
    begun = post("list", NOW - MINUTE, bundle=7)
    later = [row(20, "T-20"), row(21, "T-21")]
    assert said(later, Standing(fresh=MOST_CARDS, begun=begun)) == [([20, 21], "list", 7)]
    old = post("list", NOW - JOINED, bundle=7)
    assert said(later, Standing(fresh=MOST_CARDS, begun=old)) == [([20, 21], None, 20)]
    assert said(later, Standing(fresh=0, begun=begun)) == [([20], None, None), ([21], None, None)]


def test_one_more_ticket_where_many_came_gets_its_own_card_if_there_is_no_list() -> None:
    assert said([row(20, "T-20")], Standing(fresh=MOST_CARDS)) == [([20], None, None)]


def test_more_about_tickets_of_a_list_is_said_with_one_message() -> None:
    listed = {f"T-{n}": post("list", bundle=7) for n in (1, 2, 3)}
    rows = [row(31, "T-1"), row(32, "T-2"), row(33, "T-3", None)]
    assert said(rows[:2], Standing(listed)) == [([31, 32], "list", 7)]
    assert said(rows[2:], Standing(listed)) == [([33], "list", 7)]


def test_exceptions_keep_their_own_cards() -> None:
    rows = [row(n, f"EX-{n}", audience="register") for n in range(1, 10)]
    assert len(said(rows)) == 9


def test_a_letter_and_a_notice_stand_each_on_its_own() -> None:
    letters = [row(n, "T-1", audience="customer") for n in (1, 2)]
    notices = [notice("seal", "Sealed", (), "local", "support", NOW)]
    assert [ids for ids, _, _ in said([*letters, *notices])] == [[1], [2], [0]]


def test_the_first_page_of_a_ticket_goes_at_once() -> None:
    busy = Standing(said_at=NOW - SECOND)
    assert said([call(1, "T-1")], busy) == [([1], None, None)]


def test_pages_to_one_person_are_put_together() -> None:
    assert said([call(1, "T-1"), call(2, "T-2"), call(3, "T-3")]) == [([1, 2, 3], None, 1)]


def test_who_was_told_of_a_ticket_a_moment_ago_is_told_again_later() -> None:
    told = Standing({"T-1": post(at=NOW - SECOND)}, said_at=NOW - SECOND)
    found = bundled([call(2, "T-1")], told, NOW)
    assert (found.messages, list(found.later)) == ([], [NOW - SECOND + SPAN])
    assert said([call(2, "T-1")], told, NOW - SECOND + SPAN) == [([2], "ref", None)]


def test_what_waits_for_a_person_goes_with_the_next_first_page() -> None:
    told = Standing({"T-1": post(at=NOW - SECOND)}, said_at=NOW - SECOND)
    assert said([call(2, "T-1"), call(3, "T-2")], told) == [([2, 3], None, 2)]


def test_a_person_who_was_told_by_a_list_is_told_by_a_message_of_its_own() -> None:
    listed = Standing({"T-1": post("list", bundle=7)}, said_at=LONG_AGO)
    assert said([call(9, "T-1")], listed) == [([9], None, None)]
