"""What of a look is new, and what on record no longer holds."""

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.reconcile import CORRECTED, OVER, reconcile
from rules.decisions import Decision
from rules.instants import MINUTE, text
from rules.ticket import TicketEvent
from tests.support.core import agreement, answered, at, book, event, opened, see, targets, updated

START = at("2026-01-05T10:00:00Z")


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


BOOK = book(agreement(targets=targets(first_response="1h")))
RESOLVING = book(agreement(targets=targets(resolution="1h")))


def look_and_record(record: list[Decision], history: list[TicketEvent], now: float, in_book: object = BOOK) -> list[Decision]:
    """One turn of the loop: what was written, appended to the record."""
    new = reconcile(record, see(history, minutes(now), in_book).decisions, history)  # type: ignore[arg-type]
    record.extend(new)
    return new


def in_effect(decisions: list[Decision]) -> set[tuple[str | None, str | None]]:
    """The pages that are open and the tags that are set."""
    last = {(d.page, d.tag): d.kind for d in decisions if d.page or d.tag}
    return {deed for deed, kind in last.items() if kind not in OVER}


def late_reply(happened: float, recorded: float) -> TicketEvent:
    return answered(minutes(happened), id_="evt-late", recorded_=minutes(recorded))


def test_a_first_look_writes_everything_and_a_second_one_nothing() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    assert look_and_record(record, history, 70) == see(history, minutes(70), BOOK).decisions
    assert look_and_record(record, history, 70) == []


def test_a_later_look_writes_only_what_came_since() -> None:
    record: list[Decision] = []
    look_and_record(record, [opened(START)], 50)
    assert [d.kind for d in look_and_record(record, [opened(START)], 55)] == ["clock.crossed", "page.opened", "ticket.tagged"]


def test_a_late_reply_corrects_what_was_announced_and_names_it() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 65)
    history.append(late_reply(50, 66))
    new = look_and_record(record, history, 66)
    corrections = {(d.threshold, d.was): d for d in new if d.kind == CORRECTED}
    assert set(corrections) == {("90%", minutes(54)), ("100%", minutes(60)), (None, minutes(60))}
    breach = next(d for d in record if d.threshold == "100%")
    found = corrections["100%", minutes(60)]
    assert found.cause == f"{breach.key}@{breach.at}"
    assert (found.at, found.due_at) == (minutes(66), None)
    assert "it did not happen" in found.reason
    assert f"evt-late of {text(minutes(50))} arrived at {text(minutes(66))}" in found.reason
    assert [d.kind for d in new if d.kind == "clock.met"] == ["clock.met"]


def test_a_late_reply_closes_the_page_and_says_that_its_cause_is_gone() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 65)
    history.append(late_reply(50, 66))
    [closed] = [d for d in look_and_record(record, history, 66) if d.kind == "page.closed"]
    [page] = {d.page for d in record if d.kind == "page.opened"}
    assert (closed.page, closed.at) == (page, minutes(66))
    assert "its cause is gone" in closed.reason
    assert look_and_record(record, history, 70) == []


def test_a_page_that_was_closed_before_is_not_closed_again() -> None:
    record: list[Decision] = []
    history = [opened(START), updated(minutes(58), assignee="ana")]
    look_and_record(record, history, 59)
    history.append(late_reply(50, 59.5))
    assert [d.kind for d in look_and_record(record, history, 59.5) if d.kind.startswith("page.")] == []


def test_what_was_announced_stays_on_record_unchanged() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 65)
    before = [repr(d) for d in record]
    look_and_record(record, [*history, late_reply(50, 66)], 66)
    assert [repr(d) for d in record[: len(before)]] == before


def paused_for(begin: float, end: float, recorded: float) -> list[TicketEvent]:
    return [
        updated(minutes(begin), status="pending", recorded_=minutes(recorded)),
        updated(minutes(end), status="open", recorded_=minutes(recorded)),
    ]


