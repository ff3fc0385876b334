"""What waits to be said: in time, once, only while it is needed, and told to the ladder where it reaches nobody."""

from pathlib import Path

import pytest

from bot.needed import needless
from bot.records import OutboxRow
from bot.sending import DeliveryError
from rules.instants import MINUTE, parse
from tests.support.desk import DESK, NINE, Desk, Recorder, answered, card_words, desk, opened, wire

SLACK = DESK.replace("roles: [agent]}", "roles: [agent], slack: U1}").replace(
    "roles: [agent, lead]}", "roles: [agent, lead], slack: U2}"
)
QUIET = DESK.replace(
    "email: ana@desk.example,  roles: [agent]}",
    'email: ana@desk.example,  roles: [agent], quiet: {zone: Europe/London, hours: {mon-sun: ["08:00-10:00"]}}}',
)
REACHED = DESK.replace("acme: {tier: gold}", "acme: {tier: gold, contact: ops@acme.example}")
"""The customer can be written to."""
CALLED = "2026-01-05T09:09:00Z"
"""Ana is paged: 90 % of ten minutes."""


class Platform(Recorder):
    """A stand-in that fails for some channels."""

    def __init__(self, **failing: DeliveryError) -> None:
        super().__init__(platform="slack")
        self.failing = failing

    def send(self, post, now):  # type: ignore[no-untyped-def]
        error = self.failing.get(post.channel.removeprefix("@"))
        if error is not None:
            raise error
        return super().send(post, now)


def records(here: Desk, state: str) -> list[OutboxRow]:
    """What was to be said in words, and became of it."""
    return [row for row in here.app.ledger.outbox.records(state=state) if row.line is not None]


def paged(here: Desk) -> None:
    """A ticket for which Ana is about to be paged: it is decided, and not sent yet."""
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:59Z")
    here.clock.move(CALLED)
    here.app.watch.batch()
    here.clock.move(parse(CALLED) + 500)


def test_who_has_acknowledged_meanwhile_is_not_paged_any_more(tmp_path: Path) -> None:
    here = desk(tmp_path)
    paged(here)
    here.app.handlers.answer("ack", here.book.people["ben"])
    here.settle()
    assert here.chat("@ana") == []
    (call, *_) = [row for row in records(here, "dropped") if row.channel == "@ana"]
    assert call.why == "Ben Osei has taken it"
    assert not any("Ana Costa is paged" in line for line in here.log("support"))


def test_an_answer_that_nobody_has_looked_at_yet_keeps_people_from_being_paged(tmp_path: Path) -> None:
    here = desk(tmp_path)
    paged(here)
    here.client().post("/events", [answered("2026-01-05T09:09:00.400Z")])
    here.deliver()
    assert here.chat("@ana") == []
    assert {row.why for row in records(here, "dropped") if row.channel == "@ana"} == {
        "nobody is needed any more: the page is closed"
    }


def test_a_page_that_has_gone_on_calls_the_next_person_only(tmp_path: Path) -> None:
    here = desk(tmp_path)
    paged(here)
    here.clock.move("2026-01-05T09:15:01Z")
    here.app.watch.batch()
    here.settle()
    assert here.chat("@ana") == []
    assert len(here.log("@ben")) == 1
    assert [row.why for row in records(here, "dropped") if row.channel == "@ana"] == [
        "the page has gone on to Ben Osei (step 2)"
    ]


