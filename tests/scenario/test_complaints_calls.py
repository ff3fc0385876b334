"""What users of other systems complain about: nobody was called, the wrong one was, or everybody was, again and again.

Each test is one such complaint, played through the whole bot.
"""

from pathlib import Path

import pytest

from bot.sending import DeliveryError
from rules.instants import HOUR, MINUTE, parse
from tests.support.desk import DESK, NINE, Desk, Recorder, answered, card_words, desk, opened, wire, words

CALLED = "2026-01-05T09:09:00Z"
"""Ana is paged: 90 % of ten minutes."""


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """Ana is paged for a ticket."""
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go(parse(CALLED) + 10_000)
    return here


def calls(here: Desk, who: str) -> list[str]:
    return [line for line in here.log(f"@{who}") if " paged (step" in line]


def states(here: Desk) -> list[str]:
    return [page.state for page in here.app.ledger.reader.pages(open_only=False)]


def test_a_ticket_of_somebody_who_is_ill_is_not_forgotten(tmp_path: Path) -> None:
    rules = """\
rules:
  warn: {when: {crossing: 80%, metric: next_response}, do: [{tell: team}]}
  late: {when: {crossing: 100%, metric: next_response}, do: [{page: ladder}, {reassign: queue}]}
"""
    terms = DESK.replace("first_response: {urgent: 10m, default: 1h}", "next_response: {default: 30m}")
    helpdesk = Recorder(platform="helpdesk")
    here = desk(tmp_path, terms + rules, senders=[helpdesk])
    here.take(opened(NINE, assignee="eve"), answered(NINE))
    here.take(wire("ticket.replied", NINE, author="customer", public=True, text="Still there?"))
    here.go("2026-01-05T09:36:00Z")
    assert [post.change["data"]["assignee"] for post in helpdesk.posts] == [None]
    assert len(calls(here, "ana")) == 1
    assert len(calls(here, "ben")) == 1


def test_after_the_breach_somebody_is_called_every_day_until_a_person_has_it(tmp_path: Path) -> None:
    here = desk(tmp_path, DESK.replace("    team: support\n", "    team: support\n    after_breach: [150%, daily]\n"))
    here.take(opened(NINE, priority="low"))
    here.go("2026-01-08T12:00:00Z")
    begun = {
        decision["at"][:10] for decision in here.recorded() if decision["kind"] == "page.stepped" and decision["step"] == 1
    }
    assert begun == {"2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"}
    here.take(wire("ticket.updated", here.clock.now(), assignee="ana"))
    called = len(calls(here, "ana"))
    here.go("2026-01-12T12:00:00Z")
    assert len(calls(here, "ana")) == called


def test_who_takes_it_and_forgets_it_is_reminded_and_then_the_ladder_goes_on_where_it_was(tmp_path: Path) -> None:
    here = desk(tmp_path, DESK.replace("lasts: 30m}", "lasts: 30m, remind: 5m before}"))
    here.take(opened(NINE))
    here.go("2026-01-05T09:15:10Z")
    here.say("ack T-1 for 1h", "ben")
    here.go("2026-01-05T10:10:10Z")
    assert here.log("@ben")[-1] == "The acknowledgement ends in 5m"
    here.go("2026-01-05T10:15:10Z")
    (page,) = here.app.ledger.reader.pages()
    assert (page.state, page.step, page.to) == ("open", 2, ("ben",))


def test_nobody_is_called_any_more_once_somebody_has_it(here: Desk) -> None:
    here.say("ack T-1")
    here.go("2026-01-05T09:38:00Z")
    assert (calls(here, "ben"), len(calls(here, "ana"))) == ([], 1)


def test_taking_what_has_just_been_answered_opens_nothing_again(here: Desk) -> None:
    (page,) = here.app.ledger.reader.pages()
    here.take(answered(here.clock.now()))
    refused = here.say(f"ack {page.page}")
    assert refused.refused
    assert "is closed: the ticket was answered" in words(refused)
    assert states(here) == ["closed"]


def test_an_old_button_changes_nothing_and_tells_what_happened_since(here: Desk) -> None:
    (message,) = here.chat("@ana")
    (button,) = [button for button in message.card.buttons if button.action == "acknowledge"]
    here.go("2026-01-05T09:10:00Z")
    here.say("ack T-1", "ben")
    late = here.app.handlers.click(button.action, button.value, here.book.people["ana"])
    assert late.refused
    assert "meanwhile" in words(late)
    assert "Ben Osei" in words(late)
    assert here.app.ledger.reader.pages()[0].acknowledged_by == "ben"


