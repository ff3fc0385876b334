"""Commands: the one grammar of `/sla …`, for chat, page and command line.

Decided here: which verbs there are, how a line is read, who may do what, and what is said where it cannot be read. Not
decided here: what a command does (`handlers`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rules.durations import DurationError, parse_milliseconds
from rules.instants import DAY
from rules.problems import did_you_mean

ACTING = ("agent", "lead", "escalation_manager", "leadership", "admin")
APPROVING = (*ACTING, "approver")


@dataclass(frozen=True)
class Verb:
    """A command's name, how it is written, what it is for, and the roles that may use it (none: everybody)."""

    name: str
    usage: str
    help: str
    roles: tuple[str, ...] = ()


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("status", "status [for WHOM]", "How do we stand? Attainment of every agreement; for a customer, tier, team …"),
        Verb("risk", "risk", "Which tickets are due next?"),
        Verb("breaches", "breaches [open|today|week]", "What has been broken?"),
        Verb("ticket", "ticket T-1", "One ticket with its clocks and pages."),
        Verb("why", "why T-1", "Why is it due when it is? Everything that happened, and what it did."),
        Verb("ack", "ack P-1 [for 30m]", "Take a page, or a ticket's open page.", ACTING),
        Verb("escalate", "escalate T-1 [now]", "Call the next step of the ladder; you see whom before it is done.", ACTING),
        Verb("handover", "handover P-1 @person", "Give a page to somebody else, who is called.", ACTING),
        Verb("promise", "promise T-1 by 14:30", "You told the customer a time: it gets a clock of its own.", ACTING),
        Verb("message", "message [approve L-1|refuse L-1]", "Letters that wait for approval: send one, or do not.", APPROVING),
        Verb(
            "exceptions",
            "exceptions [list|all|X-1|request …|approve X-1|refuse X-1|revoke X-1]",
            "Which exceptions are active? Ask for one, decide on one.",
        ),
        Verb(
            "reviews",
            "reviews [all|R-1|cause R-1 …|action R-1 @ana by 2026-12-01 …|done R-1 2|handover R-1 @ben|close R-1 …]",
            "What do we learn from breaches? Everybody may read.",
            ACTING,
        ),
        Verb("report", "report [PERIOD] [by FIELD and FIELD] [for WHOM]", "A period in figures: last month, 2026-10 …"),
        Verb("oncall", "oncall", "Who is on call?"),
        Verb("agreements", "agreements", "What have we promised to whom?"),
        Verb("health", "health", "Is the bot itself well?"),
        Verb("help", "help [COMMAND]", "This list."),
    )
}

LONGEST_ACK = 30 * DAY
PERIODS = ("open", "today", "week")
SPANS = ("month", "last month", "week", "last week", "quarter", "year")
STEPS = ("list", "all", "request", "approve", "refuse", "revoke")
REVIEWING = ("cause", "action", "done", "handover", "close")
_EXCEPTION = re.compile(r"[Xx]-\d+")
_NEEDS_TICKET = ("ticket", "why", "escalate")


@dataclass(frozen=True)
class Command:
    """A line that was understood, or a button. `subject` is a ticket, page, step or whom; `lasts` is in milliseconds; `words`
    follow; `step` is what exactly a button is for; `shown` when that was known which it showed.
    """

    verb: str
    subject: str | None = None
    lasts: int | None = None
    words: tuple[str, ...] = ()
    step: str | None = None
    shown: int | None = None


def roles_for(command: Command) -> tuple[str, ...]:
    """The roles of which one is needed; who only reads needs none."""
    return () if command.verb == "reviews" and command.step is None else VERBS[command.verb].roles


class CommandError(ValueError):
    """A line that was not understood; the message says what to write instead."""


def parse(text: str) -> Command:
    """Read `/sla …`, with or without `/sla`. Raises CommandError."""
    words = text.replace("\0", "?").split()  # which no database takes
    if words and words[0].lower() in ("/sla", "sla"):
        words = words[1:]
    if not words:
        return Command("status")
    verb, rest = words[0].lower(), words[1:]
    if verb not in VERBS:
        raise CommandError(_unknown(verb))
    if verb == "status":
        return Command(verb, _whom(rest))
    if verb == "ack":
        return _ack(rest)
    if verb == "breaches":
        return Command(verb, _one_of(verb, rest, PERIODS) or "open")
    if verb == "exceptions":
        if rest and _EXCEPTION.fullmatch(rest[0]):
            return Command(verb, "show", words=(rest[0].upper(),))
        return Command(verb, _one_of(verb, rest[:1], STEPS) or "list", words=tuple(rest[1:]))
    if verb == "reviews":
        return _reviews(rest)
    if verb == "report":
        return Command(verb, words=tuple(rest))
    if verb == "help":
        return Command(verb, _one_of(verb, rest, tuple(VERBS)))
    if verb == "promise":
        return Command(verb, rest[0] if rest else None, words=tuple(rest[1:]))
    if verb == "message":
        step = _one_of(verb, rest[:1], ("approve", "refuse"))
        if step and len(rest) != 2:
            raise CommandError(f"Which letter? Write /sla message {step} L-…; /sla message lists them")
        return Command(verb, rest[1] if step else None, step=step)
    if verb == "handover":
        return Command(verb, rest[0] if rest else None, words=tuple(word for word in rest[1:] if word.lower() != "to"))
    if verb == "escalate" and len(rest) == 2 and rest[1].lower() == "now":
        return Command(verb, rest[0], step="now")
    if verb in _NEEDS_TICKET:
        return Command(verb, _at_most_one(verb, rest))
    if rest:
        raise CommandError(f"{verb} takes no more words: write /sla {verb}")
    return Command(verb)


