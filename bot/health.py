"""Health: how the bot itself is doing, in words.

Decided here: what is told, and what of it needs somebody. Not decided here: how it is measured.
"""

from collections.abc import Iterator, Sequence

from bot.messages import Answer, Card, clipped, counted
from bot.records import Health
from bot.shared_ports import ProcessState
from rules.durations import spoken
from rules.engine import ENGINE
from rules.instants import DAY, MINUTE, text

_SEALED_WITHIN = 15 * MINUTE
"""A day's seal is made within its first minute, or tried again each minute; when it is later than that, it is told."""
_ROOM = 100_000_000
"""Bytes; with less, the disk is about to be full."""

Told = tuple[str, bool]
"""A line, and whether it needs somebody."""


def health(health: Health, now: int) -> Answer:
    """How the bot itself is doing."""
    told = [*_work(health, now), *_seals(health, now), *_machine(health, now), *_processes(health, now)]
    well = not any(ill for _, ill in told)
    title, verdict = ("All is well.", "info") if well else ("Something needs you.", "at_risk")
    return Answer(cards=(Card(title=title, verdict=verdict, lines=tuple(line for line, _ in told)),))


def _work(health: Health, now: int) -> Iterator[Told]:
    """Looks and messages."""
    yield f"Known: {counted(health.tickets, 'ticket')}. Rules are answered by {ENGINE}.", False
    late = f"Late: {counted(health.overdue_looks, 'look')}."
    yield (late, True) if health.overdue_looks else ("Every ticket was looked at in time.", False)
    yield _waiting(health, now)
    if health.dead_letters:
        yield f"Could not be delivered: {counted(health.dead_letters, 'message')}.", True
    if health.quarantined:
        yield f"Not understood and kept in quarantine: {counted(health.quarantined, 'event')}.", False
    for sweep in health.sweeps:
        so_far = f"{sweep.swept:,} of about {sweep.open_tickets:,} tickets are looked at again."
        yield f"Because of {clipped(sweep.cause, 80)}, {so_far}", False
    for id, error in health.failing:
        yield f"The look at {id} fails and is tried again: {clipped(error, 120)}", True


def _waiting(health: Health, now: int) -> Told:
    waited = 0 if health.oldest_waiting is None else now - health.oldest_waiting
    if not health.outbox_waiting:
        return "All messages are out.", False
    oldest = f", the oldest for {spoken(waited)}" if waited > MINUTE else ""
    return f"Waiting to be sent: {counted(health.outbox_waiting, 'message')}{oldest}.", waited > MINUTE


def _seals(health: Health, now: int) -> Iterator[Told]:
    """When the ledger was sealed, since when it should have been again, and what is in the way."""
    if health.sealed_at is None and not health.sealing:
        return
    sealed, due = health.sealed_at, health.began_at
    said = "The ledger was never sealed."
    if sealed is not None:
        said, due = f"The ledger was sealed {spoken(max(0, now - sealed))} ago.", (sealed // DAY + 1) * DAY
    late = due is not None and now - due > _SEALED_WITHIN
    if late:
        what = "sla ledger seal makes it now, or says what is in the way" if health.sealing else "SEAL_KEY is not set here"
        said += f" The {'next' if sealed is not None else 'first'} seal has been due for {spoken(now - (due or now))}: {what}."
    yield said, late
    if health.unsealable is not None:
        yield f"No seal can be made: {health.unsealable}.", True


def _machine(health: Health, now: int) -> Iterator[Told]:
    """Clock and disk."""
    ahead = 0 if health.newest_at is None else health.newest_at - now
    if ahead > MINUTE:
        wrong = f"The newest entry was written {spoken(ahead)} ahead of the clock here, so one of two clocks is wrong."
        yield f"{wrong} What came in then is looked at when its time comes.", True
    if health.room is not None and health.room < _ROOM:
        left = f"{health.room // 1_000_000} MB are left"
        yield f"The disk of the ledger's file is almost full, {left}: make room.", True


def _processes(health: Health, now: int) -> Iterator[Told]:
    """Who is at work, what keeps them from it, and whether all of them are seen."""
    for state in health.processes:
        yield _process(state, now), False
    for state in health.processes:
        for trouble in state.troubles:
            yield f"{_called(state)}: {trouble}.", True
    for state in health.silent:
        if not _followed(state, health.processes):
            since = f"for {spoken(max(0, now - state.seen_at))}, since {text(state.seen_at)}"
            yield (
                f"{_called(state)} has been silent {since}, and did not stop in order: see its log, and start another one.",
                True,
            )
    yield from _sharing(health)


def _sharing(health: Health) -> Iterator[Told]:
    """Whether all processes are seen, and what is not shared among them."""
    if health.shared and not health.processes:
        yield "No process is at work: start sla run, or sla web and sla worker.", True
    elif health.unshared:
        seen = "Other processes are" if health.processes else "Which processes are at work is"
        yield f"{seen} not seen from here while Redis is away: their logs and /metrics tell.", False
    elif not health.processes:
        yield "Which processes are at work is not seen from here without REDIS_URL: their logs and /metrics tell.", False
    if health.unshared:
        alone = "each asks the database once a second, and keeps rate limits of its own"
        yield f"Processes do not share wake-ups and rate limits, {alone}: {health.unshared}.", True


def _followed(silent: ProcessState, processes: Sequence[ProcessState]) -> bool:
    """Whether another process has come in its place: of its role, on its machine, after its last word."""
    return any(
        (state.role, state.host) == (silent.role, silent.host) and state.started_at >= silent.seen_at for state in processes
    )


def _process(state: ProcessState, now: int) -> str:
    """One process on the board: since when, and what it has done."""
    done = ", ".join(
        counted(number, what.removesuffix("s"))
        for what, number in state.doing.items()
        if isinstance(number, int) and not what.endswith(" ms")
    )
    off = abs(state.seen_at - now)
    odd = f" Its clock is {spoken(off)} away from the one here: set them right." if off > MINUTE else ""
    up = spoken(max(0, now - state.started_at))
    return f"{_called(state)}, up for {up}: {done or 'nothing to do yet'}.{odd}"


def _called(state: ProcessState) -> str:
    return f"{state.role.capitalize()} on {state.host} (process {state.pid})"
