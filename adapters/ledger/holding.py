"""A ledger in one file is for one process.

Decided here: that a process which serves or watches holds a lock beside the file, which the system takes back when the process
ends, however it ends. Commands that ask or act once need none. Not decided here: which processes hold it.
"""

import os
import sys
import time
from pathlib import Path
from typing import IO

from adapters.ledger.engine import connect, file_of
from bot.ports import LedgerError

_TRIES = 5


def hold(url: str) -> IO[str] | None:
    """Have the ledger's file for this process, for as long as what is returned is open; None for a server, which is for many.

    Raises LedgerError where another process has it.
    """
    file = file_of(connect(url))
    if file is None or sys.platform == "win32":
        return None
    import fcntl

    path = Path(f"{file}.lock")
    try:
        held = path.open("a+")
    except OSError as error:
        raise LedgerError(f"the ledger's folder cannot be written: {path}: {error.strerror}") from None
    for _ in range(_TRIES):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            time.sleep(0.1)  # it may be a command that asks whether anybody has it, which takes no time
    else:
        held.seek(0)
        other = held.read().strip() or "unknown"
        held.close()
        raise LedgerError(
            f"another Slakeeper (process {other}) works on {file}, and a ledger in one file is for one process: stop that one, "
            "or set DATABASE_URL to PostgreSQL for several"
        ) from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def unattended(url: str) -> bool:
    """Whether the ledger is in a file and no process has it; False where that cannot be told."""
    file = file_of(connect(url))
    if file is None or sys.platform == "win32":
        return False
    import fcntl

    try:
        with Path(f"{file}.lock").open() as other:
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
