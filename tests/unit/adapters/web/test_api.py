"""The API and the page's own calls: who may ask, what they answer, and that nothing asked for brings the server down."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.web.server import STATIC
from tests.support.desk import NINE, Desk, answered, desk, opened, wire

TOKEN = "a token"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A desk half an hour after an urgent ticket came in: warned, paged, broken."""
    found = desk(tmp_path)
    found.take(opened(NINE, title="Cannot pay"))
    found.go("2026-01-05T09:30:00Z")
    return found


@pytest.fixture
def guarded(tmp_path: Path) -> Desk:
    return desk(tmp_path, sla_api_token=TOKEN, host="0.0.0.0")


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
        (clock,) = here.client().get("/api/clocks", params={"verdict": written}).json()["clocks"]
        assert clock["metric"] == "resolution"


def test_several_verdicts_may_be_asked_for(here: Desk) -> None:
    found = here.client().get("/api/clocks", params=[("verdict", "overdue"), ("verdict", "on track")]).json()["clocks"]
    assert len(found) == 2


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


# Commands and clicks


def test_a_typed_line_is_answered_with_cards(here: Desk) -> None:
    answer = here.client().post("/api/command", {"text": "/sla ticket T-1", "as": "ana", "channel": "support"}).json()
    assert (answer["private"], answer["refused"]) == (True, False)
    assert answer["cards"][0]["title"] == "T-1 · Cannot pay"


def test_a_click_takes_the_page_and_is_said_to_the_channel(here: Desk) -> None:
    page = here.client().get("/api/pages").json()["pages"][0]["page"]
    answer = here.client().post("/api/click", {"action": "acknowledge", "value": page, "as": "ana"}).json()
    assert (answer["private"], answer["refused"]) == (False, False)
    assert "Ana Costa has" in answer["cards"][0]["title"]
    assert here.client().get("/api/pages").json()["pages"][0]["acknowledged_by"] == "ana"


@pytest.mark.parametrize("who", [None, "nobody", "dan", ""])
def test_a_click_by_a_stranger_is_refused(here: Desk, who: str | None) -> None:
    page = here.client().get("/api/pages").json()["pages"][0]["page"]
    answer = here.client().post("/api/click", {"action": "acknowledge", "value": page, "as": who}).json()
    assert answer["refused"]
    assert here.client().get("/api/pages").json()["pages"][0]["acknowledged_by"] is None


BODIES: list[Any] = [
    b"",
    b"{",
    b"\xff",
    b"[]",
    b"null",
    b"[" * 50_000,
    {"text": 7},
    {"text": None},
    {"text": "x" * 3_000},
    {"text": ["status"]},
    {"text": "status", "as": {"id": "ana"}},
    {"action": 1, "value": 2},
    {"token": []},
    {},
]


@pytest.mark.parametrize("path", ["/api/command", "/api/click", "/api/login"])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_cannot_be_understood_is_answered_400(here: Desk, path: str, body: Any) -> None:
    response = here.client().post(path, body)
    assert response.status_code == 400
    assert response.json()["error"]


@pytest.mark.parametrize("path", ["/api/command", "/api/click", "/api/login"])
def test_a_body_that_is_too_long_is_answered_413(here: Desk, path: str) -> None:
    assert here.client().post(path, {"text": "x" * 100_000}).status_code == 413


@pytest.mark.parametrize(
    "text", ["", " ", "/sla", "\0", "/sla why \ud800", "/sla status for \udfff", "🙂" * 500, "/sla ack for", "{{7*7}}"]
)
def test_any_line_is_answered_with_a_card(here: Desk, text: str) -> None:
    response = here.client().post("/api/command", {"text": text, "as": "ana"})
    assert response.status_code in (200, 400)
    assert response.status_code == 400 or response.json()["cards"]


@pytest.mark.parametrize("value", ["", "P-404", "\0", "x" * 300, "<script>", "'; drop table pages; --", "\ud800"])
@pytest.mark.parametrize("action", ["acknowledge", "escalate", "why", "delete", ""])
def test_any_click_is_answered(here: Desk, action: str, value: str) -> None:
    response = here.client().post("/api/click", {"action": action, "value": value, "as": "ana"})
    assert response.status_code in (200, 400)


def test_a_line_is_completed_with_tickets_and_pages(here: Desk) -> None:
    client = here.client()

    def options(text: str) -> list[str]:
        return [option["text"] for option in client.get("/api/complete", params={"text": text}).json()["options"]]

    assert options("/sla wh") == ["/sla why"]
    assert options("/sla why ") == ["/sla why T-1"]
    assert options("/sla why t") == ["/sla why T-1"]
    assert options("/sla why X") == []
    assert options("/sla ack ")[0].startswith("/sla ack P-T-1-")
    assert options("/sla nonsense ") == []


def test_the_page_begins_with_people_channels_and_commands(here: Desk) -> None:
    start = here.client().get("/api/page").json()
    assert [person["id"] for person in start["people"]] == ["ana", "ben", "cleo", "dana"]
    assert {channel["id"]: channel["kind"] for channel in start["channels"]} == {
        "support": "team",
        "leadership": "team",
        "customer:acme": "customer",
        "@ana": "person",
        "@ben": "person",
        "@cleo": "person",
        "@dana": "person",
    }
    assert "status" in {command["verb"] for command in start["commands"]}
    assert (start["now"], start["speed"], start["demo"]) == ("2026-01-05T09:30:00.000Z", 1, False)


# Who may ask


