"""Small audit exports with their mapping, and what was refused of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.audit_export import MappingError, MappingFile, events_of, load_mapping
from tests.support.desk import ROOT

MAPPINGS = ROOT / "config" / "mappings"

MAPPING = """\
name: desk
ticket: id
time:
  column: at
  zone: UTC
fields:
  status: state
  priority: prio
  group: team
values:
  status: {New: new, Working: open, Waiting: pending, Done: solved, Shut: closed, Note: unchanged}
  priority: {1: urgent, 2: high}
"""
HEADER = "id,at,state,prio,team\n"

Event = dict[str, Any]
Import = Callable[..., list[Event]]


class Exports:
    """Imports small logs and remembers what was refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refused: list[tuple[int, str]] = []

    def mapping(self, text: str) -> MappingFile:
        path = self.folder / "mapping.yaml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)

    def events(self, log: str | bytes, mapping: str = MAPPING) -> list[Event]:
        path = self.folder / "log.csv"
        path.write_bytes(log.encode() if isinstance(log, str) else log)
        return list(events_of(path, self.mapping(mapping), self.note))

    def note(self, number: int, reason: str) -> None:
        self.refused.append((number, reason))

    def problems(self, mapping: str) -> list[str]:
        with pytest.raises(MappingError) as caught:
            self.mapping(mapping)
        return [str(problem).removeprefix(f"{self.folder}/") for problem in caught.value.problems]
