"""Covering: once a week each team hears of the hours ahead in which its clocks run and nobody is on call.

Decided here: when, to whom and in which words; a week that is covered is not spoken of. Not decided here: what a gap is
(`escalation.coverage`).
"""

from collections.abc import Sequence

from bot.messages import counted
from bot.ports import Ledger, WallClockPort
from bot.records import OutboxRow, notice
from bot.times import moment
from escalation.book import Book
from escalation.coverage import Gap, gaps
from escalation.people import Team
from rules.instants import DAY, HOUR, to_datetime

WEEK = 7 * DAY
_SPOKEN_AT = 9
"""The hour of Monday from which it is said."""
_SHOWN = 10


class Covering:
    """Tells teams on `platforms`."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, platforms: Sequence[str]) -> None:
        self._ledger, self._book, self._clock, self._platforms = ledger, book, clock, platforms

    def turn(self, _: str) -> None:
        """Say what is to be said this week; what was said is known by its key."""
        now = self._clock.now()
        found = gaps(self._book, now, now + WEEK)
        rows = [row for team in self._book.teams.values() for row in self._rows(team, found, now)]
        self._ledger.outbox.add(rows, now)

    def _rows(self, team: Team, found: Sequence[Gap], now: int) -> list[OutboxRow]:
        own = [gap for gap in found if gap.rota == team.rota]
        if not own:
            return []
        zone = self._book.rotas[own[0].rota].zone
        year, week, day = to_datetime(now).astimezone(zone).isocalendar()
        if day == 1 and to_datetime(now).astimezone(zone).hour < _SPOKEN_AT:
            return []
        lines = [
            f"{moment(gap.start, zone)} – {moment(gap.end, zone)} ({zone.key}): clocks of {', '.join(gap.agreements)} run"
            for gap in own[:_SHOWN]
        ]
        if len(own) > _SHOWN:
            lines.append(f"and {counted(len(own) - _SHOWN, 'more time')}")
        hours = sum(gap.end - gap.start for gap in own) // HOUR
        title = f"In the coming week nobody is on call on {team.rota} for {counted(hours, 'hour')} in which clocks run"
        channels = ((platform, team.channel_on(platform)) for platform in self._platforms)
        name = f"coverage-{year}-{week}-{team.id}"
        return [notice(name, title, lines, platform, channel, now) for platform, channel in channels if channel]