def completions(text: str, tickets: Sequence[str], pages: Sequence[str]) -> list[tuple[str, str]]:
    """How a line can go on: whole lines, each with its help. `tickets` and `pages` are ids that may be meant."""
    words = text.split()
    if words and words[0].lower() in ("/sla", "sla"):
        words = words[1:]
    if not words or (len(words) == 1 and not text.endswith(" ")):
        typed = words[0].lower() if words else ""
        return [(f"/sla {verb.name}", verb.help) for verb in VERBS.values() if verb.name.startswith(typed)]
    verb = words[0].lower()
    typed = words[1] if len(words) > 1 else ""
    options: Sequence[str] = ()
    if verb in (*_NEEDS_TICKET, "promise"):
        options = tickets
    elif verb in ("ack", "handover"):
        options = pages
    elif verb == "breaches":
        options = PERIODS
    elif verb == "message":
        options = ("approve ", "refuse ")
    elif verb == "exceptions":
        options = STEPS
    elif verb == "reviews":
        options = ("all", *(f"{step} " for step in REVIEWING))
    elif verb == "report":
        options = SPANS
    elif verb == "help":
        options = tuple(VERBS)
    elif verb == "status":
        options = ("for ",)
    matching = [option for option in options if option.lower().startswith(typed.lower())]
    return [(f"/sla {verb} {option}", VERBS[verb].help) for option in matching[:25]] if verb in VERBS else []


def _unknown(verb: str) -> str:
    close = get_close_matches(verb, VERBS, n=1, cutoff=0.5) or [name for name in VERBS if verb.startswith(name)]
    hint = f"Did you mean /sla {close[0]}?" if close else f"Known: {', '.join(VERBS)}."
    return f"There is no command {verb[:40]!r}. {hint}"


def _whom(rest: Sequence[str]) -> str | None:
    words = list(rest[1:] if rest and rest[0].lower() == "for" else rest)
    if rest and not words:
        raise CommandError("For whom? Write /sla status for acme")
    return " ".join(words) or None


def _ack(rest: Sequence[str]) -> Command:
    if len(rest) in (2, 3) and rest[-2].lower() == "for":
        try:
            lasts = parse_milliseconds(rest[-1])
            if not 0 < lasts <= LONGEST_ACK:
                raise DurationError(rest[-1])
        except DurationError:
            raise CommandError(
                f"For how long? {rest[-1][:40]!r} is no amount of time up to 30 days: write /sla ack P-1 for 30m"
            ) from None
        return Command("ack", rest[0] if len(rest) == 3 else None, lasts)
    return Command("ack", _at_most_one("ack", rest))


def _reviews(rest: Sequence[str]) -> Command:
    if len(rest) < 2:
        if rest and rest[0].lower() in REVIEWING:
            raise CommandError(f"Which review? Write /sla reviews {rest[0].lower()} R-…; /sla reviews lists them")
        return Command("reviews", rest[0] if rest else None)
    step = rest[0].lower()
    if step not in REVIEWING:
        hint = did_you_mean(step, REVIEWING)
        raise CommandError(f"{step[:40]!r} is nothing that is done in a review. {hint}".rstrip())
    return Command("reviews", rest[1], words=tuple(rest[2:]), step=step)


def _at_most_one(verb: str, rest: Sequence[str]) -> str | None:
    if len(rest) > 1:
        raise CommandError(f"{verb} takes one id: write /sla {VERBS[verb].usage}")
    return rest[0] if rest else None


def _one_of(verb: str, rest: Sequence[str], allowed: Sequence[str]) -> str | None:
    if not rest:
        return None
    word, said = rest[0].lower(), " ".join(rest)[:40]
    if len(rest) > 1 or word not in allowed:
        hint = did_you_mean(word, allowed, otherwise="")
        raise CommandError(f"/sla {VERBS[verb].usage}: {said!r} is not one of {', '.join(allowed)}. {hint}".rstrip())
    return word
