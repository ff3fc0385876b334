"""The mappings that come with the project, on the real logs that they are for."""

import csv
import io
import lzma
from collections import Counter
from pathlib import Path

import pytest

from adapters.helpdesk.audit_export import events_of, load_mapping
from tests.support.desk import SHARED
from tests.support.exports import MAPPINGS, Event

SAMPLES = SHARED / "samples"


def read(log: Path, mapping: str) -> list[Event]:
    refused: list[tuple[int, str]] = []
    events = list(events_of(log, load_mapping(MAPPINGS / mapping), lambda number, why: refused.append((number, why))))
    assert refused == []
    return events


@pytest.mark.samples
@pytest.mark.parametrize(
    ("log", "mapping", "counts"),
    [
        ("servicenow_incidents_sample20.csv.xz", "servicenow.yaml", {"opened": 4939, "replied": 4939, "updated": 20908}),
        ("bpic2013_volvo_closed_problems.csv.xz", "bpic2013.yaml", {"opened": 1487, "updated": 4125}),
        ("italian_helpdesk.csv.xz", "italian_helpdesk.yaml", {"opened": 4580, "replied": 4285, "updated": 20551}),
    ],
)
def test_a_real_log_runs_through_and_its_events_are_sane(log: str, mapping: str, counts: dict[str, int]) -> None:
    events = read(SAMPLES / log, mapping)
    assert Counter(event["type"].removeprefix("ticket.") for event in events) == counts
    assert len({event["id"] for event in events}) == len(events)
    assert {event["data"].get("status") for event in events} <= {None, "new", "open", "pending", "on_hold", "solved", "closed"}
    tickets: dict[str, list[Event]] = {}
    for event in events:
        tickets.setdefault(event["subject"], []).append(event)
    assert list(tickets) == list(dict.fromkeys(event["subject"] for event in events))
    for history in tickets.values():
        assert [event["type"] for event in history].index("ticket.opened") == 0
        order = [(event["time"], event["sequence"]) for event in history]
        assert order == sorted(order)


@pytest.mark.samples
def test_the_last_made_sla_of_each_incident_arrives_as_the_log_has_it() -> None:
    log = SAMPLES / "servicenow_incidents_sample20.csv.xz"
    found: dict[str, bool] = {}
    for event in read(log, "servicenow.yaml"):
        found[event["subject"]] = event["data"].get("made_sla", found.get(event["subject"]))
    with lzma.open(log, "rt", encoding="utf-8", newline="") as text:
        expected = {row["number"]: row["made_sla"] == "true" for row in csv.DictReader(text)}
    assert found == expected


@pytest.mark.samples
def test_the_real_log_sorted_by_time_instead_of_ticket_gives_the_same_histories(tmp_path: Path) -> None:
    log = SAMPLES / "bpic2013_volvo_closed_problems.csv.xz"
    header, *rows = lzma.decompress(log.read_bytes()).decode().splitlines()
    mixed = tmp_path / "mixed.csv"
    when = {line: cells[10] for line, cells in zip(rows, csv.reader(io.StringIO("\n".join(rows))), strict=True)}
    mixed.write_text("\n".join([header, *sorted(rows, key=when.__getitem__)]))
    by_id = {event["id"]: event for event in read(mixed, "bpic2013.yaml")}
    assert by_id == {event["id"]: event for event in read(log, "bpic2013.yaml")}
