"""`/sla status` and `/sla report`: what they count, for which period, and by what."""

from pathlib import Path

import pytest

from bot.messages import Answer
from tests.support.desk import DESK, NINE, Desk, answered, desk, opened, wire, words

CONFIG = DESK.replace(
    "    team: support\n    ladder: support\n    customer_updates",
    "    objective: {attain: 95%, over: month}\n    team: support\n    ladder: support\n    customer_updates",
).replace(
    "ladders:\n  support:",
    """\
  second-line:
    kind: ola
    from: 2026-01-01
    when: {group: second-line}
    calendar: always
    targets: {resolution: {default: 1h}}
    team: support
    ladder: support
ladders:
  support:""",
)


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """January: one first response met, one missed; one solved in time, one that still runs; one for the second line."""
    found = desk(tmp_path, CONFIG)
    found.take(opened(NINE), opened(NINE, "T-2", customer="globex", tier="gold"))
    found.go("2026-01-05T09:05:00Z")
    found.take(answered("2026-01-05T09:05:00Z"), wire("ticket.updated", "2026-01-05T09:05:00Z", "T-1", status="solved"))
    found.go("2026-01-05T09:30:00Z")
    found.take(answered("2026-01-05T09:30:00Z", "T-2"))
    found.take(wire("ticket.updated", "2026-01-05T09:30:00Z", "T-2", group="second-line", priority="low"))
    return found


def table(answer: Answer, title: str) -> list[dict[str, str]]:
    card = next(card for card in answer.cards if card.title == title)
    return [dict(zip(card.columns or (), row, strict=True)) for row in card.rows or ()]


CUSTOMERS, TEAMS = "What customers were promised", "What teams promised each other"


def test_the_layers_are_told_apart(here: Desk) -> None:
    answer = here.say("report month")
    assert [card.title for card in answer.cards] == ["Report for January 2026", CUSTOMERS, TEAMS]
    assert [row["Agreement"] for row in table(answer, TEAMS)] == ["second-line"]


def test_a_period_counts_what_was_judged_in_it(here: Desk) -> None:
    (first, resolution) = table(here.say("report month"), CUSTOMERS)
    assert (first["Metric"], first["Attainment"], first["Judged"], first["Missed"]) == ("first response", "50.0 %", "2", "1")
    assert (resolution["Judged"], resolution["Running"]) == ("1", "1")
    assert first["Likely"] == "9.5 to 90.5 %"
    assert "Nothing was judged in it." in words(here.say("report 2025"))


def test_a_breach_counts_in_the_month_in_which_the_promise_was_broken(tmp_path: Path) -> None:
    found = desk(tmp_path, CONFIG, now="2026-01-31T23:45:00Z")
    found.take(opened("2026-01-31T23:45:00Z"))
    found.go("2026-02-01T00:10:00Z")
    found.take(answered("2026-02-01T00:10:00Z"))
    assert [row["Missed"] for row in table(found.say("report 2026-01"), CUSTOMERS)] == ["1"]
    assert [row["Metric"] for row in table(found.say("report 2026-02"), CUSTOMERS)] == ["resolution"]


def test_an_overdue_clock_counts_while_it_runs(here: Desk) -> None:
    here.go("2026-01-05T12:00:00Z")
    assert [row["Missed"] for row in table(here.say("report month"), TEAMS)] == ["1"]


def test_the_objective_and_what_is_left_of_its_budget(here: Desk) -> None:
    (first, resolution) = table(here.say("report month"), CUSTOMERS)
    assert (first["Objective"], first["Budget left"]) == ("95% a month, not kept", "-1 of 0")
    assert (resolution["Objective"], resolution["Budget left"]) == ("95% a month, kept", "0 of 0")


def test_figures_are_grouped_by_what_the_ticket_was_when_it_was_judged(here: Desk) -> None:
    rows = table(here.say("report month by priority"), CUSTOMERS)
    assert {(row["Metric"], row["Priority"], row["Judged"]) for row in rows} == {
        ("first response", "urgent", "2"),
        ("resolution", "urgent", "1"),
        ("resolution", "low", "0"),
    }


@pytest.mark.parametrize("by", ["tier and priority", "tier, priority", "Tier,priority", "tier and priority and agreement"])
def test_figures_can_be_grouped_by_several_fields_a_column_each(here: Desk, by: str) -> None:
    rows = table(here.say(f"report month by {by}"), CUSTOMERS)
    assert list(rows[0])[:5] == ["Agreement", "Metric", "Tier", "Priority", "Attainment"]
    assert [(row["Metric"], row["Tier"], row["Priority"], row["Judged"]) for row in rows] == [
        ("first response", "gold", "urgent", "2"),
        ("resolution", "gold", "low", "0"),
        ("resolution", "gold", "urgent", "1"),
    ]


def test_a_report_can_be_for_one_customer(here: Desk) -> None:
    rows = table(here.say("report month by customer for globex"), CUSTOMERS)
    assert {(row["Customer"], row["Missed"]) for row in rows} == {("globex", "1"), ("globex", "0")}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("report soon", "'soon' is no period: write month, last week, 2026-10, 2026-Q4 or 2026."),
        ("report month by tear", "Did you mean tier?"),
        ("report month by tier and colour", "There are no figures by 'colour'."),
        ("report month for nobody", "Nothing is known of 'nobody'"),
    ],
)
def test_what_is_not_understood_is_told(here: Desk, line: str, told: str) -> None:
    assert told in words(here.say(line))


