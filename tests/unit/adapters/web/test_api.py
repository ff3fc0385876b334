"""The API: what it answers, and questions that cannot be answered."""

import re
from pathlib import Path
from threading import Event

import pytest

from adapters.web.metrics import Metrics
from tests.support.desk import NINE, Desk, answered, desk, opened

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


# What is answered


def test_a_ticket_has_its_facts_clocks_pages_and_timeline(here: Desk) -> None:
    found = here.client().get("/api/tickets/T-1").json()
    assert found["facts"]["title"] == "Cannot pay"
    first = next(clock for clock in found["clocks"] if clock["metric"] == "first_response")
    assert (first["verdict"], first["due_at"]) == ("overdue", "2026-01-05T09:10:00.000Z")
    assert found["pages"][0]["ladder"] == "support"
    kinds = [line["kind"] for line in found["timeline"]]
    assert kinds[0] == "ticket.opened"
    assert {"clock.started", "clock.crossed", "page.opened", "message.customer"} <= set(kinds)
    assert [line["at"] for line in found["timeline"]] == sorted(line["at"] for line in found["timeline"])


def test_clocks_are_those_of_a_simulation(here: Desk) -> None:
    (clock,) = here.client().get("/api/clocks", params={"verdict": "overdue"}).json()["clocks"]
    assert list(clock) == [
        "ticket",
        "agreement",
        "version",
        "metric",
        "cycle",
        "state",
        "verdict",
        "target_ms",
        "elapsed_ms",
        "wall_elapsed_ms",
        "paused_ms",
        "started_at",
        "due_at",
        "stopped_at",
        "breached_at",
    ]
    assert all(value is None or INSTANT.fullmatch(value) for name, value in clock.items() if name.endswith("_at"))


def test_clocks_stand_as_of_now_and_not_as_of_the_last_look(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.clock.move("2026-01-05T09:05:00Z")
    for clocks in (here.client().get("/api/clocks").json()["clocks"], here.client().get("/api/tickets/T-1").json()["clocks"]):
        assert {(clock["elapsed_ms"], clock["wall_elapsed_ms"]) for clock in clocks} == {(5 * 60_000, 5 * 60_000)}
    assert ("5m of 10m") in str(here.say("/sla ticket T-1"))


def test_a_verdict_may_be_written_with_a_space_or_an_underscore(here: Desk) -> None:
    for written in ("on track", "on_track"):
        clocks = here.client().get("/api/clocks", params={"verdict": written}).json()["clocks"]
        assert {clock["metric"] for clock in clocks} == {"resolution", "promise"}


def test_several_verdicts_may_be_asked_for(here: Desk) -> None:
    found = here.client().get("/api/clocks", params=[("verdict", "overdue"), ("verdict", "on track")]).json()["clocks"]
    assert len(found) == 3


def test_open_pages_tell_who_is_called_and_when_the_next_is(here: Desk) -> None:
    (page,) = here.client().get("/api/pages").json()["pages"]
    assert page["state"] == "open"
    assert page["to"]
    assert INSTANT.fullmatch(page["next_at"])


def test_closed_pages_are_answered_only_when_asked_for(here: Desk) -> None:
    here.take(answered("2026-01-05T09:30:00Z"))
    assert here.client().get("/api/pages").json()["pages"] == []
    (page,) = here.client().get("/api/pages", params={"state": "all"}).json()["pages"]
    assert (page["state"], page["closed_at"]) == ("closed", "2026-01-05T09:30:00.000Z")


def test_messages_of_a_channel_are_read_on_from_where_one_was(here: Desk) -> None:
    client = here.client()
    first = client.get("/api/messages", params={"channel": "support"}).json()
    assert first["messages"][0]["card"]["title"] == "T-1 · Cannot pay"
    assert first["messages"][0]["log"]
    again = client.get("/api/messages", params={"channel": "support", "since": first["next"]}).json()
    assert again == {"channel": "support", "messages": [], "next": first["next"]}
    here.take(answered("2026-01-05T09:30:00Z"))
    later = client.get("/api/messages", params={"channel": "support", "since": first["next"]}).json()
    assert [message["ticket"] for message in later["messages"]] == ["T-1"]


def test_the_status_counts_clocks_and_tells_how_the_bot_is(here: Desk) -> None:
    found = here.client().get("/api/status").json()
    assert found["now"] == "2026-01-05T09:30:00.000Z"
    assert {row["metric"]: row["verdicts"] for row in found["clocks"]} == {
        "first_response": {"overdue": 1},
        "resolution": {"on track": 1},
    }
    assert found["health"]["tickets"] == 1
    assert found["health"]["failing"] == []


def test_health_and_readiness(here: Desk) -> None:
    assert here.client().get("/healthz").json() == {"ok": True}
    assert here.client().get("/readyz").json() == {"ready": True}


def test_without_its_tables_the_bot_is_alive_and_not_ready(here: Desk) -> None:
    from sqlalchemy import text

    from adapters.ledger.engine import connect

    with connect(here.url).connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("drop table tickets"))
    assert here.client().get("/healthz").status_code == 200
    response = here.client().get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (503, False)


