"""The language of a mapping: how the cells of a helpdesk's audit export are to be understood.

Decided here: what a mapping may say, and what one cell means by it: an instant, a value, a condition that holds or not.
A wall-clock time that a zone skips (clocks go forward) moves on by the skipped hour; one that it has twice (clocks go
back) may be either, and is given as both. Not decided here: how the file is written and its problems are told
(`mapping_file`), and what the rows of a log become (`audit_export`). `config/mappings/` teaches the language.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError

from rules.problems import did_you_mean

Place = tuple[str | int, ...]
UNCHANGED = object()  # what the word `unchanged` in a mapping means: this row says nothing about the field
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PROBE = datetime(2001, 2, 3, 16, 5, 6, tzinfo=UTC)  # shows what a format keeps


class Condition(NamedTuple):
    """What a cell must be (negated: must not be); None stands for a cell that says nothing."""

    words: frozenset[str | None]
    negated: bool

    def holds(self, cell: str | None) -> bool:
        return (cell in self.words) is not self.negated


def _wrong(expected: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("mapping", "expected {expected}", {"expected": expected, "hint": hint})


def _condition(found: Any) -> Condition:
    negated = isinstance(found, dict) and list(found) == ["not"]
    words = found["not"] if negated else found
    if isinstance(words, dict) and list(words) == ["in"] and isinstance(words["in"], list):
        words = words["in"]
    elif not isinstance(words, str | None):
        words = [words]  # no list of words: told below
    words = words if isinstance(words, list) else [words]
    if not all(isinstance(word, str | None) for word in words):
        raise _wrong("a word, {in: [words]} or {not: word}", "Several words are written {in: [first, second]}.")
    return Condition(frozenset(words), negated)


def _fact(found: Any) -> Any:
    parts = found if isinstance(found, list) else [found]
    if not all(isinstance(part, str | int | float | bool | None) for part in parts):
        raise _wrong("a word, a number, true, false, null or a list of these")
    return found


def _format(found: str) -> str:
    if found == "iso":
        return found
    try:
        kept = datetime.strptime(_PROBE.strftime(found), found)  # noqa: DTZ007
    except (ValueError, re.error):
        kept = _EPOCH
    if kept.date() != _PROBE.date() or kept.hour not in (0, _PROBE.hour):
        raise _wrong("`iso`, or a format of Python's strptime with year, month and day", 'Such as "%d/%m/%Y %H:%M".')
    return found


def _zone(found: str) -> str:
    if found not in available_timezones():
        raise _wrong("the IANA name of a time zone, such as Europe/Rome", did_you_mean(found, available_timezones()))
    return found


def _encoding(found: str) -> str:
    try:
        "a".encode(found)
    except (LookupError, ValueError):
        raise _wrong("a text encoding, such as utf-8 or cp1252") from None
    return found


def _like(pattern: str, expected: str) -> AfterValidator:
    def check(found: str) -> str:
        if not re.fullmatch(pattern, found):
            raise _wrong(expected)
        return found

    return AfterValidator(check)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Column = Annotated[str, _like(r"(?s).+", "the name of a column")]
FieldName = Annotated[str, _like(r"[A-Za-z_]\w*(\.\w+)?", "a name such as `group` or `requester.name`")]
Fact = Annotated[Any, AfterValidator(_fact)]


class Time(_Strict):
    column: Column
    format: Annotated[str, AfterValidator(_format)] = "iso"
    zone: Annotated[str, AfterValidator(_zone)]

    def reader(self) -> Callable[[str], tuple[int, int]]:
        """A function from a cell to its instant in milliseconds, twice: they differ where the clock shows it twice."""
        zone, form = ZoneInfo(self.zone), self.format

        @lru_cache(maxsize=1 << 16)
        def instants(cell: str) -> tuple[int, int]:
            said = datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)  # noqa: DTZ007
            if said.tzinfo is not None:
                return _milliseconds(said), _milliseconds(said)
            first = _milliseconds(said.replace(tzinfo=zone))
            return first, max(first, _milliseconds(said.replace(tzinfo=zone, fold=1)))

        return instants


def _milliseconds(at: datetime) -> int:
    return (at.astimezone(UTC) - _EPOCH) // _MILLISECOND  # astimezone refuses what UTC cannot say


class Opened(_Strict):
    at: Column | None = None
    known: dict[FieldName, Fact] = Field(default_factory=dict, alias="with")


class Turned(_Strict):
    at: Column


class Reply(_Strict):
    author: Literal["customer", "agent", "bot"]
    public: bool = True
    when: dict[Column, Annotated[Condition, PlainValidator(_condition)]] = Field(min_length=1)
    once: bool = False
    text: Column | None = None


class ExportMapping(_Strict):
    """A whole mapping, found to be in order."""

    name: Annotated[str, _like(r"[a-z0-9][a-z0-9_-]*", "a name of small letters, digits, - and _")]
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    delimiter: Annotated[str, _like(r'[^"\r\n]', "one character, such as , or ;")] = ","
    ticket: Column
    time: Time
    fields: dict[FieldName, Column] = Field(min_length=1)
    nulls: list[str] = [""]
    values: dict[FieldName, dict[str, Fact]] = {}
    split: dict[FieldName, Annotated[str, _like(r"(?s).+", "the characters between two parts")]] = {}
    opened: Opened = Opened()
    solved: Turned | None = None
    closed: Turned | None = None
    replied: list[Reply] = []

    def columns(self) -> Iterator[tuple[Place, str]]:
        """Every column that the mapping names, with the place where it does."""
        yield ("ticket",), self.ticket
        yield ("time", "column"), self.time.column
        for field, column in self.fields.items():
            yield ("fields", field), column
        for word, rule in (("opened", self.opened), ("solved", self.solved), ("closed", self.closed)):
            if rule is not None and rule.at is not None:
                yield (word, "at"), rule.at
        for number, reply in enumerate(self.replied):
            for column in reply.when:
                yield ("replied", number, "when", column), column
            if reply.text is not None:
                yield ("replied", number, "text"), reply.text

    def meaning(self, field: str) -> Callable[[str], Any]:
        """A function from a cell of this field's column to its value; `UNCHANGED` where the cell says nothing of it."""
        listed = self.values.get(field, {})
        table = {word: UNCHANGED if value == "unchanged" else value for word, value in listed.items()}
        nulls, separator, other = frozenset(self.nulls), self.split.get(field), "other" in table
        rest = table.pop("other", None)

        @lru_cache(maxsize=1 << 12)
        def value(cell: str) -> Any:
            cell.encode()  # a UnicodeError where the log's bytes were no text
            if cell in table:
                return table[cell]
            if cell in nulls:
                return None
            if separator is not None:
                return [part for word in cell.split(separator) if (part := word.strip())]
            return rest if other else cell

        return value
