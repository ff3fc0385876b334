"""Instants on the wire and inside.

Decided here: inside, an instant is an integer, milliseconds since 1970-01-01T00:00Z; outside it is RFC 3339 text. What is
finer than a millisecond is cut off. Not decided here: anything about time zones or calendars.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Instant = NewType("Instant", int)
"""Milliseconds since the epoch, UTC."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class InstantError(ValueError):
    """A text is no RFC 3339 instant with an offset."""


def parse(text: object) -> Instant:
    """Read an RFC 3339 instant such as `2026-01-05T16:00:00Z`. Raises InstantError, also where the offset is missing."""
    if not isinstance(text, str) or len(text) > 40 or text[10:11] not in ("T", "t", " "):
        raise InstantError(_complaint(text))
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            raise InstantError(f"{text!r} has no offset: write 2026-01-05T16:00:00Z or 2026-01-05T16:00:00+01:00")
        return of(moment if moment.tzinfo is UTC else moment.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        if isinstance(error, InstantError):
            raise
        raise InstantError(_complaint(text)) from None


def of(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    since = moment - EPOCH
    # A third faster than dividing by a timedelta and calling Instant; every question to a calendar begins here.
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000  # type: ignore[return-value]


def to_datetime(at: int) -> datetime:
    """An instant as an aware datetime in UTC. Raises OverflowError outside the years 1 to 9999."""
    return EPOCH + at * _MILLISECOND


def text(at: int) -> str:
    """An instant as RFC 3339 in UTC with milliseconds: `2026-01-05T16:00:00.000Z`."""
    day, rest = divmod(at, DAY)
    return f"{_day(day)}{_minute(rest // MINUTE)}{rest % MINUTE // SECOND:02}.{rest % SECOND:03}Z"


def text_or_none(at: int | None) -> str | None:
    """`text`, and None for None."""
    return None if at is None else text(at)


# Each of these is asked for again and again, and there are few of them.
@lru_cache(maxsize=20_000)
def _day(day: int) -> str:
    moment = EPOCH + timedelta(days=day)
    return f"{moment.year:04}{moment:-%m-%dT}"


@lru_cache(maxsize=1_440)
def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:"


def _complaint(found: object) -> str:
    shown = repr(found)
    return f"{shown if len(shown) <= 60 else shown[:57] + '…'} is no instant: write RFC 3339, such as 2026-01-05T16:00:00Z"
