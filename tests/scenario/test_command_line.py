"""`sla` as a person or a script meets it: exit codes, what is written where, and a clean end at Ctrl-C."""

import gzip
import json
import lzma
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.commands import VERBS
from tests.support.desk import DESK, NINE, ROOT, SHARED, answered, desk, lines, opened, wire
from tests.support.process import Process, sla

EVENTS = [opened(NINE), answered("2026-01-05T09:20:00Z"), wire("ticket.updated", "2026-01-05T10:00:00Z", status="solved")]
BAD = "people:\n  ana: {nmae: Ana}\nteams: {support: {lead: zoe}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "desk.sla.yaml"
    path.write_text(DESK)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BAD)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "day.jsonl"
    path.write_text(lines(EVENTS))
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# Help


@pytest.mark.parametrize("command", ["run", "demo", "migrate", "check", "simulate", "calendar", "import", *VERBS])
def test_help_says_what_a_command_does(command: str) -> None:
    from typer.testing import CliRunner

    from bot.cli.main import app

    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "120"})
    assert done.exit_code == 0
    text = done.output
    assert f"sla {command}" in text or "Usage:" in text
    assert len([line for line in text.splitlines() if line.strip()]) >= 5
    if command in VERBS:
        assert " ".join(VERBS[command].help.split()[:4]) in " ".join(text.split())


def test_help_lists_every_command_and_the_exit_codes() -> None:
    done = sla("--help")
    assert done.returncode == 0
    for command in ("run", "demo", "migrate", "check", "simulate", "calendar", "import", *VERBS):
        assert command in done.stdout
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize("words", [["chekc"], ["check", "--confg", "x"], ["simulate", "--events"], ["calendar"], ["import"]])
def test_a_call_that_is_wrong_ends_with_2(words: list[str]) -> None:
    from typer.testing import CliRunner

    from bot.cli.main import app

    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.strip()


# check


