"""Paging: what people do about pages, by a command or a button.

Decided here: that a press changes nothing where the page has changed since the button was drawn, and is told what happened
meanwhile; that a page which somebody has is handed over and not taken away; that who is called next is shown before anybody is.
Not decided here: a page's way up (`escalation.page`), who may act (`handlers`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot import answers
from bot.acting import Acting, done, somebody
from bot.commands import ACTING, Command
from bot.messages import Answer, Button, Card, clipped, counted, refusal, said, stamped
from bot.ports import Ledger, StaleError, WallClockPort
from bot.records import History, TicketView
from bot.times import moment
from bot.watch import Watch
from escalation.book import Book
from escalation.page import PageRow
from escalation.pages import ACKNOWLEDGED, ESCALATED, HANDED_OVER
from escalation.people import Person
from rules.decisions import Decision
from rules.durations import spoken
from rules.instants import MINUTE, SECOND

_MOST_TRIES = 20
_MOST_PEOPLE = 20
_TAKEN = ("page.acknowledged", "page.handed_over", "page.expired", "page.closed")
"""What makes a button for taking or extending late; a further step does not."""


class Paging:
    """Acts on the pages of one ledger."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, watch: Watch) -> None:
        self._ledger, self._book, self._clock, self._watch = ledger, book, clock, watch
        self._acting = Acting(ledger, clock, watch)

    def acknowledge(self, command: Command, who: Person, act: str) -> Answer:
        """Take a page for a time, or all on a list; who has it already has it for longer."""
        if command.step == "all":
            return self._acknowledge_all(command.subject or "", who, act)
        page = self._page(command)
        if isinstance(page, Answer):
            return page
        lasts = {"for": f"{command.lasts}ms"} if command.lasts is not None else {}
        extending = command.step == "extend" or command.lasts is not None

        def wrong(page: PageRow) -> str | None:
            if page.state == "acknowledged" and page.acknowledged_by != who.id:
                name = self._book.names([page.acknowledged_by or "somebody"])
                return f"{name} has {page.page}. To have it instead, write /sla handover {page.page} @{who.id}"
            if page.state == "acknowledged" and not extending:
                return f"You have {page.page} already."
            if command.step == "extend" and page.state != "acknowledged":
                return f"Nobody has {page.page} any more."
            return None

        found = self._on_page(page, ACKNOWLEDGED, {"by": who.id, **lasts}, act, command.shown, wrong)
        if isinstance(found, Answer):
            return found
        if found.acknowledged_by != who.id:
            return refusal(f"Page {page.page} could not be taken: {self._end_of(found)}.")
        left = max((found.acknowledged_until or 0) - self._clock.now(), 0)
        unit = MINUTE if left >= MINUTE else SECOND
        return said(f"{who.name} has {page.page} for {spoken(-(-left // unit) * unit)}.")

    def _acknowledge_all(self, bundle: str, who: Person, act: str) -> Answer:
        """Take every page on a list that nobody has."""
        tickets = self._ledger.posts.bundled(int(bundle)) if bundle.isdecimal() and len(bundle) < 19 else []
        pages = [page for view in self._ledger.reader.tickets(tickets).values() for page in view.pages]
        free = [page for page in pages if page.state in ("open", "exhausted")]
        answered = [self.acknowledge(Command("ack", page.page), who, f"{act}/{page.page}") for page in free]
        taken = sum(not answer.refused for answer in answered)
        if not taken:
            return refusal("Nobody has to be found for the tickets on this list any more.")
        others = sum(page.state == "acknowledged" and page.acknowledged_by != who.id for page in pages)
        left = f" {counted(others, 'page')} had been taken by others." if others else ""
        return said(f"{who.name} has {counted(taken, 'page')}.{left}")

    def hand_over(self, command: Command, who: Person, act: str) -> Answer:
        """Give a page to another person, who is called."""
        page = self._page(command)
        if isinstance(page, Answer):
            return page
        if not command.words:
            return self._pick_person(page)
        to = somebody(self._book, " ".join(command.words))
        if isinstance(to, Answer):
            return to

        def wrong(page: PageRow) -> str | None:
            return f"{to.name} has {page.page} already." if page.acknowledged_by == to.id else None

        found = self._on_page(page, HANDED_OVER, {"by": who.id, "to": to.id}, act, command.shown, wrong)
        if isinstance(found, Answer):
            return found
        if found.to != (to.id,):
            return refusal(f"Page {page.page} could not be handed over: {self._end_of(found)}.")
        return said(f"{who.name} handed {page.page} to {to.name}, who is paged.")

    def escalate(self, command: Command, who: Person, act: str) -> Answer:
        """Call the next step of the ladder now; until that is confirmed, say whom it would call."""
        view = answers.meant(self._ledger.reader, self._clock.now(), command.subject, "escalate")
        if isinstance(view, Answer):
            return view
        if command.step != "now":
            return self._asked_to_confirm(view, who)
        for _ in range(_MOST_TRIES):
            history = self._ledger.looks.histories([view.ticket])[0]
            view = self._ledger.reader.ticket(view.ticket) or view
            if done(history, act):
                return refusal(f"{view.ticket} was escalated by this press already.")
            late = self._meanwhile(history, command.shown, lambda entry: entry.page is not None)
            if late:
                return self._too_late(view.ticket, late)
            before = {page.page: (page.step, page.next_at, page.to) for page in view.pages}
            try:
                self._acting.do(view.ticket, ESCALATED, {"by": who.id}, act, history.seen)
            except StaleError:
                continue
            view = self._ledger.reader.ticket(view.ticket) or view
            moved = [page for page in view.pages if before.get(page.page) != (page.step, page.next_at, page.to)]
            if not moved:
                return refusal(f"Nobody could be called for {view.ticket}: {_NOBODY}")
            if not moved[-1].to:
                return said(f"The ladder of {moved[-1].page} is used up; nobody is left to call.", "at_risk")
            return said(f"{who.name} escalated {view.ticket}: {_calls(moved, self._book)}.", "at_risk")
        return refusal(_BUSY.format(view.ticket))

    def _asked_to_confirm(self, view: TicketView, who: Person) -> Answer:
        foreseen = self._watch.foreseen(self._acting.event(view.ticket, ESCALATED, {"by": who.id}, "foreseen"))
        known = {page.page: (page.step, page.next_at, page.to) for page in view.pages}
        moved = [page for page in foreseen.pages if page.to and known.get(page.page) != (page.step, page.next_at, page.to)]
        if not moved:
            return refusal(f"Nobody could be called for {view.ticket}: {_NOBODY}")
        button = Button(action="escalate_now", label="Escalate now", value=stamped(view.looked_at, view.ticket), style="danger")
        title = f"Escalate {view.ticket} now? {_calls(moved, self._book)}."
        lines = (f"Press the button, or write /sla escalate {view.ticket} now",)
        return Answer(cards=(Card(title=title, verdict="at_risk", lines=lines, buttons=(button,)),))

    def _on_page(
        self, page: PageRow, type: str, data: Mapping[str, Any], act: str, shown: int | None, wrong: Any
    ) -> PageRow | Answer:
        """Do something to a page, where it stands as it was shown; how it stands then, or why nothing was done."""
        for _ in range(_MOST_TRIES):
            history = self._ledger.looks.histories([page.ticket])[0]
            page = self._ledger.reader.page(page.page) or page
            if done(history, act):
                return page
            late = self._meanwhile(history, shown, lambda entry: entry.page == page.page and entry.kind in _TAKEN)  # noqa: B023
            if late:
                return self._too_late(page.page, late)
            if page.state == "closed":
                return refusal(f"Page {page.page} is closed: {self._end_of(page)}. Nothing has changed.")
            why_not = wrong(page)
            if why_not:
                return refusal(why_not)
            try:
                self._acting.do(page.ticket, type, {"page": page.page, **data}, act, history.seen)
            except StaleError:
                continue
            return self._ledger.reader.page(page.page) or page
        return refusal(_BUSY.format(page.ticket))

    def _meanwhile(self, history: History, shown: int | None, matters: Any) -> list[Decision]:
        """What has happened since a button was drawn."""
        if shown is None:
            return []
        recorded = zip(history.recorded, history.recorded_at, strict=True)
        return [entry for entry, at in recorded if at > shown and matters(entry)]

    def _too_late(self, what: str, late: Sequence[Decision]) -> Answer:
        zone = self._book.zone_at(late[0].at)
        lines = tuple(f"{moment(entry.at, zone)} ({zone.key}): {clipped(entry.reason)}" for entry in late[-5:])
        return Answer(cards=(Card(title=f"Nothing was done: meanwhile {what} has changed.", lines=lines),), refused=True)

    def _page(self, command: Command) -> PageRow | Answer:
        """The page that is meant: by its id, by its ticket's, or the only open one."""
        subject = command.subject
        if subject is None:
            open_pages = self._ledger.reader.pages()
            return open_pages[0] if len(open_pages) == 1 else answers.pick_page(open_pages, self._book, command.verb)
        page = self._ledger.reader.page(subject)
        if page is not None:
            return page
        view = self._ledger.reader.ticket(subject)
        if view is None:
            choose = f"Write /sla {command.verb} to choose from the open pages."
            return refusal(f"There is no page and no ticket {clipped(subject, 60)!r}. {choose}")
        mine = [page for page in view.pages if page.state != "closed"] or list(view.pages)
        return mine[0] if mine else refusal(f"Nobody is being paged for {view.ticket}.")

    def _pick_person(self, page: PageRow) -> Answer:
        able = [p for p in self._book.people.values() if set(p.roles) & set(ACTING) and p.id != page.acknowledged_by]
        view = self._ledger.reader.ticket(page.ticket)
        buttons = tuple(
            Button(
                action="handover_to",
                label=person.name,
                value=stamped(view.looked_at if view else None, f"{person.id}|{page.page}"),
            )
            for person in able[:_MOST_PEOPLE]
        )
        title = f"To whom? Write /sla handover {page.page} @person"
        return Answer(cards=(Card(title=title, lines=("Whoever it is will be paged.",), buttons=buttons),))

    def _end_of(self, page: PageRow) -> str:
        if page.state == "acknowledged" and page.acknowledged_by:
            return f"{self._book.names([page.acknowledged_by])} has it"
        recorded = self._ledger.looks.histories([page.ticket])[0].recorded
        return next((d.reason for d in reversed(recorded) if d.page == page.page), "it has ended")


_NOBODY = "no clock of it runs under an agreement with a ladder, or the ladder reaches nobody."
_BUSY = "{} changes faster than it can be answered: try again."


def _calls(pages: Sequence[PageRow], book: Book) -> str:
    """Whom pages call, for a sentence."""
    called = ((book.names(page.to), "is" if len(page.to) == 1 else "are", page.step) for page in pages)
    return "; ".join(f"{names} {are} paged (step {step})" for names, are, step in called)
