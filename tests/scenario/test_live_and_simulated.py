"""What is recorded live is what a simulation of the same events says, also after an outage."""

from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.cloudevents import ticket_event, wire_form
from rules.instants import parse
from tests.support.desk import DESK, NINE, Desk, answered, desk, opened, wire, words
from tests.support.simulation import simulated as replayed

NO_PROMISE = DESK.replace(" More by {{ next_update }}.", "")
"""Letters that promise nothing: what they promise is an event that a file of the helpdesk's events does not have."""


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    return desk(tmp_path, NO_PROMISE)


STORY = [
    opened(NINE),
    opened("2026-01-05T09:03:00Z", "T-2", customer="globex", tier="gold", priority="high"),
    wire("page.acknowledged", "2026-01-05T09:16:00Z", by="ben", **{"for": "20m"}),
    wire("ticket.replied", "2026-01-05T09:20:00Z", "T-2", author="agent", public=False, text="an internal note"),
    answered("2026-01-05T09:40:00Z"),
    wire("ticket.updated", "2026-01-05T09:45:00Z", status="pending"),
    wire("ticket.updated", "2026-01-05T10:00:00Z", "T-2", priority="urgent"),
    wire("ticket.updated", "2026-01-05T11:00:00Z", status="open"),
    wire("page.acknowledged", "2026-01-05T10:20:00Z", "T-2", by="ana"),
    wire("ticket.updated", "2026-01-05T13:00:00Z", status="solved"),
    wire("ticket.updated", "2026-01-05T13:30:00Z", "T-2", status="closed"),
    wire("ticket.updated", "2026-01-05T14:00:00Z", status="open"),
]


