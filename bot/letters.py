"""Letters and promises: what people decide about what a customer is told.

Decided here: who may approve a letter, and that one which was decided, has expired or is no longer needed changes nothing; that
nobody promises a time which like tickets do not keep. Not decided here: what a letter says (`wording`), when one is written
(`escalation.letters`), and what becomes of a promise (`rules.promised`).
"""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot import answers
from bot.acting import Acting
from bot.commands import Command, CommandError
from bot.messages import Answer, Card, clipped, refusal, said
from bot.needed import needless_letter
from bot.outlook import forecast
from bot.ports import Ledger, WallClockPort
from bot.records import TicketView
from bot.times import in_full, instant_at, moment
from bot.watch import Watch
from escalation.book import Book
from escalation.letters import APPROVED, KEPT_BACK, REFUSED, RELEASED, expires_at, letter_id
from escalation.people import Person
from escalation.reconcile import LETTER
from rules.clock_row import ClockRow
from rules.decisions import Decision
from rules.instants import MINUTE, InstantError, of, text, to_datetime
from rules.promised import GIVEN

USAGE = "/sla promise T-1 by 14:30"


class Letters:
    """Decides about letters and promises of one ledger."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, watch: Watch) -> None:
        self._ledger, self._book, self._clock = ledger, book, clock
        self._acting = Acting(ledger, clock, watch)

    def judge(self, command: Command, who: Person, act: str) -> Answer:
        """Send a letter that waits for somebody's approval, or do not."""
        if command.subject is None:
            return self._waiting()
        ticket = command.subject.removeprefix("L-").rpartition("-")[0]
        recorded = self._ledger.looks.histories([ticket])[0].recorded if ticket else ()
        letter = next((d for d in recorded if d.kind == LETTER and letter_id(d) == command.subject), None)
        if letter is None or letter.team is None:
            return refusal(f"No letter {clipped(command.subject, 60)!r} waits for anybody. /sla message lists those that do.")
        role = self._role(letter)
        if role is not None and not {role, "admin"} & set(who.roles):
            return refusal(f"This letter needs the role {role}. {self._book.who_has([role])}")
        if (why_not := self._too_late(letter, recorded)) is not None:
            return refusal(f"Nothing was sent: {why_not}.")
        type = APPROVED if command.step == "approve" else REFUSED
        self._acting.do(ticket, type, {"letter": command.subject, "by": who.id}, act)
        done = "goes out" if type == APPROVED else "is not sent"
        return said(f"The letter to {clipped(letter.customer, 60)} about {ticket} {done}: {who.name} decided it.")

    def promise(self, command: Command, who: Person, act: str) -> Answer:
        """A person has promised the customer to be heard of by a time: it gets a clock."""
        view = answers.meant(self._ledger.reader, self._clock.now(), command.subject, "promise")
        if isinstance(view, Answer):
            return view
        running = [c for c in view.clocks if c.stopped_at is None and c.kind == "sla"]
        if not running:
            return refusal(f"No promise to a customer runs for {view.ticket}, so there is nothing to measure this one by.")
        clock, now = running[0], self._clock.now()
        zone = self._book.zone_at(now, [clock.agreement])
        until = _by(command.words, zone, now)
        if (why_not := self._unkept(view, clock, until, now)) is not None:
            return refusal(why_not)
        data = {"until": text(until), "agreement": clock.agreement, "version": clock.version, "by": who.name}
        self._acting.do(view.ticket, GIVEN, data, act)
        return said(f"{who.name} promised {view.ticket} an answer by {moment(until, zone)} ({zone.key}).")

    def _unkept(self, view: TicketView, clock: ClockRow, until: int, now: int) -> str | None:
        """Why a time should not be named: like tickets need longer."""
        remaining = forecast(view, clock.agreement, self._ledger.reader, now)
        if remaining is None or now + remaining <= until:
            return None
        needed = in_full(max(remaining // MINUTE, 1) * MINUTE)
        why = f"half of the tickets like {view.ticket} still needed {needed} or more from here on"
        return f"Nothing was promised: {why}. Tell the customer that there is no time yet."

    def _waiting(self) -> Answer:
        """Letters that wait for approval."""
        now, rows = self._clock.now(), self._ledger.outbox.records(state="sent", limit=500)
        letters = {letter_id(d): d for row in rows if row.audience == "draft" and (d := Decision.of(row.body["decision"]))}
        found = []
        for id, letter in letters.items():
            recorded = self._ledger.looks.histories([letter.ticket])[0].recorded
            if self._too_late(letter, recorded) is None:
                zone = self._book.zone_at(now)
                found.append((id, letter.ticket, str(letter.customer), f"{moment(expires_at(letter), zone)} ({zone.key})"))
        if not found:
            return Answer(cards=(Card(title="No letter waits for approval."),))
        columns = ("Letter", "Ticket", "Customer", "Until")
        lines = ("Send one with /sla message approve L-…, or not with /sla message refuse L-…",)
        return Answer(cards=(Card(title="Letters that wait for approval", lines=lines, columns=columns, rows=tuple(found)),))

    def _too_late(self, letter: Decision, recorded: Sequence[Decision]) -> str | None:
        now, alike = self._clock.now(), (letter.cause, letter.wording)
        judged = (d for d in recorded if d.kind in (RELEASED, KEPT_BACK) and (d.cause, d.wording) == alike)
        if (done := next(judged, None)) is not None:
            return done.reason
        if now > expires_at(letter):
            return "it has waited too long, and would not be true any more"
        view = self._ledger.reader.ticket(letter.ticket)
        return needless_letter(letter, view, self._book) if view else "the ticket is not known"

    def _role(self, letter: Decision) -> str | None:
        agreement = self._book.promises.agreement(letter.agreement, letter.version)
        return agreement.customer_updates.approve if agreement else None


def _by(words: tuple[str, ...], zone: ZoneInfo, now: int) -> int:
    """`by 14:30`, the next time that it is; or a date with a time. Raises CommandError."""
    said = " ".join(words).removeprefix("by ").strip()
    local = to_datetime(now).astimezone(zone)
    try:
        if "T" in said:
            at = instant_at(said, zone)
        else:
            hour, minute = said.split(":")
            today = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
            at = of(today if of(today) > now else today + timedelta(days=1))
    except (ValueError, InstantError, OverflowError):
        raise CommandError(f"By when? {said[:40]!r} is no time: write {USAGE}") from None
    if at <= now:
        raise CommandError(f"By when? {said[:40]!r} is over: write {USAGE}")
    return at
