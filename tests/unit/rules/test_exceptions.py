"""The life of an exception: every step from every state, what a request must say, and what the register makes of its events."""

from itertools import product
from typing import Any, get_args

import pytest

from rules.exceptions import STATES, TRANSITIONS, ExceptionTermsError, Move, SlaException, State
from rules.register import Register
from tests.support.core import at, event, exception

START, END = "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"
EARLY, LATE = at("2026-01-15T00:00:00Z"), at("2026-03-01T00:00:00Z")


def asked(**data: Any) -> SlaException:
    usual = {"kind": "waiver", "scope": {"customer": "acme"}, "from": START, "until": END, "reason": "r", "by": "ben"}
    return SlaException.of(event("2026-01-01T00:00:00Z", "exception.requested", ticket_="X-1", **(usual | data)))


def in_state(state: State) -> SlaException:
    moves: dict[State, list[Move]] = {"requested": [], "approved": ["approve"], "refused": ["refuse"], "revoked": ["revoke"]}
    found = asked()
    for move in moves.get(state, ["approve"]):
        found = found.move(move, EARLY, "cleo")
    return found


@pytest.mark.parametrize(("state", "move"), list(product(STATES, get_args(Move))))
def test_every_step_from_every_state(state: State, move: Move) -> None:
    when = LATE if state == "expired" else EARLY + 1
    found = in_state(state)
    assert found.state_at(when) == state
    if (state, move) in TRANSITIONS:
        assert found.move(move, when, "cleo").state == TRANSITIONS[state, move]
    else:
        with pytest.raises(ExceptionTermsError, match=f"X-1 is {state}: it is too late to {move} it"):
            found.move(move, when, "cleo")


def test_each_step_is_kept_with_who_and_when() -> None:
    found = asked().move("approve", EARLY, "cleo", "agreed").move("revoke", EARLY + 5, "cleo", "done early")
    assert [(t.state, t.by, t.comment) for t in found.taken] == [
        ("requested", "ben", ""),
        ("approved", "cleo", "agreed"),
        ("revoked", "cleo", "done early"),
    ]


def test_an_approved_exception_expires_by_itself() -> None:
    found = asked().move("approve", EARLY, "cleo")
    assert (found.state_at(at(END) - 1), found.state_at(at(END))) == ("approved", "expired")
    assert [taken.state for taken in found.life(LATE)] == ["requested", "approved", "expired"]


def test_it_holds_from_its_approval_for_those_who_look_and_until_its_revocation() -> None:
    found = asked().move("approve", EARLY, "cleo").move("revoke", at(START) + 1_000, "cleo")
    assert found.window(EARLY - 1) is None
    assert found.window(EARLY) == (at(START), at(END))
    assert found.window(LATE) == (at(START), at(START) + 1_000)
    assert asked().move("approve", EARLY, "cleo").move("revoke", EARLY + 1, "cleo").window(LATE) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"kind": None}, "kind is missing"),
        ({"kind": ["waiver"]}, "kind is"),
        ({"kind": "waver"}, "Did you mean waiver"),
        ({"scope": {}}, "scope is {}"),
        ({"scope": None}, "scope is missing"),
        ({"scope": {"tier": {"is": "gold"}}}, "scope: tier: found 'is'"),
        ({"from": "soon"}, "from: 'soon' is no instant"),
        ({"from": 7}, "from: 7 is no instant"),
        ({"from": END, "until": START}, "expected an instant after from"),
        ({"until": START}, "expected an instant after from"),
        ({"reason": " "}, "reason is ' '"),
        ({"reason": "x" * 2_001}, "at most 2000 characters"),
        ({"category": "weather"}, "category is 'weather'"),
        ({"by": None}, "by is missing"),
        ({"factor": 2}, "only a relief has one"),
        ({"kind": "relief"}, "factor is missing"),
        ({"kind": "relief", "factor": 1}, "expected a number above 1"),
        ({"kind": "relief", "factor": True}, "expected a number above 1"),
        ({"kind": "relief", "factor": float("nan")}, "expected a number above 1"),
        ({"kind": "relief", "factor": float("inf")}, "expected a number above 1"),
        ({"kind": "relief", "factor": 10**400}, "expected a number above 1"),
        ({"kind": "relief", "factor": "1/0"}, "expected a number above 1"),
        ({"kind": "relief", "factor": "9" * 9_999}, "expected a number above 1"),
        ({"kind": "relief", "factor": "1e-99999999"}, "expected a number above 1"),
        ({"colour": "red"}, "has no field 'colour'"),
    ],
)
def test_a_request_that_says_too_little_or_too_much_is_refused(data: dict[str, Any], told: str) -> None:
    with pytest.raises(ExceptionTermsError) as caught:
        asked(**data)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(("factor", "read"), [(1.5, "3/2"), ("1.5", "3/2"), ("150%", "3/2"), (2, "2"), ("100", "100")])
def test_a_factor_may_be_a_number_or_a_percentage(factor: Any, read: str) -> None:
    assert str(asked(kind="relief", factor=factor).factor) == read


def test_the_register_takes_each_step_once_and_none_that_is_not_possible() -> None:
    steps = exception("waiver", START, END, {"customer": "acme"}, approved="2026-01-15T00:00:00Z")
    again = [*steps, *steps, event("2026-01-16T00:00:00Z", "exception.refused", ticket_="X-1", by="cleo")]
    stray = event("2026-01-16T00:00:00Z", "exception.approved", ticket_="X-9", by="cleo")
    found = Register.of([*again, stray]).exceptions
    assert [(id, e.state, len(e.taken)) for id, e in found.items()] == [("X-1", "approved", 2)]


@pytest.mark.parametrize("by", ["ben", "ben ", "", " ", None, ["cleo"]])
def test_what_its_requester_or_nobody_approved_is_not_approved(by: Any) -> None:
    request, _ = exception("waiver", START, END, {"customer": "acme"})
    own = event("2026-01-15T00:00:00Z", "exception.approved", ticket_="X-1", by=by)
    assert Register.of([request, own]).exceptions["X-1"].state == "requested"


def test_a_request_that_cannot_be_read_disturbs_no_other() -> None:
    request, approval = exception("waiver", START, END, {"customer": "acme"})
    broken = event("2026-01-01T00:00:00Z", "exception.requested", ticket_="X-0", kind="waiver")
    assert list(Register.of([broken, request, approval]).exceptions) == ["X-1"]
