"""A breach is reviewed: by whom, because of what, and what is done about it; those who have something to do are reminded."""

from pathlib import Path

import pytest

from rules.instants import DAY, parse
from tests.support.desk import DESK, NINE, Desk, desk, opened, wire, words

REVIEWED = DESK.replace(
    "support: {lead: ben, rota: support,",
    "support: {lead: ben, rota: support, reviews: {rota: reviewers, within: 2d, causes: [staffing, hand-over]},",
).replace(
    "rotas:\n",
    "rotas:\n  reviewers:\n    zone: Europe/London\n"
    '    shifts: [{who: [cleo, ben], from: "2026-01-05T00:00", hand_over: {every: week, day: mon, at: "00:00"}}]\n',
)
BROKEN = "2026-01-05T09:10:00Z"
REVIEW = "R-T-1-1"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A ticket whose first response is ten minutes late by now."""
    here = desk(tmp_path, REVIEWED)
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    return here


def reminders(here: Desk, who: str) -> list[str]:
    return [line for line in here.log(f"@{who}") if "review" in line.lower()]


def test_a_breach_opens_a_review_for_whoever_is_on_the_rota(here: Desk) -> None:
    assert "Cleo Marsh reviews this breach: /sla reviews T-1" in here.log("support")
    shown = words(here.say("reviews T-1", "dana"))
    assert "R-T-1-1: under review" in shown
    assert "Reviewer: Cleo Marsh" in shown
    assert "Cause: not named yet" in shown
    assert "rule breach: first response: 100% of 10m used up (calendar always)" in shown
    assert "Mon 5 Jan 09:10 | first response overdue" in shown


def test_another_week_another_reviewer(tmp_path: Path) -> None:
    here = desk(tmp_path, REVIEWED, now="2026-01-12T09:00:00Z")
    here.take(opened("2026-01-12T09:00:00Z"))
    here.go("2026-01-12T09:20:00Z")
    assert "Reviewer: Ben Osei" in words(here.say("reviews T-1"))


def test_who_nobody_is_on_the_rota_for_is_reviewed_by_the_lead(tmp_path: Path) -> None:
    here = desk(tmp_path, REVIEWED.replace('from: "2026-01-05T00:00"', 'from: "2027-01-04T00:00"'))
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    assert "Reviewer: Ben Osei" in words(here.say("reviews T-1"))


def test_later_breaches_of_a_ticket_join_its_open_review_and_one_after_its_end_opens_another(here: Desk) -> None:
    here.go("2026-01-05T11:05:00Z")
    (review,) = here.app.ledger.reader.reviews(unfinished=True, limit=10)
    assert [reason.partition(":")[0] for reason in review.breaches] == ["first response", "resolution"]
    here.say("reviews cause R-T-1-1 staffing")
    here.say("reviews close R-T-1-1 two people were ill")
    here.go("2026-01-05T13:15:00Z")
    second, first = here.app.ledger.reader.reviews(unfinished=False, limit=10)
    assert (first.state, second.review, second.state) == ("closed", "R-T-1-2", "open")
    assert second.breaches == ("promised update: 100% of 4h used up (calendar always)",)


def test_a_review_is_worked_through(here: Desk) -> None:
    assert here.say("reviews close R-T-1-1").refused
    answer = here.say("reviews cause R-T-1-1 Staffing")
    assert not answer.private
    assert "Ana Costa put R-T-1-1 down to staffing." in words(answer)
    here.say("reviews action R-T-1-1 @ben by 2026-01-08 write down who stands in for whom")
    here.say("reviews handover T-1 @ben")
    shown = words(here.say("reviews T-1"))
    assert "1 | write down who stands in for whom | Ben Osei | Thu 8 Jan 09:00 | not yet" in shown
    assert "Reviewer: Ben Osei" in shown
    here.say("reviews close R-T-1-1 nobody was at the desk")
    listed = words(here.say("reviews"))
    assert "R-T-1-1 | Ben Osei | closed | staffing | 1 of 1 to be done" in listed
    assert "Causes within 90 days: staffing 1." in listed
    assert "Ben Osei has done action 1 of R-T-1-1." in words(here.say("reviews done R-T-1-1 1", "ben"))
    assert "Nothing is left to do in any review." in words(here.say("reviews"))
    assert "Note: nobody was at the desk" in words(here.say("reviews R-T-1-1"))
    assert "R-T-1-1" in words(here.say("reviews all"))


def test_the_buttons_of_a_review_do_what_the_commands_do(here: Desk) -> None:
    ana = here.book.people["ana"]
    card = here.say("reviews T-1").cards[0]
    assert [button.label for button in card.buttons] == ["staffing", "hand-over"]
    answer = here.app.handlers.click(card.buttons[1].action, card.buttons[1].value, ana)
    assert "Ana Costa put R-T-1-1 down to hand-over." in words(answer)
    here.say("reviews action R-T-1-1 @ana by 2026-01-08 read the log")
    for label in ("Done: 1", "Close"):
        card = here.say("reviews T-1").cards[0]
        (button,) = [button for button in card.buttons if button.label == label]
        assert not here.app.handlers.click(button.action, button.value, ana).refused
    assert here.say("reviews T-1").cards[0].buttons == ()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("reviews cause R-T-1-1 weather", "Which cause? One of staffing, hand-over."),
        ("reviews cause R-T-1-1 stafing", "Did you mean staffing?"),
        ("reviews action R-T-1-1 @ben soon do it", "Who does what by when? Write /sla reviews action"),
        ("reviews action R-T-1-1 @bob by 2026-01-08 do it", "There is nobody called '@bob'."),
        ("reviews action R-T-1-1 @ben by tomorrow do it", "By when? 'tomorrow' is no date"),
        ("reviews action R-T-1-1 @ben by 2026-01-01 do it", "By when? 2026-01-01 is over"),
        ("reviews done R-T-1-1 1", "Which action? R-T-1-1 has 0 actions"),
        ("reviews cause R-T-9-1 staffing", "There is no review and no ticket 'R-T-9-1'."),
        ("reviews close", "Which review? Write /sla reviews close R-"),
        ("reviews forget R-T-1-1", "'forget' is nothing that is done in a review."),
        ("reviews T-2", "Nothing of T-2 was breached, so there is nothing to review."),
    ],
)
def test_what_cannot_be_done_in_a_review_is_told_with_what_to_write(here: Desk, line: str, answer: str) -> None:
    here.take(opened("2026-01-05T09:20:00Z", "T-2"))
    told = here.say(line)
    assert told.refused
    assert answer in words(told)


def test_everybody_may_read_reviews_and_people_of_ours_write_in_them(here: Desk) -> None:
    assert not here.say("reviews", None).refused
    refused = here.say("reviews cause R-T-1-1 staffing", None)
    assert "reviews needs one of the roles agent" in words(refused)


def test_a_review_that_waits_reminds_its_reviewer_when_it_is_due_and_weekly_but_not_for_ever(here: Desk) -> None:
    here.go(parse(BROKEN) + 2 * DAY - 1)
    assert reminders(here, "cleo") == []
    here.go(parse(BROKEN) + 2 * DAY)
    assert reminders(here, "cleo") == ["Review R-T-1-1 is due"]
    here.go(parse(BROKEN) + 60 * DAY)
    assert reminders(here, "cleo")[1:] == ["Review R-T-1-1 is still not done"] * 3


def test_who_has_something_to_do_is_reminded_until_it_is_done_also_after_the_review_was_closed(here: Desk) -> None:
    here.say("reviews action R-T-1-1 @ana by 2026-01-08 read the log")
    here.say("reviews cause R-T-1-1 staffing")
    here.say("reviews close R-T-1-1")
    here.take(wire("ticket.updated", "2026-01-05T09:20:00Z", status="solved"))
    here.go("2026-01-08T09:00:00Z")
    assert reminders(here, "ana") == ["Action 1 of review R-T-1-1 is due"]
    here.say("reviews done R-T-1-1 1")
    here.go("2026-03-01T09:00:00Z")
    assert (reminders(here, "ana")[1:], reminders(here, "cleo")) == ([], [])


def test_who_is_given_a_review_or_an_action_by_somebody_else_is_told_at_once(here: Desk) -> None:
    here.say("reviews handover T-1 @ben")
    here.say("reviews action T-1 @ana by 2026-01-08 read the log", "ben")
    here.say("reviews action T-1 @ben by 2026-01-08 mend it", "ben")
    assert reminders(here, "ben") == ["Ana Costa gave Ben Osei review R-T-1-1"]
    assert reminders(here, "ana") == ["Ben Osei gave Ana Costa action 1 of review R-T-1-1"]


def test_a_reminder_that_quiet_hours_have_held_back_is_dropped_where_it_is_done_by_then(tmp_path: Path) -> None:
    quiet = 'email: ana@desk.example,  roles: [agent], quiet: {zone: UTC, hours: {mon-sun: ["08:00-10:00"]}}}'
    here = desk(tmp_path, REVIEWED.replace("email: ana@desk.example,  roles: [agent]}", quiet))
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    here.say("reviews action R-T-1-1 @ana by 2026-01-08 read the log")
    here.go("2026-01-08T09:30:00Z")
    assert reminders(here, "ana") == []
    here.say("reviews done R-T-1-1 1")
    here.go("2026-01-08T11:00:00Z")
    assert reminders(here, "ana") == []


def test_a_team_that_has_not_said_how_it_reviews_is_not_reminded(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-03-05T09:20:00Z")
    assert not any("reviews this breach" in line for line in here.log("support"))
    assert not any(entry["kind"] == "review.reminded" for entry in here.recorded())
    assert "Reviewer: nobody" in words(here.say("reviews T-1"))
    assert not here.say("reviews cause R-T-1-1 staffing").refused


def test_what_people_wrote_in_a_review_goes_with_the_tickets_personal_data(here: Desk) -> None:
    here.say("reviews action R-T-1-1 @ana by 2026-01-08 tell Mr Smith that we are sorry")
    here.say("reviews cause R-T-1-1 staffing")
    here.say("reviews close R-T-1-1 Mr Smith has called")
    here.erase("T-1")
    for _ in range(2):
        shown = words(here.say("reviews R-T-1-1"))
        assert "Smith" not in shown
        assert "1 | erased | Ana Costa" in shown
        here.settle()