def test_a_crossing_of_another_date_is_corrected_and_not_said_twice() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 50, RESOLVING)
    history += paused_for(10, 20, 59)
    new = look_and_record(record, history, 59, RESOLVING)
    [correction] = [d for d in new if d.kind == CORRECTED and d.threshold == "80%"]
    assert (correction.was, correction.due_at) == (minutes(48), minutes(58))
    assert [d.at for d in new if d.threshold == "80%" and d.kind == "clock.crossed"] == [minutes(58)]
    assert [d for d in new if d.kind == "message.team"] == [], "the team has been told of 80 %"
    assert look_and_record(record, history, 59, RESOLVING) == []


def test_a_page_whose_crossing_has_another_date_goes_on() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 56, RESOLVING)
    history += paused_for(10, 12, 57)
    new = look_and_record(record, history, 57, RESOLVING)
    assert [d.kind for d in new if d.kind.startswith("page.")] == []


def test_what_did_not_happen_is_said_anew_if_it_happens_later_after_all() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 50, RESOLVING)
    history.append(updated(minutes(10), status="pending", recorded_=minutes(51)))
    assert [d.threshold for d in look_and_record(record, history, 51, RESOLVING) if d.kind == CORRECTED] == ["80%"]
    history.append(updated(minutes(60), status="open"))
    new = look_and_record(record, history, 98, RESOLVING)
    assert [d.at for d in new if d.threshold == "80%"] == [minutes(98)]
    assert [d.team for d in new if d.kind == "message.team"] == ["support"]


def test_a_correction_that_is_taken_back_comes_to_rest() -> None:
    """A late pause takes the warning back, a later end of that very pause brings it back; then all is written."""
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 50, RESOLVING)
    history.append(updated(minutes(10), status="pending", recorded_=minutes(51)))
    look_and_record(record, history, 51, RESOLVING)
    history.append(updated(minutes(10), status="open", recorded_=minutes(52)))
    look_and_record(record, history, 52, RESOLVING)
    assert look_and_record(record, history, 52, RESOLVING) == []


def test_what_followed_from_a_decision_that_holds_is_not_written_again() -> None:
    """Met becomes missed at the same instant: the tags that fell then fell because of the missed clock."""
    record: list[Decision] = []
    some = book(agreement(targets=targets(resolution={"high": "30m", "default": "2h"})))
    history = [opened(START), updated(minutes(66), status="solved")]
    look_and_record(record, history, 70, some)
    history.append(updated(minutes(65), priority="high", recorded_=minutes(71)))
    look_and_record(record, history, 71, some)
    assert look_and_record(record, history, 71, some) == []


def test_a_history_that_explains_nothing_is_still_corrected() -> None:
    record = list(see([opened(START)], minutes(50), BOOK).decisions)
    new = reconcile(record, [], [])
    assert {d.kind for d in new} == {CORRECTED}
    assert all("the history has changed" in d.reason for d in new)


CHANGES = [{"status": name} for name in ("open", "pending", "solved")] + [{"assignee": "ana"}, {"priority": "high"}]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
@example(63967207)  # a page closed, opened again, and closed once more
@example(2490630939)  # a tag taken off by an end that turned out not to be one
@example(7021)  # a tag whose first cause is gone, and that another clock needs
def test_after_every_turn_the_record_says_what_was_decided_and_a_further_look_adds_nothing(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    some = book(agreement(targets=targets(first_response="1h", resolution={"high": "30m", "default": "2h"})))
    history, record, now = [opened(START)], [], 0
    for _ in range(5):
        now += dice.choice([5, 10, 30, 55])
        happened = minutes(dice.randint(1, now))
        if dice.random() < 0.3:
            history.append(answered(happened, recorded_=minutes(now)))
        else:
            history.append(updated(happened, recorded_=minutes(now), **dice.choice(CHANGES)))
        look_and_record(record, history, now, some)
        assert look_and_record(record, history, now, some) == []
        gone = {d.cause for d in record if d.kind == CORRECTED}
        standing = {(d.key, d.at) for d in record if d.kind.startswith("clock.") and d.entry not in gone}
        decisions = see(history, minutes(now), some).decisions
        decided = {(d.key, d.at) for d in decisions if d.kind.startswith("clock.")}
        assert {pair for pair in standing if not pair[0].startswith(CORRECTED)} == decided
        assert in_effect(record) == in_effect(decisions)


def test_corrections_have_keys_of_their_own() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 65, RESOLVING)
    for i, minute in enumerate((10, 20, 30)):
        history += paused_for(minute, minute + 2, 66 + i)
        look_and_record(record, history, 66 + i, RESOLVING)
    keys = [d.key for d in record if d.kind == CORRECTED]
    assert len(keys) == len(set(keys)) > 4


