"""What new decisions make us say, and to whom."""

from escalation.effects import Effect, effects_of
from rules.instants import MINUTE
from tests.support.core import agreement, answered, at, book, opened, see, targets

START = at("2026-01-05T10:00:00Z")
BOOK = book(agreement(targets=targets(first_response="1h")))


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


def effects(since: float, until: float, *more: object, late: bool = False) -> list[Effect]:
    """What is said between two looks: each thing in time or, where `late`, all of it at the second one."""
    history = [opened(START), *more]
    known = see([e for e in history if e.time <= minutes(since)], minutes(since), BOOK).decisions  # type: ignore[attr-defined]
    keys = {d.key for d in known}
    new = [d for d in see(history, minutes(until), BOOK).decisions if d.key not in keys]  # type: ignore[arg-type]
    return effects_of(new, known, BOOK, minutes(until if late else since))


def aloud(found: list[Effect]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(effect.audience, effect.who, effect.mentions) for effect in found if effect.line]


def test_a_warning_is_said_to_the_team_and_mentions_nobody() -> None:
    [effect] = effects(47, 48)
    assert (effect.audience, effect.who, effect.mentions) == ("team", "support", ())
    assert effect.line == "First response: 80% of 1h used up (calendar always)"


def test_a_page_is_said_to_the_team_and_to_the_one_who_is_called() -> None:
    told = [effect for effect in aloud(effects(53, 54)) if effect[0] != "helpdesk"]
    assert told == [("team", "support", ("ana",)), ("person", "ana", ("ana",))]


def test_of_pages_found_at_once_only_the_latest_calls_people() -> None:
    """After an outage nobody is called for a step that has passed."""
    called = [effect.who for effect in effects(53, 70) if effect.audience == "person" and effect.mentions]
    assert called == ["ben"]


def test_of_what_is_late_only_the_last_is_said_in_each_place() -> None:
    lines = [effect.line for effect in effects(-1, 70, late=True) if effect.place == ("team", "support") and effect.line]
    assert lines == ["Ben Osei is paged (step 2): nobody took step 1 within 10m"]
    assert len([effect for effect in effects(-1, 70, late=True) if effect.audience == "customer"]) == 1


def test_the_customer_is_written_to_at_the_breach() -> None:
    assert ("customer", "acme", ()) in aloud(effects(59, 60))


def test_a_quiet_ticket_says_nothing() -> None:
    assert effects(-1, 0) == []
    assert effects(-1, 20, answered(minutes(10))) == []


def test_an_answer_is_shown_where_a_card_is_already() -> None:
    said = [effect.line for effect in effects(49, 51, answered(minutes(50), id_="evt-a")) if effect.audience == "team"]
    assert said == ["First response met after 50m of 1h: a person replied publicly (ticket.replied evt-a)"]


def test_every_effect_has_a_key_of_its_own() -> None:
    keys = [effect.key for effect in effects(-1, 300, answered(minutes(200)))]
    assert len(keys) == len(set(keys)) > 10
