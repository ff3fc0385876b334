"""Handlers: what each command answers, on every platform alike.

Decided here: roles, refusals, pick-lists, and that a click is an event in the ticket's history, looked at before it is
answered. Not decided here: the grammar (`commands`), and how queries read (`answers`).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot import answers
from bot.commands import ACTING, VERBS, Command, CommandError, parse
from bot.compliance import report, status
from bot.exception_cards import exception_card, pick_exception, register_answer, shown_exception
from bot.messages import Answer, Card, clipped
from bot.ports import Ledger, WallClockPort
from bot.records import Health
from bot.registrar import RefusalError, Registrar
from bot.requests import request_of, unfamiliar
from bot.shared_ports import Shared
from bot.watch import Watch
from bot.why import why
from escalation.book import Book
from escalation.lateness import SOURCE
from escalation.page import PageRow
from escalation.people import Person
from rules.durations import spoken
from rules.exceptions import SlaException
from rules.instants import MINUTE
from rules.problems import did_you_mean
from rules.ticket import TicketEvent

_DECISIONS = ("approve", "refuse", "revoke")
REQUESTING = (*ACTING, "approver")
"""Roles that may ask for an exception; who may decide is the registrar's affair."""
_ARCHIVED = "The history of {0} is in the archive's files. How it ended is said by /sla ticket {0}."


