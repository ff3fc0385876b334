"""Customers are told in time, truly, and not twice; what a letter promises is kept."""

from pathlib import Path
from typing import Any

import pytest

from bot.sending import DeliveryError, Post
from tests.support.desk import DESK, NINE, Desk, Recorder, answered, desk, opened, wire, words

PROGRESS = DESK + '  progress:\n    en: "We are still on it. {{ expected }} More by {{ next_update }}."\n'
APPROVED = PROGRESS.replace("customer_updates: {every: 4h}", "customer_updates: {every: 4h, approve: approver}")
TERMS = "credits: {below: {95%: 5%, 80%: 25%}, of: monthly_fee, cap: 20%, claim_within: 30d}"
CREDITS = (
    PROGRESS.replace("customer_updates: {every: 4h}", f"customer_updates: {{every: 4h}}\n    {TERMS}")
    .replace("More by {{ next_update }}.", "{{ credit }}")
    .replace("acme: {tier: gold}", "acme: {tier: gold, monthly_fee: 12000 EUR}")
)
BREACHED = "2026-01-05T09:10:00Z"


def letters(here: Desk) -> list[str]:
    return [" ".join(message.card.lines) for message in here.chat("customer:acme")]


def promise(here: Desk, ticket: str = "T-1") -> list[dict[str, Any]]:
    clocks = here.client().get(f"/api/tickets/{ticket}").json()["clocks"]
    return [clock for clock in clocks if clock["metric"] == "promise"]


