"""`sla agreements diff` and `preview`, a configuration that is changed and started again, the register on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app import build_app
from bot.publication import PublishedError
from tests.support.desk import DESK, NINE, Desk, answered, desk, load, opened
from tests.support.process import sla

LATER = """\
    versions: [{from: 2026-01-05, version: "2", applies_to: open, targets: {first_response: {urgent: 5m}}}]
    team: support
    ladder: support
    customer_updates"""
CHANGED = DESK.replace("    team: support\n    ladder: support\n    customer_updates", LATER)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.sla.yaml"
    path.write_text(CHANGED)
    return path


def test_diff_tells_what_a_new_version_changes(config: Path, new: Path) -> None:
    done = sla("agreements", "diff", config, new)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["gold", "2", "version", "–", "is", "there"],
        ["gold", "2", "from", "2026-01-01", "2026-01-05"],
        ["gold", "2", "applies", "to", "new", "open"],
        ["gold", "2", "first", "response,", "urgent", "10m", "(always)", "5m", "(always)"],
    ]
    assert sla("agreements", "diff", config, config).stdout == "Both promise the same.\n"
    odd = new.with_name("odd.sla.yaml")
    odd.write_text(
        DESK.replace("    team: support\n    ladder", "    objective: {attain: 95%}\n    team: support\n    ladder")
        + "metrics:\n  resolution: {pause: {status: pending}}\n"
    )
    rows = [line.split() for line in sla("agreements", "diff", config, odd).stdout.splitlines()]
    assert ["gold", "1", "objective", "–", "95%", "a", "month"] in rows
    assert any(row[:3] == ["metric", "resolution", "pause"] for row in rows)
    (shorter := new).write_text(DESK.replace("urgent: 10m", "urgent: 5m"))
    last = sla("agreements", "diff", config, shorter).stdout.splitlines()[-1]
    assert last == (
        "agreements.gold 1 is changed. Where it was published, sla run refuses that: write a version with its own date."
    )


def test_preview_tells_which_open_tickets_would_move_and_be_overdue(tmp_path: Path, config: Path, new: Path) -> None:
    new.write_text(CHANGED.replace("from: 2026-01-05,", "from: 2199-01-05,"))  # all is compared as of that midnight
    here = desk(tmp_path, now="2199-01-04T23:52:00Z")
    here.take(opened("2199-01-04T23:52:00Z", "T-1"))
    here.go("2199-01-04T23:58:00Z")
    here.take(opened("2199-01-04T23:58:00Z", "T-2"), opened("2199-01-04T23:58:00Z", "T-3", priority="low"))
    done = sla("agreements", "preview", new, "--config", config, DATABASE_URL=here.url)
    assert (done.returncode, done.stderr) == (0, "")
    first, _, *rows = done.stdout.splitlines()
    assert first == ("Of 3 open tickets, 2 clocks would change, as of 2199-01-05T00:00:00.000Z: 1 born overdue, 1 earlier.")
    assert [row.split()[0] for row in rows] == ["T-1", "T-2"]
    assert ["born overdue" in row for row in rows] == [True, False]
    assert "Sat 5 Jan 2199 00:08" in rows[1]
    assert "Sat 5 Jan 2199 00:03" in rows[1]


def test_what_is_not_there_is_told(config: Path, tmp_path: Path) -> None:
    for words in (["agreements", "diff", config, tmp_path / "none"], ["agreements", "preview", tmp_path / "none"]):
        done = sla(*words, "--config", config) if "preview" in words else sla(*words)
        assert (done.returncode, "there is no configuration at" in done.stderr) == (2, True)


def test_bare_agreements_lists_them(config: Path, tmp_path: Path) -> None:
    done = sla("agreements", "--config", config, DATABASE_URL=desk(tmp_path).url)
    assert (done.returncode, "gold 1" in done.stdout) == (0, True)


def restarted(here: Desk, tmp_path: Path, text: str) -> Desk:
    """The same ledger under another configuration, as `sla run` begins."""
    path = tmp_path / "again.sla.yaml"
    path.write_text(text)
    book = load(path)
    found = Desk(build_app(here.app.settings, book, clock=here.clock), here.clock, book, here.url)
    found.app.registrar.publish()
    return found


def first_response(here: Desk) -> dict[str, Any]:
    rows = here.client().get("/api/tickets/T-1").json()["clocks"]
    found: dict[str, Any] = next(row for row in rows if row["metric"] == "first_response")
    return found


def test_a_version_for_open_tickets_reaches_them_when_the_bot_starts_again(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    again = restarted(here, tmp_path, CHANGED.replace("from: 2026-01-05,", "from: 2026-01-06,"))
    again.settle()
    again.go("2026-01-06T00:00:00Z")
    assert first_response(again)["version"] == "2"
    (moved,) = [d for d in again.recorded() if d["kind"] == "clock.started" and d["version"] == "2"] or [None]
    assert moved is None, "the clock went on, it did not begin again"


@pytest.mark.parametrize("applies_to", ["new", "open"])
def test_a_version_with_an_early_date_holds_from_its_publication_and_leaves_the_past(tmp_path: Path, applies_to: str) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    longer = CHANGED.replace("from: 2026-01-05,", "from: 2026-01-02,").replace("urgent: 5m", "urgent: 1h")
    again = restarted(here, tmp_path, longer.replace("applies_to: open", f"applies_to: {applies_to}"))
    again.settle()
    row = first_response(again)
    assert (row["verdict"], row["breached_at"]) == ("overdue", "2026-01-05T09:10:00.000Z")
    assert [d for d in again.recorded() if d["kind"] == "clock.corrected"] == []
    again.go("2026-01-05T09:31:00Z")
    again.take(opened("2026-01-05T09:31:00Z", "T-2"))
    rows = again.client().get("/api/tickets/T-2").json()["clocks"]
    assert {row["version"] for row in rows} == {"2"}


REWRITTEN = {
    "a limit": ("urgent: 10m", "urgent: 20m", "agreements.gold 1: changed"),
    "when it applies": ("{tier: gold}", "{tier: silver}", "agreements.gold 1: changed"),
    "its date": ("from: 2026-01-01", "from: 2026-01-02", "agreements.gold 1: changed"),
    "its version": ('version: "1"', 'version: "2"', "agreements.gold 1: gone"),
}


@pytest.mark.parametrize(("was", "now", "named"), REWRITTEN.values(), ids=REWRITTEN)
def test_what_was_published_is_never_written_otherwise(tmp_path: Path, was: str, now: str, named: str) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    before = here.recorded()
    assert was in DESK
    with pytest.raises(PublishedError, match=named):
        restarted(here, tmp_path, DESK.replace(was, now))
    assert here.recorded() == before
    path = tmp_path / "again.sla.yaml"
    for words in (["run"], ["escalate", "T-1", "--as", "ben"]):
        done = sla(*words, "--config", path, DATABASE_URL=here.url, PORT="0")
        assert (done.returncode, done.stdout) == (1, "")
        assert named in done.stderr
        assert "write what holds from now on under its versions" in done.stderr
    done = sla("agreements", "preview", path, "--config", path, DATABASE_URL=here.url)
    assert (done.returncode, "could not be published" in done.stderr) == (1, True)


def test_nobody_acts_by_a_configuration_that_is_not_published_yet(tmp_path: Path, config: Path, new: Path) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    before = here.recorded()
    done = sla("escalate", "T-1", "--as", "ben", "--config", new, DATABASE_URL=here.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "start sla run with it first" in done.stderr
    assert here.recorded() == before
    assert sla("escalate", "T-1", "--as", "ben", "--config", config, DATABASE_URL=here.url).returncode == 0


def test_who_hears_of_it_may_change_and_an_agreement_may_end(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    ended = CHANGED.replace('version: "2", applies_to: open, targets: {first_response: {urgent: 5m}}', "targets: ENDED")
    ended = ended.replace("ENDED", "{first_response: none, resolution: none}").replace(
        "    ladder: support\n    cust", "    cust"
    )
    again = restarted(here, tmp_path, ended)
    again.go("2026-01-06T09:00:00Z")
    again.take(opened("2026-01-06T09:00:00Z", "T-2"))
    assert again.client().get("/api/tickets/T-2").json()["clocks"] == []
    assert first_response(again)["verdict"] == "overdue"


def test_a_customers_other_tier_holds_from_its_publication_on(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")
    again = restarted(here, tmp_path, DESK.replace("acme: {tier: gold}", "acme: {tier: tin}"))
    again.settle()
    rows = again.client().get("/api/tickets/T-1").json()["clocks"]
    assert {(row["metric"], row["state"], row["verdict"]) for row in rows} == {
        ("first_response", "cancelled", "missed"),
        ("resolution", "cancelled", "cancelled"),
        ("promise", "running", "on track"),  # what was promised in a letter is kept all the same
    }
    ended = [d for d in again.recorded() if d["kind"] == "clock.cancelled"]
    assert {d["at"] for d in ended} == {"2026-01-05T09:30:00.000Z"}
    assert all("gold 1 no longer applies: configuration.published" in d["reason"] for d in ended)
    assert [d for d in again.recorded() if d["kind"] == "clock.corrected"] == []
    back = restarted(again, tmp_path, DESK)
    back.go("2026-01-05T09:40:00Z")
    back.take(opened("2026-01-05T09:40:00Z", "T-2"))
    assert len(back.client().get("/api/tickets/T-2").json()["clocks"]) == 2
    assert here.client().get("/api/tickets/T-1").json()["clocks"][0]["breached_at"] == "2026-01-05T09:10:00.000Z"


def test_a_correction_that_a_configuration_brings_about_names_it(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.app.registrar.publish()
    here.take(opened(NINE), answered("2026-01-05T09:05:00Z", author="bot"))
    here.go("2026-01-05T09:30:00Z")
    again = restarted(
        here, tmp_path, DESK + "metrics:\n  first_response: {stop: {event: ticket.replied, author: {in: [agent, bot]}}}\n"
    )
    again.settle()
    corrected = [d["reason"] for d in again.recorded() if d["kind"] == "clock.corrected"]
    assert corrected
    assert all(reason.endswith("another configuration was published at 2026-01-05T09:30:00.000Z") for reason in corrected)
    assert first_response(again)["verdict"] == "met"
    marked = [what for _, what, _ in again.say("why T-1").cards[0].rows if what.endswith(" (corrected later)")]
    assert "first response overdue (corrected later)" in marked
    assert len(marked) == len(corrected)


def test_the_register_is_exported_as_json_lines(tmp_path: Path, config: Path) -> None:
    here = desk(tmp_path)
    here.say("exceptions request waiver for ticket=T-1 from now until 2026-01-06T09:00 because they asked late", "ben")
    done = sla("exceptions", "--json", "--config", config, DATABASE_URL=here.url)
    (row,) = map(json.loads, done.stdout.splitlines())
    assert (row["id"], row["state"], row["reason"]) == ("X-1", "requested", "they asked late")


def test_an_exception_is_asked_for_and_approved_from_the_command_line(tmp_path: Path, config: Path) -> None:
    here = desk(tmp_path)
    line = "request waiver for ticket=T-1 from 2026-12-01T09:00 until 2026-12-02T09:00 because they asked late"
    asked = sla("exceptions", *line.split(), "--as", "ben", "--config", config, DATABASE_URL=here.url)
    assert (asked.returncode, "Ben Osei asks for X-1." in asked.stdout) == (0, True)
    refused = sla("exceptions", "approve", "X-1", "--config", config, DATABASE_URL=here.url)
    assert (refused.returncode, "needs one of the roles" in refused.stdout) == (2, True)
    approved = sla("exceptions", "approve", "X-1", "--as", "cleo", "--config", config, DATABASE_URL=here.url)
    assert (approved.returncode, "X-1 is approved." in approved.stdout) == (0, True)
