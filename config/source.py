"""Configuration files, read with their places.

Decided here: which files a folder has, plain YAML 1.2 without dates (they stay text, so they may be quoted or not), and that
a key written twice is a problem. Not decided here: what the keys mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from rules.problems import Problem

Place = tuple[str | int, ...]
ENDINGS = (".yaml", ".yml", ".json")
_MOST_NODES = 200_000
_MOST_LEVELS = 100
_SEE = "The files in config/example show how it is written."
_TAG = "tag:yaml.org,2002:"


@dataclass
class Source:
    """Plain data of all files, merged, with the file and line of each key. `agreement_names` has the name of an agreement by
    that of each of its versions.
    """

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    inherited: set[Place] = field(default_factory=set)
    agreement_names: dict[str, str] = field(default_factory=dict)
    written_at: dict[Place, Place] = field(default_factory=dict)

    def where(self, place: Place) -> tuple[str, int]:
        """File and line of a key, or of the nearest one above it."""
        for end in range(len(place), -1, -1):
            if (found := self.places.get(place[:end])) is not None:
                return found
        return (self.names[0] if self.names else "configuration", 1)

    def problem(self, place: Place, found: str, expected: str, hint: str = "", *, warning: bool = False) -> None:
        """Note a problem at a place; of what was inherited it is told once, where it was written."""
        if self.is_inherited(place):
            return
        file, line = self.where(place)
        written = self.written_at.get(place[:2])
        name = ".".join(map(str, place if written is None else (*written, *place[2:]))) or "file"
        self.problems.append(Problem(file, line, name, found, expected, hint or _SEE, warning))

    def inherit(self, place: Place, base: Place) -> None:
        """What stands at a place was written at another one."""
        self.inherited.add(place)
        self.places[place] = self.where(base)

    def stands_for(self, place: Place, written: Place) -> None:
        """What stands at a place was written further down in another one, and is told as standing there."""
        self.written_at[place] = written
        for known, where in list(self.places.items()):
            if known[: len(written)] == written:
                self.places[(*place, *known[len(written) :])] = where

    def is_inherited(self, place: Place) -> bool:
        """Whether what stands there was written elsewhere."""
        return any(place[:end] in self.inherited for end in range(3, len(place) + 1))

    def found(self, pattern: tuple[str, ...]) -> Iterator[tuple[Place, Any]]:
        """Places that fit a pattern, with what stands there; `*` is any name or any item."""
        return _found(self.data, pattern, ())


def _found(data: Any, pattern: tuple[str, ...], place: Place) -> Iterator[tuple[Place, Any]]:
    if not pattern:
        yield place, data
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(data, Mapping):
        for key in data if first == "*" else [first]:
            if key in data:
                yield from _found(data[key], rest, (*place, key))
    elif isinstance(data, list) and first == "*":
        for i, item in enumerate(data):
            yield from _found(item, rest, (*place, i))


def read(path: Path, drafts: Mapping[str, str] | None = None) -> Source:
    """Read a file, or every YAML and JSON file of a folder, into one source. Problems are noted, not raised.

    `drafts` are texts that are read instead of what the files of these names hold.
    """
    source = Source()
    files = sorted(p for p in path.iterdir() if p.suffix in ENDINGS and p.is_file()) if path.is_dir() else [path]
    source.names = [str(file) for file in files] or [str(path)]
    if not files:
        source.problem((), "no file", f"files ending in {', '.join(ENDINGS)}", "Name a file or a folder of them.")
    for file in files:
        _read_file(file, source, (drafts or {}).get(str(file)))
    return source


def _read_file(path: Path, source: Source, draft: str | None) -> None:
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8") if draft is None else draft
        node = YAML(typ="safe", pure=True).compose(text)
    except OSError as error:
        source.problems.append(
            Problem(
                file,
                1,
                "file",
                error.strerror or "no readable file",
                "a file that can be read",
                "Check its name and permissions.",
            )
        )
        return
    except UnicodeDecodeError:
        source.problems.append(Problem(file, 1, "file", "bytes that are no UTF-8", "text in UTF-8", "Save it as UTF-8."))
        return
    except RecursionError:
        source.problems.append(_too_deep(file, _first_deep_line(text)))
        return
    except (YAMLError, ValueError) as error:
        source.problems.append(_no_yaml(file, error))
        return
    if node is None:
        return
    reader = _Reader(file, source)
    if not isinstance(node, MappingNode):
        source.problems.append(Problem(file, 1, "file", "no mapping", "sections such as calendars: and agreements:", _SEE))
        return
    source.places.setdefault((), (file, 1))
    try:
        reader.merge(node)
    except _TooMuchError:
        source.problems.append(Problem(file, 1, "file", "more than 200,000 values", "a smaller file", "Aliases add up."))
    except _TooDeepError as error:
        source.problems.append(_too_deep(file, source.where(error.place)[1], error.place))


def _too_deep(file: str, line: int, place: Place = ()) -> Problem:
    name = ".".join(map(str, place[:4])) or "file"
    return Problem(file, line, name, "values within values", f"at most {_MOST_LEVELS} levels", "Take some of them out.")


def _first_deep_line(text: str) -> int:
    """Where a text is nested too deeply to be read: its tokens are counted, which needs no depth."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _MOST_LEVELS:
            return int(event.start_mark.line) + 1
    return 1