def test_a_press_that_is_delivered_twice_counts_once(here: Desk) -> None:
    for _ in range(2):
        here.app.handlers.click("acknowledge", here.app.ledger.reader.pages()[0].page, here.book.people["ana"], "press-1")
    taken = [d for d in here.recorded() if d["kind"] == "page.acknowledged"]
    assert len(taken) == 1


def test_what_a_platform_holds_back_tells_how_late_it_is_and_health_shows_that_it_waits(tmp_path: Path) -> None:
    slow = Recorder(failures=[DeliveryError("rate limited", permanent=False, retry_after=960.0)])
    here = desk(tmp_path, senders=[slow])
    here.take(opened(NINE))
    here.go("2026-01-05T09:12:00Z")
    health = words(here.say("health"))
    assert "Waiting to be sent:" in health
    assert "the oldest for 4m" in health
    here.go("2026-01-05T09:30:00Z")
    assert any(line.text.endswith("(16m late)") for post in slow.posts for line in post.lines)


def test_the_same_is_never_said_twice(here: Desk) -> None:
    here.go("2026-01-06T09:00:00Z")
    for channel in ("support", "leadership", "@ana", "@ben", "@dana"):
        lines = [(entry.at, entry.text) for message in here.chat(channel) for entry in message.log]
        assert len(lines) == len(set(lines)), channel


def test_a_ticket_is_one_card_that_is_edited_and_only_who_must_act_is_mentioned(here: Desk) -> None:
    here.go("2026-01-05T09:16:00Z")
    (card,) = here.chat("support")
    mentioned = {who for entry in card.log for who in entry.mentions}
    assert mentioned == {"ana", "ben"}
    assert "Paged: Ben Osei (step 2)" in card_words(card.card)


def test_who_would_be_called_is_shown_before_anybody_is(here: Desk) -> None:
    shown = here.say("escalate T-1")
    assert "Escalate T-1 now? Ben Osei is paged (step 2)." in words(shown)
    assert calls(here, "ben") == []
    (button,) = shown.cards[0].buttons
    here.app.handlers.click(button.action, button.value, here.book.people["ana"])
    here.settle()
    assert len(calls(here, "ben")) == 1


def test_a_person_who_is_known_nowhere_is_no_dead_end(tmp_path: Path) -> None:
    here = desk(
        tmp_path,
        DESK.replace("{page: {rota: support}, wait: 6m}", "{page: {rota: night}, wait: 6m}").replace(
            "rotas:\n", 'rotas:\n  night: {zone: UTC, shifts: [{who: ana, from: "2027-01-01T00:00"}]}\n'
        ),
    )
    here.take(opened(NINE))
    here.go(CALLED)
    assert len(calls(here, "ben")) == 1
    assert any("step 1 reaches nobody" in line for line in here.log("support"))


def test_an_outage_of_the_bot_makes_no_burst_of_calls(here: Desk) -> None:
    here.clock.move(parse(CALLED) + 5 * HOUR)
    here.settle()
    assert len(calls(here, "ana")) + len(calls(here, "ben")) + len(calls(here, "dana")) <= 2
    here.go(here.clock.now() + 2 * HOUR)
    assert len(calls(here, "dana")) >= 1, "and yet the ladder is climbed to its end"


def test_two_processes_never_call_for_the_same_step(here: Desk) -> None:
    here.clock.move(parse(CALLED) + 6 * MINUTE)
    for _ in range(2):
        here.app.watch.look_now("T-1")
    here.settle()
    assert len(calls(here, "ben")) == 1


def test_a_later_edit_does_not_rewrite_what_was_judged(here: Desk) -> None:
    here.take(answered(here.clock.now()))
    here.go("2026-01-05T09:30:00Z")
    here.take(wire("ticket.updated", "2026-01-05T09:30:00Z", priority="low"))
    rows = here.say("report month by priority").cards
    (row,) = [row for card in rows for row in card.rows or () if "first response" in row]
    assert "urgent" in row


def test_no_letter_holds_an_internal_word(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    (letter,) = here.chat("customer:acme")
    text = card_words(letter.card).lower()
    assert not [word for word in ("at risk", "overdue", "breach", "escalat", "sla", "ladder", "page", "gold") if word in text]


def test_when_all_is_well_nobody_hears_of_it(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE), answered(NINE))
    here.take(wire("ticket.updated", NINE, status="solved"))
    here.go("2026-01-07T09:00:00Z")
    assert here.chat() == []
