"""Several processes on PostgreSQL and Valkey: what one takes in another looks at and says, at once; each stops in order."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from tests.support.desk import DESK, ROOT, opened
from tests.support.postgres import Postgres, free_port
from tests.support.process import Process, environment, sla
from tests.support.valkey import Valkey

NOW = "2026-01-05T09:00:00Z"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "desk.sla.yaml"
    path.write_text(DESK.replace("urgent: 10m", "urgent: 2s"))
    return path


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path).start()
    yield server
    server.kill()


@pytest.fixture
def ledger(postgres: Postgres, empty_database: str) -> str:
    return postgres.database(empty_database)


@pytest.fixture
def start(tmp_path: Path, config: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes; they end with the test."""
    started: list[Process] = []

    def begin(role: str, **settings: str) -> Process:
        process = Process((role, "--config", str(config)), tmp_path / f"{role}{len(started)}", settings)
        started.append(process.start())
        return process.ready()

    yield begin
    for process in started:
        process.kill()


def eventually(holds: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def said(web: Process, channel: str = "support") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{web.url}/api/messages", params={"channel": channel}).json()["messages"]
    return found


def all_said(web: Process, channel: str = "support") -> list[dict[str, Any]]:
    """Each message once, as it stands last; the API tells so many at a time."""
    found, since = dict[str, dict[str, Any]](), 0
    while True:
        page = httpx.get(f"{web.url}/api/messages", params={"channel": channel, "since": since}, timeout=30).json()
        if not page["messages"]:
            return list(found.values())
        found.update({message["id"]: message for message in page["messages"]})
        since = page["next"]


def take(web: Process, ticket: str = "T-1") -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert httpx.post(f"{web.url}/events", json=[opened(now, ticket, id_=f"open-{ticket}")]).status_code == 202


def test_what_one_process_takes_in_another_looks_at_and_says(start: Any, ledger: str, valkey: Valkey) -> None:
    settings = {"DATABASE_URL": ledger, "REDIS_URL": valkey.url}
    web, other_web, worker = start("web", **settings), start("web", **settings), start("worker", **settings)
    take(web)
    eventually(lambda: said(other_web))
    figures = httpx.get(f"{worker.url}/metrics").text
    assert 'slakeeper_look_lag_seconds_count{cause="event"}' in figures
    health = httpx.post(f"{other_web.url}/api/command", json={"text": "/sla health"}).json()["cards"][0]
    assert health["title"] == "All is well."
    roles = [line.split()[0] for line in health["lines"] if "up for" in line]
    assert sorted(roles) == ["Web", "Web", "Worker"]


def test_health_on_the_command_line_tells_whether_processes_are_at_work(
    start: Any, ledger: str, valkey: Valkey, config: Path
) -> None:
    settings = {"DATABASE_URL": ledger, "REDIS_URL": valkey.url}
    nobody = sla("health", "--config", config, **settings)
    assert (nobody.returncode, "No process is at work" in nobody.stdout) == (1, True)
    start("worker", **settings)
    at_work = sla("health", "--config", config, **settings)
    assert (at_work.returncode, "All is well." in at_work.stdout) == (0, True)
    assert "All is well." in sla("health", "--config", config, DATABASE_URL=ledger).stdout


def test_a_process_that_stops_leaves_the_board_and_one_that_dies_is_told_as_silent(
    start: Any, ledger: str, valkey: Valkey, config: Path
) -> None:
    settings = {"DATABASE_URL": ledger, "REDIS_URL": valkey.url}

    def health() -> str:
        return sla("health", "--config", config, **settings).stdout

    stopping, dying = start("worker", **settings), start("worker", **settings)
    stays = start("web", **settings)
    stopped, died = (f"(process {process.running.pid})" for process in (stopping, dying))
    eventually(lambda: "Web on " in health())
    assert stopping.interrupt(signal.SIGTERM, 10) == 0
    assert stopped not in health(), "it is gone at once"
    dying.kill()
    with valkey.client() as client:
        client.delete(*client.keys(f"*worker/*/{died[9:-1]}"))  # what half a minute does to it
    told = " ".join(health().replace("│", " ").split())
    assert f"{died} has been silent for " in told
    assert "Something needs you." in told
    assert stopped not in told
    start("worker", **settings)
    eventually(lambda: died not in health())
    assert stays.running is not None


def test_without_redis_the_database_is_asked_once_a_second(start: Any, ledger: str) -> None:
    web = start("web", DATABASE_URL=ledger)
    start("worker", DATABASE_URL=ledger)
    take(web)
    eventually(lambda: said(web))


def test_redis_may_go_and_come_back(start: Any, ledger: str, valkey: Valkey) -> None:
    settings = {"DATABASE_URL": ledger, "REDIS_URL": valkey.url}
    web, worker = start("web", **settings), start("worker", **settings)
    valkey.kill()
    take(web, "T-1")
    eventually(lambda: [m for m in said(web) if m["ticket"] == "T-1"])
    valkey.start()
    take(web, "T-2")
    eventually(lambda: [m for m in said(web) if m["ticket"] == "T-2"])
    assert worker.running is not None
    assert worker.running.poll() is None


@pytest.mark.parametrize("role", ["web", "worker", "run"])
def test_sigterm_ends_a_process_within_ten_seconds_also_while_the_database_is_away(
    start: Any, tmp_path: Path, role: str
) -> None:
    server = Postgres().start()
    try:
        url = server.database()
        assert sla("migrate", DATABASE_URL=url).returncode == 0
        process, gone = start(role, DATABASE_URL=url), start(role, DATABASE_URL=url)
        assert process.interrupt(signal.SIGTERM, 10) == 0
        server.stop(signal.SIGQUIT)
        time.sleep(0.5)
        assert gone.interrupt(signal.SIGTERM, 10) == 0
        assert "Traceback" not in process.output()
    finally:
        server.remove()


def test_a_worker_that_is_stopped_at_work_leaves_the_rest_to_the_next_one(start: Any, ledger: str) -> None:
    web, tickets = start("web", DATABASE_URL=ledger), [f"T-{n}" for n in range(400)]
    assert httpx.post(f"{web.url}/events", json=[opened(NOW, id, id_=id) for id in tickets], timeout=30).status_code == 202
    worker = start("worker", DATABASE_URL=ledger)
    eventually(lambda: said(web))
    assert worker.interrupt(signal.SIGTERM, 10) == 0
    assert "Traceback" not in worker.output()
    start("worker", DATABASE_URL=ledger)

    def told() -> bool:
        health = httpx.get(f"{web.url}/api/status", timeout=30).json()["health"]
        return health["tickets"] == len(tickets) and not health["overdue_looks"] and not health["outbox_waiting"]

    eventually(told, 60)
    cards = [message["ticket"] for message in all_said(web) if message["kind"] == "card"]
    lists = (message["log"] for message in all_said(web) if message["kind"] == "list")
    listed = {line["text"].partition(":")[0] for lines in lists for line in lines}
    assert sorted([*cards, *listed]) == sorted(tickets)


def test_a_process_that_does_all_works_beside_workers(start: Any, ledger: str) -> None:
    everything = start("run", DATABASE_URL=ledger)
    start("worker", DATABASE_URL=ledger)
    for number in range(5):
        take(everything, f"T-{number}")
    eventually(lambda: len([m for m in said(everything) if m["kind"] == "card"]) == 5)
    health = httpx.get(f"{everything.url}/api/status").json()["health"]
    assert (health["dead_letters"], health["failing"]) == (0, [])


def test_a_database_that_is_away_is_told_and_waited_for(start: Any, tmp_path: Path) -> None:
    server = Postgres().start()
    try:
        url = server.database()
        assert sla("migrate", DATABASE_URL=url).returncode == 0
        web = start("web", DATABASE_URL=url)
        start("worker", DATABASE_URL=url)
        server.stop(signal.SIGQUIT)
        answer = httpx.post(f"{web.url}/events", json=[opened(NOW)], timeout=30)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "nothing was stored: the database does not answer" in answer.json()["error"]
        # Supervisors and Prometheus hear of it before they give up.
        assert httpx.get(f"{web.url}/readyz", timeout=5).status_code == 503
        figures = httpx.get(f"{web.url}/metrics", timeout=5).text
        assert "slakeeper_ledger_up 0.0" in figures
        assert 'slakeeper_errors_total{what="event"} 1.0' in figures
        server.start()
        take(web)
        eventually(lambda: said(web), 40)
    finally:
        server.remove()


def test_a_second_process_on_one_file_is_refused(start: Any, tmp_path: Path, config: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    first = start("run", DATABASE_URL=url)
    for role in ("run", "worker", "web"):
        done = sla(role, "--config", config, DATABASE_URL=url, PORT="0")
        assert done.returncode == 1
        assert f"(process {first.running.pid}) works on {tmp_path}/ledger.db" in done.stderr
        assert "stop that one, or set DATABASE_URL to PostgreSQL" in done.stderr
    assert sla("status", "--config", config, DATABASE_URL=url).returncode == 0
    assert sla("health", "--config", config, DATABASE_URL=url).returncode == 0
    first.kill()
    assert "No process is at work: start sla run" in sla("health", "--config", config, DATABASE_URL=url).stdout
    start("run", DATABASE_URL=url)  # a lock ends with its process


def test_a_database_that_was_not_migrated_is_told(postgres: Postgres, config: Path) -> None:
    for role in ("run", "web", "worker", "status"):
        done = sla(role, "--config", config, DATABASE_URL=postgres.database(), PORT="0")
        assert (done.returncode, done.stdout) == (1, "")
        assert "run sla migrate first" in done.stderr


@pytest.mark.parametrize(
    "words", ["health", "status", "quarantine", "exceptions --json", "ledger rebuild", "ledger verify", "ledger export", "risk"]
)
def test_a_user_without_rights_is_told_in_a_sentence(postgres: Postgres, ledger: str, config: Path, words: str) -> None:
    name = ledger.rpartition("/")[2]
    postgres.run(f"CREATE ROLE {name}_guest LOGIN PASSWORD 'guest'; GRANT SELECT ON alembic_version TO {name}_guest", name)
    guest = make_url(ledger).set(username=f"{name}_guest", password="guest").render_as_string(hide_password=False)
    named = ["--config", str(config)] if words not in ("quarantine", "ledger verify", "ledger export") else []
    done = sla(*words.split(), *named, DATABASE_URL=guest)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the user in DATABASE_URL may not do this: take that of another role" in done.stderr


def test_a_database_of_a_newer_version_is_told(postgres: Postgres, ledger: str, config: Path) -> None:
    postgres.run("UPDATE alembic_version SET version_num = '9999'", ledger.rpartition("/")[2])
    for role in ("migrate", "web", "worker"):
        done = sla(role, *(["--config", str(config)] if role != "migrate" else []), DATABASE_URL=ledger, PORT="0")
        assert done.returncode == 1
        assert "newer version of Slakeeper: install that one" in done.stderr


@pytest.mark.parametrize(("url", "said"), [("redis://:hunter2@127.0.0.1:port", "REDIS_URL"), ("nonsense", "REDIS_URL")])
def test_a_wrong_redis_url_is_told_without_its_password(config: Path, tmp_path: Path, url: str, said: str) -> None:
    for role in ("run", "health"):
        done = sla(role, "--config", config, DATABASE_URL=f"sqlite:///{tmp_path}/l.db", REDIS_URL=url, PORT="0")
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert "hunter2" not in done.stderr


def test_the_procfile_runs_under_honcho(tmp_path: Path, ledger: str, valkey: Valkey, config: Path) -> None:
    """As the README says; each process is one of the Procfile's."""
    import subprocess
    import sys

    port = free_port()
    settings = {"DATABASE_URL": ledger, "REDIS_URL": valkey.url, "SLA_CONFIG": str(config), "PORT": str(port)}
    if not (ROOT / ".venv").exists():
        pytest.skip("the Procfile names .venv, which `make setup` makes")
    with (tmp_path / "out").open("wb") as out:
        honcho = subprocess.Popen(
            [sys.executable, "-m", "honcho", "start", "-c", "worker=2", "web", "worker"],
            cwd=ROOT,
            env=environment(**settings),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            eventually(lambda: (tmp_path / "out").read_text().count("is running") == 3, 40)
            web = Process((), tmp_path / "web")
            web.url = f"http://127.0.0.1:{port}"
            take(web)
            eventually(lambda: said(web))
        finally:
            honcho.send_signal(signal.SIGTERM)
            honcho.wait(15)
    shutil.rmtree(tmp_path / "web", ignore_errors=True)
    assert "Traceback" not in (tmp_path / "out").read_text()
