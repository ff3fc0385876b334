"""The grammar of `/sla …`: what is understood, what is answered where it is not, and how a line can go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import VERBS, Command, CommandError, completions, parse
from rules.instants import HOUR, MINUTE


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", Command("status")),
        ("/sla", Command("status")),
        ("  /SLA  ", Command("status")),
        ("sla status", Command("status")),
        ("/sla status for acme", Command("status", "acme")),
        ("status acme", Command("status", "acme")),
        ("/sla status for tier gold", Command("status", "tier gold")),
        ("RISK", Command("risk")),
        ("breaches", Command("breaches", "open")),
        ("breaches TODAY", Command("breaches", "today")),
        ("/sla breaches week", Command("breaches", "week")),
        ("ticket T-1", Command("ticket", "T-1")),
        ("ticket", Command("ticket")),
        ("/sla why T-1", Command("why", "T-1")),
        ("ack", Command("ack")),
        ("ack P-T-1-abc", Command("ack", "P-T-1-abc")),
        ("ack P-1 for 30m", Command("ack", "P-1", 30 * MINUTE)),
        ("ack P-1 FOR 1h30m", Command("ack", "P-1", 90 * MINUTE)),
        ("ack for 2h", Command("ack", None, 2 * HOUR)),
        ("escalate T-1", Command("escalate", "T-1")),
        ("exceptions", Command("exceptions", "list")),
        ("exceptions all", Command("exceptions", "all")),
        ("exceptions approve X-1 agreed by all", Command("exceptions", "approve", words=("X-1", "agreed", "by", "all"))),
        ("oncall", Command("oncall")),
        ("agreements", Command("agreements")),
        ("health", Command("health")),
        ("help", Command("help")),
        ("help ack", Command("help", "ack")),
    ],
)
def test_a_line_is_understood(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("/sla statsu", "Did you mean /sla status?"),
        ("brech", "Did you mean /sla breaches?"),
        ("akc P-1", "Did you mean /sla ack?"),
        ("tickte T-1", "Did you mean /sla ticket?"),
        ("xyzzy", "Known: status, "),
        ("status for", "/sla status for acme"),
        ("breaches yesterday", "open, today, week"),
        ("ticket T-1 T-2", "one id"),
        ("ack P-1 for ever", "no amount of time"),
        ("ack P-1 for 30", "for 30m"),
        ("ack P-1 P-2", "one id"),
        ("risk now", "no more words"),
        ("exceptions aprove", "approve"),
        ("help me", "not one of"),
    ],
)
def test_a_line_that_is_not_understood_is_answered_with_what_to_write(line: str, hint: str) -> None:
    with pytest.raises(CommandError) as raised:
        parse(line)
    assert hint in str(raised.value)


@given(st.text(max_size=80))
def test_no_line_whatsoever_is_a_traceback(line: str) -> None:
    for text in (line, f"/sla {line}", f"ack {line}", f"ack P-1 for {line}", f"status for {line}", f"help {line}"):
        try:
            parse(text)
        except CommandError as error:
            said = str(error)
            if not 0 < len(said) < 400:
                pytest.fail(f"{text!r} is answered with {said!r}")
        completions(text, ["T-1"], ["P-1"])


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("/sla st", ["/sla status"]),
        ("st", ["/sla status"]),
        ("/sla e", ["/sla escalate", "/sla exceptions"]),
        ("/sla ticket ", ["/sla ticket T-1", "/sla ticket T-2"]),
        ("/sla ticket t-2", ["/sla ticket T-2"]),
        ("/sla ack ", ["/sla ack P-9"]),
        ("/sla breaches t", ["/sla breaches today"]),
        ("/sla help wh", ["/sla help why"]),
        ("/sla nothing ", []),
        ("/sla xy", []),
    ],
)
def test_a_line_is_completed(typed: str, options: list[str]) -> None:
    assert [text for text, _ in completions(typed, ["T-1", "T-2"], ["P-9"])] == options


def test_an_empty_line_offers_every_command_with_its_help() -> None:
    for typed in ("", "/sla", "/sla "):
        assert completions(typed, [], []) == [(f"/sla {verb.name}", verb.help) for verb in VERBS.values()]


def test_every_completion_that_is_whole_is_understood() -> None:
    for verb in VERBS:
        for text, _ in completions(f"/sla {verb} ", ["T-1"], ["P-1"]):
            if not text.endswith(" "):
                assert parse(text).verb == verb


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_usage_that_begins_with_it_and_help(verb: str) -> None:
    assert VERBS[verb].usage.split()[0] == verb
    assert len(VERBS[verb].help) >= 10
    assert parse(verb).verb == verb
