"""Long lists, as commands tell them.

Decided here: that only the first lines are told and the rest is counted. Not decided here: what a line says.
"""

import typer


class Listing:
    """Tells lines as they come, and counts them."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most = most

    def tell(self, line: object) -> None:
        """One more."""
        self.count += 1
        if self.count <= self._most:
            typer.echo(str(line))
        elif self.count == self._most + 1:
            typer.echo(f"… and more; only the first {self._most} are listed.")
