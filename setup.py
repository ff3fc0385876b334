"""Compiles what every look runs through to native code.

Decided here: which modules, by mypyc. They are ordinary Python and run uncompiled too, at less than half the speed. All else
about the package is in `pyproject.toml`.
"""

from mypyc.build import mypycify
from setuptools import setup

CORE = {
    "rules": (
        "calendar",
        "calendar_table",
        "calendar_versions",
        "causes",
        "clock",
        "clock_row",
        "clock_states",
        "clocks",
        "crossings",
        "decisions",
        "elapsed",
        "encoding",
        "exemptions",
        "matching",
        "metrics",
        "moments",
        "promises",
        "reasons",
        "standing",
        "suspension",
        "ticket",
    ),
    "escalation": ("effects", "facts", "lateness", "look", "page", "pages", "reconcile", "responses"),
}

setup(
    ext_modules=mypycify(
        [f"{package}/{module}.py" for package, modules in CORE.items() for module in modules],
        group_name="core",
        debug_level="0",
    )
)
