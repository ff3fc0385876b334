"""`sla outbox`: an operator looks at what could not be said, and sends it again."""

from pathlib import Path

from bot.sending import DeliveryError
from tests.support.desk import NINE, Recorder, desk, opened
from tests.support.process import sla


def test_dead_letters_are_listed_with_their_reason_and_sent_again(tmp_path: Path) -> None:
    sender = Recorder(failures=[DeliveryError("the channel is [archived]", permanent=True)])
    here = desk(tmp_path, senders=[sender])
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:00Z")
    listed = sla("outbox", DATABASE_URL=here.url).stdout
    assert "terminal support" in listed
    assert "First response: 80% of 10m used up (calendar always): the channel is [archived]" in listed
    assert "1 dead letter. To send one again: sla outbox send ID" in listed
    (dead,) = here.app.ledger.outbox.records(state="failed")
    done = sla("outbox", "send", str(dead.id), "4711", DATABASE_URL=here.url)
    assert (done.returncode, done.stdout) == (1, "1 message will be sent again by the running bot.\n")
    assert done.stderr.startswith("4711: not a dead letter")
    here.settle()
    assert [card.title for _, card, _, _ in sender.sent] == ["T-1 · Cannot pay"]
    assert sla("outbox", DATABASE_URL=here.url).stdout == "No message is a dead letter.\n"
    assert "sent 2" in sla("outbox", "--ticket", "T-1", DATABASE_URL=here.url).stdout
    assert sla("outbox", "--ticket", "T-9", DATABASE_URL=here.url).stdout == "No message about T-9 is on record.\n"


def test_an_id_that_cannot_be_is_wrong_usage(tmp_path: Path) -> None:
    here = desk(tmp_path)
    done = sla("outbox", "send", str(1 << 70), DATABASE_URL=here.url)
    assert (done.returncode, done.stdout) == (2, "")
