"""The registrar: keeps the book's register of exceptions as the ledger has it, and takes people's steps.

Decided here: the numbers of exceptions, who may take which step, which tickets are looked at because of it, that the teams
hear of each step and of a coming end, and that a changed configuration is noted and looked at too. Not decided here: which
steps are possible (`rules.exceptions`), how it reads.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.ports import Ledger, WallClockPort
from bot.publication import check_published, first_published, lent, published, republished_at, rosters, terms_of
from bot.records import OutboxRow
from bot.times import in_a_sentence
from escalation.book import Book
from escalation.lateness import SOURCE
from escalation.people import Person
from rules.exceptions import ACT, MOVES, REQUESTED, ExceptionTermsError, Move, SlaException
from rules.instants import DAY
from rules.register import Register
from rules.ticket import PUBLISHED, TicketEvent

APPROVING = ("approver", "admin")
"""Roles that may approve and refuse, and revoke what others asked for."""
_STILL_TOLD = 30 * DAY
"""For so long after its end an exception is said to have ended, where the bot was not there to say so."""
AUDIENCE = "register"
"""In the outbox: what is said about an exception and not about a ticket."""
_EVENTS = {move: type for type, move in MOVES.items()}
_DONE = {"approve": "approved", "refuse": "refused", "revoke": "revoked"}


log = structlog.get_logger()


class RefusalError(Exception):
    """A step that a person may not take, or that is not possible; the message says why."""


class Registrar:
    """One book's register. Safe to call from several threads. `republished_at` is when its promises were last changed;
    `superseded` tells that another process has begun with a later configuration, by which this one must not judge.
    """

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, platforms: Sequence[str]) -> None:
        self._ledger, self._book, self._clock, self._platforms = ledger, book, clock, platforms
        self.republished_at: int | None = None
        self.superseded = False
        self._published = False
        self._revision = -1
        self._announced: set[str] = set()
        self._lock = threading.Lock()

    @property
    def register(self) -> Register:
        """The register as it stands now."""
        self.refresh()
        return self._book.promises.register

    def refresh(self) -> None:
        """Read the register again where it has changed."""
        with self._lock:
            revision = self._ledger.register.revision()
            if revision != self._revision:
                events = self._ledger.register.events()
                # What was never published before holds from its publication on, however early its date: the past stays.
                self._book.promises = self._book.promises.known_from(first_published(events))
                self._book.promises.register = Register.of(events)
                self._book.promises.lent = lent(events)
                self._book.rosters = rosters(events)
                self.republished_at = republished_at(events)
                self._revision = revision
                superseded = self._published and published(events)[-1].data != terms_of(self._book)
                if superseded and not self.superseded:
                    log.error("another process has begun with a later configuration: this one looks at nothing, restart it")
                self.superseded = superseded

    def request(self, data: Mapping[str, Any], who: Person, act: str | None = None) -> SlaException:
        """Ask for an exception; where this very act has asked for it already, that one. Raises RefusalError."""
        while True:
            known = self._asked(act) if act else None
            if known is not None:
                return known
            number = len(self.register.exceptions) + 1
            event = self._event(f"X-{number}", REQUESTED, {**data, "by": who.id, **({ACT: act} if act else {})}, f"X-{number}")
            try:
                asked = SlaException.of(event)
            except ExceptionTermsError as error:
                raise RefusalError(_sentence(error)) from None
            if self._ledger.register.append(event, event.time, sweep=False):
                return self._told(asked, f"{who.name} asks for it: {asked.reason}", self._approvers(but=who.id))

    def _asked(self, act: str) -> SlaException | None:
        """The exception for which an act has asked."""
        asked = (event.ticket for event in self._ledger.register.events() if event.data.get(ACT) == act)
        return self.register.exceptions.get(next(asked, ""))

    def move(self, id: str, move: Move, who: Person, comment: str) -> SlaException:
        """Approve, refuse or revoke. Raises RefusalError."""
        while True:
            known = self.register.exceptions.get(id)
            if known is None:
                raise RefusalError(f"There is no exception {id[:40]!r}. /sla exceptions lists them.")
            self._check(known, move, who)
            event = self._event(id, _EVENTS[move], {"by": who.id, "comment": comment}, f"{id}/{len(known.taken)}")
            try:
                moved = known.move(move, event.time, who.id, comment)
            except ExceptionTermsError as error:
                raise RefusalError(_sentence(error)) from None
            if self._ledger.register.append(event, event.time, sweep=bool(moved.changes), since=known.start):
                words = f"{_DONE[move].capitalize()} by {who.name}" + (f": {comment}" if comment else "")
                return self._told(moved, words, (known.requester,))

    def check(self) -> None:
        """Raises PublishedError where the configuration writes otherwise what was published."""
        check_published(self._ledger.register.events(), self._book, self._clock.now())

    def unpublished(self) -> bool:
        """Whether the configuration promises something else than the one that the bot last began with."""
        before = published(self._ledger.register.events())
        return bool(before) and before[-1].data != terms_of(self._book)

    def publish(self) -> None:
        """Note what the configuration promises, where that has changed, and have open tickets looked at.

        Raises PublishedError.
        """
        events = self._ledger.register.events()
        check_published(events, self._book, self._clock.now())
        before, terms = published(events), terms_of(self._book)
        if not before or before[-1].data != terms:
            event = self._event("configuration", PUBLISHED, terms, f"published/{len(before)}")
            self._ledger.register.append(event, event.time, sweep=bool(before))
        self._published = True
        self.refresh()

    def announce(self) -> None:
        """Tell the teams of what ends soon, and of what has ended."""
        now = self._clock.now()
        for exception in self._book.promises.register.exceptions.values():
            approved = exception.changes[0] if exception.changes else exception.end
            if exception.state != "approved" or approved >= exception.end:
                continue
            ahead = max(approved, exception.end - min(DAY, (exception.end - exception.start) // 2))
            when = in_a_sentence(exception.end, self._book.zone_at(now))
            if exception.end <= now < exception.end + _STILL_TOLD:
                self._say_once(exception, "ended", f"Has ended: from {when} on every clock counts in full again")
            elif ahead <= now < exception.end:
                self._say_once(exception, "ends", f"Ends at {when}; every clock counts in full from then on")

    def _check(self, exception: SlaException, move: Move, who: Person) -> None:
        if set(APPROVING) & set(who.roles) or (move == "revoke" and who.id == exception.requester):
            return
        needed = f"To {move} an exception needs one of the roles {', '.join(APPROVING)}."
        raise RefusalError(f"{needed} {self._book.who_has(APPROVING)}")

    def _approvers(self, but: str) -> tuple[str, ...]:
        return tuple(p.id for p in self._book.people.values() if set(APPROVING) & set(p.roles) and p.id != but)

    def _event(self, exception: str, type: str, data: dict[str, Any], id: str) -> TicketEvent:
        now = self._clock.now()
        return TicketEvent(exception, type, now, data, id, f"{SOURCE}/exceptions", recorded=now)

    def _told(self, exception: SlaException, line: str, mentions: Sequence[str]) -> SlaException:
        self.refresh()
        self._say(exception, f"{len(exception.taken)}", line, mentions)
        return exception

    def _say_once(self, exception: SlaException, what: str, line: str) -> None:
        if f"{exception.id}/{what}" not in self._announced:
            self._say(exception, what, line, (exception.requester,))
            self._announced.add(f"{exception.id}/{what}")

    def _say(self, exception: SlaException, what: str, line: str, mentions: Sequence[str]) -> None:
        """To every team that has promised something, under a key by which it is said once."""
        now = self._clock.now()
        named = dict.fromkeys(agreement.team for agreement in self._book.promises.agreements if agreement.team)
        rows = []
        for platform in self._platforms:
            for team in (self._book.teams[name] for name in named if name in self._book.teams):
                channel = team.channel_on(platform)
                if channel is not None:
                    body = {"audience": AUDIENCE, "line": line, "mentions": list(mentions), "at": now}
                    key = f"exceptions/{exception.id}/{what}/{platform}/{team.id}"
                    rows.append(OutboxRow(key, exception.id, platform, channel, body, now))
        self._ledger.outbox.add(rows, now)


def _sentence(error: ExceptionTermsError) -> str:
    return str(error) if str(error).endswith((".", "?")) else f"{error}."
