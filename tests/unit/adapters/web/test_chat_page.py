"""The page: typed lines and clicks, the page itself, and nothing that brings the server down."""

import json
import re
from typing import Any

import pytest

from adapters.web.server import STATIC
from tests.support.desk import NINE, Desk, wire

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
