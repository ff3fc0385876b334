"""Unreached: a call that can never be delivered goes back to the ladder as an event, so that the next step comes at once; that
a customer's letter was refused is told to the team.

Decided here: who counts as unreached: a person or a channel that no other platform reaches. Not decided here: what the ladder
makes of it (`escalation.page`).
"""

from collections.abc import Collection, Sequence

from bot.messages import clipped
from bot.ports import Ledger, WallClockPort
from bot.records import OutboxRow
from bot.watch import Watch
from escalation.book import Book
from escalation.effects import CALLS
from escalation.lateness import SOURCE
from escalation.pages import UNREACHED
from escalation.reconcile import live
from escalation.roster import CHANNEL
from rules.decisions import Decision
from rules.ticket import TicketEvent

PASSIVE = ("local", "terminal")
"""Platforms that call nobody by themselves: somebody has to look there."""


class Unreached:
    """Tells the ladder, or the team, who could not be reached."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, watch: Watch, platforms: Collection[str]) -> None:
        self._ledger, self._book, self._clock, self._watch = ledger, book, clock, watch
        self._platforms = platforms

    def tell(self, rows: Sequence[OutboxRow], why: str) -> None:
        """Rows can never be delivered."""
        for row in rows:
            if row.audience == "customer":
                self._tell_team(row, why)
                continue
            decision = Decision.of(row.body["decision"]) if "decision" in row.body else None
            who = _called(row, decision) if decision else None
            if decision and who and not self._elsewhere(row):
                data = {"page": decision.page, "call": self._number(decision), "to": who, "why": clipped(why)}
                event = TicketEvent(row.ticket, UNREACHED, self._clock.now(), data, f"unreached/{row.id}", SOURCE)
                after = decision.at + 1  # at the instant of the call itself it would count as before it
                if self._ledger.intake.act(event, lambda: max(self._clock.now(), after)):  # noqa: B023 - called at once
                    self._watch.nudge()

    def _tell_team(self, row: OutboxRow, why: str) -> None:
        """A letter could not be delivered: somebody has to write otherwise."""
        decision, now = Decision.of(row.body["decision"]), self._clock.now()
        agreement = self._book.promises.agreement(decision.agreement, decision.version)
        team = self._book.teams.get((agreement.team if agreement else None) or "")
        line = f"The letter to {clipped(decision.customer, 60)} did not go out by {row.platform}: {clipped(why)}"
        body = {**row.body, "audience": "team", "line": line, "decision": {**row.body["decision"], "at": now}}
        places = {**team.channels, "terminal": team.id} if team else {}
        self._ledger.outbox.add(
            [
                OutboxRow(f"undelivered/{row.id}/{platform}", row.ticket, platform, channel, body, now)
                for platform, channel in places.items()
                if platform in self._platforms
            ],
            now,
        )

    def _elsewhere(self, row: OutboxRow) -> bool:
        """Whether the same call reaches them on another platform, or may."""
        others = (other for other in self._ledger.outbox.records(ticket=row.ticket, limit=1000) if other.id != row.id)
        same = (o for o in others if o.audience == row.audience and o.body.get("decision") == row.body["decision"])
        reaching = (o for o in same if o.platform != row.platform and (o.platform not in PASSIVE or row.platform in PASSIVE))
        return any(other.state not in ("failed", "dropped") for other in reaching)

    def _number(self, decision: Decision) -> int:
        """Which of its page's calls a decision is, counted from 1."""
        recorded = live(self._ledger.looks.histories([decision.ticket])[0].recorded).values()
        calls = sorted((d for d in recorded if d.kind in CALLS and d.page == decision.page and d.to), key=lambda d: d.at)
        return next((n for n, call in enumerate(calls, 1) if call.key == decision.key), 0)


def _called(row: OutboxRow, decision: Decision) -> str | None:
    """Who of a call a row was for; None where it only tells others of it."""
    if decision.kind not in CALLS:
        return None
    if row.audience == "person":
        return row.channel.removeprefix("@")
    team = f"{CHANNEL}{row.body.get('who')}"
    return team if team in (decision.to or ()) else None
