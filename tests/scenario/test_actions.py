"""What a rule does beside telling and paging: tags and takers for the helpdesk, and hints for whoever works on a ticket."""

from pathlib import Path

import pytest

from bot.records import Case
from tests.support.desk import DESK, NINE, Desk, Recorder, answered, desk, opened, wire

RULES = """\
rules:
  near: {when: {crossing: 80%}, do: [{tell: team}, {hint: similar}, {tag: sla-risk}]}
  late: {when: {crossing: 90%, metric: first_response}, do: [{reassign: TAKER}]}
"""


def acting(folder: Path, taker: str = "{rota: support}") -> tuple[Desk, Recorder]:
    """A desk with these rules, and what it tells the helpdesk."""
    helpdesk = Recorder(platform="helpdesk")
    return desk(folder, DESK + RULES.replace("TAKER", taker), senders=[helpdesk]), helpdesk


def told(helpdesk: Recorder) -> list[tuple[str, object]]:
    data = [post.change["data"] for post in helpdesk.posts]
    kept = ({k: v for k, v in one.items() if k in ("tag", "assignee", "group")} for one in data)
    return [(post.change["type"], one) for post, one in zip(helpdesk.posts, kept, strict=True)]


def test_the_helpdesk_is_told_of_tags_and_that_they_are_off_when_the_ticket_is_answered(tmp_path: Path) -> None:
    here, helpdesk = acting(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:30Z")
    assert told(helpdesk) == [("sla.ticket.tagged", {"tag": "sla-risk"})]
    assert helpdesk.posts[0].about == "T-1"
    assert helpdesk.posts[0].change["data"]["reason"] == "rule near: first response: 80% of 10m used up (calendar always)"
    here.take(answered("2026-01-05T09:08:30Z"))
    assert told(helpdesk)[1:] == [("sla.ticket.untagged", {"tag": "sla-risk"})]
    assert len({post.change["id"] for post in helpdesk.posts}) == 2


@pytest.mark.parametrize(
    ("taker", "change", "line"),
    [
        ("{rota: support}", {"assignee": {"id": "ana", "name": "Ana Costa", "email": "ana@desk.example"}}, "to Ana Costa"),
        ("{person: ben}", {"assignee": {"id": "ben", "name": "Ben Osei", "email": "ben@desk.example"}}, "to Ben Osei"),
        ("{group: second-line}", {"group": "second-line"}, "to second-line"),
        ("queue", {"assignee": None}, "back to the queue"),
    ],
)
def test_a_ticket_is_given_to_somebody_else(tmp_path: Path, taker: str, change: object, line: str) -> None:
    here, helpdesk = acting(tmp_path, taker)
    here.take(opened(NINE, assignee="cleo"))
    here.go("2026-01-05T09:09:00Z")
    assert told(helpdesk)[1:] == [("sla.ticket.reassigned", change)]
    assert f"It goes {line}: First response: 90% of 10m used up (calendar always)" in here.log("support")


@pytest.mark.parametrize(
    ("taker", "ticket"),
    [
        ("{rota: support}", {"assignee": "ana@desk.example"}),
        ("{person: ben}", {"assignee": "Ben Osei"}),
        ("{group: second-line}", {"group": "second-line"}),
        ("queue", {}),
    ],
)
def test_who_has_a_ticket_is_not_given_it_again(tmp_path: Path, taker: str, ticket: dict[str, str]) -> None:
    here, helpdesk = acting(tmp_path, taker)
    here.take(opened(NINE, **ticket))
    here.go("2026-01-05T09:09:00Z")
    assert told(helpdesk) == [("sla.ticket.tagged", {"tag": "sla-risk"})]


def test_where_nobody_is_on_the_rota_a_ticket_stays_where_it_is(tmp_path: Path) -> None:
    config = DESK.replace('from: "2026-01-05T09:00"', 'from: "2027-01-04T09:00"') + RULES.replace("TAKER", "{rota: support}")
    helpdesk = Recorder(platform="helpdesk")
    here = desk(tmp_path, config, senders=[helpdesk])
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:00Z")
    assert [post.change["type"] for post in helpdesk.posts] == ["sla.ticket.tagged"]


def test_a_ticket_that_the_helpdesk_has_given_to_somebody_is_not_paged_any_more(tmp_path: Path) -> None:
    rules = RULES.replace("TAKER", "{rota: support}").replace("[{reassign", "[{page: ladder}, {reassign")
    here = desk(tmp_path, DESK + rules)
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:00Z")
    here.go("2026-01-05T09:09:10Z")
    here.take(wire("ticket.updated", "2026-01-05T09:09:10Z", assignee="ana@desk.example"))
    assert [page.state for page in here.app.ledger.reader.pages(open_only=False)] == ["closed"]


# Hints


def solved(here: Desk, ticket: str, title: str, text: str) -> None:
    here.take(opened(here.clock.now(), ticket, title=title, text=text))
    here.clock.move(here.clock.now() + 5 * 60_000)
    here.take(answered(here.clock.now(), ticket), wire("ticket.updated", here.clock.now(), ticket, status="solved"))


def hints(here: Desk, ticket: str) -> list[str]:
    return [line for line in here.log("support", ticket) if line.startswith("This may help")]


@pytest.fixture
def knowing(tmp_path: Path) -> Desk:
    """A desk that has solved two tickets and has an article."""
    here, _ = acting(tmp_path)
    solved(here, "T-1", "Card payment declined", "My visa card is declined at the checkout")
    solved(here, "T-2", "Cannot log in", "The password reset mail never arrives")
    article = Case(
        "article", "cards.md", "When a card payment is declined", "Ask for the code of the bank.", "https://kb.example/cards"
    )
    here.app.ledger.knowledge.keep([article])
    return here


def test_as_a_deadline_nears_what_is_alike_is_named_in_the_thread_once(knowing: Desk) -> None:
    at = knowing.clock.now()
    knowing.take(opened(at, "T-9", title="Payment with my card is declined", text="It says declined, I tried two cards"))
    knowing.go(at + 60 * 60_000 * 3)
    (line,) = hints(knowing, "T-9")
    assert line.startswith("This may help: ")
    assert "ticket T-1 (solved after 5m)" in line
    assert "When a card payment is declined https://kb.example/cards" in line
    assert "T-2" not in line


def test_where_nothing_is_alike_nothing_is_said(knowing: Desk) -> None:
    at = knowing.clock.now()
    knowing.take(opened(at, "T-9", title="Where is my parcel?", text="It should have come on Monday"))
    knowing.go(at + 9 * 60_000)
    assert hints(knowing, "T-9") == []
    why = [row.why for row in knowing.app.ledger.outbox.records(ticket="T-9", state="dropped")]
    assert why == ["nothing like it is known"]


def test_a_ticket_that_was_opened_again_helps_nobody(knowing: Desk) -> None:
    at = knowing.clock.now()
    knowing.take(wire("ticket.updated", at, "T-1", status="open"))
    knowing.take(opened(at, "T-9", title="Payment with my card is declined", text="It says declined"))
    knowing.go(at + 9 * 60_000)
    (line,) = hints(knowing, "T-9")
    assert "T-1" not in line


def test_what_was_erased_is_not_found_any_more_and_no_hint_told_anybodys_words(knowing: Desk) -> None:
    at = knowing.clock.now()
    knowing.take(opened(at, "T-8", title="Payment with my card is declined", text="It says declined"))
    knowing.go(at + 9 * 60_000)
    assert "visa" not in str(hints(knowing, "T-8"))
    knowing.erase("T-1")
    knowing.settle()
    knowing.take(opened(knowing.clock.now(), "T-9", title="Payment with my card is declined", text="It says declined"))
    knowing.go(knowing.clock.now() + 9 * 60_000)
    (line,) = hints(knowing, "T-9")
    assert "T-1 " not in line
    assert knowing.app.ledger.knowledge.find(["visa"], 10) == []


@pytest.mark.parametrize(
    "title",
    ['" OR kind:*', "'; drop table knowledge; --", "NEAR(a b)", "card*", "", "&&& ||| !!!", "x" * 9_000, "日本語 カード"],
)
def test_whatever_a_customer_writes_the_search_takes_it_for_words(knowing: Desk, title: str) -> None:
    at = knowing.clock.now()
    knowing.take(opened(at, "T-9", title=title, text=title))
    knowing.go(at + 9 * 60_000)
    assert knowing.app.ledger.reader.health(at).failing == []
    assert knowing.app.ledger.reader.health(at).dead_letters == 0
