"""Whether the compiled core was made from the sources that lie beside it.

Decided here: how that is seen, by the files' times. Not decided here: what is compiled (`setup.py`).
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def outdated() -> str | None:
    """A source of this checkout that was changed after it was compiled; None where there is none, or where this is none."""
    if not (ROOT / "setup.py").exists():
        return None
    for compiled in (*ROOT.glob("rules/*.so"), *ROOT.glob("escalation/*.so")):
        source = compiled.with_name(compiled.name.partition(".")[0] + ".py")
        if source.exists() and compiled.stat().st_mtime < source.stat().st_mtime:
            return str(source.relative_to(ROOT))
    return None
