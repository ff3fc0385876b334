"""Cards on a terminal: readable, and nothing in a text is taken for markup or an escape sequence."""

import io

from rich.console import Console

from adapters.terminal.render import TerminalSender, print_answer
from bot.messages import Answer, Card, Field
from bot.records import ChatEntry
from bot.sending import Post, PostKind
from rules.instants import parse

AT = parse("2026-01-05T09:00:00Z")


def console(terminal: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=100, force_terminal=terminal, highlight=False), out


def sent(card: Card, line: str | None, kind: PostKind = "card") -> str:
    screen, out = console()
    entries = () if line is None else (ChatEntry("1", AT, line),)
    TerminalSender(screen).send(Post(1, "support", kind, card, entries, about="T-1"), AT)
    return out.getvalue()


def test_a_message_is_one_line_with_time_place_and_words() -> None:
    assert sent(Card(title="T-1 · Cannot pay"), "80% used up") == "2026-01-05T09:00:00 #support T-1 · Cannot pay 80% used up\n"


def test_a_letter_is_printed_as_the_customer_reads_it() -> None:
    assert "Sorry. We are late." in sent(Card(title="T-1", lines=("Sorry.", "We are late.")), "", "letter")


def test_a_change_without_words_is_not_printed() -> None:
    assert sent(Card(title="T-1"), None) == ""


def test_markup_in_a_text_is_only_text() -> None:
    hostile = "[bold red]x[/] [link=file:///etc/passwd]y[/link] [/]"
    assert hostile in sent(Card(title=hostile), "line")
    screen, out = console(terminal=True)
    print_answer(Answer(cards=(Card(title=hostile, lines=(hostile,), columns=("A",), rows=((hostile,),)),)), screen)
    assert out.getvalue().count("[bold red]x[/]") == 3


def test_a_card_shows_everything_that_stands_on_it() -> None:
    card = Card(
        title="T-1",
        verdict="at_risk",
        lines=("a line",),
        fields=(Field(label="Customer", value="acme"),),
        due_at=AT,
        due_label="first response due",
        why="because",
        columns=("When", "What"),
        rows=(("now", "that"),),
    )
    screen, out = console()
    print_answer(Answer(cards=(card,)), screen)
    for part in ("at risk", "T-1", "a line", "Customer: acme", "first response due", "because", "When", "that"):
        assert part in out.getvalue()