class Handlers:
    """Answers commands from one ledger and book."""

    def __init__(
        self,
        ledger: Ledger,
        book: Book,
        clock: WallClockPort,
        watch: Watch,
        registrar: Registrar,
        shared: Shared,
        *,
        sealing: bool,
    ) -> None:
        self._ledger, self._book, self._clock, self._watch = ledger, book, clock, watch
        self._registrar, self._shared, self._sealing = registrar, shared, sealing
        self._queries: dict[str, Callable[[Command], Answer]] = {
            "status": lambda command: status(ledger.reader, book, command.subject, clock.now()),
            "report": lambda command: report(ledger.reader, book, command.words, clock.now()),
            "risk": lambda _: answers.risk(ledger.reader, book, clock.now()),
            "breaches": lambda command: answers.breaches(ledger.reader, book, command.subject or "open", clock.now()),
            "ticket": self._ticket,
            "why": self._why,
            "oncall": lambda _: answers.oncall(book, clock.now()),
            "agreements": lambda _: answers.agreements(book),
            "health": lambda _: answers.health(self._health(), clock.now()),
            "help": lambda command: answers.help_card(command.subject),
        }

    def answer(self, text: str, who: Person | None, act: str | None = None) -> Answer:
        """Answer a line as it was typed; what cannot be understood is answered with what to write instead."""
        try:
            command = parse(text)
        except CommandError as error:
            return refusal(str(error))
        return self.carry_out(command, who, act)

    def click(self, action: str, value: str, who: Person | None, act: str | None = None) -> Answer:
        """Answer a button of a card."""
        if action in _DECISIONS:
            return self.carry_out(Command("exceptions", action, words=(value,)), who, act)
        verb = {"acknowledge": "ack"}.get(action, action)
        if verb not in ("ack", "escalate", "why"):
            return refusal(f"There is no button {action[:40]!r}.")
        return self.carry_out(Command(verb, value.replace("\0", "?")), who, act)

    def carry_out(self, command: Command, who: Person | None, act: str | None = None) -> Answer:
        """Answer a command; a refusal says which role is needed and who has it."""
        self._registrar.refresh()
        if self._registrar.superseded:
            return refusal("This process has an older configuration than the one that was published last: restart it.")
        roles = VERBS[command.verb].roles
        if roles and (who is None or not set(roles) & set(who.roles)):
            return refusal(self._needed(command.verb, roles, who))
        if command.verb in self._queries:
            return self._queries[command.verb](command)
        if command.verb == "exceptions":
            return self._exceptions(command, who, act)
        assert who is not None
        act = act or str(uuid.uuid4())
        return self._acknowledge(command, who, act) if command.verb == "ack" else self._escalate(command, who, act)

    def _health(self) -> Health:
        known = self._ledger.reader.health(self._clock.now())
        processes, wrong = self._shared.board.read(), self._shared.check()
        sweeps = self._ledger.sweeps.under_way()
        known = replace(known, sealing=self._sealing, shared=self._shared.seen and wrong is None)
        return replace(known, sweeps=sweeps, processes=processes, unshared=wrong)

    def _exceptions(self, command: Command, who: Person | None, act: str | None) -> Answer:
        step, now = command.subject, self._clock.now()
        if step in ("list", "all"):
            return register_answer(self._registrar.register, self._book, now, every=step == "all")
        if step == "show":
            found = self._registrar.register.exceptions.get(command.words[0])
            return shown_exception(found, command.words[0], self._book, now)
        if who is None or not set(REQUESTING) & set(who.roles):
            return refusal(self._needed(f"exceptions {step}", REQUESTING, who))
        try:
            if step == "request":
                asked = self._registrar.request(request_of(command.words, self._book.zone_at(now), now), who, act)
                return self._about(asked, f"{who.name} asks for {asked.id}.", unfamiliar(asked.scope, self._book))
            if not command.words:
                return pick_exception(self._registrar.register, self._book, now, str(step))
            id, comment = command.words[0].upper(), " ".join(command.words[1:]).removeprefix("because ")
            moved = self._registrar.move(id, step, who, comment)  # type: ignore[arg-type]
        except (CommandError, RefusalError) as error:
            return refusal(str(error))
        self._watch.nudge()
        return self._about(moved, f"{moved.id} is {moved.state}.")

    def _about(self, exception: SlaException, title: str, notes: tuple[str, ...] = ()) -> Answer:
        """A step was taken: for the whole channel."""
        card = exception_card(exception, self._book, self._clock.now())
        return Answer(cards=(Card(title=title, lines=notes), card), private=False)

    def _needed(self, verb: str, roles: Sequence[str], who: Person | None) -> str:
        unknown = "" if who else " Nobody is known to ask; on the command line, --as PERSON says who does."
        return f"{verb} needs one of the roles {', '.join(roles)}. {self._book.who_has(roles)}{unknown}"

    def _ticket(self, command: Command) -> Answer:
        if command.subject is None:
            return answers.pick(self._ledger.reader, self._clock.now(), "ticket")
        view = self._ledger.reader.ticket(command.subject)
        if view is not None:
            view = view.at(self._clock.now(), self._book.promises.calendars)
        return answers.ticket(view, self._book) if view else self._no_ticket(command.subject)

    def _why(self, command: Command) -> Answer:
        if command.subject is None:
            return answers.pick(self._ledger.reader, self._clock.now(), "why")
        history = self._ledger.looks.histories([command.subject])[0]
        if not history.events:
            known = self._ledger.reader.ticket(command.subject) is not None
            return refusal(_ARCHIVED.format(command.subject)) if known else self._no_ticket(command.subject)
        return why(history, self._book)

    def _no_ticket(self, id: str) -> Answer:
        like = self._ledger.reader.like(id[:2], 50)
        hint = did_you_mean(id, like, otherwise=f"There are {', '.join(like[:5])} …" if like else "")
        return refusal(f"There is no ticket {clipped(id, 60)!r}. {hint}".rstrip())

    def _acknowledge(self, command: Command, who: Person, act: str) -> Answer:
        page = self._page(command.subject)
        if isinstance(page, Answer):
            return page
        if page.state == "closed":
            return refusal(f"Page {page.page} is closed: {self._end_of(page)}. Nothing has changed.")
        if page.state == "acknowledged" and page.acknowledged_by == who.id and command.lasts is None:
            return refusal(f"You have {page.page} already.")
        data = {"page": page.page, "by": who.id, **({"for": f"{command.lasts}ms"} if command.lasts is not None else {})}
        self._happened(page.ticket, "page.acknowledged", data, act)
        after = self._ledger.reader.page(page.page)
        if after is None or after.acknowledged_by != who.id:
            return refusal(f"Page {page.page} could not be taken: {self._end_of(after or page)}.")
        minutes = -(-((after.acknowledged_until or 0) - self._clock.now()) // MINUTE)
        return said(f"{who.name} has {page.page} for {spoken(max(minutes, 0) * MINUTE)}.")

    def _escalate(self, command: Command, who: Person, act: str) -> Answer:
        if command.subject is None:
            return answers.pick(self._ledger.reader, self._clock.now(), "escalate")
        view = self._ledger.reader.ticket(command.subject)
        if view is None:
            return self._no_ticket(command.subject)
        before = {page.page: (page.step, page.next_at) for page in view.pages}
        if not self._happened(view.ticket, "page.escalated", {"by": who.id}, act):
            return refusal(f"{view.ticket} was escalated by this press already.")
        view = self._ledger.reader.ticket(command.subject) or view
        moved = [page for page in view.pages if before.get(page.page) != (page.step, page.next_at)]
        if not moved:
            return refusal(f"Nobody could be called for {view.ticket}: no clock of it runs under an agreement with a ladder.")
        page = moved[-1]
        if not page.to:
            return said(f"The ladder of {page.page} is used up; nobody is left to call.", "at_risk")
        return said(f"{who.name} escalated {view.ticket}: {self._book.names(page.to)} paged (step {page.step}).", "at_risk")

    def _page(self, subject: str | None) -> PageRow | Answer:
        """The page that is meant: by its id, by its ticket's, or the only open one."""
        open_pages = self._ledger.reader.pages()
        if subject is None:
            return open_pages[0] if len(open_pages) == 1 else answers.pick_page(open_pages, self._book)
        page = self._ledger.reader.page(subject)
        if page is not None:
            return page
        view = self._ledger.reader.ticket(subject)
        if view is None:
            return refusal(
                f"There is no page and no ticket {clipped(subject, 60)!r}. Write /sla ack to choose from the open pages."
            )
        mine = [page for page in view.pages if page.state != "closed"] or list(view.pages)
        return mine[0] if mine else refusal(f"Nobody is being paged for {view.ticket}.")

    def _happened(self, ticket: str, type: str, data: dict[str, str], act: str) -> bool:
        """Write a person's act into the ticket's history, and look at it at once; False where it stands there already."""
        event = TicketEvent(ticket, type, self._clock.now(), data, act, SOURCE)
        new = self._ledger.intake.act(event, self._clock.now)
        self._watch.look_now(ticket)
        return new

    def _end_of(self, page: PageRow) -> str:
        if page.state == "acknowledged" and page.acknowledged_by:
            return f"{self._book.names([page.acknowledged_by])} has it"
        recorded = self._ledger.looks.histories([page.ticket])[0].recorded
        return next((d.reason for d in reversed(recorded) if d.page == page.page), "it has ended")


def said(text: str, verdict: str = "info") -> Answer:
    """A change of state: for the whole channel."""
    return Answer(cards=(Card.model_validate({"title": text, "verdict": verdict}),), private=False)


def refusal(text: str) -> Answer:
    """Nothing was done, and why."""
    return Answer(cards=(Card(title=text),), refused=True)