def test_a_letter_is_not_sent_where_the_ticket_was_answered_meanwhile(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:59Z")
    here.clock.move("2026-01-05T09:10:00Z")
    here.app.watch.batch()
    here.client().post("/events", [answered("2026-01-05T09:09:59.500Z")])
    here.settle()
    assert here.chat("customer:acme") == []
    (letter,) = [row for row in records(here, "dropped") if row.audience == "customer"]
    assert letter.why == "its clock is met meanwhile"


def test_quiet_hours_hold_a_call_until_they_end(tmp_path: Path) -> None:
    here = desk(tmp_path, QUIET)
    here.take(opened(NINE, priority="normal"))
    here.go("2026-01-05T09:54:00Z")
    assert here.chat("@ana") == []
    (line, *_) = [entry for message in here.chat("support") for entry in message.log if "Ana Costa is paged" in entry.text]
    assert line.mentions == []
    here.go("2026-01-05T10:00:01Z")
    assert len(here.log("@ben")) == 1  # the ladder goes on meanwhile
    assert here.chat("@ana") == []


def test_a_call_that_is_still_needed_when_quiet_hours_end_is_made_then_and_tells_its_age(tmp_path: Path) -> None:
    here = desk(tmp_path, QUIET)
    here.clock.move("2026-01-05T09:02:00Z")
    here.take(opened("2026-01-05T09:02:00Z", priority="normal"), opened("2026-01-05T09:02:00Z", "T-2", priority="normal"))
    here.go("2026-01-05T09:59:59Z")
    assert here.chat("@ana") == []
    here.go("2026-01-05T10:00:00Z")
    (message,) = here.chat("@ana")
    assert "2 tickets at once" in message.card.title
    assert all(line.text.endswith("(4m late)") for line in message.log)


def test_what_is_urgent_calls_also_in_quiet_hours(tmp_path: Path) -> None:
    here = desk(tmp_path, QUIET)
    here.take(opened(NINE))
    here.go(CALLED)
    assert len(here.log("@ana")) == 1


def test_who_can_never_be_reached_is_passed_over_at_once_and_that_is_said(tmp_path: Path) -> None:
    slack = Platform(ana=DeliveryError("the account is deactivated", permanent=True))
    here = desk(tmp_path, SLACK, senders=[slack])
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:00.001Z")
    assert [channel for channel, *_ in slack.sent] == ["@ben"]
    said = here.log("support")
    assert "Ana Costa could not be reached: the account is deactivated" in said
    assert any("Ben Osei is paged (step 2): step 1 reached nobody" in line for line in said)
    assert here.app.ledger.reader.pages()[0].to == ("ben",)


def test_a_platform_that_passes_is_tried_again_when_it_asked_for_it(tmp_path: Path) -> None:
    slack = Platform(ana=DeliveryError("rate limited", permanent=False, retry_after=30.0))
    here = desk(tmp_path, SLACK, senders=[slack])
    here.take(opened(NINE))
    here.go(CALLED)
    due = here.app.ledger.outbox.next_due(["slack"])
    assert due == parse(CALLED) + MINUTE // 2
    slack.failing.clear()
    here.go(due)
    assert [channel for channel, *_ in slack.sent] == ["@ana"]
    assert here.app.ledger.reader.pages()[0].to == ("ana",)


@pytest.mark.parametrize("certain", [True, False])
def test_what_was_lost_on_the_way_is_sent_again_only_where_that_cannot_be_seen_twice(tmp_path: Path, certain: bool) -> None:
    mail = Recorder(platform="email", certain=certain)
    here = desk(tmp_path, REACHED, senders=[mail])
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:59Z")
    here.clock.move("2026-01-05T09:10:00Z")
    here.app.watch.batch()
    here.app.ledger.outbox.claim(here.clock.now(), 10, ["email"])
    here.app.ledger.outbox.reopen()
    here.settle()
    assert len(mail.sent) == (1 if certain else 0)
    dead = [row.why for row in records(here, "failed")]
    assert dead == ([] if certain else ["it was being sent when the process ended, and nobody can know whether it has arrived"])


def test_an_outage_becomes_one_list_and_pages_once(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(*(opened(NINE, f"T-{n}") for n in range(1, 101)))
    here.go(CALLED)
    (team,) = here.chat("support")
    assert team.card.title == "100 tickets at once: 100 at risk"
    assert "and 80 more: /sla breaches open" in card_words(team.card)
    (person,) = here.chat("@ana")
    assert len(person.log) == 100
    here.go("2026-01-05T09:09:01Z")
    answer = here.app.handlers.click("acknowledge_all", team.card.buttons[0].value, here.book.people["ana"])
    assert answer.cards[0].title == "Ana Costa has 100 pages."
    here.settle()
    assert here.app.ledger.reader.page(here.app.ledger.reader.pages()[0].page).state == "acknowledged"  # type: ignore[union-attr]
    again = here.app.handlers.click("acknowledge_all", team.card.buttons[0].value, here.book.people["ben"])
    assert again.refused
    here.go("2026-01-05T09:09:10Z")
    (team,) = here.chat("support")
    assert "Ana Costa" in card_words(team.card)
    assert team.card.buttons == ()


def test_what_is_needless_is_never_asked_of_a_change_without_words(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE), wire("ticket.updated", NINE, status="open"))
    view = here.app.ledger.reader.ticket("T-1")
    assert view is not None
    assert needless(OutboxRow("k", "T-1", "local", "support", {"line": None}, 0), view, here.book) is None
