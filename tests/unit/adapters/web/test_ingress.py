"""POST /events: what a helpdesk sends is taken, known already or kept in quarantine, and nothing disturbs its neighbours."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.event_data import array_items
from adapters.web.ingress import MOST_BYTES
from tests.support.desk import NINE, Desk, answered, desk, opened, wire

SECRET = "a secret"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def quarantine(here: Desk) -> int:
    return here.app.ledger.reader.health(0).quarantined


def events_of(here: Desk, ticket: str = "T-1") -> list[Any]:
    return list(here.app.ledger.looks.histories([ticket])[0].events)


# Taken


def test_one_event_is_taken(here: Desk) -> None:
    response = here.client().post("/events", opened(NINE))
    assert response.status_code == 202
    assert response.json() == {"accepted": 1, "duplicates": 0, "quarantined": []}
    assert len(events_of(here)) == 1


def test_a_batch_is_taken(here: Desk) -> None:
    response = here.client().post("/events", [opened(NINE), answered(NINE), opened(NINE, "T-2")])
    assert (response.status_code, response.json()["accepted"]) == (202, 3)


def test_an_empty_batch_is_taken(here: Desk) -> None:
    response = here.client().post("/events", [])
    assert (response.status_code, response.json()["accepted"]) == (202, 0)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json; charset=utf-8", "x"],
)
def test_any_content_type_is_taken(here: Desk, content_type: str) -> None:
    response = here.client().post("/events", [opened(NINE)], headers={"Content-Type": content_type})
    assert response.status_code == 202


def test_what_is_known_already_is_counted(here: Desk) -> None:
    known = opened(NINE)
    here.client().post("/events", [known])
    response = here.client().post("/events", [known, opened(NINE, "T-2"), known])
    assert response.json() == {"accepted": 1, "duplicates": 2, "quarantined": []}


def test_the_event_is_on_the_disk_before_the_answer(here: Desk, tmp_path: Path) -> None:
    from adapters.ledger.store import open_ledger

    here.client().post("/events", [opened(NINE)])
    assert len(open_ledger(here.url).looks.histories(["T-1"])[0].events) == 1


def test_the_watch_is_woken(here: Desk) -> None:
    here.client().post("/events", [opened(NINE)])
    assert here.app.watch.batch() == 1


def test_an_event_less_than_five_minutes_ahead_waits_for_its_time(here: Desk) -> None:
    assert here.take(opened("2026-01-05T09:04:59Z"))["accepted"] == 1
    view = here.app.ledger.reader.ticket("T-1")
    assert view is not None
    assert view.clocks == []
    here.go("2026-01-05T09:04:59Z")
    view = here.app.ledger.reader.ticket("T-1")
    assert view is not None
    assert {clock.started_at for clock in view.clocks} == {here.clock.now()}


def test_an_event_of_long_ago_is_taken(here: Desk) -> None:
    assert here.take(opened("2019-06-01T12:00:00+02:00"))["accepted"] == 1


# Refused, one by one


BAD: dict[str, tuple[Any, str]] = {
    "no object": (17, "object"),
    "a list in a list": ([1], "object"),
    "null": (None, "object"),
    "another version": ({**wire("a.b", NINE), "specversion": "0.3"}, "specversion"),
    "no id": ({k: v for k, v in wire("a.b", NINE).items() if k != "id"}, "id is missing"),
    "an empty id": ({**wire("a.b", NINE), "id": ""}, "id"),
    "an id that is a number": ({**wire("a.b", NINE), "id": 7}, "id"),
    "no ticket": ({k: v for k, v in wire("a.b", NINE).items() if k != "subject"}, "subject is missing"),
    "a ticket of a thousand letters": (wire("a.b", NINE, "T" * 1000), "subject"),
    "a ticket with a NUL": (wire("a.b", NINE, "T\0"), "subject"),
    "a ticket with a line break": (wire("a.b", NINE, "T\n1"), "subject"),
    "half a character as ticket": (wire("a.b", NINE, "T\ud800"), "subject"),
    "half a character as id": ({**wire("a.b", NINE), "id": "\udfff"}, "id"),
    "no time": ({k: v for k, v in wire("a.b", NINE).items() if k != "time"}, "time is missing"),
    "a time without offset": (wire("a.b", "2026-01-05T09:00:00"), "offset"),
    "a day without time": (wire("a.b", "2026-01-05"), "time"),
    "the 30th of February": (wire("a.b", "2026-02-30T09:00:00Z"), "time"),
    "25 o'clock": (wire("a.b", "2026-01-05T25:00:00Z"), "time"),
    "the year 0": (wire("a.b", "0000-01-01T00:00:00Z"), "time"),
    "the year 1": (wire("a.b", "0001-01-01T00:00:00+14:00"), "time"),
    "the year 9999": (wire("a.b", "9999-12-31T23:59:59Z"), "time"),
    "a time in words": (wire("a.b", "yesterday"), "time"),
    "a time that is a number": ({**wire("a.b", NINE), "time": 1767603600}, "time"),
    "an endless time": (wire("a.b", "2" * 100_000), "time"),
    "a time more than five minutes ahead": (wire("a.b", "2026-01-05T09:05:00.001Z"), "five minutes ahead"),
    "a page of ours": (wire("page.acknowledged", NINE, by="eve"), "ours"),
    "a clock of ours": (wire("clock.met", NINE), "ours"),
    "an exception of ours": (wire("exception.approved", NINE), "ours"),
    "data that is a list": ({**wire("a.b", NINE), "data": [1]}, "data"),
    "data that is a text": ({**wire("a.b", NINE), "data": "x"}, "data"),
    "data in base64": ({**wire("a.b", NINE), "data_base64": "eA=="}, "data_base64"),
    "a recorded time that is none": ({**wire("a.b", NINE), "recordedtime": "soon"}, "recordedtime"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_kept_with_the_reason_and_its_neighbours_are_taken(here: Desk, name: str) -> None:
    bad, reason = BAD[name]
    response = here.client().post("/events", [opened(NINE, "T-8"), bad, opened(NINE, "T-9")])
    assert response.status_code == 202
    answer = response.json()
    assert answer["accepted"] == 2
    assert [item["index"] for item in answer["quarantined"]] == [1]
    assert reason in answer["quarantined"][0]["reason"]
    assert len(answer["quarantined"][0]["reason"]) < 1_000
    assert quarantine(here) == 1
    here.settle()
    assert all(here.app.ledger.reader.ticket(ticket) for ticket in ("T-8", "T-9"))


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = {"a": value}
    return value


def test_deep_data_is_refused(here: Desk) -> None:
    answer = here.take(opened(NINE, "T-8"), wire("a.b", NINE, x=deep(200)), opened(NINE, "T-9"))
    assert (answer["accepted"], len(answer["quarantined"])) == (2, 1)
    assert "nested" in answer["quarantined"][0]["reason"]


def test_endless_nesting_is_no_event(here: Desk) -> None:
    answer = here.client().post("/events", b"[" * 200_000 + b"]" * 200_000).json()
    assert answer["accepted"] == 0
    assert "nested without end" in answer["quarantined"][0]["reason"]
    assert here.client().post("/events", b'{"a":' * 200_000 + b"1" + b"}" * 200_000).status_code == 400


# Odd, and taken


ODD: dict[str, dict[str, Any]] = {
    "a status that is none": {"status": "weird"},
    "a status that is a number": {"status": 7},
    "a tier that is a truth": {"tier": True},
    "a customer that is a number": {"customer": 42},
    "tags that are a text": {"tags": "vip"},
    "an assignee that is an object": {"assignee": {"id": 1}},
    "a requester that is a text": {"requester": "anna"},
    "a title of a megabyte": {"title": "x" * 1_000_000},
    "a title with a NUL": {"title": "a\0b"},
    "a title of control characters": {"title": "".join(map(chr, range(32)))},
    "a title that turns around": {"title": "\u202egnp.exe"},
    "a title of half characters": {"title": "\ud83d and \udfff"},
    "fields of half characters": {"customer": "\ud83d", "priority": "\udfff", "status": "\ud800", "\ud800": "x"},
    "a mention of a channel": {"title": "<!channel> <@U123> @everyone @here"},
    "a template": {"title": "{{7*7}} {% for x in y %} ${7*7} #{7*7}"},
    "a script": {"title": "<script>alert(1)</script><img src=x onerror=alert(1)>"},
    "markup of a terminal": {"title": "[bold red]x[/] [link=file:///etc/passwd]y[/link] \x1b[31m"},
    "a locale that is no text": {"locale": 7},
    "a huge whole number": {"score": 10**300, "n": -(10**4000)},
    "a huge fraction": {"score": 1e308},
    "names of fields that are odd": {
        "": 1,
        " ": 2,
        "a.b": 3,
        "$s": 4,
        "__class__": 5,
        "event": 6,
        "crossing": "100%",
        "ticket": "T-9",
    },
    "fields that we derive": {"answer": True, "answered": True, "reopened": 1, "assigned": [], "gone": {}, "waiting": "x"},
    "a thousand fields": {f"f{n}": n for n in range(1000)},
    "nothing": {},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_data_is_taken_and_harms_nobody(here: Desk, name: str) -> None:
    here.take(opened(NINE, "T-2"), opened(NINE, "T-3"))
    odd = [("ticket.opened", "T-1"), ("ticket.updated", "T-2"), ("ticket.replied", "T-3"), ("order.shipped", "T-3")]
    events = [wire(type, NINE, ticket, **ODD[name]) for type, ticket in odd]
    answer = here.take(opened(NINE, "T-8"), *events, opened(NINE, "T-9"))
    assert answer["accepted"] == 6, answer
    here.go("2026-01-05T09:30:00Z")
    health = here.app.ledger.reader.health(0)
    assert (health.failing, health.dead_letters) == ([], 0)
    assert {message.ticket for message in here.chat("support")} >= {"T-8", "T-9"}
    client = here.client()
    for _, ticket in odd[:3]:
        assert client.get(f"/api/tickets/{ticket}").status_code == 200
        for verb in ("ticket", "why"):
            assert client.post("/api/command", {"text": f"/sla {verb} {ticket}"}).status_code == 200
    for path in ("/api/clocks", "/api/messages", "/api/status", "/api/pages?state=all", "/api/page"):
        assert client.get(path).status_code == 200
    for line in ("/sla status", "/sla risk", "/sla breaches"):
        assert client.post("/api/command", {"text": line}).status_code == 200


WRONG_KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "a status that is a list": ({"status": ["open"]}, "data.status is a list, expected a text"),
    "a status that is an object": ({"status": {"name": "open"}}, "data.status is an object, expected a text"),
    "a priority that is an object": ({"priority": {"level": 1}}, "data.priority is an object, expected a text"),
    "a customer that is a list": ({"customer": ["acme"]}, "data.customer is a list, expected a text"),
    "an author that is a list": ({"author": ["agent"]}, "data.author is a list, expected a text"),
    "a public reply in words": ({"public": "yes"}, "data.public is a text, expected true or false"),
    "tags that are objects": ({"tags": ["vip", {"y": 1}]}, "data.tags is a list of lists or objects, expected a list of texts"),
    "tags that are an object": ({"tags": {"vip": 1}}, "data.tags is an object, expected a list of texts"),
}


@pytest.mark.parametrize("name", WRONG_KINDS)
def test_a_known_field_of_the_wrong_kind_is_quarantined_with_the_reason(here: Desk, name: str) -> None:
    data, reason = WRONG_KINDS[name]
    answer = here.take(opened(NINE, "T-8"), wire("ticket.replied", NINE, "T-8", **data), opened(NINE, "T-9"))
    assert answer == {"accepted": 2, "duplicates": 0, "quarantined": [{"index": 1, "reason": reason}]}


def test_a_blank_subject_names_no_ticket(here: Desk) -> None:
    answer = here.take(opened(NINE, " "), opened(NINE, "T-9"))
    assert answer["quarantined"] == [{"index": 0, "reason": "subject is blank: it names the ticket"}]


# The body as a whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'"text"',
        b"17",
        b"null",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[1,]",
        b"\x00",
        b"1" * 5_000,
    ],
)
def test_a_body_that_is_no_cloudevents_json_is_answered_400(here: Desk, body: bytes) -> None:
    response = here.client().post("/events", body)
    assert response.status_code == 400
    assert "no CloudEvents JSON" in response.json()["error"]
    assert len(response.text) < 1_000


@pytest.mark.parametrize("value", ["1" * 5_000, "[" * 5_000 + "]" * 5_000, '{"a":' * 5_000 + "1" + "}" * 5_000])
def test_an_event_that_cannot_be_read_does_not_fail_its_neighbours(here: Desk, value: str) -> None:
    bad = json.dumps(wire("ticket.updated", NINE, "T-2", x="VALUE")).replace('"VALUE"', value)
    odd = opened(NINE, "T-3", title='a "quoted], {title\\')
    body = f"[{json.dumps(opened(NINE))},\n{bad}, {json.dumps(odd)}]".encode()
    answer = here.client().post("/events", body).json()
    assert (answer["accepted"], [item["index"] for item in answer["quarantined"]]) == (2, [1])
    assert events_of(here, "T-3")[0].data["title"] == odd["data"]["title"]


@pytest.mark.parametrize("odd", ['{},"', '{},"' + '\\\\"' * 200_000, '"' * 200_001, "[" * 200_000 + ',"'])
def test_items_that_are_hardly_any_are_found_in_one_pass(odd: str) -> None:
    assert array_items(f"[{odd}]")


def test_a_number_of_ten_thousand_digits_is_no_traceback(here: Desk) -> None:
    body = json.dumps([opened(NINE)]).replace('"urgent"', "1" + "0" * 10_000).encode()
    assert here.client().post("/events", body).status_code in (202, 400)


def test_a_number_too_large_for_a_fraction_is_refused_alone(here: Desk) -> None:
    body = json.dumps([opened(NINE, "T-1", n="N"), opened(NINE, "T-2")]).replace('"N"', "1e999").encode()
    answer = here.client().post("/events", body).json()
    assert (answer["accepted"], [item["index"] for item in answer["quarantined"]]) == (1, [0])


def test_a_body_that_is_too_large_is_answered_413(here: Desk) -> None:
    response = here.client().post("/events", b" " * (MOST_BYTES + 1))
    assert response.status_code == 413
    assert quarantine(here) == 0


def test_a_body_that_lies_about_its_length_is_answered_413(here: Desk) -> None:
    response = here.client().post("/events", b"[]", headers={"Content-Length": "99999999999"})
    assert response.status_code == 413


def test_when_too_many_ask_at_once_the_answer_is_429_with_when_to_come_again(here: Desk) -> None:
    import asyncio

    import httpx

    async def flood() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=here.app.server.config.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await asyncio.gather(*(client.post("/events", json=[opened(NINE, f"T-{n}")]) for n in range(1_100)))

    responses = asyncio.run(flood())
    assert {response.status_code for response in responses} == {202, 429}
    refused = [response for response in responses if response.status_code == 429]
    assert all(response.headers["retry-after"] for response in refused)
    taken = sum(response.json()["accepted"] for response in responses if response.status_code == 202)
    assert taken == 1_100 - len(refused)
    assert here.client().post("/events", [opened(NINE, "T-999")]).status_code == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_events_are_only_posted(here: Desk, method: str) -> None:
    assert here.client().request(method, "/events").status_code == 405