def test_a_scrape_that_takes_long_leaves_the_process_ready(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Event()
    monkeypatch.setattr(Metrics, "standing", lambda _: ended.wait(30) and b"")
    assert "ledger_up 0.0" in here.client().get("/metrics").text
    assert here.client().get("/readyz").json() == {"ready": True}
    ended.set()


# Questions that cannot be answered


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/tickets/T-404", 404),
        ("/api/tickets/%00", 404),
        ("/api/tickets/" + "x" * 5_000, 404),
        ("/api/tickets/a/b/c", 404),
        ("/api/tickets/%ED%A0%80", 404),
        ("/api/tickets/..%2f..%2fetc%2fpasswd", 404),
        ("/api/clocks?verdict=late", 400),
        ("/api/clocks?limit=0", 400),
        ("/api/clocks?limit=501", 400),
        ("/api/clocks?limit=-1", 400),
        ("/api/clocks?limit=%C2%B2", 400),
        ("/api/pages?limit=many", 400),
        ("/api/messages?since=-1", 400),
        ("/api/messages?since=1e3", 400),
        ("/api/messages?since=99999999999999999999", 400),
        ("/api/messages?since=%D9%A1", 400),
        ("/nowhere", 404),
        ("/static/nothing.js", 404),
        ("/static/../server.py", 404),
        ("/static/%2e%2e/server.py", 404),
        ("/static/..%2fserver.py", 404),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_a_sentence(here: Desk, path: str, status: int) -> None:
    response = here.client().get(path)
    assert response.status_code == status
    assert isinstance(response.json()["error"], str)
    assert len(response.text) < 1_000


def test_a_channel_that_nobody_knows_is_empty(here: Desk) -> None:
    assert here.client().get("/api/messages", params={"channel": "nowhere"}).json()["messages"] == []


# What Prometheus reads


def test_figures_are_for_those_who_have_the_token(tmp_path: Path) -> None:
    here = desk(tmp_path, sla_api_token="secret")
    assert here.client().get("/metrics").status_code == 401
    assert here.client(Authorization="Bearer secret").get("/metrics").status_code == 200


def test_figures_tell_how_late_and_how_well_the_bot_is(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:10:00Z")
    here.take({"specversion": "1.0"})
    figures = here.client().get("/metrics").text
    for line in (
        'slakeeper_look_lag_seconds_count{cause="event"} 2.0',
        'slakeeper_batch_size_sum{what="events"} 1.0',
        "slakeeper_quarantined_events 1.0",
        'slakeeper_clocks{agreement="gold",metric="first_response",verdict="overdue"} 1.0',
        'slakeeper_attainment_ratio{agreement="gold",metric="first_response"} 0.0',
    ):
        assert line in figures, figures
    assert 'slakeeper_look_lag_seconds_count{cause="crossing"}' in figures
