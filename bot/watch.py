"""The watch: looks at tickets when something happened or is about to.

Decided here: that a batch is claimed, read, looked at and written together; that a ticket whose look fails is tried again
later without disturbing the others; that a look which comes too late for its calls says so in the history. The only question
asked again and again is "is anything due?". Not decided here: what a look finds.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.figures import Figures
from bot.looking import breaches_elsewhere, found_in
from bot.loops import Wake, go_on
from bot.needed import URGENT
from bot.ports import Ledger, LedgerError, LedgerUnavailableError, WallClockPort
from bot.records import PRESSING, SILENT, SPOKEN, History, OutboxRow, Written
from bot.registrar import Registrar
from bot.similar import case_of
from bot.wording import address_of
from escalation.book import Book
from escalation.effects import CALLS, Effect, effects_of
from escalation.facts import NO_FACTS, Facts
from escalation.lateness import delay
from escalation.look import Look
from escalation.reviews import TO_DO
from rules.decisions import Decision
from rules.ticket import TicketEvent

LETTERS = ("local", "terminal", "email")
"""Platforms on which customers read what is written to them, or somebody sees it beside the team's channel."""
BATCH = 200
MOST_TRIES = 5

log = structlog.get_logger()


class Watch:
    """Looks for one book. `platforms` are those on which there is a sender; `written` is called when there may be something to
    say.
    """

    def __init__(
        self,
        ledger: Ledger,
        book: Book,
        clock: WallClockPort,
        platforms: Sequence[str],
        registrar: Registrar,
        figures: Figures,
        written: Callable[[], None],
    ) -> None:
        self._ledger, self._book, self._clock, self._platforms = ledger, book, clock, platforms
        self._registrar, self._figures, self._written = registrar, figures, written
        self._nudged = Wake()
        self._teams = {agreement.name: agreement.team for agreement in book.promises.agreements}

    def nudge(self) -> None:
        """Something has come in, or was done: look now."""
        self._nudged.set()

    async def run(self) -> None:
        """Look for ever."""
        await go_on(self._turn)

    async def _turn(self) -> None:
        self._nudged.clear()
        try:
            looked = await asyncio.to_thread(self.batch)
        except LedgerError as error:
            self._figures.troubled("looks", f"it cannot look at tickets and tries again: {error}")
            raise
        self._figures.troubled("looks", None)
        if not looked:
            upcoming = None  # whoever must not judge waits for a change
            if not self._superseded():
                upcoming = await asyncio.to_thread(self._ledger.looks.next_attention, self._clock.now())
            await self._nudged.until(upcoming, self._clock)

    def batch(self) -> int:
        """Look at the tickets that are due, and go on with a sweep; how many there were to look at."""
        self._registrar.refresh()
        if self._superseded():
            return 0
        self._registrar.announce()
        claimed = self._ledger.looks.claim(self._clock.now(), BATCH)
        if claimed:
            histories, _ = self._look_at(list(claimed))
            self._measure(histories, claimed)
        return len(claimed) + self._ledger.sweeps.step(self._clock.now())

    def _superseded(self) -> bool:
        old = "it has an older configuration than the one that was published last and looks at nothing: restart it"
        self._figures.troubled("configuration", old if self._registrar.superseded else None)
        return self._registrar.superseded

    def look_now(self, ticket: str) -> None:
        """Look at a ticket, and again where something came in between: who waits for the answer hears how it stands."""
        for _ in range(MOST_TRIES):
            _, complete = self._look_at([ticket])
            if complete:
                return

    def foreseen(self, event: TicketEvent) -> Look:
        """How a ticket would stand if something happened to it now; nothing is written."""
        self._registrar.refresh()
        history = self._ledger.looks.histories([event.ticket])[0]
        known = replace(history, events=[*history.events, event])
        facts = replace(NO_FACTS.remembering(history.recorded), breaches=breaches_elsewhere(self._ledger.looks, known))
        return self._found(known, facts, max(event.time, self._clock.now()))[0]

    def _look_at(self, ids: Sequence[str]) -> tuple[Sequence[History], bool]:
        """Look at some tickets and write what is new; the histories as they were read, and whether none has changed since."""
        self._registrar.refresh()  # after the tickets were claimed: what is decided from now on is swept again
        histories = self._ledger.looks.histories(ids)
        complete = self._write([written for history in histories if (written := self._look(history)) is not None])
        self._written()
        return histories, complete

    def _measure(self, histories: Sequence[History], claimed: Mapping[str, int]) -> None:
        """How late the looks were: after an event, or after the instant at which something could change."""
        now = self._clock.now()
        self._figures.batch("looks", len(histories))
        for history in histories:
            since = claimed[history.ticket]
            fresh = any(event.known_at >= since for event in history.events[-1:])
            self._figures.looked("event" if fresh else "crossing", max(0, now - since))

    def _write(self, looks: Sequence[Written]) -> bool:
        try:
            return all(self._ledger.looks.write(looks))
        except LedgerUnavailableError:
            raise
        except Exception:  # one of them cannot be written: the others must not wait for it
            log.exception("looks could not be written together; they are written one by one")
            for written in looks:
                self._write_alone(written)
            return True

    def _write_alone(self, written: Written) -> None:
        try:
            self._ledger.looks.write([written])
        except LedgerUnavailableError:
            raise
        except Exception as error:
            log.exception("a look could not be written; it is tried again later", ticket=written.look.ticket)
            self._postpone(written.look.ticket, written.seen, written.now, error)

    def _postpone(self, ticket: str, seen: int, now: int, error: Exception) -> None:
        self._figures.failed("look")
        self._ledger.looks.postpone(ticket, seen, now, f"{type(error).__name__}: {error}".splitlines()[0])

    def _look(self, history: History) -> Written | None:
        now = self._clock.now()
        try:
            facts = NO_FACTS.remembering(history.recorded)
            found, new = self._found(history, facts, now)
            if found.counted:  # most looks need no counter over other tickets, and it costs something to know
                facts = replace(facts, breaches=breaches_elsewhere(self._ledger.looks, history))
                found, new = self._found(history, facts, now)
            delayed = delay(new, now, f"{history.ticket}/{len(history.events) + len(history.recorded)}")
            if delayed is not None:
                history = replace(history, events=[*history.events, delayed])
                found, new = self._found(history, facts, now)
            effects = effects_of(new, history.recorded, self._book, now, found.moments)
            urgent = found.facts.get("priority") == URGENT
            writable = address_of(found.facts, self._book) is not None
            rows = [row for effect in effects for row in self._rows(effect, now, urgent, writable)]
            case = case_of(history.ticket, found.facts, history.events) if self._book.hints else None
            return Written(found, history.seen, new, rows, self._teams, now, delayed, case)
        except LedgerUnavailableError:
            raise
        except Exception as error:  # one poisoned ticket must not stop the others
            log.exception("a look failed; it is tried again later", ticket=history.ticket)
            self._postpone(history.ticket, history.seen, now, error)
            return None

    def _found(self, history: History, facts: Facts, now: int) -> tuple[Look, list[Decision]]:
        return found_in(history, self._book, facts, now, self._registrar.republished_at)

    def _rows(self, effect: Effect, now: int, urgent: bool, writable: bool) -> list[OutboxRow]:
        """An effect on each platform where its audience has a channel."""
        rows = []
        decision, reviewed = effect.decision, effect.decision.kind in TO_DO
        calls = (effect.audience == "person" and not reviewed) or decision.kind in CALLS
        priority = SILENT if effect.line is None else PRESSING if calls else SPOKEN
        said = {"audience": effect.audience, "who": effect.who, "line": effect.line, "mentions": effect.mentions}
        body = {**said, "urgent": urgent and not reviewed, "decision": decision.plain()}
        for platform in self._platforms:
            channel = self._channel(effect, platform)
            if channel is not None and (platform != "email" or writable):
                key = f"{effect.key}/{platform}"
                rows.append(OutboxRow(key, decision.ticket, platform, channel, body, now, priority=priority))
        return rows

    def _channel(self, effect: Effect, platform: str) -> str | None:
        if platform == "terminal" and effect.line is None:
            return None  # there is no card to draw anew
        match effect.audience:
            case "person":
                person = self._book.people.get(effect.who)
                return f"@{effect.who}" if person and person.account_on(platform) else None
            case "customer":
                return f"customer:{effect.who}" if platform in LETTERS else None
            case "helpdesk":
                return f"ticket:{effect.who}" if platform == "helpdesk" else None
            case "draft" if platform == "terminal":
                return None  # nobody can approve it there
            case _:
                team = self._book.teams.get(effect.who)
                return team.channel_on(platform) if team else None
