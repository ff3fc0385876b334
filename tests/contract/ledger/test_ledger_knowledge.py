"""What is known is found by its words, and reviews are read as people wrote them."""

import pytest

from bot.records import Case
from tests.support.desk import NINE, Desk, opened
from tests.support.ledgers import Opened

CARDS = Case("article", "cards.md", "When a card is declined", "Ask for the code of the bank.", "https://kb.example/cards")
LOGIN = Case("article", "login.md", "Cannot log in", "Send the reset mail again: größer, Überweisung, 日本語.")
TICKET = Case("ticket", "T-1", "Declined", "my card is declined at the checkout")


def found(db: Opened, *words: str) -> list[str]:
    return [case.ref for case in db.ledger.knowledge.find(words, 10)]


def test_what_has_more_of_the_words_comes_first(db: Opened) -> None:
    db.ledger.knowledge.keep([CARDS, LOGIN, TICKET])
    assert set(found(db, "card", "declined")) == {"cards.md", "T-1"}
    assert found(db, "reset", "mail", "checkout")[0] == "login.md"
    assert found(db, "größer") == ["login.md"]
    assert found(db, "weather") == found(db) == []
    assert db.ledger.knowledge.find(["bank"], 10) == [CARDS]


def test_what_has_changed_is_found_by_its_new_words_only(db: Opened) -> None:
    db.ledger.knowledge.keep([CARDS])
    db.ledger.knowledge.keep([CARDS, CARDS._replace(title="Refunds", body="They take a week.")])
    assert (found(db, "bank"), found(db, "week")) == ([], ["cards.md"])
    assert db.ledger.knowledge.counts() == {"article": 1}


def test_what_was_removed_is_not_found(db: Opened) -> None:
    db.ledger.knowledge.keep([CARDS, LOGIN, TICKET])
    assert db.ledger.knowledge.remove(["cards.md", "T-1", "nothing.md"]) == 1
    assert found(db, "declined") == ["T-1"]


def test_only_the_latest_solved_tickets_are_kept(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.ledger.knowledge.LATEST", 3)
    db.ledger.knowledge.keep([CARDS])
    for n in range(1, 8):
        db.ledger.knowledge.keep([TICKET._replace(ref=f"T-{n}")])
    assert sorted(found(db, "declined")) == ["T-5", "T-6", "T-7", "cards.md"]


@pytest.mark.parametrize("word", ['"', "a:b", "'", "(card", "card*", "NEAR", "OR", "!", "\\", "card & bank", "\x00"])
def test_no_word_is_taken_for_a_query(db: Opened, word: str) -> None:
    db.ledger.knowledge.keep([CARDS])
    assert found(db, word, "weather") in ([], ["cards.md"])


def test_a_review_is_read_as_it_was_written(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:20:00Z")
    here.say("reviews cause T-1 staffing")
    here.say("reviews action T-1 @ben by 2026-01-08 größer <b>denken</b>")
    reader = here.app.ledger.reader
    (review,) = reader.reviews(unfinished=True, limit=10)
    assert reader.review("R-T-1-1") == review == reader.tickets(["T-1"])["T-1"].reviews[0]
    assert (review.cause, review.actions[0].what, review.unfinished) == ("staffing", "größer <b>denken</b>", 2)
    assert reader.causes(0) == {"staffing": 1}
    assert reader.causes(here.clock.now() + 1) == {}
    here.say("reviews done T-1 1")
    here.say("reviews close T-1")
    assert (reader.reviews(unfinished=True, limit=10), len(reader.reviews(unfinished=False, limit=10))) == ([], 1)
