"""The shape of the project: who may import whom, how large a file may be, and that what is there is also documented."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands import VERBS
from rules import clocks
from tests.support.desk import ROOT

FLOORS = ("rules", "escalation", "config", "bot", "adapters")
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_each_floor_imports_only_what_lies_below_it() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept, 0 broken" in done.stdout


def test_bots_package_file_is_empty_so_that_bot_and_adapters_form_no_circle() -> None:
    assert (ROOT / "bot" / "__init__.py").read_text() == ""


@pytest.mark.skipif(not os.environ.get("CI"), reason="the core runs uncompiled too: `make setup` compiles it")
def test_the_core_that_is_tested_is_the_compiled_one() -> None:
    assert str(clocks.__file__).endswith((".so", ".pyd"))


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=named)
def test_a_module_says_what_is_decided_in_it(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said, named(path)
    assert len(said) > 20


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_file_has_more_than_three_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_no_file_of_tests_is_endless(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_command_line_and_the_terminal_print(path: Path) -> None:
    if named(path).startswith(("bot/cli/", "bot/__main__", "adapters/terminal/")):
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@pytest.mark.parametrize("path", [path for path in MODULES if named(path).startswith(("rules/", "escalation/"))], ids=named)
def test_the_core_never_asks_for_the_time_the_environment_or_a_file(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("open", "print", "input"), called
            assert not called.endswith((".now", ".utcnow", ".today", "time.time", ".getenv", ".read_text")), called


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_names_keep_to_the_projects_words(path: Path) -> None:
    assert path.stem not in ("manager", "service", "utils", "helpers")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and any(
            "Error" in ast.unparse(base) or ast.unparse(base) == "Exception" for base in node.bases
        ):
            assert node.name.endswith("Error"), node.name


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_is_in_the_readme(verb: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"/sla {verb}" in readme or f"sla {verb}" in readme or f"`{verb}" in readme


@pytest.mark.parametrize("command", ["run", "demo", "check", "migrate", "simulate", "calendar", "import"])
def test_a_command_of_the_command_line_is_in_the_readme(command: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"sla {command}" in readme or f"make {command}" in readme


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile", "Procfile", ".ci/run"])
def test_the_projects_papers_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_every_setting_is_in_the_readme() -> None:
    from config.settings import Settings

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name.upper() for name in Settings.model_fields if name.upper() not in readme] == []


def test_nothing_happens_at_import() -> None:
    """Every module can be imported without a configuration, a ledger or a network."""
    names = [named(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in MODULES]
    wanted = [name for name in names if not name.endswith(("migrations.env", "bot.__main__"))]
    code = f"import importlib\nfor name in {wanted!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
