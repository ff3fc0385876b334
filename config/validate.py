"""Data against schema: every section and name on its own, all problems at once.

Decided here: how a failure reads as found, expected and hint. Not decided here: what fits together (`consistency`).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.problems import shown
from config.schema import SECTIONS
from config.source import Place, Source
from rules.problems import did_you_mean


def validate(source: Source) -> dict[str, dict[str, Any]]:
    """By section and name, what is valid; the rest is noted in the source."""
    valid: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for section, named in source.data.items():
        if section not in SECTIONS:
            source.problem((section,), f"a section {shown(section)}", "a known section", did_you_mean(section, SECTIONS))
        elif named is None:
            continue
        elif not isinstance(named, Mapping):
            source.problem((section,), shown(named), "names with their definitions")
        else:
            adapter: TypeAdapter[Any] = TypeAdapter(SECTIONS[section])
            for name, raw in named.items():
                _one(source, adapter, (section, name), raw, valid[section])
    return valid


def _one(source: Source, adapter: TypeAdapter[Any], place: Place, raw: Any, valid: dict[str, Any]) -> None:
    try:
        valid[str(place[-1])] = adapter.validate_python(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(source, adapter, place, detail)


def _note(source: Source, adapter: TypeAdapter[Any], place: Place, detail: ErrorDetails) -> None:
    context = detail.get("ctx", {})
    inside = tuple(part for part in detail["loc"] if part != "[key]")
    further = tuple(context.get("path", ()))
    at = (*place, *inside, *further)
    kind = detail["type"]
    if kind == "missing":
        source.problem(at, "nothing", f"a value: {inside[-1]} is required")
        return
    if kind == "extra_forbidden":
        known = _fields(adapter, inside[:-1])
        source.problem(at, "an unknown field", "a known field", did_you_mean(inside[-1], known))
        return
    while at not in source.places and len(at) > 2:
        at = at[:-1]  # a short form: what it stands for has no place of its own
    found = context.get("found") or shown(_further(detail["input"], further))
    expected = context["expected"] if kind == "sla" else _plain(detail)
    source.problem(at, found, expected, context.get("hint", "") if kind == "sla" else "")


def _further(found: Any, path: Place) -> Any:
    """What stands further down in a value."""
    for part in path:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return part
    return found


def _plain(detail: ErrorDetails) -> str:
    message = detail["msg"]
    if detail["type"] == "literal_error":
        return f"one of {detail.get('ctx', {}).get('expected', '')}".replace("'", "")
    if detail["type"] in ("dict_type", "model_type", "model_attributes_type"):
        return "a mapping"
    if detail["type"] == "list_type":
        return "a list"
    if detail["type"] == "too_short":
        return "at least one"
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


def _fields(adapter: TypeAdapter[Any], inside: Place) -> list[str]:
    """The fields that are known where an unknown one was found."""
    model: Any = getattr(adapter, "_type", None)
    for part in (part for part in inside if not isinstance(part, int)):  # an item of a list is what the list is of
        if isinstance(model, type) and issubclass(model, BaseModel):
            names = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
            model = _inner(names.get(str(part)))
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [info.alias or name for name, info in model.model_fields.items()]
    return []


def _inner(annotation: Any) -> Any:
    """The model inside `list[Model]`, `Model | None` or `Annotated[Model, …]`."""
    while (arguments := getattr(annotation, "__args__", None)) is not None:
        models = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
        annotation = models[0] if models else arguments[-1]
    return annotation
