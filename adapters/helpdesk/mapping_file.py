"""A mapping file, and everything that is wrong with it, told at once.

Decided here: how the YAML becomes a mapping. Scalars are text as written (`007` stays `007`), for the cells of a log are
text too; only what goes out in an event (the right-hand side of `values`, and `opened: with:`) may be a number, true,
false or null. Each problem names file, line, field, what was found and expected. Not decided here: what the words of the
language mean (`mapping`).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from adapters.helpdesk.mapping import ExportMapping, Opened, Place, Reply, Time, Turned
from rules.problems import Problem, did_you_mean

STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
_DEEPEST = 8
_BLOCKS: dict[Any, type[BaseModel]] = {"time": Time, "opened": Opened, "solved": Turned, "closed": Turned, "replied": Reply}
_LINES = "lines of the form `name: value`"
_EXPECTED = {"string_type": "a word", "bool_parsing": "true or false", "list_type": "a list", "dict_type": _LINES}
_EXPECTED |= {"bool_type": "true or false", "model_type": _LINES, "too_short": "at least one line"}


class MappingError(Exception):
    """The mapping cannot be used; `problems` lists everything that is wrong with it, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class _Source:
    """The file as written: the line of each place in it, and the problems found so far."""

    file: str
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: Place, found: str, expected: str, hint: str = "") -> None:
        near = next((place[:n] for n in range(len(place), -1, -1) if place[:n] in self.lines), ())
        name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        self.problems.append(Problem(self.file, self.lines.get(near, 1), name or "the file", found, expected, hint))

    def stop_if_wrong(self) -> None:
        if self.problems:
            raise MappingError(self.problems)


@dataclass(frozen=True)
class MappingFile:
    """A mapping that is in order, and where its lines are, so that what a log lacks can be told by line."""

    rules: ExportMapping
    file: str
    lines: dict[Place, int]

    def positions(self, header: Sequence[str]) -> dict[str, int]:
        """Where each named column is in a log with this header; a column that is not there is a `MappingError`."""
        known, source = _names(header), _Source(self.file, self.lines)
        for place, column in self.rules.columns():
            if column not in known:
                hint = did_you_mean(column, known, f"The log has: {', '.join(header)[:300]}.")
                source.wrong(place, f"`{column}`", "a column of the log", hint)
        source.stop_if_wrong()
        return {column: known[column] for _, column in self.rules.columns()}


def load_mapping(path: Path) -> MappingFile:
    """The mapping in this file. Raises `MappingError` with all of its problems."""
    source = _Source(str(path))
    found = _read(path, source)
    _check_words(found, source)
    try:
        rules = ExportMapping.model_validate(found)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _explain(detail, source)
    source.stop_if_wrong()
    return MappingFile(rules, source.file, source.lines)


def _read(path: Path, source: _Source) -> dict[str, Any]:
    try:
        node = YAML().compose(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source.lines[()] = mark.line + 1 if mark else 1
        source.wrong((), f"a slip ({error.problem or error.context})", "YAML", "Check the indentation, colons and quotes.")
    except (YAMLError, UnicodeDecodeError):
        source.wrong((), "characters that are no text", "YAML in UTF-8")
    except OSError as error:
        source.wrong((), f"that it cannot be read ({error.strerror})", "a mapping file")
    else:
        if isinstance(node, MappingNode):
            found = _plain(node, (), source)
            return found if isinstance(found, dict) else {}
        source.wrong((), "no mapping", _LINES, "Copy one from config/mappings.")
    raise MappingError(source.problems)


def _plain(node: Node, place: Place, source: _Source) -> Any:
    source.lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > _DEEPEST:
        source.wrong(place, "blocks within blocks", f"at most {_DEEPEST} levels")
        return None
    if isinstance(node, SequenceNode):
        return [_plain(part, (*place, number), source) for number, part in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return dict(_lines_of(node, place, source))
    return _scalar(node, typed=place[:1] == ("values",) or place[:2] == ("opened", "with"))


def _lines_of(node: MappingNode, place: Place, source: _Source) -> Iterator[tuple[str, Any]]:
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else "?"
        here = (*place, name)
        if here in source.lines:
            source.lines[here] = key.start_mark.line + 1
            source.wrong(here, "it a second time", "each name once")
        source.lines[here] = key.start_mark.line + 1
        yield name, _plain(value, here, source)


def _scalar(node: Node, *, typed: bool) -> Any:
    kind, text = str(node.tag).rpartition(":")[2], str(node.value)
    if kind == "null":
        return None
    if kind == "bool" and typed:
        return text.lower() == "true"
    if kind in ("int", "float") and typed:
        try:
            number = int(text) if kind == "int" else float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return text


def _check_words(found: dict[str, Any], source: _Source) -> None:
    """What one part of the mapping says of another; pydantic sees each part alone."""
    fields = _block(found, "fields")
    for part in ("values", "split"):
        for name in _block(found, part):
            if name not in fields:
                source.wrong((part, name), f"`{name}`", "the name of one of `fields`", did_you_mean(name, fields))
    for block in (("values", "status"), ("opened", "with")):
        known = (*STATUSES, "unchanged") if block[0] == "values" else STATUSES
        for word, status in _block(found, *block).items():
            if (block[0] == "values" or word == "status") and status not in (*known, None):
                hint = did_you_mean(str(status), known)
                source.wrong((*block, word), _shown(status), f"one of {', '.join(known)}", hint)
    for name in fields:
        if "." in name and name.partition(".")[0] in fields:
            source.wrong(("fields", name), f"`{name}`", f"either `{name.partition('.')[0]}` or its parts, not both")


def _block(found: Any, *names: str) -> dict[str, Any]:
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _explain(detail: ErrorDetails, source: _Source) -> None:
    """One of pydantic's errors, in the words of the one who writes mappings."""
    place: Place = tuple(part for part in detail["loc"] if part != "[key]")
    context, name = detail.get("ctx", {}), place[-1] if place else ""
    model = _BLOCKS.get(place[0], ExportMapping) if len(place) > 1 else ExportMapping
    words = [info.alias or word for word, info in model.model_fields.items()]
    match detail["type"]:
        case "missing":
            source.wrong(place, "nothing", "a value", f"Add a line `{name}: …`.")
        case "extra_forbidden":
            source.wrong(place, f"`{name}`", f"one of {', '.join(words)}", did_you_mean(str(name), words))
        case "mapping":
            source.wrong(place, _shown(detail["input"]), context["expected"], context["hint"])
        case "literal_error":
            source.wrong(place, _shown(detail["input"]), str(context["expected"]).replace("'", ""))
        case kind:
            source.wrong(place, _shown(detail["input"]), _EXPECTED.get(kind, detail["msg"]))


def _names(header: Sequence[str]) -> dict[str, int]:
    """Every way to name a column: `#3` is the third, `category#2` the second of that name, a bare name the first."""
    names = {f"#{number}": number - 1 for number in range(1, len(header) + 1)}
    seen = Counter[str]()
    for index, name in enumerate(header):
        seen[name] += 1
        names[f"{name}#{seen[name]}"] = index
    return names | {name: header.index(name) for name in seen if name}


def _shown(found: Any) -> str:
    if found is None:
        return "nothing"
    if isinstance(found, dict | list):
        return "a list" if isinstance(found, list) else "a block"
    return f"`{str(found)[:80]}`"
