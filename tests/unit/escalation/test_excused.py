"""What an exception does to the responses: whom it calls off, and what is not said any more."""

from rules.register import Register
from rules.ticket import TicketEvent
from tests.support.core import agreement, at, book, exception, opened, paged, said, see, targets, thresholds, updated

TERMS = agreement(targets=targets(first_response="4h"), after_breach=thresholds("150%", "daily"))
ACME = {"customer": "acme"}


def day(time: str, date: str = "2026-01-05") -> str:
    return f"{date}T{time}:00Z"


def seen(exceptions: list[TicketEvent], now: str):  # type: ignore[no-untyped-def]
    chosen = book(TERMS)
    chosen.promises.register = Register.of(exceptions)
    return see([opened(day("10:00"))], now, chosen)


def test_a_waived_breach_is_told_to_the_team_and_nobody_is_called_or_written_to() -> None:
    found = seen(exception("waiver", day("09:00"), day("20:00"), ACME), day("20:00", "2026-01-08"))
    assert [d.threshold for d in said(found, "clock.crossed")][:3] == ["80%", "90%", "100%"]
    assert [at_ for at_, _ in paged(found) if at_ >= at(day("14:00"))] == []
    assert said(found, "message.customer") == []
    assert len(said(found, "message.team", team="support")) == 2
    assert {d.tag for d in said(found, "ticket.tagged")} == {"sla-risk"}


def test_an_approval_after_the_fact_calls_off_the_people_who_were_called_for_the_breach() -> None:
    found = seen(exception("suspension", day("11:00"), day("13:00"), ACME, approved=day("15:00")), day("15:00"))
    (closed,) = said(found, "page.closed")
    assert (closed.at, "excused" in closed.reason) == (at(day("15:00")), True)
    assert {d.tag for d in said(found, "ticket.untagged")} == {"sla-risk", "sla-breached"}


def test_a_clock_that_was_excused_calls_again_when_its_new_time_runs_out() -> None:
    found = seen(exception("suspension", day("11:00"), day("13:00"), ACME, approved=day("15:00")), day("15:40"))
    opened_at = [d.at for d in said(found, "page.opened")]
    assert opened_at == [at(day("13:36")), at(day("15:36"))]
    assert len({d.key for d in found.decisions}) == len(found.decisions)


def test_a_clock_that_was_excused_while_paused_calls_again_too() -> None:
    chosen = book(agreement(targets=targets(resolution="4h")))
    excused = exception("suspension", day("11:00"), day("13:00"), ACME, approved=day("14:40"))
    chosen.promises.register = Register.of(excused)
    history = [opened(day("10:00")), updated(day("14:30"), status="pending"), updated(day("15:00"), status="open")]
    found = see(history, day("16:20"), chosen)
    assert [d.at for d in said(found, "page.opened")] == [at(day("13:36")), at(day("16:06"))]
