"""Conditions on what is about a person: warned of, since erasing it would change what they decide."""

from pathlib import Path

from bot.open_fields import open_fields
from tests.support.configs import ALWAYS, ANSWERED, GOLD, told_of
from tests.support.desk import DESK, book_of

_TARGETS = "    targets: {resolution: {default: 4h}}\n"
_HINT = "Erasing a person's data would change what this decides: ask for a tag or a field of your own."


def test_a_condition_on_a_persons_data_is_warned_of_wherever_it_stands(tmp_path: Path) -> None:
    when = "    when: {any: [{requester.email: eva@x.example}, {title: {not: Urgent}}], contract: premium}\n"
    metrics = "metrics: {spoken: {start: {text: {exists: true}}}}\n"
    rules = "rules: {vip: {when: {requester: eva}, do: []}}\n"
    found = [
        problem for problem in told_of(tmp_path, ALWAYS + GOLD + when + _TARGETS + metrics + rules) if problem.hint == _HINT
    ]
    assert all(problem.warning for problem in found)
    assert sorted((problem.line, problem.found) for problem in found) == [
        (7, "'requester.email'"),
        (7, "'title'"),
        (9, "'text'"),
        (10, "'requester'"),
    ]


def test_other_fields_are_not(tmp_path: Path) -> None:
    found = told_of(tmp_path, ALWAYS + GOLD + "    when: {titles: x, contract: premium}\n" + _TARGETS + ANSWERED)
    assert [problem for problem in found if problem.hint == _HINT] == []


def test_what_conditions_ask_for_is_kept_in_the_open_but_for_a_persons_data(tmp_path: Path) -> None:
    config = DESK.replace("when: {tier: gold}", "when: {contract: premium, requester.email: eva@x.example}")
    config += "metrics: {shipping: {start: {parcel: {exists: true}}, stop: {text: done}}}\n"
    config += "rules: {vip: {when: {any: [{floor: 3}, {title: x}]}, do: []}}\n"
    fields = open_fields(book_of(tmp_path, config))
    assert {"contract", "parcel", "floor", "status"} <= fields
    assert not {"title", "text", "requester", "requester.email"} & fields