def _no_yaml(file: str, error: Exception) -> Problem:
    """What the parser says, in the form of a problem."""
    if not isinstance(error, MarkedYAMLError) or not error.problem:
        return Problem(file, 1, "file", "a text that is no YAML", "YAML 1.2 or JSON", _SEE)
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    said = " ".join(str(error.problem).split()).replace("'<stream end>'", "the end of the file")
    expected, _, got = said.partition(", but ")
    found = (got or said).removeprefix("got ").removeprefix("but ").removeprefix("found ")
    return Problem(file, line, "file", found, expected.removeprefix("expected ") if got else "YAML 1.2 or JSON", _SEE)


class _TooMuchError(Exception):
    pass


class _TooDeepError(Exception):
    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class _Reader:
    def __init__(self, file: str, source: Source) -> None:
        self.file, self.source, self.count = file, source, 0

    def merge(self, node: MappingNode) -> None:
        """Sections of several files are joined; a name defined twice within a section is a problem."""
        for section, value, line in self._pairs(node, ()):
            known = self.source.data.get(section)
            place = (section,)
            if known is None:
                self.source.places[place] = (self.file, line)
                self.source.data[section] = self._value(value, place)
            elif isinstance(known, dict) and isinstance(value, MappingNode):
                for name, item, at in self._pairs(value, place):
                    if name in known:
                        self._twice((*place, name), at)
                    else:
                        self.source.places[(*place, name)] = (self.file, at)
                        known[name] = self._value(item, (*place, name))
            else:
                self._twice(place, line)

    def _pairs(self, node: MappingNode, place: Place) -> Iterator[tuple[str, Node, int]]:
        """Key, value and the key's line; a key that is no text or comes twice is noted and left out."""
        seen: set[str] = set()
        for key_node, value in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                name = ".".join(map(str, place)) or "file"
                self.source.problems.append(
                    Problem(self.file, line, name, "a list or mapping as a key", "a text as a key", _SEE)
                )
                continue
            key = str(key_node.value)
            if key in seen:
                self._twice((*place, key), line)
                continue
            seen.add(key)
            yield key, value, line

    def _twice(self, place: Place, at: int) -> None:
        file, line = self.source.where(place)
        name = ".".join(map(str, place))
        found = f"{str(place[-1])!r} a second time"
        hint = f"The first one is in {file}:{line}." if place in self.source.places else "Take one of them out."
        self.source.problems.append(Problem(self.file, at, name, found, "each name once", hint))

    def _value(self, node: Node, place: Place) -> Any:
        self.count += 1
        if self.count > _MOST_NODES:
            raise _TooMuchError
        if len(place) > _MOST_LEVELS:
            raise _TooDeepError(place)
        if isinstance(node, MappingNode):
            result: dict[str, Any] = {}
            for key, value, line in self._pairs(node, place):
                self.source.places[(*place, key)] = (self.file, line)
                result[key] = self._value(value, (*place, key))
            return result
        if isinstance(node, SequenceNode):
            for i, item in enumerate(node.value):
                self.source.places[(*place, i)] = (self.file, item.start_mark.line + 1)
            return [self._value(item, (*place, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return _scalar(node)


def _scalar(node: ScalarNode) -> Any:
    text = str(node.value)
    match str(node.tag).removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int" if len(text) < 100:
            return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)
        case "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return text  # dates too: they may be quoted or not
