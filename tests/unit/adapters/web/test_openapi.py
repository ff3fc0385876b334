"""The API's description: every route stands in it, and a tool that reads it finds no answer that differs."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.routing import Mount, Route

from tests.support.desk import NINE, Desk, desk, opened
from tests.support.web import Client

ALL = list(HealthCheck)
KEPT = ("content-type", "x-slakeeper-timestamp", "x-slakeeper-signature")


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    found = desk(tmp_path)
    found.take(opened(NINE))
    found.go("2026-01-05T09:30:00Z")
    return found


def described(here: Desk) -> dict[str, Any]:
    found: dict[str, Any] = here.client().get("/openapi.json").json()
    return found


def test_every_route_is_described_with_its_methods(here: Desk) -> None:
    app: Any = here.app.server.config.app.others  # type: ignore[union-attr]
    routes = {
        (route.path.replace(":path", ""), method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert [route.path for route in app.routes if isinstance(route, Mount)] == ["/static"]
    paths = {(path, method) for path, methods in described(here)["paths"].items() for method in methods}
    assert routes - {("/", "get")} == paths


def test_every_reference_leads_somewhere(here: Desk) -> None:
    document = described(here)
    known = document["components"]["schemas"]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if (reference := value.get("$ref")) is not None:
                assert reference.startswith("#/components/schemas/")
                assert reference.split("/")[-1] in known
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)


def test_every_operation_says_what_it_is_for_and_how_it_refuses(here: Desk) -> None:
    for path, methods in described(here)["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), path
            assert operation["responses"], (path, method)
            if path.startswith("/api/") and path != "/api/login":
                assert "401" in operation["responses"], path


PATHS = [
    "/events",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/api/tickets/{ticket}",
    "/api/clocks",
    "/api/pages",
    "/api/messages",
    "/api/status",
    "/api/page",
    "/api/complete",
    "/api/command",
    "/api/click",
    "/api/login",
]


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_described_whatever_is_asked(here: Desk, path: str) -> None:
    """Generated requests to the application: no answer of 500, none of an undescribed status or form."""
    schema = schemathesis.openapi.from_dict(described(here))
    client = here.client()
    for operation in [found.ok() for found in schema.get_all_operations()]:
        if operation.path != path:
            continue

        @settings(
            max_examples=15, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=ALL
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            response = send(client, case)
            assert response.status_code < 500, response.text
            described_statuses = case.operation.definition.raw["responses"]
            assert str(response.status_code) in described_statuses, (case, response.text)
            case.operation.validate_response(schemathesis.Response.from_any(response))

        ask()


def send(client: Client, case: Any) -> httpx.Response:
    """The generated request, under loopback's own name."""
    made = case.as_transport_kwargs(base_url="http://127.0.0.1:8080")
    given_headers = {name: value for name, value in (made.get("headers") or {}).items() if name.lower() in KEPT}
    options: dict[str, Any] = {"headers": given_headers}
    if made.get("params"):
        options["params"] = made["params"]
    if made.get("json") is not None:
        options["json"] = made["json"]
    elif made.get("data") is not None:
        options["content"] = made["data"]
    return client.request(case.method, made["url"].removeprefix("http://127.0.0.1:8080"), **options)