def test_the_status_is_that_of_the_present_month(here: Desk) -> None:
    (first, _) = table(here.say("status"), CUSTOMERS)
    assert (first["Attainment"], first["Objective"], first["Missed"]) == ("50.0 % of 2", "95% a month, not kept", "1")
    here.go("2026-02-03T09:00:00Z")
    here.take(opened("2026-02-03T09:00:00Z", "T-3"), answered("2026-02-03T09:00:00Z", "T-3"))
    (first, _) = table(here.say("status"), CUSTOMERS)
    assert (first["Attainment"], first["Period"]) == ("100.0 % of 1", "February 2026")


def test_where_nothing_happens_any_more_the_last_period_is_told(here: Desk) -> None:
    here.take(wire("ticket.updated", "2026-01-05T09:30:00Z", "T-2", status="solved"))
    here.go("2026-03-03T09:00:00Z")
    assert {row["Period"] for row in table(here.say("status"), CUSTOMERS)} == {"January 2026"}


def test_an_excused_breach_counts_neither_way(here: Desk) -> None:
    asked = "exceptions request waiver for ticket=T-2 from 2026-01-05T09:00 until 2026-01-05T10:00 because they asked late"
    here.say(asked, "ben")
    here.say("exceptions approve X-1", "cleo")
    (first, _) = table(here.say("report month"), CUSTOMERS)
    assert (first["Attainment"], first["Judged"], first["Excused"]) == ("100.0 %", "1", "1")


def test_a_period_is_judged_by_the_objective_that_was_in_force_in_it(tmp_path: Path) -> None:
    later = '    versions: [{from: 2026-02-01, version: "2", objective: {attain: 99%, over: month}}]\n    team: support\n'
    found = desk(tmp_path, CONFIG.replace("    team: support\n", later, 1))
    found.take(opened(NINE), answered(NINE))
    found.go("2026-03-05T09:00:00Z")
    found.take(opened("2026-03-05T09:00:00Z", "T-2"), answered("2026-03-05T09:00:00Z", "T-2"))
    for month, objective in (("2026-01", "95% a month"), ("2026-03", "99% a month")):
        rows = table(found.say(f"report {month}"), CUSTOMERS)
        assert {row["Objective"].partition(",")[0] for row in rows} == {objective}


def test_a_monthly_objective_is_not_judged_over_a_year(here: Desk) -> None:
    rows = table(here.say("report 2026"), CUSTOMERS)
    assert {(row["Objective"], row["Budget left"]) for row in rows} == {("95% a month", "–")}


def test_each_agreement_is_judged_by_the_dates_of_its_own_zone(tmp_path: Path) -> None:
    tokyo = CONFIG.replace("  always: {hours: 24x7}\n", "  always: {hours: 24x7}\n  tokyo: {zone: Asia/Tokyo, hours: 24x7}\n")
    tokyo = tokyo.replace("    when: {group: second-line}\n    calendar: always\n", "    calendar: tokyo\n")
    found = desk(tmp_path, tokyo, now="2026-01-31T15:30:00Z")
    found.take(opened("2026-01-31T15:30:00Z"))
    found.take(wire("ticket.updated", "2026-01-31T15:30:00Z", status="solved"))
    assert [row["Judged"] for row in table(found.say("report 2026-02"), TEAMS)] == ["1"]
    assert CUSTOMERS not in [card.title for card in found.say("report 2026-02").cards]
    assert [row["Judged"] for row in table(found.say("report 2026-01"), CUSTOMERS) if row["Metric"] == "resolution"] == ["1"]
    assert [row["Period"] for row in table(found.say("status"), TEAMS)] == ["February 2026"]
    assert "Due (Asia/Tokyo)" in (found.say("ticket T-1").cards[0].columns or ())


def test_a_version_that_does_not_hold_yet_changes_no_period(tmp_path: Path) -> None:
    later = CONFIG.replace("  always: {hours: 24x7}\n", "  always: {hours: 24x7}\n  tokyo: {zone: Asia/Tokyo, hours: 24x7}\n")
    later = later.replace(
        "    team: support\n    ladder: support\n    customer_updates",
        "    versions: [{from: 2027-01-01, calendar: tokyo}]\n    team: support\n    ladder: support\n    customer_updates",
    )
    assert "versions" in later
    found = desk(tmp_path, later, now="2026-01-31T15:30:00Z")
    found.take(opened("2026-01-31T15:30:00Z"))
    found.take(wire("ticket.updated", "2026-01-31T15:30:00Z", status="solved"))
    assert [row["Judged"] for row in table(found.say("report 2026-01"), CUSTOMERS) if row["Metric"] == "resolution"] == ["1"]
    assert "2026-12-01T09:00 (UTC)" in words(found.say("exceptions request waiver for a=b from yesterday until now because x"))


def test_what_ended_is_headed_by_what_the_customer_was_promised(here: Desk) -> None:
    here.go("2026-01-05T12:00:00Z")
    here.take(answered("2026-01-05T12:00:00Z", "T-2"), wire("ticket.updated", "2026-01-05T12:00:00Z", "T-2", status="solved"))
    here.take(opened("2026-01-05T12:00:00Z", "T-3", group="second-line", priority="low"))
    here.take(answered("2026-01-05T12:00:00Z", "T-3"))
    here.go("2026-01-05T13:30:00Z")
    here.take(wire("ticket.updated", "2026-01-05T13:30:00Z", "T-3", status="solved"))
    card = here.say("ticket T-3").cards[0]
    assert (card.verdict, "second-line (ola)" in words(here.say("ticket T-3"))) == ("met", True)
