"""`sla` as a person meets it: help, exit codes, problems of a configuration."""

from pathlib import Path

import pytest

from bot.commands import VERBS
from tests.support.process import sla


@pytest.mark.parametrize("command", ["run", "demo", "migrate", "check", "simulate", "calendar", "import", *VERBS])
def test_help_says_what_a_command_does(command: str) -> None:
    from typer.testing import CliRunner

    from bot.cli.main import app

    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "120"})
    assert done.exit_code == 0
    text = done.output
    assert f"sla {command}" in text or "Usage:" in text
    assert len([line for line in text.splitlines() if line.strip()]) >= 5
    if command in VERBS:
        assert " ".join(VERBS[command].help.split()[:4]) in " ".join(text.split())


def test_help_lists_every_command_and_the_exit_codes() -> None:
    done = sla("--help")
    assert done.returncode == 0
    for command in ("run", "demo", "migrate", "check", "simulate", "calendar", "import", *VERBS):
        assert command in done.stdout
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize(
    "words", [["chekc"], ["check", "--confg", "x"], ["simulate", "--events"], ["calendar", "--year", "2027"], ["import"]]
)
def test_a_call_that_is_wrong_ends_with_2(words: list[str]) -> None:
    from typer.testing import CliRunner

    from bot.cli.main import app

    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_check_says_that_a_configuration_is_right(config: Path) -> None:
    done = sla("check", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 agreement" in done.stdout


def test_check_tells_each_problem_on_one_unwrapped_line(broken: Path) -> None:
    done = sla("check", "--config", broken)
    assert done.returncode == 1
    told = done.stdout.splitlines()
    assert len(told) == 3
    assert told[0].startswith(f"{broken}:2: people.ana.")
    assert any(
        line.startswith(f"{broken}:2: people.ana.nmae: found an unknown field, expected a known field. Did you")
        for line in told
    )
    assert told[-1].startswith(f"{broken}:3: teams.support.lead: found 'zoe', expected ")
    assert "\x1b" not in done.stdout


def test_a_warning_alone_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("rules: {r: {when: {crossing: 80%}, do: [{tell: nobody}]}}\n")
    done = sla("check", "--config", path)
    assert done.returncode == 0
    assert "warning" in done.stdout + done.stderr


def test_the_configuration_may_be_named_by_the_environment(broken: Path, config: Path) -> None:
    assert sla("check", SLA_CONFIG=str(broken)).returncode == 1
    assert sla("check", "--config", config, SLA_CONFIG=str(broken)).returncode == 0


def test_a_configuration_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = sla("check", "--config", tmp_path / "gone.yaml")
    assert done.returncode == 2
    assert "gone.yaml" in done.stderr


@pytest.mark.parametrize(
    "command", [["run"], ["simulate", "--events", "-"], ["calendar", "always"], ["status"], ["ack", "P-1"]]
)
def test_every_command_refuses_a_wrong_configuration_with_1_and_all_problems(
    broken: Path, tmp_path: Path, command: list[str]
) -> None:
    done = sla(*command, "--config", broken, DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert len([line for line in done.stderr.splitlines() if line.startswith(str(broken))]) == 3
