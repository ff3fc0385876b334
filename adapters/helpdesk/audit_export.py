"""A helpdesk's audit export, a row per change → ticket events as CloudEvents.

Decided here:
- Each row tells the whole ticket as it was then. The first row in time opens the ticket; of each row, only what differs
  from the rows before goes into `ticket.updated`. A row that changes nothing mapped gives no event, so a row that the
  export repeats does no harm. Solved, closed and reopened are changes of `status`, nothing more.
- A ticket's events ascend in time; where times are equal, the order of the file holds and `sequence` says so. A reply comes
  before its row's update: who answers and solves in one step has answered first.
- Nothing happens to a ticket before it is opened: a row dated earlier counts from the opening.
- A row may date its solving or closing by another column (`solved: at:`). Logs often hold the final value on every row,
  so it counts only where it lies between the ticket's row before and this row.
- Of a wall-clock time that its zone has twice, the first is meant, unless the ticket's row before is later than that.
- Memory: the log is read twice. The first reading notes each ticket's last row, the second gives a ticket's events at that
  row: so one ticket is held at a time where the log is grouped by ticket, and else those whose rows are mixed.
- A row that cannot be understood is refused alone, by its number as a spreadsheet shows it (the header is row 1).
- The events' ids are the ticket's id and the number within the ticket: the same log and mapping give the same bytes.

Not decided here: what a cell means (`mapping`), how a mapping is checked (`mapping_file`), what becomes of the events.
"""

import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from adapters.helpdesk.mapping import UNCHANGED, ExportMapping, Reply
from adapters.helpdesk.mapping_file import MappingError, MappingFile, load_mapping

