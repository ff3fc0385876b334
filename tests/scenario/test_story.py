"""The day of one ticket, through the whole bot under a clock in our hands; and that a simulation of it says the same."""

from pathlib import Path
from typing import Any

import pytest

from bot.sending import DeliveryError
from rules.instants import parse
from tests.support.desk import NINE, Desk, Recorder, answered, card_words, desk, opened, wire, words


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def mentioned(here: Desk, channel: str) -> list[list[str]]:
    return [list(line.mentions) for message in here.chat(channel) for line in message.log]


def test_nobody_hears_of_a_ticket_that_goes_well(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:05:00Z")
    here.take(answered("2026-01-05T09:05:00Z"))
    here.take(wire("ticket.updated", "2026-01-05T09:05:00Z", status="solved"))
    here.go("2026-01-06T09:00:00Z")
    assert here.chat() == []


def test_the_team_is_warned_before_the_promise_breaks(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:07:59Z")
    assert here.chat("support") == []
    here.go("2026-01-05T09:08:00Z")
    (message,) = here.chat("support")
    assert (message.card.verdict, message.card.due_at) == ("at_risk", parse("2026-01-05T09:10:00Z"))
    assert "80%" in message.log[0].text
    assert mentioned(here, "support") == [[]]
    assert here.chat("@ana") == []


def test_ana_is_called_when_little_time_is_left(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:00Z")
    (call,) = here.chat("@ana")
    assert "Ana Costa is paged (step 1)" in call.log[0].text
    assert [button.action for button in call.card.buttons] == ["acknowledge", "handover", "escalate", "why"]
    assert mentioned(here, "support")[-1] == ["ana"]
    assert here.chat("@ben") == []


def test_ben_is_called_when_ana_does_not_take_it_and_dana_only_once_the_promise_is_broken(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:15:00Z")
    assert "Ben Osei is paged (step 2): nobody took step 1 within 6m" in here.chat("@ben")[0].log[0].text
    assert here.chat("@dana") == []
    here.go("2026-01-05T09:25:00Z")
    assert "Dana Reyes is paged (step 3)" in here.chat("@dana")[0].log[0].text


def test_the_customer_hears_from_us_once_when_the_promise_is_broken(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:59Z")
    assert here.chat("customer:acme") == []
    here.go("2026-01-05T12:59:59Z")
    (letter,) = here.chat("customer:acme")
    assert letter.created_at == parse("2026-01-05T09:10:00Z")
    text = card_words(letter.card)
    assert "We promised to give you a first answer within 10 minutes by 09:10 on Monday 5 January" in text
    assert "More by 13:10 on Monday 5 January" in text
    for internal in ("gold", "ladder", "paged", "overdue", "rule", "Ana", "support"):
        assert internal not in text


def test_a_customer_who_wants_no_messages_gets_none(here: Desk) -> None:
    here.take(opened(NINE, customer="globex", tier="gold"))
    here.go("2026-01-05T12:00:00Z")
    assert "customer:globex" not in here.app.ledger.chat.channels()
    assert here.log("support")


def test_leadership_is_told_of_a_broken_promise(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:10:00Z")
    assert [message.ticket for message in here.chat("leadership")] == ["T-1"]


def test_ben_takes_it_and_nobody_else_is_called_until_his_time_is_over(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:16:00Z")
    answer = here.say("/sla ack T-1 for 20m", "ben")
    assert words(answer).startswith("Ben Osei has P-T-1-")
    here.go("2026-01-05T09:35:59Z")
    assert here.chat("@dana") == []
    assert "Taken by: Ben Osei" in card_words(here.chat("support")[0].card)
    here.go("2026-01-05T09:36:00Z")
    assert "acknowledgement by Ben Osei has ended" in here.log("support")[-2]
    assert "Ben Osei is paged (step 2)" in here.log("@ben")[-1]
    here.go("2026-01-05T09:46:00Z")
    assert "Dana Reyes is paged (step 3)" in here.log("@dana")[-1]


def test_an_answer_closes_the_page_and_brings_every_card_up_to_date(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    here.take(answered("2026-01-05T09:20:00Z"))
    assert here.app.ledger.reader.pages() == []
    for channel in ("support", "@ana", "@ben"):
        (message,) = here.chat(channel)
        assert "acknowledge" not in [button.action for button in message.card.buttons]
    assert "answered" in here.log("support")[-1] or "answered" in here.log("support")[-2]
    quiet = len(here.log("support"))
    here.go("2026-01-05T10:00:00Z")
    assert len(here.log("support")) == quiet


def test_a_ladder_that_is_used_up_says_so_and_stays_open(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T12:40:00Z")
    (page,) = here.app.ledger.reader.pages()
    assert page.state == "exhausted"
    assert "the ladder is used up" in " ".join(line.lower() for line in here.log("support"))


def test_a_ticket_has_one_card_in_the_channel_however_much_happens(here: Desk) -> None:
    here.take(opened(NINE), opened(NINE, "T-2"))
    here.go("2026-01-06T09:00:00Z")
    assert sorted(message.ticket or "" for message in here.chat("support")) == ["T-1", "T-2"]


def test_the_card_follows_the_ticket_also_where_no_clock_is_concerned(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:00Z")
    (before,) = here.chat("support")
    here.take(wire("ticket.updated", "2026-01-05T09:08:00Z", status="open", title="Nobody can pay"))
    assert here.chat("support") == [before]  # it was drawn a moment ago
    here.go("2026-01-05T09:08:02Z")
    (card,) = here.chat("support")
    assert card.card.title == "T-1 · Nobody can pay"
    assert [field.value for field in card.card.fields if field.label == "Status"] == ["open"]
    assert len(card.log) == len(before.log)


def test_after_a_night_away_it_is_said_as_it_stands_now_and_not_as_a_burst_of_calls(here: Desk) -> None:
    here.take(opened(NINE))
    here.clock.move("2026-01-05T09:50:00Z")
    here.settle()
    calls = [line for person in ("ana", "ben", "dana") for line in here.log(f"@{person}")]
    assert len(calls) == 1
    assert len(here.chat("customer:acme")) == 1
    assert sum(bool(mentions) for mentions in mentioned(here, "support")) == 1


def test_a_late_reply_corrects_what_was_announced_in_the_same_thread(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    here.take(answered("2026-01-05T09:02:00Z"))
    lines = here.log("support")
    assert any("no longer holds" in line for line in lines)
    assert len(here.chat("support")) == 1
    assert here.app.ledger.reader.pages() == []
    (clock,) = [c for c in here.app.ledger.reader.clocks(here.clock.now()) if c.metric == "first_response"]
    assert (clock.verdict, clock.breached_at) == ("met", None)


def test_a_customer_is_not_written_to_again_because_the_first_letter_turned_out_to_be_wrong(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    assert len(here.chat("customer:acme")) == 1
    here.take(answered("2026-01-05T09:02:00Z"))  # the promise was kept, as we hear now
    here.go("2026-01-05T11:30:00Z")  # the next promise is broken two hours after the opening, within the agreement's four hours
    assert any(clock.verdict == "overdue" for clock in here.app.ledger.reader.clocks(here.clock.now()))
    assert len(here.chat("customer:acme")) == 1


def test_a_page_taken_too_late_changes_nothing_and_says_why(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:16:00Z")
    here.take(answered("2026-01-05T09:16:00Z"))
    answer = here.say("/sla ack T-1", "ben")
    assert answer.refused
    assert "closed" in words(answer)
    assert "answered" in words(answer)


def test_escalating_calls_the_next_step_now(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:09:01Z")
    answer = here.say("/sla escalate T-1 now")
    assert not answer.refused
    assert "Ben Osei is paged (step 2)" in words(answer)
    assert "escalated by Ana Costa" in here.log("@ben")[0]


def test_escalating_a_quiet_ticket_calls_somebody(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:01:00Z")
    answer = here.say("/sla escalate T-1 now")
    assert "Ana Costa is paged (step 1)" in words(answer)
    assert here.chat("@ana")


def test_three_breaches_of_a_customer_within_a_day_call_leadership(here: Desk) -> None:
    for n in range(3):
        here.take(opened(f"2026-01-05T08:0{n}:00Z", f"T-{n}"))
    here.go("2026-01-05T09:59:00Z")
    assert [page.ticket for page in here.app.ledger.reader.pages() if page.ladder == "leadership"] == ["T-2"]
    assert here.log("@dana", "T-2")


# Failures on the way


def busy(tmp_path: Path) -> tuple[Desk, Recorder]:
    sender = Recorder(failures=[DeliveryError("busy", permanent=False), OSError("the line is dead")])
    return desk(tmp_path, senders=[sender]), sender


def test_a_message_that_could_not_be_sent_is_sent_again(tmp_path: Path) -> None:
    here, sender = busy(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:00Z")
    assert sender.sent == []
    here.go("2026-01-05T09:08:59Z")
    (sent,) = sender.sent
    assert sent[3] is not None
    assert "80%" in sent[3].text
    assert here.app.ledger.reader.health(0).dead_letters == 0


def test_messages_of_a_channel_keep_their_order_when_one_must_be_sent_again(tmp_path: Path) -> None:
    here, sender = busy(tmp_path)
    here.take(opened(NINE))
    here.clock.move("2026-01-05T09:30:00Z")
    here.settle()
    here.go("2026-01-05T09:31:00Z")
    lines = [line.text for channel, _, _, line in sender.sent if channel == "support" and line]
    assert lines == here.log("support")[: len(lines)]


def test_a_message_that_never_can_be_sent_is_a_dead_letter_that_health_shows(tmp_path: Path) -> None:
    sender = Recorder(failures=[DeliveryError("the channel is archived", permanent=True)])
    here = desk(tmp_path, senders=[sender])
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:00Z")
    assert "Could not be delivered: 1 message." in words(here.say("/sla health"))
    assert len(here.chat("support")) == 1


def test_a_poisoned_ticket_disturbs_no_other_and_health_shows_it(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import looking

    real = looking.look

    def poisoned(ticket: str, *rest: Any) -> Any:
        if ticket == "T-1":
            raise ZeroDivisionError("poison")
        return real(ticket, *rest)

    monkeypatch.setattr(looking, "look", poisoned)
    here.take(opened(NINE), opened(NINE, "T-2"))
    here.go("2026-01-05T09:08:00Z")
    assert [message.ticket for message in here.chat("support")] == ["T-2"]
    assert "The look at T-1 fails and is tried again: ZeroDivisionError: poison" in words(here.say("/sla health"))
    monkeypatch.setattr(looking, "look", real)
    here.go("2026-01-05T09:16:00Z")
    assert sorted(message.ticket or "" for message in here.chat("support")) == ["T-1", "T-2"]
