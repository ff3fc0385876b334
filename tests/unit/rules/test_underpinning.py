"""What a team or a supplier has longer for than the customer was promised, by real due instants."""

from datetime import date
from typing import Any

import pytest

from rules.agreement import Agreement, Target
from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays
from rules.durations import parse_amount
from rules.instants import HOUR
from rules.underpinning import late
from tests.support.core import ALWAYS, LONDON, at

NEW_YEAR = at("2026-01-01 00:00", "Europe/London")


def agreement(kind: Any, calendar: BusinessCalendar = LONDON, /, **targets: dict[str, str]) -> Agreement:
    """Targets by metric and priority; `4h` in the agreement's calendar, `4h!` around the clock."""

    def target(text: str) -> Target:
        counted = ALWAYS if text.endswith("!") else calendar
        text = text.removesuffix("!")
        return Target(parse_amount(text).in_milliseconds(counted.working_day), counted, text)

    limits = {metric: {p: None if text == "none" else target(text) for p, text in by.items()} for metric, by in targets.items()}
    return Agreement("a", "1", kind, NEW_YEAR, calendar, limits)


def found(customer: Agreement, behind: Agreement) -> list[tuple[str, str, str]]:
    return [(one.metric, one.rests, one.priority) for one in late(customer, behind, NEW_YEAR)]


@pytest.mark.parametrize(
    ("promised", "behind", "told"),
    [
        ({"default": "4h"}, {"default": "4h"}, None),
        ({"default": "4h"}, {"default": "3h"}, None),
        ({"default": "4h"}, {"default": "4h1m"}, "default"),
        ({"default": "4h"}, {"default": "4h!"}, None),  # around the clock is never later than office hours
        ({"default": "4h!"}, {"default": "1h"}, "default"),  # a ticket of the evening waits for the morning
        ({"urgent": "1h", "default": "8h"}, {"default": "2h"}, "urgent"),
        ({"default": "2h"}, {"urgent": "1h", "low": "1wd", "default": "2h"}, "low"),
        ({"urgent": "none", "default": "8h"}, {"default": "2h", "urgent": "9h"}, None),
        ({"urgent": "1h"}, {"high": "9h"}, None),
        ({"default": "800000h"}, {"default": "870000h"}, None),
        ({"default": "0m"}, {"default": "0m"}, None),
    ],
)
def test_the_same_metric_is_never_due_later_than_the_customers(
    promised: dict[str, str], behind: dict[str, str], told: str | None
) -> None:
    expected = [] if told is None else [("resolution", "resolution", told)]
    assert found(agreement("sla", resolution=promised), agreement("ola", resolution=behind)) == expected


@pytest.mark.parametrize(
    ("promised", "step", "told"),
    [
        ("4h!", "30m", False),  # later only for what comes when the day ends
        ("4h!", "4h", True),
        ("4h", "4h", False),
        ("4h", "1wd", True),
    ],
)
def test_a_step_on_the_way_to_the_resolution_is_told_where_it_is_never_due_earlier(
    promised: str, step: str, told: bool
) -> None:
    behind = agreement("uc", assignment={"default": step})
    expected = [("assignment", "resolution", "default")] if told else []
    assert found(agreement("sla", resolution={"default": promised}), behind) == expected
    assert found(agreement("sla", first_response={"default": "1m"}), behind) == []


def test_what_a_calendar_can_never_fill_is_never_due_and_not_compared() -> None:
    one_day = CalendarDays(zone=LONDON.zone, weekly=((),) * 7, dates={date(2026, 1, 5): ((9 * HOUR, 17 * HOUR),)})  # type: ignore[arg-type]
    once = BusinessCalendar("once", one_day)
    assert found(agreement("sla", resolution={"default": "4h"}), agreement("ola", once, resolution={"default": "9h"})) == []


def test_the_example_is_of_a_ticket_that_comes_in_open_hours_where_there_is_one() -> None:
    customer, behind = agreement("sla", resolution={"default": "4h!"}), agreement("ola", resolution={"default": "2h"})
    (example,) = late(customer, behind, at("2026-01-05 00:00", "Europe/London"))
    assert example.start == at("2026-01-05 16:00", "Europe/London")
    assert example.due == at("2026-01-06 09:30", "Europe/London")
    assert example.promised == at("2026-01-05 20:00", "Europe/London")
