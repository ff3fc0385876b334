"""What people do about pages: a press that comes late, an extension, handing over, escalating after a look."""

from pathlib import Path

import pytest

from bot.messages import Answer, Button
from rules.instants import parse
from tests.support.desk import DESK, NINE, Desk, answered, desk, opened, words


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """Ana is paged for T-1."""
    found = desk(tmp_path)
    found.take(opened(NINE))
    found.go("2026-01-05T09:09:10Z")
    return found


def button(here: Desk, action: str, channel: str = "support") -> Button:
    (message,) = here.chat(channel)
    return next(found for found in message.card.buttons if found.action == action)


def press(here: Desk, pressed: Button, who: str) -> Answer:
    answer = here.app.handlers.click(pressed.action, pressed.value, here.book.people[who])
    here.settle()
    return answer


def page(here: Desk):  # type: ignore[no-untyped-def]
    return here.app.ledger.reader.pages(open_only=False)[0]


@pytest.mark.parametrize("action", ["acknowledge", "escalate_now"])
def test_a_button_that_shows_an_older_state_does_nothing_and_tells_what_happened_since(here: Desk, action: str) -> None:
    late = button(here, "acknowledge")
    if action == "escalate_now":
        late = press(here, button(here, "escalate"), "ana").cards[0].buttons[0]
    here.go("2026-01-05T09:09:30Z")
    here.say("ack T-1", "ben")
    before = page(here)
    answer = press(here, late, "dana")
    assert answer.refused
    assert "Nothing was done: meanwhile" in words(answer)
    assert "Ben Osei has it for 30m" in words(answer)
    assert page(here) == before


def test_a_step_that_was_climbed_since_makes_taking_it_no_later(here: Desk) -> None:
    shown = button(here, "acknowledge")
    here.go("2026-01-05T09:16:00Z")
    assert not press(here, shown, "ana").refused
    assert page(here).acknowledged_by == "ana"


def test_one_press_prolongs_an_acknowledgement_until_it_has_ended(here: Desk) -> None:
    here.say("ack T-1 for 10m", "ben")
    more = button(here, "extend")
    assert more.label == "Extend 30m"
    assert "Ben Osei has" in words(press(here, more, "ben"))
    assert page(here).acknowledged_until == parse("2026-01-05T09:39:10Z")
    here.go("2026-01-05T09:40:00Z")
    assert press(here, more, "ben").refused


def test_who_is_handed_a_page_is_picked_from_those_who_can_take_it(here: Desk) -> None:
    asked = press(here, button(here, "handover"), "ana")
    assert [choice.label for choice in asked.cards[0].buttons] == ["Ana Costa", "Ben Osei", "Cleo Marsh", "Dana Reyes"]
    assert "Whoever it is will be paged." in words(asked)
    done = press(here, asked.cards[0].buttons[1], "ana")
    assert words(done).startswith("Ana Costa handed P-T-1-")
    assert page(here).to == ("ben",)
    assert any("Ana Costa handed it to Ben Osei" in line for line in here.log("@ben"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("handover T-1 @bob", "There is nobody called '@bob'."),
        ("handover T-9 @ben", "There is no page and no ticket 'T-9'."),
        ("escalate T-9", "There is no ticket 'T-9'."),
    ],
)
def test_what_cannot_be_done_is_told(here: Desk, line: str, said: str) -> None:
    answer = here.say(line)
    assert answer.refused
    assert said in words(answer)


def test_escalating_shows_whom_it_calls_and_does_it_only_when_that_is_confirmed(here: Desk) -> None:
    asked = press(here, button(here, "escalate"), "ana")
    assert "Escalate T-1 now? Ben Osei is paged (step 2)." in words(asked)
    assert page(here).step == 1
    done = press(here, asked.cards[0].buttons[0], "ana")
    assert "Ana Costa escalated T-1: Ben Osei is paged (step 2)." in words(done)
    assert page(here).step == 2


def test_all_pages_of_a_list_are_taken_with_one_press_but_for_those_that_others_have(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(*(opened(NINE, f"T-{n}") for n in range(1, 8)))
    here.go("2026-01-05T09:09:10Z")
    here.say("ack T-3", "ben")
    taken = press(here, button(here, "acknowledge_all"), "ana")
    assert "Ana Costa has 6 pages. 1 page had been taken by others." in words(taken)
    here.go("2026-01-05T09:09:20Z")
    assert not [
        found for message in here.chat("support") for found in message.card.buttons if found.action == "acknowledge_all"
    ]


def test_a_page_of_an_answered_ticket_is_neither_taken_nor_handed_over(here: Desk) -> None:
    id = page(here).page
    here.take(answered(here.clock.now()))
    for line in (f"ack {id}", f"handover {id} @ben"):
        answer = here.say(line)
        assert answer.refused
        assert "is closed: the ticket was answered" in words(answer)


def test_why_tells_who_handed_it_to_whom_and_who_was_reminded(tmp_path: Path) -> None:
    here = desk(tmp_path, DESK.replace("lasts: 30m}", "lasts: 30m, remind: 5m before}"))
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:10Z")
    here.say("handover T-1 @ben")
    here.say("ack T-1 for 10m", "ben")
    here.go("2026-01-05T09:20:00Z")
    told = words(here.say("why T-1"))
    assert "handed over: Ben Osei | Ana Costa handed it to Ben Osei" in told
    assert "reminded: Ben Osei | the acknowledgement ends in 5m" in told
