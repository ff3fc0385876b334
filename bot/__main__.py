"""`python -m bot` and the `sla` command."""

import sys


def main() -> None:
    """Run the command line."""
    from bot.cli.compiled import outdated
    from bot.cli.main import app
    from bot.ports import LedgerError
    from bot.shared_ports import RedisUrlError, SenderSettingsError

    if source := outdated():
        print(f"sla: {source} was changed after it was compiled, and does not hold yet: run make setup", file=sys.stderr)
    try:
        app()
    except (LedgerError, RedisUrlError, SenderSettingsError) as error:
        print(f"sla: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
