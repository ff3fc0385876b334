"""`python -m bot` and the `sla` command."""

import sys


def main() -> None:
    """Run the command line."""
    from bot.cli.compiled import outdated
    from bot.cli.main import app

    if source := outdated():
        print(f"sla: {source} was changed after it was compiled, and does not hold yet: run make setup", file=sys.stderr)
    app()


if __name__ == "__main__":
    main()
