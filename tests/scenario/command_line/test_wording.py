"""`sla wording preview`: letters are read before customers read them."""

from pathlib import Path

from tests.support.desk import DESK
from tests.support.process import sla

LETTERS = (
    DESK
    + """\
  progress:
    en: {default: "We are on it. {{ expected }}", gold: "Dear partner, we are on it. {{ credit }}"}
    de: "Wir kümmern uns darum."
"""
)


def written(folder: Path, config: str = LETTERS) -> str:
    path = folder / "desk.sla.yaml"
    path.write_text(config, encoding="utf-8")
    return str(path)


def test_every_letter_is_shown_in_every_language(tmp_path: Path) -> None:
    done = sla("wording", "preview", "--config", written(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "breach · en" in done.stdout
    assert "We promised to give you a first answer by" in done.stdout
    assert "We are on it. We cannot name a time for the solution yet." in done.stdout
    assert "Wir kümmern uns darum." in done.stdout


def test_a_tier_may_have_words_of_its_own(tmp_path: Path) -> None:
    done = sla("wording", "preview", "progress", "--tier", "gold", "--locale", "en-GB", "--config", written(tmp_path))
    assert "Dear partner, we are on it. As this month stands" in done.stdout
    assert "breach" not in done.stdout


def test_letters_are_shown_as_e_mail_does(tmp_path: Path) -> None:
    page = tmp_path / "letters.html"
    done = sla("wording", "preview", "--html", str(page), "--config", written(tmp_path))
    assert done.returncode == 0
    assert page.read_text().count("<!doctype html>") == 3


def test_a_letter_that_nobody_knows_is_wrong_usage(tmp_path: Path) -> None:
    done = sla("wording", "preview", "progres", "--config", written(tmp_path))
    assert (done.returncode, done.stderr) == (2, "sla: there is no wording 'progres'. Did you mean progress?\n")


def test_our_own_words_in_a_letter_are_warned_of(tmp_path: Path) -> None:
    ours = LETTERS.replace("We are on it. {{", "Your SLA was breached and escalated. {{")
    done = sla("check", "--config", written(tmp_path, ours))
    assert done.returncode == 0
    assert "warning: wording.progress.en.default: found 'SLA', a word of ours" in done.stdout
    assert "warning" not in sla("check", "--config", written(tmp_path)).stdout
