"""A ticket, folded from its events.

Decided here: the order of events, which facts a ticket has after each of them, and the derived facts that metrics ask
about. Not decided here: what the facts lead to.

Derived facts, beside the ticket's own fields: `event` (the type of the present event), `author` and `public` (of a reply),
`score` (of a rating); true at one event only: `answer` (a public reply by a person of ours), `first_answer`, `reopened`,
`handed_over` (to another group), `assigned` (to another person); true from then on: `asked` (a customer has written),
`answered`, `gone` (deleted or merged); true as long as it holds: `waiting` (a customer's message is unanswered).
`waiting_since` is the instant of the oldest unanswered message since the ticket was last solved. A status which the
configuration maps is known as what it is mapped to, and `helpdesk_status` keeps its own name; any other unknown one is work
in progress.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any

OPENED, UPDATED, REPLIED = "ticket.opened", "ticket.updated", "ticket.replied"
PUBLISHED = "configuration.published"
"""Another configuration holds from then on: what is lent to the ticket may differ."""
BY_PEOPLE = ("page.", "letter.", "review.")
"""How types of events begin that tell what people of ours do: these change nothing about the ticket."""
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
DONE = ("solved", "closed")
_GONE = ("ticket.deleted", "ticket.merged")
AT_ONE_EVENT = ("author", "public", "score", "answer", "first_answer", "reopened", "handed_over", "assigned")
"""Facts that hold at the event that brought them, and not after it."""
NOTHING_HAPPENED = {name: None if name in ("author", "public", "score") else False for name in AT_ONE_EVENT}
_NOT_COPIED = frozenset({*AT_ONE_EVENT, "text", "event", "ticket", "asked", "answered", "waiting", "waiting_since", "gone"})
"""What a helpdesk's field of the same name does not overrule, and the text of a reply."""
DERIVED = _NOT_COPIED | {"helpdesk_status"}
"""Facts that an event can change without naming them."""

USUAL = frozenset(
    {
        *("title", "priority", "customer", "tier", "region", "service", "group", "status", "helpdesk_status"),
        *("opened_by", "assignee", "requester", "tags", "score", "url"),
    }
)
"""Fields that most tickets have; any other may exist too."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(init=False)
class TicketEvent:
    """Something that happened to a ticket, at `time`; `arrival` is the ledger's number, `recorded` when we heard of it."""

    ticket: str
    type: str
    time: int
    data: Mapping[str, Any]
    id: str
    source: str
    sequence: str | None
    arrival: int
    recorded: int | None

    def __init__(
        self,
        ticket: str,
        type: str,
        time: int,
        data: Mapping[str, Any] = NOTHING,
        id: str = "",
        source: str = "",
        sequence: str | None = None,
        arrival: int = 0,
        recorded: int | None = None,
    ) -> None:
        # Written out and not frozen: made by a dataclass, an event takes eight times as long, and a look makes many.
        self.ticket, self.type, self.time, self.data, self.id, self.source = ticket, type, time, data, id, source
        self.sequence, self.arrival, self.recorded = sequence, arrival, recorded

    @property
    def known_at(self) -> int:
        """When the event could first be acted on."""
        return self.time if self.recorded is None or self.recorded < self.time else self.recorded


def in_order(events: Iterable[TicketEvent]) -> list[TicketEvent]:
    """Events by time, then by sequence where both have one, then by arrival; each (source, id) once, the first arrival."""
    arrived = sorted(events, key=_arrival)
    known: dict[tuple[str, str], TicketEvent] = {}
    for event in arrived:
        known.setdefault((event.source, event.id), event)
    ordered = sorted(known.values(), key=_time)
    if len({event.time for event in ordered}) == len(ordered):
        return ordered
    result: list[TicketEvent] = []
    for _, same in groupby(ordered, key=_time):
        group = list(same)
        # Those with a sequence take, among themselves, the places that arrival gave them.
        sequenced = iter(sorted((e for e in group if e.sequence is not None), key=_sequence))
        result.extend(event if event.sequence is None else next(sequenced) for event in group)
    return result


_arrival = attrgetter("arrival")
_time = attrgetter("time")


def _sequence(event: TicketEvent) -> tuple[int, int, str, int]:
    text = event.sequence or ""
    if text.isascii() and text.isdigit() and len(text) < 40:
        return (0, int(text), "", event.arrival)
    return (1, 0, text, event.arrival)


class Ticket:
    """The facts of one ticket as its events are applied. `facts` is one dictionary that changes; copy it to keep it.

    `customers` gives what the configuration knows of a customer; the ticket's own fields win. `statuses` maps a helpdesk's own
    statuses to the known ones.
    """

    def __init__(
        self, id: str, customers: Mapping[str, Mapping[str, Any]] = NOTHING, statuses: Mapping[str, str] = NOTHING
    ) -> None:
        self.id = id
        self.facts: dict[str, Any] = {"ticket": id}
        self.opened = False
        self.customers, self._statuses = customers, statuses
        self._lent: list[str] = []

    def apply(self, event: TicketEvent) -> None:
        """Take in one event. A second `ticket.opened` counts as an update."""
        facts, data = self.facts, event.data
        for name in self._lent:
            facts.pop(name, None)
        facts.update(NOTHING_HAPPENED)
        status, group, assignee = facts.get("status"), facts.get("group"), facts.get("assignee")
        for name, value in data.items():
            if name not in _NOT_COPIED:
                facts[name] = value
        if "score" in data:
            facts["score"] = data["score"]
        if self._statuses and "status" in data:
            self._translate(data["status"])
        type_ = event.type
        if type_ == OPENED:
            if self.opened:
                type_ = UPDATED
            else:
                self._open(event.time)
        facts["event"] = type_
        if type_ == REPLIED:
            self._speak(event)
        now = facts.get("status")
        if now in DONE and status not in DONE:
            facts["waiting_since"] = None
        facts["reopened"] = status in DONE and now is not None and now not in DONE
        if type_ != OPENED:
            facts["handed_over"] = facts.get("group") not in (None, group)
            facts["assigned"] = facts.get("assignee") not in (None, assignee)
        facts["gone"] = facts.get("gone") is True or type_ in _GONE
        if self.customers or self._lent:
            self._lend()

    def _translate(self, status: object) -> None:
        known = self._statuses.get(status) if isinstance(status, str) else None
        if known is not None:
            self.facts["status"] = known
        self.facts["helpdesk_status"] = status if known is not None else None

    def _open(self, at: int) -> None:
        self.opened = True
        facts = self.facts
        if facts.get("status") is None:
            facts["status"] = "new"
        if facts.get("opened_by") != "agent":
            self._wait(at)

    def _wait(self, at: int) -> None:
        facts = self.facts
        facts["asked"] = facts["waiting"] = True
        if facts.get("waiting_since") is None:
            facts["waiting_since"] = at

    def _speak(self, event: TicketEvent) -> None:
        facts = self.facts
        author, public = event.data.get("author"), event.data.get("public")
        facts["author"], facts["public"] = author, public
        if author == "customer":
            self._wait(event.time)
        elif author == "agent" and public is True:
            facts["answer"], facts["first_answer"] = True, facts.get("answered") is not True
            facts["answered"], facts["waiting"], facts["waiting_since"] = True, False, None

    def _lend(self) -> None:
        customer = self.facts.get("customer")
        known = self.customers.get(customer) if isinstance(customer, str) else None
        self._lent = [name for name in known if self.facts.get(name) is None] if known else []
        for name in self._lent:
            self.facts[name] = known[name] if known else None
