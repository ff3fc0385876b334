"""Findings: what a verification has found to be wrong.

Decided here: that each says where it is: day, shard, number in the chain, arrival number, ticket, kind, the seal, or the
archive's file. Not
decided here: what is wrong (`verifying`, `seal_checks`).
"""

from dataclasses import dataclass

from rules.instants import DAY, text


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and where; a span of numbers has a `last` one too."""

    what: str
    day: int | None = None
    shard: int | None = None
    number: int | None = None
    last: int | None = None
    seq: int | None = None
    ticket: str | None = None
    kind: str | None = None
    seal: int | None = None
    file: str | None = None

    def __str__(self) -> str:
        parts = [] if self.day is None else [f"{_date(self.day)}, shard {self.shard}"]
        if self.number is not None:
            several = self.last is not None and self.last > self.number
            parts.append(f"entries {self.number} to {self.last}" if several else f"entry {self.number}")
        if self.seq is not None:
            parts.append(f"arrival {self.seq}")
        if self.kind is not None:
            parts.append(f"{self.kind} of {self.ticket}" if self.ticket else self.kind)
        if self.seal is not None and self.day is None:
            parts.append(f"seal {self.seal}")
        if self.file is not None:
            parts.append(self.file)
        return f"{', '.join(parts)}: {self.what}"


def _date(day: object) -> str:
    try:
        return text(day * DAY)[:10] if isinstance(day, int) else repr(day)
    except (OverflowError, ValueError):
        return f"day {day}"
