"""The live board: which processes there are.

Decided here: that each process has a key that expires, and a set of their names. Not decided here: what a process says of
itself, and how often.
"""

from pydantic import TypeAdapter, ValidationError

from adapters.redis.connection import Connection
from adapters.redis.outage import Outage
from bot.shared_ports import Board, ProcessState

FORGOTTEN_AFTER = 30

_STATE = TypeAdapter(ProcessState)


class RedisBoard:
    """A board that all processes see; while Redis is away, `meanwhile` shows each itself."""

    def __init__(self, connection: Connection, meanwhile: Board) -> None:
        self._client = connection.client
        self._names = f"{connection.prefix}board"
        self._meanwhile = meanwhile
        self._outage = Outage("the board shows this process only")

    def post(self, state: ProcessState) -> None:
        """Say how this process is."""
        self._meanwhile.post(state)
        self._outage.ask(lambda: self._post(state))

    def read(self) -> list[ProcessState]:
        """The processes by role, host and pid; those of this process only, where the others cannot be asked."""
        states = self._outage.ask(self._read)
        return self._meanwhile.read() if states is None else states

    def _post(self, state: ProcessState) -> None:
        name = f"{self._names}:{state.role}/{state.host}/{state.pid}"
        with self._client.pipeline() as pipeline:
            pipeline.set(name, _STATE.dump_json(state), ex=FORGOTTEN_AFTER)
            pipeline.sadd(self._names, name)
            pipeline.expire(self._names, FORGOTTEN_AFTER)
            pipeline.execute()

    def _read(self) -> list[ProcessState]:
        names = list(self._client.smembers(self._names))
        states = []
        for name, text in zip(names, self._client.mget(names) if names else [], strict=True):
            if text is None:
                self._client.srem(self._names, name)
                continue
            try:
                states.append(_STATE.validate_json(text))
            except ValidationError:
                continue  # of a process in another version
        return sorted(states, key=lambda state: (state.role, state.host, state.pid))