def test_a_letter_that_names_the_next_one_has_promised_it(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go(BREACHED)
    assert "More by 13:10 on Monday 5 January" in letters(here)[0]
    (clock,) = promise(here)
    assert (clock["state"], clock["due_at"]) == ("running", "2026-01-05T13:10:00.000Z")


def test_a_letter_that_names_no_time_promises_nothing(tmp_path: Path) -> None:
    here = desk(tmp_path, DESK.replace(" More by {{ next_update }}.", ""))
    here.take(opened(NINE))
    here.go(BREACHED)
    assert (len(letters(here)), promise(here)) == (1, [])


def test_a_persons_reply_keeps_the_promise(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go(BREACHED)
    here.clock.move("2026-01-05T10:00:00Z")
    here.take(answered("2026-01-05T10:00:00Z"))
    (clock,) = promise(here)
    assert clock["state"] == "met"


def test_nobody_writes_to_a_customer_whose_ticket_is_solved(tmp_path: Path) -> None:
    here = desk(tmp_path, PROGRESS)
    here.take(opened(NINE))
    here.go(BREACHED)
    here.clock.move("2026-01-05T10:00:00Z")
    here.take(wire("ticket.updated", "2026-01-05T10:00:00Z", status="solved"))
    here.go("2026-01-06T10:00:00Z")
    assert len(letters(here)) == 1
    assert promise(here)[0]["state"] == "cancelled"


def test_before_a_promised_letter_falls_due_another_one_follows(tmp_path: Path) -> None:
    here = desk(tmp_path, PROGRESS)
    here.take(opened(NINE))
    here.go("2026-01-05T13:00:00Z")
    assert len(letters(here)) == 2
    assert letters(here)[1].startswith("We are still on it. We cannot name a time for the solution yet.")
    first, second = promise(here)
    assert (first["state"], second["state"]) == ("met", "running")
    here.go("2026-01-05T20:00:00Z")
    assert len(letters(here)) == 4
    assert all(clock["state"] in ("met", "running") for clock in promise(here))


def test_while_a_ticket_is_open_its_customer_hears_from_us_periodically(tmp_path: Path) -> None:
    targets = "first_response: {urgent: 10m, default: 1h}"
    rules = "rules:\n  quiet: {when: {crossing: 80%, metric: update}, do: [{update_customer: progress}]}\n"
    here = desk(
        tmp_path,
        PROGRESS.replace(targets, f"{targets}\n      update: {{urgent: 1h}}").replace("every: 4h", "every: 2h") + rules,
    )
    here.take(opened(NINE), answered(NINE))
    here.go("2026-01-05T09:48:00Z")
    (first,) = letters(here)
    assert "More by 11:48 on Monday 5 January" in first
    here.go("2026-01-05T15:00:00Z")
    assert len(letters(here)) == 4
    here.take(wire("ticket.updated", "2026-01-05T15:00:00Z", status="solved"))
    here.go("2026-01-06T15:00:00Z")
    assert len(letters(here)) == 4


def test_where_nothing_follows_by_itself_the_team_is_told_before_the_promise_breaks(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T12:30:00Z")
    assert "Promised update: 80% of 4h used up (calendar always)" in here.log("support")


def test_a_letter_that_asks_for_it_waits_for_a_persons_approval(tmp_path: Path) -> None:
    here = desk(tmp_path, APPROVED)
    here.take(opened(NINE))
    here.go(BREACHED)
    assert (letters(here), promise(here)) == ([], [])
    (draft,) = [message for message in here.chat("support") if message.kind == "notice"]
    assert draft.card.title == "May this go to acme? T-1 · Cannot pay"
    send, drop = draft.card.buttons
    here.clock.move("2026-01-05T09:20:00Z")
    refused = here.app.handlers.click(send.action, send.value, here.book.people["ben"])
    assert "needs the role approver" in words(refused)
    assert send.value in words(here.say("/sla message", "cleo"))
    done = here.app.handlers.click(send.action, send.value, here.book.people["cleo"])
    assert done.cards[0].title == "The letter to acme about T-1 goes out: Cleo Marsh decided it."
    here.settle()
    assert len(letters(here)) == 1
    assert "More by 13:20" in letters(here)[0]
    happened = [what for _, what, _ in here.say("/sla why T-1").cards[0].rows]
    assert ("letter waits for approval: acme" in happened, "letter approved: acme" in happened) == (True, True)
    late = here.app.handlers.click(drop.action, drop.value, here.book.people["cleo"])
    assert late.cards[0].title == "Nothing was sent: Cleo Marsh approved the letter to acme."
    assert words(here.say("/sla message", "cleo")) == "No letter waits for approval."


@pytest.mark.parametrize("when", ["2026-01-05T13:10:01Z", "2026-01-05T09:30:00Z"])
def test_a_draft_expires_and_is_void_once_the_ticket_is_answered(tmp_path: Path, when: str) -> None:
    here = desk(tmp_path, APPROVED)
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    (draft,) = [message for message in here.chat("support") if message.kind == "notice"]
    here.go(when)
    if when < "2026-01-05T10:00:00Z":
        here.take(answered(when))
    answer = here.app.handlers.click("send_letter", draft.card.buttons[0].value, here.book.people["cleo"])
    here.settle()
    assert answer.refused
    assert letters(here) == []


def test_who_does_not_want_a_letter_sent_says_so(tmp_path: Path) -> None:
    here = desk(tmp_path, APPROVED)
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    (draft,) = [message for message in here.chat("support") if message.kind == "notice"]
    answer = here.app.handlers.click("drop_letter", draft.card.buttons[1].value, here.book.people["cleo"])
    here.settle()
    assert (answer.refused, letters(here)) == (False, [])
    assert "Cleo Marsh refused the letter to acme" in here.log("support")


def test_the_letter_tells_what_the_agreement_gives(tmp_path: Path) -> None:
    here = desk(tmp_path, CREDITS)
    here.take(opened(NINE))
    here.go(BREACHED)
    assert (
        "you are owed a credit of 20% of your monthly fee (2,400.00 EUR). You can claim it within 30 days." in letters(here)[0]
    )


def test_a_person_who_promises_a_time_gets_a_clock_for_it(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    said = here.say("/sla promise T-1 by 14:30")
    assert said.cards[0].title == "Ana Costa promised T-1 an answer by Mon 5 Jan 14:30 (Europe/London)." or "14:30" in words(
        said
    )
    here.go("2026-01-05T09:00:01Z")
    assert [clock["due_at"] for clock in promise(here)] == ["2026-01-05T14:30:00.000Z"]
    assert here.say("/sla promise T-1 by teatime").refused
    assert here.say("/sla promise T-1").refused
    assert here.say("/sla promise T-9 by 14:30").refused


def test_a_time_that_like_tickets_do_not_keep_is_not_promised(tmp_path: Path) -> None:
    here = desk(tmp_path, PROGRESS)
    here.take(*(opened(NINE, f"T-{n}", customer="other", tier="gold") for n in range(10, 24)))
    here.clock.move("2026-01-05T15:00:00Z")
    solved = "2026-01-05T15:00:00Z"
    here.take(*(wire("ticket.updated", solved, f"T-{n}", status="solved") for n in range(10, 24)))
    here.take(opened("2026-01-05T15:00:00Z"))
    refused = here.say("/sla promise T-1 by 15:30")
    assert "half of the tickets like T-1 still needed 6 hours or more from here on" in words(refused)
    assert promise(here) == []


class Mail(Recorder):
    """A mail server that refuses one address."""

    def send(self, post: Post, now: int) -> str:
        if post.to == "gone@acme.example":
            raise DeliveryError("the mail server refused it: 550 no such user", permanent=True)
        return super().send(post, now)


def test_a_letter_goes_to_the_requester_or_else_to_the_contact_and_to_nobody_where_there_is_none(tmp_path: Path) -> None:
    mail = Mail(platform="email")
    here = desk(tmp_path, DESK.replace("acme: {tier: gold}", "acme: {tier: gold, contact: ops@acme.example}"), senders=[mail])
    here.take(
        opened(NINE, "T-1", requester={"email": "eva@acme.example"}),
        opened(NINE, "T-2"),
        opened(NINE, "T-3", customer="other", tier="gold"),
        opened(NINE, "T-4", requester={"email": "eva@acme.example\nBcc: all@x.example"}),
    )
    here.go(BREACHED)
    to = {post.about: post.to for post in mail.posts}
    assert to == {"T-1": "eva@acme.example", "T-2": "ops@acme.example", "T-4": "ops@acme.example"}


def test_a_refused_address_is_told_to_the_team(tmp_path: Path) -> None:
    here = desk(tmp_path, senders=[Mail(platform="email")])
    here.take(opened(NINE, requester={"email": "gone@acme.example"}))
    here.go("2026-01-05T09:10:01Z")
    said = here.log("support")
    assert "The letter to acme did not go out by email: the mail server refused it: 550 no such user" in said