def test_check_says_that_a_configuration_is_right(config: Path) -> None:
    done = sla("check", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 agreement" in done.stdout


def test_check_tells_each_problem_on_one_unwrapped_line(broken: Path) -> None:
    done = sla("check", "--config", broken)
    assert done.returncode == 1
    told = done.stdout.splitlines()
    assert len(told) == 3
    assert told[0].startswith(f"{broken}:2: people.ana.")
    assert any(
        line.startswith(f"{broken}:2: people.ana.nmae: found an unknown field, expected a known field. Did you")
        for line in told
    )
    assert told[-1].startswith(f"{broken}:3: teams.support.lead: found 'zoe', expected ")
    assert "\x1b" not in done.stdout


def test_a_warning_alone_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("rules: {r: {when: {crossing: 80%}, do: [{tell: nobody}]}}\n")
    done = sla("check", "--config", path)
    assert done.returncode == 0
    assert "warning" in done.stdout + done.stderr


def test_the_configuration_may_be_named_by_the_environment(broken: Path, config: Path) -> None:
    assert sla("check", SLA_CONFIG=str(broken)).returncode == 1
    assert sla("check", "--config", config, SLA_CONFIG=str(broken)).returncode == 0


def test_a_configuration_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = sla("check", "--config", tmp_path / "gone.yaml")
    assert done.returncode == 2
    assert "gone.yaml" in done.stderr


@pytest.mark.parametrize(
    "command", [["run"], ["simulate", "--events", "-"], ["calendar", "always"], ["status"], ["ack", "P-1"]]
)
def test_every_command_refuses_a_wrong_configuration_with_1_and_all_problems(
    broken: Path, tmp_path: Path, command: list[str]
) -> None:
    done = sla(*command, "--config", broken, DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert len([line for line in done.stderr.splitlines() if line.startswith(str(broken))]) == 3


# simulate


def test_simulate_sums_up_for_a_person(config: Path, log: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 tickets, 3 events" in done.stdout
    assert "first response" in done.stdout


def test_simulate_writes_decisions_in_the_order_of_time(config: Path, log: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--decisions", "-")
    found = rows(done.stdout)
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    common = ["at", "kind", "ticket", "agreement", "version", "metric", "cycle", "reason"]
    assert all(list(row)[:8] == common for row in found)
    (overdue,) = [row for row in found if row["kind"] == "clock.overdue"]
    assert (overdue["at"], overdue["metric"]) == ("2026-01-05T09:10:00.000Z", "first_response")
    crossed = [row for row in found if row["kind"] == "clock.crossed"]
    assert {(row["threshold"], row["due_at"]) for row in crossed} == {
        (threshold, "2026-01-05T09:10:00.000Z") for threshold in ("80%", "90%", "100%")
    }
    pages = [row for row in found if row["kind"].startswith("page.")]
    assert pages[0]["to"] == ["ana"]
    assert {"page", "ladder", "step", "to"} <= set(pages[0])


def test_simulate_writes_clocks(config: Path, log: Path, tmp_path: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--clocks", tmp_path / "clocks.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    clocks = {row["metric"]: row for row in rows((tmp_path / "clocks.jsonl").read_text())}
    assert clocks["first_response"] == {
        "ticket": "T-1",
        "agreement": "gold",
        "version": "1",
        "metric": "first_response",
        "cycle": 1,
        "state": "missed",
        "verdict": "missed",
        "target_ms": 600_000,
        "elapsed_ms": 1_200_000,
        "wall_elapsed_ms": 1_200_000,
        "paused_ms": 0,
        "started_at": "2026-01-05T09:00:00.000Z",
        "due_at": "2026-01-05T09:10:00.000Z",
        "stopped_at": "2026-01-05T09:20:00.000Z",
        "breached_at": "2026-01-05T09:10:00.000Z",
    }
    assert clocks["resolution"]["state"] == "met"


def test_simulate_reads_standard_input_gz_and_xz_alike(config: Path, log: Path, tmp_path: Path) -> None:
    text = log.read_bytes()
    (tmp_path / "day.jsonl.gz").write_bytes(gzip.compress(text))
    (tmp_path / "day.jsonl.xz").write_bytes(lzma.compress(text))
    plain = sla("simulate", "--config", config, "--events", log, "--decisions", "-").stdout
    for name in ("day.jsonl.gz", "day.jsonl.xz"):
        assert sla("simulate", "--config", config, "--events", tmp_path / name, "--decisions", "-").stdout == plain
    assert sla("simulate", "--config", config, "--events", "-", "--decisions", "-", stdin=text).stdout == plain
    assert plain


@pytest.mark.parametrize("name", ["day.jsonl.gz", "day.jsonl.xz", "gone.jsonl", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(config: Path, tmp_path: Path, name: str) -> None:
    if name.endswith(("gz", "xz")):
        (tmp_path / name).write_bytes(b"neither")
    done = sla("simulate", "--config", config, "--events", tmp_path / name)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_packed_file_that_ends_too_early_is_wrong_usage(config: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "day.jsonl.gz").write_bytes(gzip.compress(log.read_bytes() * 50)[:-20])
    assert sla("simulate", "--config", config, "--events", tmp_path / "day.jsonl.gz").returncode == 2


def test_lines_that_are_refused_are_listed_and_counted_and_the_rest_goes_on(config: Path) -> None:
    text = lines(EVENTS[:1]) + "\n{broken\n" + '{"id": "x"}\n' + "\xff\n" + lines(EVENTS[1:]) + '"\\ud800"\n'
    done = sla("simulate", "--config", config, "--events", "-", "--clocks", "-", stdin=text.encode("latin-1"))
    assert done.returncode == 0
    assert {row["state"] for row in rows(done.stdout)} == {"missed", "met"}
    refused = [line for line in done.stderr.splitlines() if ": refused: " in line]
    assert [line.split(":")[1] for line in refused] == ["3", "4", "5", "8"]
    assert "4 of 7 lines were refused." in done.stderr


def test_hundreds_of_refused_lines_are_not_all_listed(config: Path) -> None:
    done = sla("simulate", "--config", config, "--events", "-", stdin="{\n" * 300 + lines(EVENTS))
    assert len(done.stderr.splitlines()) < 60
    assert "300 of 303 lines were refused." in done.stderr


def test_until_is_inclusive(config: Path, log: Path) -> None:
    def overdue(until: str) -> int:
        done = sla("simulate", "--config", config, "--events", log, "--until", until, "--decisions", "-")
        return sum(row["kind"] == "clock.overdue" for row in rows(done.stdout))

    assert overdue("2026-01-05T09:09:59.999Z") == 0
    assert overdue("2026-01-05T09:10:00Z") == 1


@pytest.mark.parametrize("until", ["tomorrow", "2026-01-05", "2026-01-05T09:00:00", ""])
def test_an_until_that_is_no_instant_is_wrong_usage(config: Path, log: Path, until: str) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--until", until)
    assert done.returncode == 2
    assert "--until" in done.stderr


def test_output_that_cannot_be_written_is_wrong_usage(config: Path, log: Path, tmp_path: Path) -> None:
    assert sla("simulate", "--config", config, "--events", log, "--clocks", tmp_path / "no" / "x").returncode == 2


def test_a_configuration_without_agreements_simulates_nothing(tmp_path: Path, log: Path) -> None:
    (tmp_path / "c.yaml").write_text("calendars: {always: {hours: 24x7}}\n")
    done = sla("simulate", "--config", tmp_path / "c.yaml", "--events", log)
    assert done.returncode == 0
    assert "No agreement applied" in done.stdout


# calendar


OFFICE = 'calendars: {office: {zone: Europe/London, hours: {mon-fri: ["09:00-17:00"]}}}\n'


def test_a_calendar_alone_answers_questions_and_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    questions = [
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":7200000}',
        "nonsense",
        '{"op":"sub","start":"2026-01-06T10:00:00Z","ms":7200000}',
        '{"op":"between","start":"2026-01-05T00:00:00Z","end":"2026-01-06T00:00:00Z"}',
        '{"op":"is_open","at":"2026-07-06T08:30:00+01:00"}',
        '{"op":"is_open","at":"2026-07-06T09:00:00+01:00"}',
        '{"op":"next_open","at":"2026-01-10T12:00:00Z"}',
        '{"op":"next_close","at":"2026-01-05T12:00:00Z"}',
        '{"op":"prev_open","at":"2026-01-05T12:00:00Z"}',
        '{"op":"prev_close","at":"2026-01-05T12:00:00Z"}',
        '{"op":"dance"}',
        '{"op":"add","start":"2026-01-05T16:00:00","ms":1}',
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":1.5}',
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":1e99}',
        '{"op":"add"}',
        '{"op":["add"]}',
        "[]",
        "",
        '{"op":"between","start":"2026-01-06T00:00:00Z","end":"2026-01-05T00:00:00Z"}',
    ]
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", "--queries", "-", stdin="\n".join(questions))
    assert done.returncode == 0
    answers = rows(done.stdout)
    hour = 3_600_000
    assert answers[0] == {"at": "2026-01-06T10:00:00.000Z"}
    assert answers[2] == {"at": "2026-01-05T16:00:00.000Z"}
    assert answers[3] == {"ms": 8 * hour}
    assert answers[4:6] == [{"open": False}, {"open": True}]
    assert [answer["at"] for answer in answers[6:10]] == [
        "2026-01-12T09:00:00.000Z",
        "2026-01-05T17:00:00.000Z",
        "2026-01-05T09:00:00.000Z",
        "2026-01-05T12:00:00.000Z",  # the time just before is open
    ]
    assert all(list(answer) == ["error"] for answer in [answers[1], *answers[10:17]])
    assert answers[17:] == [{"ms": -8 * hour}]


FAR = [
    '{"op":"add","start":"2026-01-05T16:00:00Z","ms":99999999999999}',
    '{"op":"next_open","at":"9999-12-31T23:59:59Z"}\n{"op":"is_open","at":"2026-01-05T16:00:00Z"}',
    '{"op":"prev_open","at":"0001-01-01T00:00:00Z"}\n{"op":"is_open","at":"2026-01-05T16:00:00Z"}',
]


@pytest.mark.parametrize("questions", FAR, ids=["add", "next_open", "prev_open"])
def test_a_question_beyond_all_measure_is_answered_soon(tmp_path: Path, questions: str) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", "--queries", "-", stdin=questions, timeout=10)
    answers = rows(done.stdout)
    assert list(answers[0]) in (["error"], ["at"])
    assert answers[1:] in ([], [{"open": True}])


def test_a_calendar_shows_a_fortnight_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office")
    assert done.returncode == 0
    assert done.stdout.count("09:00–17:00") == 10
    assert "80 hours open" in done.stdout


def test_a_calendar_that_nobody_knows_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "offise")
    assert done.returncode == 2
    assert "Did you mean office?" in done.stderr


# import


MAPPING = """\
name: desk
ticket: id
time: {column: at, zone: UTC}
fields: {status: state, priority: prio}
values:
  status: {New: new, Done: solved}
  priority: {1: urgent}
"""


def test_a_log_is_imported_and_simulated(config: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    (tmp_path / "log.csv").write_text(
        "id,at,state,prio\nA,2026-01-05 09:00:00,New,1\nA,never,New,1\nA,2026-01-05 10:00:00,Done,1\n"
    )
    done = sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "log.csv")
    assert done.returncode == 0
    assert rows(done.stdout)[0]["type"] == "ticket.opened"
    assert "row 3" in done.stderr
    assert "1 rows were refused" in done.stderr
    assert sla("simulate", "--config", config, "--events", "-", stdin=done.stdout).returncode == 0


def test_a_wrong_mapping_ends_with_1_and_a_missing_log_with_2(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("name: [")
    (tmp_path / "log.csv").write_text("id\n")
    assert sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "log.csv").returncode == 1
    (tmp_path / "m.yaml").write_text(MAPPING)
    assert sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "gone.csv").returncode == 2


@pytest.mark.samples
def test_the_servicenow_log_goes_through_import_and_simulate(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "calendars: {always: {hours: 24x7}}\n"
        "agreements: {all: {kind: sla, from: 2010-01-01, calendar: always, targets: {resolution: {default: 3d}}}}\n"
    )
    log = SHARED / "samples" / "servicenow_incidents_sample20.csv.xz"
    imported = sla("import", "--mapping", ROOT / "config/mappings/servicenow.yaml", log)
    assert (imported.returncode, imported.stderr) == (0, "")
    done = sla("simulate", "--config", tmp_path / "c.yaml", "--events", "-", stdin=imported.stdout)
    assert done.returncode == 0
    assert "4,939 tickets" in done.stdout


# The commands of chat


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


# run, demo, migrate


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
        code, seconds = bot.interrupt(sign)
    assert code in (0, -signal.SIGTERM) if sign is signal.SIGTERM else code == 0
    assert seconds < 5
    assert "Traceback" not in bot.output()
    assert "ERROR" not in bot.output()


def test_ctrl_c_ends_the_demonstration_cleanly(tmp_path: Path) -> None:
    demo = Process(("demo",), tmp_path / "log", {"TMPDIR": str(tmp_path)}).start()
    try:
        demo.ready()
        code, seconds = demo.interrupt()
    finally:
        demo.kill()
    assert code == 0
    assert seconds < 5
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
