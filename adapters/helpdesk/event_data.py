"""What the data of a ticket event may hold.

Decided here: that known fields are of their kind, and how large and how deep the whole may be; unknown fields may hold
anything. Not decided here: the attributes around the data (`cloudevents`), and what the fields mean.
"""

import re
from collections.abc import Mapping
from math import isfinite
from types import NoneType
from typing import Any

MOST_DEPTH = 32
MOST_CHARACTERS = 1_500_000
_WORDS = ("priority", "status", "customer", "tier", "region", "service", "group", "author", "opened_by", "title", "text", "url")
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.S)
"""Texts, which may hold anything, and the marks between them."""
_PLAIN = frozenset({int, bool, NoneType})
_NESTED = (dict, list)


class EventError(ValueError):
    """An event is refused; the message is the reason, for the sender."""


class NestingError(EventError):
    """JSON that is nested too deeply to be read."""


def array_items(text: str) -> list[str]:
    """The items of a JSON array as they are written, found by its quotes and brackets alone; empty where it is none."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return []
    items, depth, start = [], 0, 1
    for found in _MARKS.finditer(text, 1, len(text) - 1):
        mark = found[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "," and depth == 0:
            items.append(text[start : found.start()])
            start = found.end()
    return [*items, text[start:-1]]


def check_data(data: Mapping[str, Any]) -> None:
    """Raises EventError with what is wrong."""
    if data.get("public").__class__ not in (bool, NoneType):
        raise EventError(f"data.public is {_kind(data['public'])}, expected true or false")
    characters = 0
    for value in data.values():  # most events hold a few words: nothing further need be asked of them
        if value.__class__ is str:
            characters += len(value)
        elif value.__class__ not in _PLAIN:
            break
    else:
        if characters < MOST_CHARACTERS // 2 and len(data) < 100:
            return
    _check_words(data)
    _check_size(data)


def _check_words(data: Mapping[str, Any]) -> None:
    for name in _WORDS:
        if data.get(name).__class__ in _NESTED:
            raise EventError(f"data.{name} is {_kind(data[name])}, expected a text")
    tags = data.get("tags")
    if isinstance(tags, dict):
        raise EventError("data.tags is an object, expected a list of texts")
    if isinstance(tags, list) and any(tag.__class__ in _NESTED for tag in tags):
        raise EventError("data.tags is a list of lists or objects, expected a list of texts")


def _check_size(data: Mapping[str, Any]) -> None:
    level: list[Any] = [data]
    characters = 0
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                characters += len(item)
            elif isinstance(item, Mapping):
                below.extend(item.values())
                characters += sum(map(len, item))
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, float) and not isfinite(item):
                raise EventError("data holds a number that is too large")
        if characters > MOST_CHARACTERS:
            raise EventError(f"data holds more than {MOST_CHARACTERS:,} characters")
        if not below:
            return
        level = below
    raise EventError(f"data is nested deeper than {MOST_DEPTH} levels")


def _kind(value: object) -> str:
    named = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return named.get(value.__class__, "a number")
