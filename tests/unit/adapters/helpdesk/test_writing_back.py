"""The helpdesk is told of changes: signed, under one id, tried again only where that may help; no secret is ever shown."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.helpdesk.writing_back import HelpdeskSender
from adapters.signing import signature
from bot.messages import Card
from bot.sending import DeliveryError, Post
from bot.shared_ports import SenderSettingsError
from tests.support.postgres import free_port

SECRET = SecretStr("sesame")
CHANGE = {"id": "k1", "type": "sla.ticket.tagged", "data": {"tag": "größer"}}
POST = Post(7, "ticket:T-1", "change", Card(title="tagged"), about="T-1", change=CHANGE)
NOON = 1_767_614_400_000


@dataclass
class Helpdesk:
    """A receiver that answers as it is told to."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def helpdesk() -> Iterator[Helpdesk]:
    told = Helpdesk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.taken.append((dict(self.headers), body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield told
    server.shutdown()
    server.server_close()


def test_a_change_is_one_signed_cloudevent(helpdesk: Helpdesk) -> None:
    sender = HelpdeskSender(helpdesk.url, SECRET)
    assert sender.send(POST, NOON) == sender.send(POST, NOON) == "k1"
    (headers, body), (_, again) = helpdesk.taken
    event = json.loads(body)
    assert event | {"time": ""} == {
        "specversion": "1.0",
        "id": "k1",
        "source": "slakeeper",
        "type": "sla.ticket.tagged",
        "subject": "T-1",
        "time": "",
        "datacontenttype": "application/json",
        "data": {"tag": "größer"},
    }
    assert event["time"] == "2026-01-05T12:00:00.000Z"
    assert headers["X-Slakeeper-Signature"] == signature("sesame", headers["X-Slakeeper-Timestamp"], body)
    assert again == body


@pytest.mark.parametrize(
    ("status", "headers", "permanent", "wait"),
    [
        (400, {}, True, None),
        (404, {}, True, None),
        (302, {"Location": "http://127.0.0.1:1/"}, True, None),
        (408, {}, False, None),
        (429, {"Retry-After": "30"}, False, 30.0),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, False, None),
        (503, {"Retry-After": "999999"}, False, 3600.0),
        (500, {}, False, None),
    ],
)
def test_an_answer_tells_whether_another_try_may_help(
    helpdesk: Helpdesk, status: int, headers: dict[str, str], permanent: bool, wait: float | None
) -> None:
    helpdesk.status, helpdesk.headers = status, headers
    with pytest.raises(DeliveryError, match=f"the helpdesk answered {status}") as raised:
        HelpdeskSender(helpdesk.url, SECRET).send(POST, NOON)
    assert (raised.value.permanent, raised.value.retry_after) == (permanent, wait)


def test_a_helpdesk_that_is_away_may_come_back() -> None:
    with pytest.raises(DeliveryError, match="the helpdesk does not answer") as raised:
        HelpdeskSender(f"http://127.0.0.1:{free_port()}/hook?key=hush", SECRET).send(POST, NOON)
    assert not raised.value.permanent
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("url", ["", "helpdesk.example", "ftp://helpdesk.example", "https://", "https://[::1", "http://a:0/"])
def test_what_is_no_address_is_refused_at_start(url: str) -> None:
    with pytest.raises(SenderSettingsError, match="HELPDESK_URL is no address"):
        HelpdeskSender(url, SECRET)


def test_without_a_secret_only_this_machine_is_told() -> None:
    HelpdeskSender("http://127.0.0.1:8000/hook", None)
    with pytest.raises(SenderSettingsError, match="without HELPDESK_SECRET"):
        HelpdeskSender("https://helpdesk.example/hook", None)


def test_it_shows_neither_its_key_nor_the_path() -> None:
    shown = repr(HelpdeskSender("https://user:hush@helpdesk.example/hook/hush", SECRET))
    assert (shown, "hush" in shown, "sesame" in shown) == ("HelpdeskSender(helpdesk.example)", False, False)
