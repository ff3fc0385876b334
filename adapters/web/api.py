"""The read-only JSON API: what the page shows, for programs.

Decided here: the forms of tickets, clocks, pages, messages and the status as JSON. Not decided here: who may ask
(`security`), and commands (`chat_page`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from bot.ports import Ledger, WallClockPort
from bot.records import ChatMessage, History
from escalation.page import PageRow
from rules.calendar import BusinessCalendar
from rules.clock_row import VERDICTS, ClockRow
from rules.exceptions import STATES
from rules.instants import text, text_or_none
from rules.register import Register

MOST = 500
_NOT_LEDGERS = ("sealing", "unsealable", "shared", "sweeps", "processes", "silent", "unshared")
_HEALTH_INSTANTS = ("oldest_waiting", "sealed_at", "began_at", "newest_at")
_PAGE_INSTANTS = ("opened_at", "next_at", "acknowledged_until", "closed_at")


class Api:
    """Answers from the ledger."""

    def __init__(self, ledger: Ledger, clock: WallClockPort, calendars: Mapping[str, BusinessCalendar]) -> None:
        self._ledger, self._clock, self._calendars = ledger, clock, calendars

    async def ticket(self, request: Request) -> JSONResponse:
        """GET /api/tickets/T: facts, clocks, pages, and the timeline of events and decisions."""
        id = request.path_params["ticket"]
        view = await run_in_threadpool(self._ledger.reader.ticket, id)
        if view is None:
            return JSONResponse({"error": f"there is no ticket {id[:100]!r}"}, status_code=404)
        history = (await run_in_threadpool(self._ledger.looks.histories, [id]))[0]
        return JSONResponse(
            {
                "ticket": id,
                "looked_at": text_or_none(view.looked_at),
                "facts": dict(view.facts),
                "clocks": self._now(view.clocks),
                "pages": [page_json(page) for page in view.pages],
                "timeline": timeline(history),
            }
        )

    async def clocks(self, request: Request) -> JSONResponse:
        """GET /api/clocks?verdict=overdue: clocks, soonest due first."""
        verdicts = [verdict.replace("_", " ") for verdict in request.query_params.getlist("verdict")]
        unknown = [verdict for verdict in verdicts if verdict not in VERDICTS]
        if unknown:
            return _bad(f"verdict {unknown[0][:40]!r} is not one of {', '.join(VERDICTS)}")
        limit = _limit(request)
        if limit is None:
            return _bad(f"limit is a whole number from 1 to {MOST}")
        rows = await run_in_threadpool(
            lambda: self._ledger.reader.clocks(self._clock.now(), verdicts=verdicts or VERDICTS, limit=limit)
        )
        return JSONResponse({"clocks": self._now(rows)})

    def _now(self, clocks: Sequence[ClockRow]) -> list[dict[str, Any]]:
        """Clocks as they stand now; the ledger has them as they stood when their tickets were looked at last."""
        now = self._clock.now()
        return [clock.at(now, self._calendars).public() for clock in clocks]

    async def pages(self, request: Request) -> JSONResponse:
        """GET /api/pages: open pages, latest first; with state=all closed ones too."""
        limit = _limit(request)
        if limit is None:
            return _bad(f"limit is a whole number from 1 to {MOST}")
        open_only = request.query_params.get("state") != "all"
        rows = await run_in_threadpool(lambda: self._ledger.reader.pages(open_only=open_only, limit=limit))
        return JSONResponse({"pages": [page_json(row) for row in rows]})

    async def messages(self, request: Request) -> JSONResponse:
        """GET /api/messages?channel=support&since=0: messages of the local chat that changed after a revision."""
        since = request.query_params.get("since", "0")
        if not since.isascii() or not since.isdigit() or len(since) > 18:
            return _bad("since is the revision up to which you know the messages, a whole number")
        channel = request.query_params.get("channel")
        found = await run_in_threadpool(self._ledger.chat.messages, channel, int(since), MOST)
        upto = found[-1].rev if found else int(since)
        return JSONResponse({"channel": channel, "messages": [message_json(m) for m in found], "next": upto})

    async def exceptions(self, request: Request) -> JSONResponse:
        """GET /api/exceptions: the register, as it is exported; with state=approved only what is active, and so on."""
        state = request.query_params.get("state")
        if state not in (None, *STATES):
            return _bad(f"state {str(state)[:40]!r} is not one of {', '.join(STATES)}")
        register = Register.of(await run_in_threadpool(self._ledger.register.events))
        found = [exception.public(self._clock.now()) for exception in register.exceptions.values()]
        return JSONResponse({"exceptions": [row for row in found if state in (None, row["state"])]})

    async def status(self, _request: Request) -> JSONResponse:
        """GET /api/status: clocks by agreement, metric and verdict, and how the bot itself is doing."""
        now = self._clock.now()
        tallies = await run_in_threadpool(self._ledger.reader.tally, now, {})
        health = await run_in_threadpool(self._ledger.reader.health, now)
        said = asdict(health) | {name: text_or_none(getattr(health, name)) for name in _HEALTH_INSTANTS}
        for name in _NOT_LEDGERS:
            del said[name]
        said["failing"] = [{"ticket": ticket, "error": error} for ticket, error in health.failing]
        return JSONResponse({"now": text(now), "clocks": [asdict(tally) for tally in tallies], "health": said})


def page_json(page: PageRow) -> dict[str, Any]:
    """A page with its instants as text."""
    return asdict(page) | {name: text_or_none(getattr(page, name)) for name in _PAGE_INSTANTS}


def message_json(message: ChatMessage) -> dict[str, Any]:
    """A message of the local chat with its thread."""
    return {
        "id": message.id,
        "rev": message.rev,
        "channel": message.channel,
        "kind": message.kind,
        "ticket": message.ticket,
        "card": message.card.public(),
        "log": [
            {"id": line.id, "at": text(line.at), "text": line.text, "mentions": list(line.mentions)}
            for line in message.log
            if line.text
        ],
        "created_at": text(message.created_at),
        "edited_at": text_or_none(message.edited_at),
    }


def timeline(history: History) -> list[dict[str, Any]]:
    """Events and decisions in the order of time; at one instant events first."""
    lines = [
        (event.time, 0, {"at": text(event.time), "kind": event.type, "id": event.id, "data": dict(event.data)})
        for event in history.events
    ]
    lines.extend((decision.at, 1, decision.public()) for decision in history.recorded)
    lines.sort(key=lambda line: line[:2])
    return [line for _, _, line in lines]


def _limit(request: Request) -> int | None:
    given = request.query_params.get("limit", "100")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= MOST else None


def _bad(message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=400)
