"""Cards on a terminal.

Decided here: how a card is drawn with Rich, and the one line that a message gives. Texts are plain: nothing in them is taken
for markup. Not decided here: what stands on a card.
"""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.messages import Answer, Card
from bot.records import ChatEntry, OutboxRow
from rules.instants import text

_COLOURS = {
    "on_track": "green",
    "at_risk": "yellow",
    "overdue": "red",
    "met": "green",
    "missed": "red",
    "excused": "blue",
    "cancelled": "bright_black",
    "info": "cyan",
}


def print_answer(answer: Answer, console: Console) -> None:
    """Draw every card of an answer."""
    for card in answer.cards:
        console.print(_drawn(card))


class TerminalSender:
    """Says messages as lines on a terminal; after a crash it may repeat itself."""

    platform = "terminal"

    def __init__(self, console: Console) -> None:
        self._console = console

    def send(self, row: OutboxRow, card: Card, kind: str, line: ChatEntry | None, now: int) -> None:
        """Print one line; a change of a card without words is not printed."""
        if line is None:
            return
        words = line.text if kind == "card" else " ".join(card.lines)
        place = row.channel if row.channel.startswith(("@", "customer:")) else f"#{row.channel}"
        said = Text.assemble(
            (text(now)[:19], "dim"), " ", (place, "bold"), " ", (card.title, _COLOURS[card.verdict]), " ", words
        )
        self._console.print(said, soft_wrap=True)


def _drawn(card: Card) -> RenderableType:
    parts: list[RenderableType] = [Text(line) for line in card.lines]
    if card.fields:
        parts.append(Text(" · ".join(f"{field.label}: {field.value}" for field in card.fields), style="dim"))
    if card.due_at is not None:
        parts.append(Text(f"{card.due_label}: {card.due_text or text(card.due_at)}"))
    if card.columns and card.rows is not None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for i, column in enumerate(card.columns):
            table.add_column(Text(column), overflow="fold", no_wrap=i == 0)
        for row in card.rows:
            table.add_row(*(Text(cell) for cell in row))
        parts.append(table)
    if card.why:
        parts.append(Text(card.why, style="dim italic"))
    colour = _COLOURS[card.verdict]
    title = Text.assemble(
        (f"{card.verdict.replace('_', ' ')}  " if card.verdict != "info" else "", colour), (card.title, "bold")
    )
    return (
        Panel(Group(*parts), title=title, title_align="left", border_style=colour)
        if parts
        else Panel(title, border_style=colour)
    )
