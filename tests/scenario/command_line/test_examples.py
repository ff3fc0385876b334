"""The worked examples: their configurations are right, and a simulation says of their events what stands beside them."""

from pathlib import Path

import pytest

from tests.support.process import sla

EXAMPLES = Path(__file__).resolve().parents[3] / "config" / "examples"
NAMES = sorted(path.name.removesuffix(".expected.txt") for path in EXAMPLES.glob("*.expected.txt"))


def test_there_are_examples() -> None:
    assert NAMES == ["call-centre", "live-chat", "online-shop", "technical-support"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_out_as_it_says(name: str) -> None:
    config = EXAMPLES / f"{name}.sla.yaml"
    checked = sla("check", "--config", config)
    assert (checked.returncode, "warning" in checked.stdout) == (0, False), checked.stdout
    found = sla("simulate", "--config", config, "--events", EXAMPLES / f"{name}.events.jsonl")
    assert (found.returncode, found.stderr) == (0, "")
    assert [line.rstrip() for line in found.stdout.splitlines()] == (EXAMPLES / f"{name}.expected.txt").read_text().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_explained(name: str) -> None:
    assert f"`{name}`" in (EXAMPLES / "README.md").read_text()
