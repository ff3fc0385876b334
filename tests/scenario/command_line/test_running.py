"""`sla run`, `demo`, `migrate` and the commands of chat: settings, the ledger, a clean end at Ctrl-C."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import NINE, desk, opened
from tests.support.process import Process, sla


def test_the_commands_of_chat_answer_from_the_same_ledger(tmp_path: Path, config: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:30:00Z")

    def ask(*words: str) -> Any:
        return sla(*words, "--config", config, DATABASE_URL=here.url)

    for words, said in (
        (["ticket", "T-1"], "Cannot pay"),
        (["why", "T-1"], "ticket.opened"),
        (["status", "for", "acme"], "gold"),
    ):
        done = ask(*words)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert said in done.stdout
    for words, said in (
        (["ack", "T-1"], "say who acts with --as PERSON"),
        (["ack", "T-1", "--as", "zoe"], "no person 'zoe'"),
        (["breaches", "yesterday"], "not one of"),
    ):
        done = ask(*words)
        assert done.returncode == 2, words
        assert said in done.stdout + done.stderr


def test_a_page_is_taken_from_the_command_line(tmp_path: Path, config: Path) -> None:
    import time

    now = time.time_ns() // 1_000_000
    here = desk(tmp_path, now=now - 9 * 60_000 - 5_000)
    here.take(opened(here.clock.now()))
    here.go(now)
    done = sla("ack", "T-1", "for", "20m", "--as", "ben", "--config", config, DATABASE_URL=here.url)
    assert done.returncode == 0
    assert "Ben Osei has P-T-1-" in done.stdout
    assert here.app.ledger.reader.pages()[0].acknowledged_by == "ben"


def test_a_command_speaks_to_the_platforms_that_the_bot_sends_to_whatever_is_set_where_it_is_typed(
    tmp_path: Path, config: Path
) -> None:
    both = config.read_text().replace("channels: {local: support}", "channels: {local: support, slack: C1}")
    now = time.time_ns() // 1_000_000
    here = desk(tmp_path, both, now=now - 9 * 60_000 - 5_000)
    here.take(opened(here.clock.now()))
    here.go(now)
    outbox = here.app.ledger.outbox
    assert outbox.served() == []
    outbox.serve(["local", "slack", "terminal"])
    assert outbox.served() == ["local", "slack", "terminal"]
    done = sla("ack", "T-1", "--as", "ben", "--config", config, DATABASE_URL=here.url)
    assert done.returncode == 0, done.stderr
    told = {row.platform for row in outbox.records(ticket="T-1") if "Ben Osei has" in str(row.body.get("line"))}
    assert told == {"local", "slack"}


@pytest.fixture
def bot(tmp_path: Path, config: Path) -> Any:
    process = Process(("run", "--config", str(config)), tmp_path / "log", {"DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db"})
    yield process
    process.kill()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_bot_cleanly_also_while_a_page_is_open(bot: Process, sign: signal.Signals) -> None:
    import httpx

    bot.start().ready()
    with httpx.stream("GET", f"{bot.url}/api/stream", timeout=10) as stream:
        next(stream.iter_text())
        code = bot.interrupt(sign)
    assert code in (0, -signal.SIGTERM) if sign is signal.SIGTERM else code == 0
    assert "Traceback" not in bot.output()
    assert "ERROR" not in bot.output()


def test_ctrl_c_ends_the_demonstration_cleanly(tmp_path: Path) -> None:
    demo = Process(("demo",), tmp_path / "log", {"TMPDIR": str(tmp_path)}).start()
    try:
        demo.ready()
        code = demo.interrupt()
    finally:
        demo.kill()
    assert code == 0
    assert "Traceback" not in demo.output()
    assert not list(tmp_path.glob("slakeeper-demo-*"))


def test_a_port_that_is_taken_is_a_wrong_setting(tmp_path: Path, config: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = sla("run", "--config", config, PORT=port, DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in done.stderr


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("LOG_LEVEL", "loud")])
def test_a_setting_that_is_wrong_is_told_in_one_line(config: Path, name: str, value: str) -> None:
    done = sla("run", "--config", config, **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"sla: {name}: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["check", "simulate"])
def test_a_wrong_port_is_no_traceback_where_no_port_is_used(config: Path, command: str) -> None:
    words = [command, "--events", "/dev/null"] if command == "simulate" else [command]
    assert sla(*words, PORT="http", SLA_CONFIG=str(config)).returncode in (0, 1)


def test_migrate_makes_the_ledger(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert sla("migrate", DATABASE_URL=url).returncode == 0
    assert sla("migrate", DATABASE_URL=url).returncode == 0
    assert (tmp_path / "new.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:////nowhere/at/all.db"])
def test_a_ledger_that_cannot_be_used_is_told_in_a_sentence(config: Path, url: str) -> None:
    done = sla("run", "--config", config, DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "DATABASE_URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["migrate", "status"])
def test_every_command_needs_a_ledger_that_can_be_used(config: Path, command: str) -> None:
    assert sla(command, SLA_CONFIG=str(config), DATABASE_URL="sqlite:////nowhere/at/all.db").returncode == 1


@pytest.mark.parametrize(
    ("key", "file", "said"),
    [
        (
            "another key",
            "seals.jsonl",
            "The ledger cannot be sealed: seal 1 was altered, or its key is named neither by SEAL_KEY nor",
        ),
        (
            "the key",
            "no/seals.jsonl",
            "The ledger cannot be sealed: SEAL_FILE {0}/no/seals.jsonl cannot be written: there is no",
        ),
        ("the key", "seals.jsonl", None),
    ],
)
def test_what_keeps_the_ledger_from_being_sealed_is_told_at_the_start(
    tmp_path: Path, config: Path, key: str, file: str, said: str | None
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    first = {"SEAL_KEY": "the key", "SEAL_FILE": f"{tmp_path}/seals.jsonl"}
    assert sla("ledger", "seal", DATABASE_URL=url, **first).returncode == 0
    settings = {"DATABASE_URL": url, "SEAL_KEY": key, "SEAL_FILE": f"{tmp_path}/{file}"}
    started = Process(("run", "--config", str(config)), tmp_path / "bot", settings).start().ready()
    told = started.output()
    assert started.interrupt() == 0
    assert ("The ledger cannot be sealed" in told) == (said is not None)
    assert (said or "").format(tmp_path) in told


def test_a_demonstration_seals_nothing_and_touches_no_file_of_seals(tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    file.write_bytes(b"")
    settings = {"SEAL_KEY": "the key", "SEAL_FILE": str(file), "ARCHIVE_FOLDER": f"{tmp_path}/archive"}
    demo = Process(("demo",), tmp_path / "demo", settings).start().ready()
    time.sleep(2)  # its first seal would be made within a second
    assert demo.interrupt() == 0, demo.output()
    assert file.read_bytes() == b""
    assert not (tmp_path / "archive").exists()