__all__ = ["LogError", "MappingError", "MappingFile", "events_of", "load_mapping"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ID = 200


class LogError(Exception):
    """The log cannot be read, or not to its end; the message says it in one sentence."""


class _BadRowError(Exception):
    """A row that is refused; the message is the reason."""


class _Row(NamedTuple):
    at: int
    opened: int | None
    turned: dict[str, tuple[int, int]]
    said: dict[str, Any]
    replies: list[tuple[Reply, str | None]]


def events_of(log: Path, mapping: MappingFile, refused: Callable[[int, str], None]) -> Iterator[dict[str, Any]]:
    """The events of this log, ticket by ticket; `refused` is told the number of each bad row, and the reason.

    Raises `MappingError` or `LogError` at once where the log lacks a column or cannot be read; `LogError` also at the
    end, after all that could be read, where the file turns out to be damaged.
    """
    events = _events(log, mapping, refused)
    next(events)  # up to the first row, so that what is wrong with the whole file is told now
    return events


def _events(log: Path, mapping: MappingFile, refused: Callable[[int, str], None]) -> Iterator[dict[str, Any]]:
    with closing(_rows(log, mapping.rules)) as rows:
        reader = _RowReader(mapping, _header(log, rows))
        last = _last_rows(log, reader)
        yield {}
        held: dict[str, list[_Row]] = {}
        for number, cells in rows:
            ticket = None
            try:
                ticket = reader.ticket(cells)
                known = held.setdefault(ticket, [])
                known.append(reader.row(cells, known))
            except _BadRowError as bad:
                refused(number, str(bad))
            if ticket is not None and last.get(ticket) == number:
                yield from _ticket_events(ticket, held.pop(ticket), mapping.rules)


def _header(log: Path, rows: Iterator[tuple[int, list[str] | str]]) -> list[str]:
    _, header = next(rows, (1, "is empty"))
    if isinstance(header, str):
        raise LogError(f"{log} {header}: its first line must name the columns.")
    return [name.strip() for name in header]


def _last_rows(log: Path, reader: "_RowReader") -> dict[str, int]:
    last: dict[str, int] = {}
    try:
        for number, cells in _rows(log, reader.rules):
            try:
                last[reader.ticket(cells)] = number
            except _BadRowError:
                continue  # refused in the second reading
    except LogError:
        pass  # damaged further on: told by the second reading, after what it could read
    return last


def _rows(log: Path, rules: ExportMapping) -> Generator[tuple[int, list[str] | str]]:
    """Each row with its number; in place of a row that is no CSV, the reason."""
    with _open(log, rules.encoding) as text:
        reader = csv.reader(text, delimiter=rules.delimiter)
        for number in count(1):
            try:
                cells: list[str] | str = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = f"is no CSV ({error}); is a quotation mark not closed"
            except (EOFError, OSError, UnicodeError, lzma.LZMAError, zlib.error) as error:
                raise LogError(f"{log} cannot be read beyond row {number - 1}: it is damaged ({error}).") from error
            if cells:
                yield number, cells


def _open(log: Path, encoding: str) -> TextIO:
    """The log's text; how it is packed shows in its first bytes, whatever its name."""
    if not log.is_file():
        raise LogError(f"{log} is not there, or no file; a log is read twice, so save it first.")
    try:
        with log.open("rb") as file:
            start = file.read(6)
        unpack = gzip.open if start[:2] == b"\x1f\x8b" else lzma.open if start == b"\xfd7zXZ\x00" else open
        binary: Any = unpack(log, "rb")
    except OSError as error:
        raise LogError(f"{log} cannot be read: {error.strerror}.") from error
    utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    # Bytes that are no text stay recognisable, so that only the rows which need them are refused.
    return io.TextIOWrapper(binary, "utf-8-sig" if utf8 else encoding, errors="surrogateescape", newline="")


class _RowReader:
    """What one row says. Columns are looked up once, by position from then on."""

    def __init__(self, mapping: MappingFile, header: Sequence[str]) -> None:
        self.rules = rules = mapping.rules
        at = mapping.positions(header)
        self._width, self._ticket, self._at, self._nulls = len(header), at[rules.ticket], at, frozenset(rules.nulls)
        self._instants = rules.time.reader()
        self._fields = [(field, at[column], rules.meaning(field)) for field, column in rules.fields.items()]
        turned = {"solved": rules.solved, "closed": rules.closed}
        self._turned = {status: rule.at for status, rule in turned.items() if rule is not None}

    def ticket(self, cells: list[str] | str) -> str:
        if isinstance(cells, str):
            raise _BadRowError(f"The row {cells}?")
        if len(cells) != self._width:
            raise _BadRowError(f"The row has {len(cells)} columns where the header has {self._width}.")
        ticket = cells[self._ticket].strip()
        if ticket in self._nulls:
            raise _BadRowError(f"The row has no ticket id in column `{self.rules.ticket}`.")
        if len(ticket) > _LONGEST_ID or not ticket.isprintable():
            raise _BadRowError(f"{_shown(ticket)} is no ticket id: too long, or with characters that cannot be shown.")
        return ticket

    def row(self, cells: Any, known: list[_Row]) -> _Row:
        when = self._instant(cells, self.rules.time.column)
        if when is None:
            raise _BadRowError(f"The row has no time in column `{self.rules.time.column}`.")
        first, second = when
        opened = self._instant(cells, self.rules.opened.at) if self.rules.opened.at else None
        found = {status: self._instant(cells, column) for status, column in self._turned.items()}
        try:
            said = {field: v for field, index, value in self._fields if (v := value(cells[index].strip())) is not UNCHANGED}
            replies = [(rule, self._text(cells, rule)) for rule in self.rules.replied if self._holds(cells, rule)]
        except UnicodeError:
            raise _BadRowError(f"The row has bytes that are not {self.rules.encoding}.") from None
        at = second if known and first < known[-1].at <= second else first
        return _Row(at, opened and opened[0], {s: t for s, t in found.items() if t is not None}, said, replies)

    def _instant(self, cells: list[str], column: str) -> tuple[int, int] | None:
        cell = cells[self._at[column]].strip()
        if cell in self._nulls:
            return None
        try:
            return self._instants(cell)
        except (ValueError, OverflowError):
            form = "an ISO 8601 time" if self.rules.time.format == "iso" else f"of the form {self.rules.time.format}"
            raise _BadRowError(f"The time {_shown(cell)} in column `{column}` is not {form}.") from None

    def _holds(self, cells: list[str], rule: Reply) -> bool:
        for column, condition in rule.when.items():
            cell = cells[self._at[column]].strip()
            if not condition.holds(None if cell in self._nulls else cell):
                return False
        return True

    def _text(self, cells: list[str], rule: Reply) -> str | None:
        text = cells[self._at[rule.text]] if rule.text is not None else ""
        text.encode()
        return text or None


def _ticket_events(ticket: str, rows: list[_Row], rules: ExportMapping) -> Iterator[dict[str, Any]]:
    if not rows:
        return  # all of them were refused
    numbers, answered = count(1), set[int]()
    rows.sort(key=lambda row: row.at)

    def event(kind: str, data: dict[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        head = {"specversion": "1.0", "id": f"{ticket}-{number}", "source": f"import/{rules.name}"}
        head |= {"type": f"ticket.{kind}", "subject": ticket, "time": _rfc3339(now), "sequence": f"{number:06d}"}
        return {**head, "data": data}

    now = rows[0].at if rows[0].opened is None else rows[0].opened
    known = rows[0].said | rules.opened.known
    yield event("opened", _data(known, [name for name, value in known.items() if value is not None]))
    for row in rows:
        changed = [name for name, value in row.said.items() if value != known.get(name)]
        known |= row.said
        now = _moment(row, now, known["status"] if "status" in changed else None)
        for rule, text in row.replies:
            if not (rule.once and id(rule) in answered):
                answered.add(id(rule))
                said = {"author": rule.author, "public": rule.public}
                yield event("replied", said if text is None else {**said, "text": text})
        if changed:
            yield event("updated", _data(known, changed))


def _moment(row: _Row, before: int, status: Any) -> int:
    """When the row happened: not before what came before it, and solved or closed when its own column says so."""
    at = max(row.at, before)
    for turned in reversed(row.turned.get(status, ())):
        if before <= turned <= at:
            return turned
    return at


def _data(known: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """These fields as they go out: `requester.name` as a part of `requester`, which always goes out whole."""
    data: dict[str, Any] = {}
    for name in names:
        whole, dot, _ = name.partition(".")
        if dot:
            parts = {other.partition(".")[2]: v for other, v in known.items() if other.startswith(f"{whole}.")}
            data[whole] = {part: v for part, v in parts.items() if v is not None} or None
        else:
            data[name] = known[name]
    return data


@lru_cache(maxsize=1 << 12)
def _rfc3339(at: int) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(text: str) -> str:
    return f"`{''.join(c if c.isprintable() else '�' for c in text[:60])}`"
