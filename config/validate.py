"""Data against schema: every section and name on its own, all problems at once.

Decided here: how a failure reads as found, expected and hint. Not decided here: what refers to what (`build`).
"""

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.problems import shown
from config.schema import SECTIONS
from config.source import Place, Source


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
            whole = extended(source, named) if section == "agreements" else named
            for name, raw in whole.items():
                _one(source, adapter, (section, name), raw, valid[section])
    return valid


def extended(source: Source, agreements: Mapping[str, Any]) -> dict[str, Any]:
    """Agreements with what they do not say themselves taken from the one they extend."""
    result: dict[str, Any] = {}

    def resolve(name: str, path: tuple[str, ...]) -> Any:
        if name in result:
            return result[name]
        raw = agreements[name]
        parent = raw.get("extends") if isinstance(raw, Mapping) else None
        if isinstance(parent, str):
            place = ("agreements", name, "extends")
            if parent not in agreements:
                source.problem(place, shown(parent), "the name of another agreement", did_you_mean(parent, agreements))
            elif parent in (*path, name):
                source.problem(place, " extends ".join((*path, name, parent)), "no circle")
            else:
                raw = _over(resolve(parent, (*path, name)), raw)
        result[name] = raw
        return raw

    for name in agreements:
        resolve(name, ())
    return result


def _over(below: Any, above: Any) -> Any:
    """Targets are laid over each other by metric and priority; any other field is taken whole."""
    if not isinstance(below, Mapping):
        return above
    merged = {**deepcopy(dict(below)), **above}
    if "instead_of" not in above:
        merged.pop("instead_of", None)  # whom the general agreement replaces is its own affair
    if isinstance(below.get("targets"), Mapping) and isinstance(above.get("targets"), Mapping):
        targets = dict(below["targets"])
        for metric, limits in above["targets"].items():
            known = targets.get(metric)
            targets[metric] = {**known, **limits} if isinstance(known, Mapping) and isinstance(limits, Mapping) else limits
        merged["targets"] = targets
    return merged


def did_you_mean(found: object, known: Any) -> str:
    """A hint towards the nearest known word, or the list of them where it is short."""
    words = [str(word) for word in known]
    close = get_close_matches(str(found), words, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known: {', '.join(words)}." if 0 < len(words) <= 12 else ""


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
    if at not in source.places and len(at) > 2 and _inherited(source, at):
        return  # told once, where the agreement that is extended says it
    if kind == "extra_forbidden":
        known = _fields(adapter, inside[:-1])
        source.problem(at, "an unknown field", "a known field", did_you_mean(inside[-1], known))
        return
    while at not in source.places and len(at) > 2:
        at = at[:-1]  # a short form: what it stands for has no place of its own
    found = _further(detail["input"], further)
    expected = context["expected"] if kind == "sla" else _plain(detail)
    source.problem(at, shown(found), expected, context.get("hint", "") if kind == "sla" else "")


def _inherited(source: Source, at: Place) -> bool:
    return at[0] == "agreements" and (at[0], at[1], at[2]) not in source.places


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
    for part in inside:
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
