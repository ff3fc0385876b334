"""Who may ask and who may send: tokens, cookies, signatures, and the names of this machine."""

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import NINE, Desk, desk, opened
from tests.support.web import Client

TOKEN = "a token"
SECRET = "a secret"


@pytest.fixture
def guarded(tmp_path: Path) -> Desk:
    return desk(tmp_path, sla_api_token=TOKEN, host="0.0.0.0")


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


# Who may send


def signed(body: bytes, stamp: int | str, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slakeeper-Timestamp": str(stamp), "X-Slakeeper-Signature": f"v1={digest}"}


@pytest.fixture
def signing(tmp_path: Path) -> Client:
    return desk(tmp_path, sla_webhook_secret=SECRET, host="0.0.0.0").client("desk.example")


BODY = json.dumps([opened(NINE)]).encode()


def test_a_signed_event_is_taken_whatever_the_desks_clock_says(signing: Client) -> None:
    response = signing.post("/events", BODY, headers=signed(BODY, int(time.time())))
    assert (response.status_code, response.json()["accepted"]) == (202, 1)


@pytest.mark.parametrize("away", [-290, 290])
def test_a_signature_holds_for_five_minutes(signing: Client, away: int) -> None:
    assert signing.post("/events", BODY, headers=signed(BODY, int(time.time()) + away)).status_code == 202


@pytest.mark.parametrize("away", [-310, 310, -86_400, 10**9])
def test_an_old_or_future_signature_is_refused(signing: Client, away: int) -> None:
    response = signing.post("/events", BODY, headers=signed(BODY, int(time.time()) + away))
    assert response.status_code == 401
    assert "five minutes" in response.json()["error"]


def wrong_signatures() -> dict[str, dict[str, str]]:
    now = int(time.time())
    right = signed(BODY, now)["X-Slakeeper-Signature"]
    stamp = {"X-Slakeeper-Timestamp": str(now)}
    return {
        "none": {},
        "a time alone": stamp,
        "another secret": signed(BODY, now, "guess"),
        "another body": signed(b"[]", now),
        "another time": {"X-Slakeeper-Timestamp": str(now - 1), "X-Slakeeper-Signature": right},
        "no version": {**stamp, "X-Slakeeper-Signature": right.removeprefix("v1=")},
        "another version": {**stamp, "X-Slakeeper-Signature": right.replace("v1=", "v2=")},
        "half of it": {**stamp, "X-Slakeeper-Signature": right[:30]},
        "an empty one": {**stamp, "X-Slakeeper-Signature": ""},
        "a time in words": {"X-Slakeeper-Timestamp": "now", "X-Slakeeper-Signature": right},
        "a time with a fraction": {"X-Slakeeper-Timestamp": f"{now}.5", "X-Slakeeper-Signature": right},
        "a negative time": {"X-Slakeeper-Timestamp": f"-{now}", "X-Slakeeper-Signature": right},
        "an endless time": {"X-Slakeeper-Timestamp": "9" * 5_000, "X-Slakeeper-Signature": right},
    }


@pytest.mark.parametrize("name", wrong_signatures())
def test_a_wrong_signature_is_refused(signing: Client, name: str) -> None:
    response = signing.post("/events", BODY, headers=wrong_signatures()[name])
    assert response.status_code == 401
    assert SECRET not in response.text


def test_a_signature_of_strange_characters_is_refused(signing: Client) -> None:
    headers = {"X-Slakeeper-Timestamp": str(int(time.time())), "X-Slakeeper-Signature": b"v1=\xc3\xa4\xff"}
    assert signing.post("/events", BODY, headers=headers).status_code == 401


def test_with_a_secret_unsigned_events_are_refused_on_loopback_too(tmp_path: Path) -> None:
    assert desk(tmp_path, sla_webhook_secret=SECRET).client().post("/events", BODY).status_code == 401


def test_unsigned_events_are_refused_off_loopback(tmp_path: Path) -> None:
    response = desk(tmp_path, host="0.0.0.0").client().post("/events", BODY)
    assert response.status_code == 401
    assert "loopback" in response.json()["error"]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost", "LOCALHOST:8080"])
def test_unsigned_events_are_taken_under_loopbacks_own_names(here: Desk, host: str) -> None:
    assert here.client(host).post("/events", BODY).status_code == 202


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:8080",
        "127.0.0.1@evil.example",
        "[",
        "",
    ],
)
def test_a_name_pointed_at_loopback_is_refused(here: Desk, host: str) -> None:
    assert here.client().post("/events", BODY, headers={"Host": host}).status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8080", "x", "http://["]
)
def test_a_page_of_another_site_may_not_send_events(here: Desk, origin: str) -> None:
    assert here.client().post("/events", BODY, headers={"Origin": origin}).status_code == 401


def test_our_own_page_may_send_events(here: Desk) -> None:
    assert here.client().post("/events", BODY, headers={"Origin": "http://127.0.0.1:8080"}).status_code == 202