def simulated(here: Desk, events: list[dict[str, Any]], until: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in replayed(here.book, events, until).decisions:
        found.setdefault(row["ticket"], []).append(row)
    return found


def test_the_live_record_is_what_a_simulation_of_the_same_events_says(here: Desk) -> None:
    until = "2026-01-06T09:00:00Z"
    here.play(STORY, until)
    expected = simulated(here, STORY, until)
    for ticket in ("T-1", "T-2"):
        assert sorted(map(str, here.recorded(ticket))) == sorted(map(str, expected[ticket]))
        assert [row["at"] for row in here.recorded(ticket)] == [row["at"] for row in expected[ticket]]


def test_the_record_is_the_same_when_the_bot_was_away_all_day_but_for_the_calls_that_nobody_made(here: Desk) -> None:
    until = "2026-01-06T09:00:00Z"
    for event in STORY:
        here.app.ledger.intake.append([ticket_event(event, in_file=True)], [], parse(str(event["time"])))
    here.clock.move(until)
    here.settle()
    expected = simulated(here, STORY, until)

    def but_pages(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(str(row) for row in rows if not row["kind"].startswith("page."))

    for ticket in ("T-1", "T-2"):
        assert but_pages(here.recorded(ticket)) == but_pages(expected[ticket])
        assert {row["at"] for row in here.recorded(ticket) if row["kind"].startswith("page.")} <= {"2026-01-06T09:00:00.000Z"}


def test_after_an_outage_the_ladder_is_climbed_from_its_first_step(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:30Z")
    here.clock.move("2026-01-05T11:00:00Z")  # 90 % were reached at 09:09, the promise was broken at 09:10
    here.settle()
    calls = [(row["at"], row["to"]) for row in here.recorded() if row["kind"] == "page.opened"]
    assert calls == [("2026-01-05T11:00:00.000Z", ["ana"])]
    assert len(here.log("@ana")) == 1
    here.go("2026-01-05T11:10:00Z")
    assert [row["to"] for row in here.recorded() if row["kind"] == "page.stepped"] == [["ben"]]
    assert "page.delayed" in words(here.say("/sla why T-1"))


def test_after_an_outage_it_is_said_once_as_it_stands_and_the_customer_gets_one_letter(tmp_path: Path) -> None:
    here = desk(tmp_path, config=DESK.replace("{every: 4h}", "{every: 1h}"))
    here.take(opened(NINE))
    here.clock.move("2026-01-05T14:00:00Z")  # two promises were broken, at 09:10 and at 11:00
    here.settle()
    assert len(here.chat("customer:acme")) == 1
    assert [line for line in here.log("support") if "used up" in line and "paged" not in line] == [
        "Resolution: 100% of 2h used up (calendar always) (3h late)"
    ]
    assert len(here.log("leadership")) == 1


def test_what_was_done_after_an_outage_stays_done(here: Desk) -> None:
    here.take(opened(NINE))
    here.clock.move("2026-01-05T18:00:00Z")  # both promises were broken, the second one long after the first
    here.settle()
    here.go("2026-01-05T18:02:00Z")
    here.say("/sla ack T-1", "ana")
    here.settle()
    here.go("2026-01-05T18:20:00Z")
    (page,) = here.app.ledger.reader.pages()
    assert (page.state, page.acknowledged_by, page.opened_at) == ("acknowledged", "ana", parse("2026-01-05T18:00:00Z"))
    assert here.log("@ben") == []
    assert len(here.chat("customer:acme")) == 1
    events = [event.type for event in here.app.ledger.looks.histories(["T-1"])[0].events]
    assert [type for type in events if type != "clock.promised"] == ["ticket.opened", "page.delayed", "page.acknowledged"]


def test_a_breach_that_comes_back_is_told_again(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    here.take(wire("ticket.updated", "2026-01-05T09:01:00Z", priority="low"))
    assert any("no longer holds" in line for line in here.log("support"))
    here.clock.move("2026-01-05T09:31:00Z")
    here.take(wire("ticket.updated", "2026-01-05T09:02:00Z", priority="urgent"))
    assert here.log("support")[-1] != here.log("support")[0]
    breaches = [row["at"] for row in here.recorded() if row["kind"] == "message.team" and row["team"] == "leadership"]
    assert len(breaches) == 2
    assert sum("100% of 10m used up" in line for line in here.log("support")) == 2


def test_every_card_of_a_ticket_shows_the_same(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:45:00Z")  # everyone was called, and leadership was told
    here.say("/sla ack T-1", "ben")
    here.settle()
    cards = {channel: here.chat(channel)[0].card for channel in ("support", "leadership", "@ana", "@ben", "@dana")}
    assert {field.value for card in cards.values() for field in card.fields if field.label == "Taken by"} == {"Ben Osei"}
    assert len({card.model_dump_json() for card in cards.values()}) == 1


def test_a_page_goes_on_after_an_outage_where_it_was(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:14:00Z")  # Ana is paged since 09:09
    here.clock.move("2026-01-05T10:30:00Z")
    here.settle()
    stepped = [(row["at"], row["step"], row["to"]) for row in here.recorded() if row["kind"] == "page.stepped"]
    assert stepped == [("2026-01-05T10:30:00.000Z", 2, ["ben"])]


def test_a_ticket_answered_during_an_outage_calls_nobody_after_it(here: Desk) -> None:
    here.take(opened(NINE))
    here.app.ledger.intake.append([ticket_event(answered("2026-01-05T09:30:00Z"))], [], parse("2026-01-05T09:30:00Z"))
    here.clock.move("2026-01-05T10:30:00Z")
    here.settle()
    assert [row for row in here.recorded() if row["kind"].startswith("page.")] == []
    assert here.log("@ana") == []


def test_the_record_after_an_outage_is_what_a_simulation_of_the_history_says(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:15:00Z")
    here.clock.move("2026-01-05T12:00:00Z")
    here.settle()
    here.go("2026-01-05T18:00:00Z")
    here.take(answered("2026-01-05T18:00:00Z"))
    events = here.app.ledger.looks.histories(["T-1"])[0].events
    types = [event.type for event in events if event.type != "clock.promised"]
    assert types == ["ticket.opened", "page.delayed", "ticket.replied"]
    found = replayed(here.book, map(wire_form, events), "2026-01-05T18:00:00Z").decisions
    assert sorted(map(str, found)) == sorted(map(str, here.recorded()))


def test_the_clocks_that_the_api_answers_are_those_of_the_simulation(here: Desk) -> None:
    until = "2026-01-06T09:00:00Z"
    here.play(STORY, until)
    clocks = replayed(here.book, STORY, until).clocks
    for ticket in ("T-1", "T-2"):
        here.app.ledger.intake.append([ticket_event(wire("note", until, ticket))], [], parse(until))
    here.settle()
    live = [clock for t in ("T-1", "T-2") for clock in here.client().get(f"/api/tickets/{t}").json()["clocks"]]

    def order(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(str(sorted(row.items(), key=str)) for row in rows)

    assert order(live) == order(clocks)


def test_an_event_that_arrives_late_is_no_outage_and_takes_back_no_call(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:35:00Z")  # Ana, Ben and Dana were called, the last one at 09:25
    before = here.app.ledger.reader.pages()[0]
    late = wire("ticket.updated", "2026-01-05T08:00:00Z", priority="urgent", tier="gold", customer="acme")
    here.take(late)
    here.take(wire("ticket.opened", "2026-01-05T08:30:00Z", "T-2", priority="urgent", tier="gold", customer="acme"))
    assert [event.type for event in here.app.ledger.looks.histories(["T-1"])[0].events if "delayed" in event.type] == []
    assert [event.type for event in here.app.ledger.looks.histories(["T-2"])[0].events][:1] == ["ticket.opened"]
    assert [event.type for event in here.app.ledger.looks.histories(["T-2"])[0].events if "delayed" in event.type] == []
    after = here.app.ledger.reader.pages()[-1]
    assert (after.page, after.step, after.to) == (before.page, before.step, before.to)