READ = [
    "/api/tickets/T-1",
    "/api/clocks",
    "/api/pages",
    "/api/messages",
    "/api/status",
    "/api/page",
    "/api/complete",
    "/api/stream",
]


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize(
    "given", [None, "Bearer guess", "Bearer ", "Basic YTpi", "a token", "Bearer a token x", b"Bearer \xff"]
)
def test_without_the_token_nothing_is_answered(guarded: Desk, path: str, given: Any) -> None:
    response = guarded.client("desk.example").get(path, headers={} if given is None else {"Authorization": given})
    assert response.status_code == 401
    assert set(response.json()) == {"error"}
    assert TOKEN not in response.text.replace("bearer token", "")


@pytest.mark.parametrize("path", ["/api/command", "/api/click"])
def test_without_the_token_nothing_is_done(guarded: Desk, path: str) -> None:
    assert guarded.client("desk.example").post(path, {"text": "status"}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_the_api_answers(guarded: Desk, scheme: str) -> None:
    client = guarded.client("desk.example", Authorization=f"{scheme} {TOKEN}")
    assert client.get("/api/status").status_code == 200
    assert client.post("/api/command", {"text": "status"}).status_code == 200


def test_the_page_logs_in_with_a_cookie_that_scripts_cannot_read(guarded: Desk) -> None:
    client = guarded.client("desk.example")
    response = client.post("/api/login", {"token": TOKEN})
    assert response.status_code == 204
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/api/status").status_code == 200


def test_a_wrong_token_gives_no_cookie(guarded: Desk) -> None:
    client = guarded.client("desk.example")
    response = client.post("/api/login", {"token": "guess"})
    assert (response.status_code, "set-cookie" in response.headers) == (401, False)
    assert client.get("/api/status").status_code == 401


def test_where_no_token_is_set_none_fits(tmp_path: Path) -> None:
    assert desk(tmp_path).client().post("/api/login", {"token": ""}).status_code == 401


def test_a_cookie_does_not_work_for_a_page_of_another_site(guarded: Desk) -> None:
    client = guarded.client("desk.example")
    client.post("/api/login", {"token": TOKEN})
    body = {"text": "/sla status"}
    assert client.post("/api/command", body, headers={"Origin": "https://evil.example"}).status_code == 401
    assert client.post("/api/command", body, headers={"Origin": "http://desk.example"}).status_code == 200


def test_off_loopback_without_a_token_nothing_is_answered(tmp_path: Path) -> None:
    response = desk(tmp_path, host="0.0.0.0").client().get("/api/status")
    assert response.status_code == 401
    assert "SLA_API_TOKEN" in response.json()["error"]


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_on_loopback_without_a_token_other_sites_are_refused(here: Desk, headers: dict[str, str]) -> None:
    assert here.client().get("/api/status", headers=headers).status_code == 401
    assert here.client().post("/api/command", {"text": "status"}, headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json", "/static/app.js"])
def test_what_tells_nothing_of_tickets_needs_no_token(guarded: Desk, path: str) -> None:
    assert guarded.client("desk.example").get(path).status_code == 200


# The page itself


def test_the_page_may_run_only_its_own_scripts(here: Desk) -> None:
    for path in ("/", "/static/app.js", "/api/status", "/nowhere", "/events"):
        headers = here.client().get(path).headers
        policy = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split(";")}
        assert policy["default-src"] == ["'self'"]
        assert policy["frame-ancestors"] == ["'none'"]
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {word for words in policy.values() for word in words}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_page_keeps_its_own_policy(here: Desk) -> None:
    page = here.client().get("/").text
    assert "<script>" not in page
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"\sstyle=", page)
    assert "//" not in re.sub(r"<!--.*?-->", "", page).replace("http://www.w3.org", "")


@pytest.mark.parametrize("file", sorted(path.name for path in STATIC.iterdir()))
def test_a_file_of_the_page_is_served_and_asks_no_other_server(here: Desk, file: str) -> None:
    response = here.client().get(f"/static/{file}")
    assert response.status_code == 200
    outside = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"^\s*//.*$", "", response.text, flags=re.MULTILINE))
    assert [found for found in outside if "w3.org" not in found] == []


def test_no_script_of_the_page_writes_html(here: Desk) -> None:
    for path in STATIC.glob("*.js"):
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in path.read_text(encoding="utf-8"), path.name


def test_the_stream_tells_messages_as_they_come_and_ends_with_the_server(here: Desk) -> None:
    import asyncio

    page = here.app.page

    async def read() -> list[str]:
        found: list[str] = []
        async for part in page._follow(0):
            found.append(part)
            if part.startswith("event: message") and "T-9" in part:
                page.end()
            elif len(found) == 2:
                await asyncio.to_thread(here.app.ledger.intake.append, [], [], 0)
                await asyncio.to_thread(_later, here)
                page.wake()
        return found

    parts = asyncio.run(asyncio.wait_for(read(), 10))
    assert parts[0].startswith("event: clock\ndata: ")
    assert json.loads(parts[0].split("data: ")[1])["now"] == "2026-01-05T09:30:00.000Z"
    assert all(part.endswith("\n\n") for part in parts)
    revisions = [int(re.findall(r"^id: (\d+)$", part, re.MULTILINE)[0]) for part in parts if "event: message" in part]
    assert revisions == sorted(set(revisions))


def _later(here: Desk) -> None:
    from adapters.helpdesk.cloudevents import ticket_event

    event = ticket_event(wire("ticket.opened", NINE, "T-9", customer="acme", priority="urgent"))
    here.app.ledger.intake.append([event], [], here.clock.now())
    here.settle()