def test_clicks_are_no_reason_for_a_correction() -> None:
    record: list[Decision] = []
    history = [opened(START)]
    look_and_record(record, history, 56)
    history.append(event(minutes(56), "page.acknowledged", by="ana"))
    assert [d.kind for d in look_and_record(record, history, 57)] == ["page.acknowledged"]


def corrected_twice() -> tuple[list[Decision], list[TicketEvent]]:
    """A broken promise that a pause takes away, of which we hear late; of its end, which brings it back, later still."""
    record: list[Decision] = []
    history = [opened(START), updated(minutes(20), status="pending", id_="p", recorded_=minutes(90))]
    look_and_record(record, history[:1], 80, RESOLVING)
    look_and_record(record, history, 90, RESOLVING)
    history.append(updated(minutes(40), status="open", id_="r", recorded_=minutes(91)))
    look_and_record(record, history, 91, RESOLVING)
    return record, history


def test_a_tag_set_again_after_a_correction_is_the_last_word() -> None:
    record, history = corrected_twice()
    words = [d.kind for d in sorted(record, key=lambda d: d.at) if d.tag == "sla-breached"]
    assert words == ["ticket.tagged", "ticket.untagged", "ticket.tagged"]
    assert look_and_record(record, history, 92, RESOLVING) == []


def test_one_breach_is_one_letter_however_often_it_is_corrected() -> None:
    record, _ = corrected_twice()
    assert len([d for d in record if d.kind == "message.customer"]) == 1


def test_a_page_that_is_opened_again_after_a_correction_is_closed_again_with_its_cause() -> None:
    record, history = corrected_twice()
    history.append(updated(minutes(41), status="pending", id_="q", recorded_=minutes(92)))
    look_and_record(record, history, 92, RESOLVING)
    words = [(d.kind, (d.at - START) / MINUTE) for d in record if d.kind in ("page.opened", "page.closed")]
    assert words == [("page.opened", 54), ("page.closed", 90), ("page.opened", 91), ("page.closed", 92)]
    assert [d.kind for d in sorted(record, key=lambda d: d.at) if d.tag == "sla-breached"][-1] == "ticket.untagged"


def test_a_correction_names_whatever_may_have_brought_it_about() -> None:
    record: list[Decision] = []
    look_and_record(record, [opened(START)], 70)
    history = [opened(START), late_reply(50, 71)]
    decided = see(history, minutes(72), BOOK).decisions
    arrived = f"ticket.replied evt-late of {text(minutes(50))} arrived at {text(minutes(71))}"
    published = f"another configuration was published at {text(minutes(72))}"
    for republished_at, words in ((None, arrived), (minutes(-9), arrived), (minutes(72), f"{arrived} and {published}")):
        corrected = [d for d in reconcile(record, decided, history, republished_at) if d.kind == CORRECTED]
        assert corrected
        assert all(d.reason.endswith(f": {words}") for d in corrected)
    only = reconcile(record, [], [opened(START)], minutes(72))
    assert {d.at for d in only} == {minutes(72)}
    assert all(d.reason.endswith(f"did not happen: {published}") for d in only if d.kind == CORRECTED and d.was != START)
