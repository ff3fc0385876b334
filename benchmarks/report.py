"""How a benchmark tells what it measured: one JSON object a line.

`figure` in `unit`; `reference` is measured in the same run, so that `ratio`, figure by reference, can be compared between
machines; `floor` is what was asked for (`at_most` for times and sizes), and `ok` whether it holds.
"""

import json
from typing import Any


def line(
    bench: str, figure: float, unit: str, reference: float, floor: float, *, at_most: bool = False, by_ratio: bool = False
) -> dict[str, Any]:
    """One result. `by_ratio`: the floor is for the ratio, not for the figure."""
    ratio = figure / reference
    judged = ratio if by_ratio else figure
    return {
        "bench": bench,
        "figure": round(figure, 3),
        "unit": unit,
        "reference": round(reference, 3),
        "ratio": round(ratio, 4),
        "floor": floor,
        "ok": judged <= floor if at_most else judged >= floor,
    }


def tell(result: dict[str, Any]) -> None:
    """Print it."""
    print(json.dumps(result), flush=True)
