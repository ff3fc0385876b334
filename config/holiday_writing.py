"""Closed dates → the file that defines the calendar.

Decided here: only text is put in, at the places that the YAML parser gives, so that every comment, blank and line break stays;
a round trip through ruamel.yaml joins columns that people have aligned and writes lists anew. What was put in is read again:
unless exactly the new dates are new, nothing is written. Dates go where the holidays are said that hold then: a version that
says its own ones, else the calendar. Not decided here: which dates (`holiday_plan`).
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from config.fields import day_of
from config.source import read

_PLAIN = re.compile(r"[^\W\d_][\w '’.()/&-]*(?<! )")
_WORDS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")

Entries = Mapping[str, Any]


class WritingError(ValueError):
    """Dates cannot be put into a file without touching something else."""


@dataclass(frozen=True)
class Draft:
    """The new text of a file, not yet written."""

    file: Path
    text: str

    def write(self) -> None:
        """Replace the file in one step, so that it is never seen half written."""
        target = self.file.resolve()
        beside = target.with_name(f".{target.name}.draft")
        beside.write_bytes(self.text.encode("utf-8"))
        shutil.copymode(target, beside)
        os.replace(beside, target)


def draft_of(path: Path, name: str, dates: Mapping[date, str]) -> Draft:
    """The file of a right configuration that defines a calendar, with more closed dates. Raises WritingError."""
    source = read(path)
    file = Path(source.where(("calendars", name))[0])
    text = file.read_bytes().decode("utf-8")
    for place, closed in _by_place(source.data["calendars"][name], dates).items():
        text = _with(text, file.suffix == ".json", ("calendars", name, *place), {str(day): closed[day] for day in closed})
    return Draft(file, text)


def _by_place(calendar: Mapping[str, Any], dates: Mapping[date, str]) -> dict[tuple[str | int, ...], dict[date, str]]:
    """The dates by the version whose holidays hold then; () is the calendar itself."""
    found: dict[tuple[str | int, ...], dict[date, str]] = {}
    for day, name in sorted(dates.items()):
        place: tuple[str | int, ...] = ()
        for i, version in enumerate(calendar.get("versions") or []):
            since = day_of(version["from"])
            if since is not None and since <= day and "holidays" in version:
                place = ("versions", i)
        found.setdefault(place, {})[day] = name
    return found


def _with(text: str, is_json: bool, place: tuple[str | int, ...], closed: Mapping[str, str]) -> str:
    """The text with more closed dates in the holidays of a calendar or version."""
    try:
        node: Node = YAML(typ="safe", pure=True).compose(text)
        way: list[str] = []
        for step in (*place, "holidays", "closed"):
            inner = None if way else _inner(node, step)
            if inner is None:
                way.append(str(step))
            else:
                node = inner
        entries: Entries = closed
        for name in reversed(way):
            entries = {name: entries}
        changed = _Insertion(text, node, is_json).of(entries)
        if _plain(changed) == _expected(_plain(text), place, closed):
            return changed
    except (YAMLError, ValueError, TypeError, LookupError):
        pass  # told below: whatever is odd about the file, it was not touched
    written = ", ".join(f"{day}: {_quoted(name)}" for day, name in closed.items())
    raise WritingError(f"the place for them in the file cannot be found: write closed: {{{written}}} into its holidays by hand")


def _inner(node: Node, step: str | int) -> Node | None:
    if isinstance(step, int):
        found: Node = node.value[step]
        return found
    return next((value for key, value in node.value if str(key.value) == step), None)


@dataclass(frozen=True)
class _Insertion:
    """Entries that are put at the end of a mapping or list, in the style in which it is written."""

    text: str
    node: Node
    is_json: bool

    def of(self, entries: Entries) -> str:
        """The whole text with the entries."""
        node = self.node
        if not isinstance(node, MappingNode | SequenceNode):
            raise ValueError(node.value)
        position, piece = self._in_flow(entries) if node.flow_style else self._in_block(entries)
        return self.text[:position] + piece + self.text[position:]

    def _in_flow(self, entries: Entries) -> tuple[int, str]:
        items = [self._flow_item(*entry) for entry in entries.items()]
        if not self.node.value:
            return self.node.end_mark.index - 1, ", ".join(items)
        # Several are put one below the other: a line of twenty dates is read by nobody.
        first = self.node.value[0]
        column = (first[0] if isinstance(first, tuple) else first).start_mark.column
        comma = ", " if len(items) == 1 else f",{self._line_end}{' ' * column}"
        return _end(_last(self.node)), "".join(comma + item for item in items)

    def _in_block(self, entries: Entries) -> tuple[int, str]:
        first = self.node.value[0]
        if isinstance(first, tuple):
            lines = _block(entries, first[0].start_mark.column)
        else:
            lines = [f"{' ' * self.node.start_mark.column}- {day}  # {name}" for day, name in entries.items()]
        end = _end(self.node)
        newline = end - 1 if self.text[end - 1] == "\n" else self.text.find("\n", end)
        position = len(self.text) if newline < 0 else newline
        if self.text[position - 1] == "\r":
            position -= 1
        return position, "".join(self._line_end + line for line in lines)

    @property
    def _line_end(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _flow_item(self, key: str, value: Any) -> str:
        key = json.dumps(key) if self.is_json else key
        if isinstance(self.node, SequenceNode):
            return key  # a list of dates says no names
        return f"{key}: {self._flow_value(value)}"

    def _flow_value(self, value: Any) -> str:
        if isinstance(value, Mapping):
            inner = ", ".join(f"{json.dumps(k) if self.is_json else k}: {self._flow_value(v)}" for k, v in value.items())
            return f"{{{inner}}}"
        return json.dumps(value, ensure_ascii=False) if self.is_json else _quoted(value)


def _end(node: Node) -> int:
    """Where the last thing written in a node ends, before blanks and comments; a block itself ends after them."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        return _end(_last(node))
    return int(node.end_mark.index)


def _last(node: Node) -> Node:
    last = node.value[-1]
    found: Node = last[1] if isinstance(last, tuple) else last
    return found


def _block(entries: Entries, indent: int) -> list[str]:
    lines = []
    for key, value in entries.items():
        if isinstance(value, Mapping):
            lines += [f"{' ' * indent}{key}:", *_block(value, indent + 2)]
        else:
            lines.append(f"{' ' * indent}{key}: {_quoted(value)}")
    return lines


def _quoted(name: str) -> str:
    """A text as YAML, in quotes where it might be read as something else."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


def _plain(text: str) -> Any:
    """What a text says, every scalar as text, and each alias as a value of its own."""
    return json.loads(json.dumps(YAML(typ="base", pure=True).load(text)))


def _expected(data: Any, place: tuple[str | int, ...], closed: Mapping[str, str]) -> Any:
    section = data
    for step in place:
        section = section[step]
    dates = section.setdefault("holidays", {}).setdefault("closed", {})
    if isinstance(dates, list):
        dates.extend(closed)
    else:
        dates.update(closed)
    return data
