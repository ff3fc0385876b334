"""What all sections of a configuration have in common.

Decided here: unknown fields are problems. Not decided here: which sections there are (`schema`).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Unknown fields are problems."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)


def none_is_nothing(value: Any) -> Any:
    """`none`, as people write it."""
    return None if value == "none" else value
