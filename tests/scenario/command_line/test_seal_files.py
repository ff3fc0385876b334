"""`sla ledger verify` and the file of seals: what was read of it, and what it says of one that is not what it has to be."""

import json
from pathlib import Path

import pytest

from bot.cli.findings import in_spans
from tests.support.desk import NINE, Desk, desk, opened
from tests.support.process import sla

KEY = "a long random text"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A desk whose ledger is sealed twice, in a file too."""
    found = desk(tmp_path)
    found.take(opened(NINE), opened(NINE, "T-2"))
    for _ in range(2):
        seal(found, tmp_path)
    return found


def settings(here: Desk, folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": here.url, "SEAL_KEY": KEY, "SEAL_FILE": f"{folder}/seals.jsonl"}


def seal(here: Desk, folder: Path, *words: str, **others: str) -> None:
    done = sla("ledger", "seal", *words, **(settings(here, folder) | others))
    assert done.returncode == 0, done.stderr


def verify(here: Desk, *words: str | Path, **others: str) -> tuple[int, str, str]:
    done = sla("ledger", "verify", *words, **({"DATABASE_URL": here.url, "SEAL_KEY": KEY} | others))
    return done.returncode, done.stdout, done.stderr


def test_it_is_said_how_many_seals_were_read_and_how_far_they_reach(here: Desk, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    last = json.loads(file.read_bytes().splitlines()[-1])
    entries = here.app.ledger.reader.health(0).tickets and sla("ledger", "export", DATABASE_URL=here.url).stdout.count("\n")
    for words, others in (((), {"SEAL_FILE": str(file)}), (("--seals", file), {})):
        code, said, errors = verify(here, *words, **others)
        assert (code, errors) == (0, "")
        assert f"Read from {file}: 2 seals, up to seal 2 at " in said
        assert said.endswith(f"Z, over {entries} entries.\n")
        assert json.loads(last["body"])["number"] == 2
    with file.open("ab") as torn:
        torn.write(b'{"number": 3, "at')  # a machine died
    code, said, _ = verify(here, "--seals", file)
    assert (code, "entries; 1 line in it without a seal.\n" in said) == (0, True)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"nonsense\n", b"\x89PNG\r\n\x1a\n", b'{"number": 1}\n'])
def test_a_file_that_holds_no_seal_is_a_finding_in_which_it_is_named(here: Desk, tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.jsonl"
    other.write_bytes(content)
    for words, others in ((("--seals", other), {}), ((), {"SEAL_FILE": str(other)})):
        code, said, _ = verify(here, *words, **others)
        assert code == 1
        assert f"{other}: it holds no seal, while the ledger has 2 seals: it was emptied or written over" in said
        assert "1 finding in " in said
        assert f"Read from {other}: 0 seals" in said


def test_what_is_named_and_holds_no_seal_is_a_finding_also_where_nothing_was_ever_sealed(tmp_path: Path) -> None:
    bare = desk(tmp_path)
    file = tmp_path / "seals.jsonl"
    file.write_bytes(b"")
    code, said, _ = verify(bare, "--seals", file)
    assert (code, f"{file}: it holds no seal: it is no file of seals, or it is empty" in said) == (1, True)
    assert verify(bare, SEAL_FILE=str(file))[0] == 0, "a file that was made beforehand waits for its first seal"


def test_a_named_file_that_ends_before_the_last_seal_is_a_finding(here: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((tmp_path / "seals.jsonl").read_bytes().splitlines(keepends=True)[0])
    code, said, _ = verify(here, "--seals", copy)
    assert code == 1
    assert f"{copy}: it ends with seal 1, while the ledger has 2 seals: only the ledger's own seals speak" in said
    assert f"Read from {copy}: 1 seal, up to seal 1 at " in said


def test_a_seal_file_that_another_machine_has_left_behind_is_told_and_is_no_finding(here: Desk, tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_bytes((tmp_path / "seals.jsonl").read_bytes().splitlines(keepends=True)[0])
    code, said, errors = verify(here, SEAL_FILE=str(mine))
    assert (code, said.startswith("Nothing is wrong: ")) == (0, True)
    assert f"SEAL_FILE {mine}: it ends with seal 1, while the ledger has 2 seals" in errors
    seal(here, tmp_path, SEAL_FILE=str(mine))
    assert verify(here, SEAL_FILE=str(mine))[::2] == (0, "")


def test_a_seal_file_that_has_vanished_is_told_as_gone_with_what_to_do(here: Desk, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    file.unlink()
    code, said, errors = verify(here, SEAL_FILE=str(file))
    assert (code, errors) == (1, "")
    assert f"{file}: it is gone, while the ledger has 2 seals: bring it back from a copy." in said
    assert "sla ledger seal begins a new one with all seals that the ledger has" in said
    seal(here, tmp_path)
    code, said, _ = verify(here, SEAL_FILE=str(file))
    assert (code, f"Read from {file}: 3 seals" in said) == (0, True)


def test_seals_may_come_through_a_pipe(here: Desk, tmp_path: Path) -> None:
    seals = (tmp_path / "seals.jsonl").read_bytes()
    done = sla("ledger", "verify", "--seals", "/dev/stdin", stdin=seals, DATABASE_URL=here.url, SEAL_KEY=KEY)
    assert (done.returncode, "Read from /dev/stdin: 2 seals, up to seal 2 at " in done.stdout) == (0, True)


def test_before_the_first_seal_there_is_no_file_yet(tmp_path: Path) -> None:
    code, said, errors = verify(desk(tmp_path), SEAL_FILE=f"{tmp_path}/seals.jsonl")
    assert (code, said.startswith("Nothing is wrong: ")) == (0, True)
    assert errors == f"SEAL_FILE: there is no file {tmp_path}/seals.jsonl yet; the first seal makes it.\n"


def test_a_lost_key_is_told_in_a_line_each_for_ledger_and_file(here: Desk, tmp_path: Path) -> None:
    file = str(tmp_path / "seals.jsonl")
    for _ in range(2):
        seal(here, tmp_path)
    seal(here, tmp_path, "--new-key", SEAL_KEY="another key")
    code, said, _ = verify(here, SEAL_KEY="another key", SEAL_FILE=file)
    assert code == 1
    told = [line for line in said.splitlines() if line.startswith("seal")]
    assert [line.partition(": it was")[0] for line in told] == [
        "seals 1 to 4, each: its mac in the ledger is wrong",
        "seals 1 to 4, each: its mac in the file is wrong",
    ]
    assert all(line.endswith(" (4 findings)") for line in told)
    assert "8 findings in " in said


def test_numbers_are_put_into_spans() -> None:
    assert in_spans([1, 2, 3, 7, 9, 10, 3]) == "1 to 3, 7, 9 to 10"


@pytest.mark.parametrize(
    ("at", "heads", "told"),
    [
        (10**17, [[20_000, 0, 1, "y"]], "1 seal, up to seal 9 at an instant that is none"),
        (5, [["x", 0, 1, "y"], [7, 0, "1", "y"]], "over 0 entries"),
        (5, [[7, None, 1, "y"]], "over 0 entries"),
        (5, 7, "over 0 entries"),
    ],
)
@pytest.mark.parametrize("key", [{}, {"SEAL_KEY": ""}])
def test_a_seal_that_says_absurd_things_is_read_and_told(
    here: Desk, tmp_path: Path, at: int, heads: object, told: str, key: dict[str, str]
) -> None:
    file = tmp_path / "odd.jsonl"
    body = json.dumps({"number": 9, "at": at, "before": None, "heads": heads})
    file.write_text(json.dumps({"number": 9, "at": at, "body": body, "mac": "x"}))
    code, said, _ = verify(here, "--seals", file, **key)
    assert (code, told in said) == (1, True), said
    assert "seal 9: " in said
