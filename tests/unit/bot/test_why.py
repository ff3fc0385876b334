"""Why: a person can tell from the timeline which clock is meant, when it was due, and what was used before."""

from pathlib import Path

from tests.support.desk import DESK, NINE, desk, opened, wire

SEVERAL = DESK.replace(
    "ladders:\n",
    """\
  hand-over:
    kind: ola
    from: 2026-01-01
    calendar: always
    targets: {resolution: {default: 3h}}
    team: support
    ladder: support
ladders:
""",
    1,
)


def solved(when: str, status: str = "solved") -> dict[str, object]:
    return wire("ticket.updated", when, status=status)


def test_each_clock_is_named_by_its_agreement_and_cycle_and_says_what_it_carries(tmp_path: Path) -> None:
    here = desk(tmp_path, SEVERAL)
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    here.take(solved("2026-01-05T09:30:00Z"))
    here.go("2026-01-05T09:40:00Z")
    here.take(solved("2026-01-05T09:40:00Z", "open"))
    rows = {what: why for _, what, why in here.say("why T-1").cards[0].rows}
    assert rows["gold: resolution started"].startswith("due Mon 5 Jan 11:00: gold 1 applies: tier is gold")
    assert rows["hand-over: resolution started"].startswith("due Mon 5 Jan 12:00: hand-over 2026-01-01 applies")
    again = rows["gold: resolution (2) started"]
    assert again.startswith("due Mon 5 Jan 11:10: gold 1 applies")
    assert again.endswith("; 30m were used before")


def test_one_agreement_need_not_be_named(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    assert "resolution started" in [what for _, what, _ in here.say("why T-1").cards[0].rows]


def test_what_was_known_late_says_when_it_was_seen_and_done(tmp_path: Path) -> None:
    here = desk(tmp_path, now="2026-01-05T10:00:00Z")
    here.take(opened(NINE))
    rows = {what: when for when, what, _ in here.say("why T-1").cards[0].rows or ()}
    assert rows["first response crossed 80% (seen Mon 5 Jan 10:00)"] == "Mon 5 Jan 09:08"
    assert rows["team told: support (told as it stood Mon 5 Jan 10:00)"] == "Mon 5 Jan 09:10"
    assert rows["paged: Ana Costa"] == "Mon 5 Jan 10:00"


def test_a_reason_names_the_field_that_the_metric_asks_for(tmp_path: Path) -> None:
    assigned = DESK.replace(
        "      resolution: {urgent: 2h, default: 1d}\n", "      assignment: {default: 1h}\n      handling: {default: 1h}\n"
    )
    metrics = "metrics:\n  handling: {start: {event: ticket.opened}, stop: {outcome: sold}}\n"
    here = desk(tmp_path, assigned + metrics)
    here.take(opened(NINE))
    here.take(wire("ticket.updated", NINE, assignee="ben"), wire("ticket.updated", NINE, outcome="sold"))
    rows = {what: why for _, what, why in here.say("why T-1").cards[0].rows or ()}
    assert "assignment met after 0s of 1h: assignee is ben" in rows["assignment met"]
    assert "handling met after 0s of 1h: outcome is sold" in rows["handling met"]


def test_fields_of_events_are_told_in_plain_words(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE, requester={"id": "r-7", "name": "Rita Noor", "email": "rita@acme.example"}, tags=["vip", "eu"]))
    here.go("2026-01-05T09:30:00Z")
    here.say("ack T-1 for 90m", "ben")
    told = {what: why for _, what, why in here.say("why T-1").cards[0].rows}
    assert "requester Rita Noor" in told["ticket.opened"]
    assert "tags vip, eu" in told["ticket.opened"]
    assert "for 1h 30m" in told["page.acknowledged"]
