"""Decisions: what a look finds to be true, each at its instant and with its reason.

Decided here: the form of a decision and the key under which it is recorded once. Not decided here: when it is true.
"""

from dataclasses import dataclass
from typing import Any

from rules.instants import text

_INSTANTS = frozenset({"due_at", "was"})
_EXTRAS: dict[str, tuple[str, ...]] = {
    "clock.crossed": ("threshold", "due_at"),
    "clock.moved": ("due_at", "was"),
    "clock.excused": ("exception",),
    "message.team": ("team",),
    "message.customer": ("wording", "customer"),
    "message.approved": ("wording", "customer"),
    "message.refused": ("wording", "customer"),
    "ticket.tagged": ("tag",),
    "ticket.untagged": ("tag",),
    "ticket.hinted": ("team",),
    "ticket.reassigned": ("to",),
    "review.reminded": ("to",),
    "review.given": ("to",),
}
AFTER_EVENTS = ("clock.crossed", "clock.overdue", "clock.excused")
_PAGE = ("page", "ladder", "step", "to")
_REQUIRED = frozenset({"at", "kind", "ticket", "reason"})


@dataclass(init=False)
class Decision:
    """One thing that is true from `at` on. Fields that do not apply are None.

    `occurrence` tells apart decisions that are otherwise alike (a second pause, the third daily crossing); `born` marks a
    crossing that a change brought about after its time; `facts` holds what the ticket could not know; `turn` counts how often
    the very same was recorded before and no longer held; `done_at` is when it was done, where that was later than `at`.
    """

    at: int
    kind: str
    ticket: str
    reason: str
    agreement: str | None
    version: str | None
    metric: str | None
    cycle: int | None
    threshold: str | None
    due_at: int | None
    was: int | None
    page: str | None
    ladder: str | None
    step: int | None
    to: list[str] | None
    team: str | None
    wording: str | None
    customer: str | None
    tag: str | None
    cause: str | None
    exception: str | None
    occurrence: int
    born: bool
    facts: dict[str, Any] | None
    turn: int
    done_at: int | None

    def __init__(
        self,
        at: int,
        kind: str,
        ticket: str,
        reason: str,
        agreement: str | None = None,
        version: str | None = None,
        metric: str | None = None,
        cycle: int | None = None,
        **more: Any,
    ) -> None:
        # Written out, as looks make a great many, most of them with two or three of the other fields.
        self.at, self.kind, self.ticket, self.reason = at, kind, ticket, reason
        self.agreement, self.version, self.metric, self.cycle = agreement, version, metric, cycle
        self.threshold = self.page = self.ladder = self.team = self.wording = self.customer = self.tag = None
        self.cause = self.exception = self.due_at = self.was = self.step = self.to = self.facts = self.done_at = None
        self.occurrence = self.turn = 0
        self.born = False
        self._key: str | None = None
        for name, value in more.items():
            setattr(self, name, value)

    @property
    def name(self) -> str:
        """What a decision that follows from this one calls it: its clock and what happened, without the instant."""
        parts = (*self.clock, self.threshold or self.kind, self.occurrence)
        return "/".join(["" if part is None else str(part) for part in parts])

    @property
    def entry(self) -> str:
        """The name of this very entry on record: its key, its instant, and its turn where it was corrected before."""
        return f"{self.key}@{self.at}" + (f"#{self.turn}" if self.turn else "")

    @property
    def key(self) -> str:
        """Unique within a ticket: a decision is recorded once under it. Its instant is not part of it; what is does not change
        any more once it is asked for.
        """
        if self._key is None:
            self._key = self._made_key()
        return self._key

    def _made_key(self) -> str:
        parts = (self.kind, self.agreement, self.version, self.metric, self.cycle, self.threshold, self.page, self.step)
        extra = (self.team, self.wording, self.tag, self.cause, self.occurrence or None)
        named = (self.exception,) if self.exception else ()
        return "/".join([_part(part) for part in (*parts, *extra, *named)])

    @property
    def clock(self) -> tuple[str | None, str | None, int | None]:
        """Which clock it is about."""
        return (self.agreement, self.metric, self.cycle)

    @staticmethod
    def of(plain: dict[str, Any]) -> "Decision":
        """The decision whose `plain` fields these are."""
        decision = Decision(plain["at"], plain["kind"], plain["ticket"], plain["reason"])
        for name, value in plain.items():
            if name not in _REQUIRED:
                setattr(decision, name, value)
        return decision

    def plain(self) -> dict[str, Any]:
        """The fields that apply, by their names; `of` makes the same decision of them."""
        row: dict[str, Any] = {"at": self.at, "kind": self.kind, "ticket": self.ticket, "reason": self.reason}
        for name, value in (
            ("agreement", self.agreement),
            ("version", self.version),
            ("metric", self.metric),
            ("cycle", self.cycle),
            ("threshold", self.threshold),
            ("due_at", self.due_at),
            ("was", self.was),
            ("page", self.page),
            ("ladder", self.ladder),
            ("step", self.step),
            ("to", self.to),
            ("team", self.team),
            ("wording", self.wording),
            ("customer", self.customer),
            ("tag", self.tag),
            ("cause", self.cause),
            ("exception", self.exception),
            ("facts", self.facts),
            ("done_at", self.done_at),
        ):
            if value is not None:
                row[name] = value
        if self.occurrence:
            row["occurrence"] = self.occurrence
        if self.born:
            row["born"] = True
        if self.turn:
            row["turn"] = self.turn
        return row

    def public(self) -> dict[str, Any]:
        """The decision as `sla simulate` and the API write it: the common keys, then those of its kind."""
        row: dict[str, Any] = {
            "at": text(self.at),
            "kind": self.kind,
            "ticket": self.ticket,
            "agreement": self.agreement,
            "version": self.version,
            "metric": self.metric,
            "cycle": self.cycle,
            "reason": self.reason,
        }
        extras = _PAGE if self.kind.startswith("page.") else _EXTRAS.get(self.kind, ())
        for name in extras:
            value = getattr(self, name)
            row[name] = text(value) if name in _INSTANTS and value is not None else value
        return row


def _part(value: str | int | None) -> str:
    """A part of a key, in which a slash is no end of it."""
    if value is None:
        return ""
    return value.replace("/", "%2F") if isinstance(value, str) else str(value)
