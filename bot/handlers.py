"""Handlers: what each command answers, on every platform alike.

Decided here: which part answers what, roles and refusals, what a button stands for. Not decided here: the grammar (`commands`),
how queries read (`answers`), what people do about pages (`paging`).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot import answers
from bot.commands import ACTING, Command, CommandError, parse, roles_for
from bot.compliance import report, status
from bot.exception_cards import exception_card, pick_exception, register_answer, shown_exception
from bot.health import health
from bot.letters import Letters
from bot.messages import Answer, Card, refusal, unstamped
from bot.paging import Paging
from bot.ports import Ledger, WallClockPort
from bot.records import Health
from bot.registrar import RefusalError, Registrar
from bot.requests import request_of, unfamiliar
from bot.reviews import Reviews
from bot.sealing import Sealing
from bot.shared_ports import Shared
from bot.watch import Watch
from bot.why import why
from escalation.book import Book
from escalation.people import Person
from rules.exceptions import SlaException

_DECISIONS = ("approve", "refuse", "revoke")
_BUTTONS: dict[str, tuple[str, str | None]] = {
    "acknowledge": ("ack", None),
    "acknowledge_all": ("ack", "all"),
    "extend": ("ack", "extend"),
    "handover": ("handover", None),
    "handover_to": ("handover", None),
    "escalate": ("escalate", None),
    "escalate_now": ("escalate", "now"),
    "why": ("why", None),
    "send_letter": ("message", "approve"),
    "drop_letter": ("message", "refuse"),
    "review": ("reviews", None),
    "review_cause": ("reviews", "cause"),
    "review_done": ("reviews", "done"),
    "review_close": ("reviews", "close"),
}
"""What a button stands for: a command, and the step of it."""
_WITH_A_WORD = ("handover_to", "review_cause", "review_done")
"""Buttons whose value begins with the word that follows the subject of their command."""
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
        sealing: Sealing | None,
    ) -> None:
        self._ledger, self._book, self._clock, self._watch = ledger, book, clock, watch
        self._registrar, self._shared, self._sealing = registrar, shared, sealing
        paging, letters = Paging(ledger, book, clock, watch), Letters(ledger, book, clock, watch)
        reviews = Reviews(ledger, book, clock, watch)
        self._acts: dict[str, Callable[[Command, Person, str], Answer]] = {
            "ack": paging.acknowledge,
            "handover": paging.hand_over,
            "escalate": paging.escalate,
            "message": letters.judge,
            "promise": letters.promise,
            "reviews": reviews.act,
        }
        self._queries: dict[str, Callable[[Command], Answer]] = {
            "status": lambda command: status(ledger.reader, book, command.subject, clock.now()),
            "report": lambda command: report(ledger.reader, book, command.words, clock.now()),
            "risk": lambda _: answers.risk(ledger.reader, book, clock.now()),
            "breaches": lambda command: answers.breaches(ledger.reader, book, command.subject or "open", clock.now()),
            "ticket": self._ticket,
            "why": self._why,
            "reviews": reviews.show,
            "oncall": lambda _: answers.oncall(book, clock.now()),
            "agreements": lambda _: answers.agreements(book),
            "health": lambda _: health(self._health(), clock.now()),
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
        if action not in _BUTTONS:
            return refusal(f"There is no button {action[:40]!r}.")
        verb, step = _BUTTONS[action]
        shown, subject = unstamped(value.replace("\0", "?"))
        words: tuple[str, ...] = ()
        if action in _WITH_A_WORD:
            word, _, subject = subject.partition("|")
            words = (word,)
        return self.carry_out(Command(verb, subject, words=words, step=step, shown=shown), who, act)

    def carry_out(self, command: Command, who: Person | None, act: str | None = None) -> Answer:
        """Answer a command; a refusal says which role is needed and who has it."""
        self._registrar.refresh()
        if self._registrar.superseded:
            return refusal("This process has an older configuration than the one that was published last: restart it.")
        if command.verb in self._queries and command.step is None:
            return self._queries[command.verb](command)
        roles = roles_for(command)
        if roles and (who is None or not set(roles) & set(who.roles)):
            return refusal(self._needed(command.verb, roles, who))
        if command.verb == "exceptions":
            return self._exceptions(command, who, act)
        assert who is not None
        try:
            return self._acts[command.verb](command, who, act or str(uuid.uuid4()))
        except CommandError as error:
            return refusal(str(error))

    def _health(self) -> Health:
        known = self._ledger.reader.health(self._clock.now())
        board, wrong = self._shared.board, self._shared.check()
        processes, silent = board.read(), board.silent(self._clock.now())
        sweeps = self._ledger.sweeps.under_way()
        unsealable = self._sealing.trouble() if self._sealing is not None else None
        known = replace(known, sealing=self._sealing is not None, unsealable=unsealable)
        known = replace(known, shared=self._shared.seen and wrong is None)
        return replace(known, sweeps=sweeps, processes=processes, silent=silent, unshared=wrong)

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
        now = self._clock.now()
        view = answers.meant(self._ledger.reader, now, command.subject, "ticket")
        return view if isinstance(view, Answer) else answers.ticket(view.at(now, self._book.promises.calendars), self._book)

    def _why(self, command: Command) -> Answer:
        if command.subject is None:
            return answers.pick(self._ledger.reader, self._clock.now(), "why")
        history = self._ledger.looks.histories([command.subject])[0]
        if not history.events:
            known = self._ledger.reader.ticket(command.subject) is not None
            if known:
                return refusal(_ARCHIVED.format(command.subject))
            return answers.no_ticket(self._ledger.reader, command.subject)
        return why(history, self._book)
