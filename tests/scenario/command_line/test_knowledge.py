"""`sla knowledge`: articles come from files, and what a hint would name can be tried."""

import json
from pathlib import Path

from tests.support.desk import NINE, desk, opened, wire
from tests.support.process import sla


def test_articles_are_added_found_and_removed(tmp_path: Path) -> None:
    here = desk(tmp_path)
    folder = tmp_path / "kb" / "cards"
    folder.mkdir(parents=True)
    (folder / "declined card.md").write_text("# When a card is declined\n\nAsk for the code of the [bank].\n")
    (tmp_path / "kb" / "more.jsonl").write_text(
        json.dumps({"id": "KB-7", "title": "Log in", "text": "reset the password"}) + "\n\n"
    )
    for _ in range(2):
        done = sla("knowledge", "add", str(tmp_path / "kb"), "--url", "https://kb.example/", DATABASE_URL=here.url)
        assert (done.returncode, done.stdout) == (0, "2 articles added; 2 are known now.\n")
    found = sla("knowledge", "find", "my", "card", "was", "declined", DATABASE_URL=here.url).stdout
    assert found == "article cards/declined card.md: When a card is declined  https://kb.example/cards/declined%20card\n"
    assert sla("knowledge", "find", "weather", DATABASE_URL=here.url).stdout == "Nothing like it is known.\n"
    gone = sla("knowledge", "remove", "KB-7", "KB-8", DATABASE_URL=here.url)
    assert (gone.returncode, gone.stdout) == (1, "1 article removed.\n")


def test_tickets_that_were_solved_before_hints_were_asked_for_can_be_found(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE, title="Card declined", text="at the checkout"))
    here.take(opened(NINE, "T-2", title="Card declined too"))
    here.take(wire("ticket.updated", NINE, status="solved"))
    assert sla("knowledge", "tickets", DATABASE_URL=here.url).stdout == "1 solved ticket can be found now.\n"
    assert "ticket T-1: Card declined" in sla("knowledge", "find", "card", "checkout", DATABASE_URL=here.url).stdout


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    here = desk(tmp_path)
    broken = tmp_path / "broken.jsonl"
    for line in ("{", "[1]", '{"id": "a"}', '{"id": 1, "title": "a", "text": "b"}'):
        broken.write_text('{"id": "a", "title": "b", "text": "c"}\n' + line + "\n")
        done = sla("knowledge", "add", str(broken), DATABASE_URL=here.url)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{broken}, line 2: " in done.stderr
    missing = sla("knowledge", "add", str(tmp_path / "none.md"), DATABASE_URL=here.url)
    assert "none.md cannot be read: No such file or directory" in missing.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert sla("knowledge", "add", str(empty), DATABASE_URL=here.url).returncode == 2
