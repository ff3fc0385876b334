"""The live board: which processes there are, and which have fallen silent.

Decided here: that each process has a key that expires after half a minute, and a field in a table of all, where it stands as it
was last until it stops in order, or for a day. Not decided here: what a process says of itself, and how often.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import cast

from pydantic import TypeAdapter, ValidationError

from adapters.redis.connection import Connection
from adapters.redis.outage import Outage
from bot.shared_ports import Board, ProcessState
from rules.instants import SECOND

SILENT_AFTER = 30
KEPT = 24 * 60 * 60
"""Seconds."""

_STATE = TypeAdapter(ProcessState)


class RedisBoard:
    """A board that all processes see; while Redis is away, `meanwhile` shows each itself."""

    def __init__(self, connection: Connection, meanwhile: Board) -> None:
        self._client = connection.client
        self._prefix, self._table = f"{connection.prefix}board:", f"{connection.prefix}processes"
        self._meanwhile = meanwhile
        self._outage = Outage("the board shows this process only")

    def post(self, state: ProcessState) -> None:
        """Say how this process is."""
        self._meanwhile.post(state)
        self._outage.ask(lambda: self._post(state))

    def leave(self, state: ProcessState) -> None:
        """This process stops in order."""
        self._meanwhile.leave(state)
        self._outage.ask(lambda: self._leave(state))

    def read(self) -> list[ProcessState]:
        """The processes by role, host and pid; those of this process only, where the others cannot be asked."""
        states = self._outage.ask(self._read)
        return self._meanwhile.read() if states is None else states

    def silent(self, now: int) -> list[ProcessState]:
        """Those that fell silent within a day and did not stop in order; none while Redis is away."""
        return self._outage.ask(lambda: self._silent(now - KEPT * SECOND)) or []

    def _post(self, state: ProcessState) -> None:
        name, text = _name(state), _STATE.dump_json(state)
        with self._client.pipeline() as pipeline:
            pipeline.set(self._prefix + name, text, ex=SILENT_AFTER)
            pipeline.hset(self._table, name, text)
            pipeline.expire(self._table, KEPT)
            pipeline.execute()

    def _leave(self, state: ProcessState) -> None:
        with self._client.pipeline() as pipeline:
            pipeline.delete(self._prefix + _name(state))
            pipeline.hdel(self._table, _name(state))
            pipeline.execute()

    def _read(self) -> list[ProcessState]:
        names = cast(list[str], self._client.hkeys(self._table))
        return _states(text for text in self._at_work(names).values() if text is not None)

    def _silent(self, since: int) -> list[ProcessState]:
        known = cast(dict[str, str], self._client.hgetall(self._table))
        found = [(name, known[name]) for name, text in self._at_work(list(known)).items() if text is None]
        states = _states(text for _, text in found)
        if old := [_name(state) for state in states if state.seen_at < since]:
            self._client.hdel(self._table, *old)
        return [state for state in states if state.seen_at >= since]

    def _at_work(self, names: Sequence[str]) -> dict[str, str | None]:
        """What each of them says of itself; None of one that is silent."""
        texts = self._client.mget([self._prefix + name for name in names]) if names else []
        return dict(zip(names, cast(list[str | None], texts), strict=True))


def _name(state: ProcessState) -> str:
    return f"{state.role}/{state.host}/{state.pid}"


def _states(texts: Iterable[str]) -> list[ProcessState]:
    states = []
    for text in texts:
        with suppress(ValidationError):  # of a process in another version
            states.append(_STATE.validate_json(text))
    return sorted(states, key=lambda state: (state.role, state.host, state.pid))
