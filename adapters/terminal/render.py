"""Cards on a terminal.

Decided here: how a card is drawn with Rich, and the one line that a message gives. Texts are plain: nothing in them is taken
for markup. Not decided here: what stands on a card.
"""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.messages import Answer, Card
from bot.sending import Post
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
    certain = True

    def __init__(self, console: Console) -> None:
        self._console = console

    def send(self, post: Post, now: int) -> str:
        """Print one line; a change of a card without words is not printed."""
        if post.lines:
            words = " ".join(post.card.lines if post.kind in ("letter", "notice") else (line.text for line in post.lines))
            place = post.channel if post.channel.startswith(("@", "customer:")) else f"#{post.channel}"
            title = (post.card.title, _COLOURS[post.card.verdict])
            self._console.print(
                Text.assemble((text(now)[:19], "dim"), " ", (place, "bold"), " ", title, " ", words), soft_wrap=True
            )
        return "line"


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
