"""Views for dashboards: the roll-ups as any tool can read them by SQL. docs/dashboards.md describes them.

Decided here: their columns, the same in both databases but for `time`, which each says in its own way; a row for each minute,
also for those in which nothing happened. They tell what is folded, about a second ago. They are what step 0005 leads to: a
later version that has other ones writes them into a step of its own. Not decided here: what is counted.
"""

from sqlalchemy import Connection, text

_LINE = "agreement, kind, metric"
_FIELDS = f"{_LINE}, tier, region, service, priority, team"
_EVER = -1_000_000
_DATE = {
    "sqlite": "date(day * 86400, 'unixepoch')",
    "postgresql": "to_char(date '1970-01-01' + day::integer, 'YYYY-MM-DD')",
}
_TIME = {
    "sqlite": "strftime('%Y-%m-%dT%H\\:%M\\:%SZ', minute * 60, 'unixepoch')",
    "postgresql": "to_timestamp(minute * 60)",
}
_GAUGES = ("running", "at_risk", "overdue")
_COUNTS = ("met", "missed", "excused", "cancelled")

_STANDING = f"""
CREATE VIEW sla_standing AS
SELECT {_FIELDS}, verdict, n AS clocks
FROM rollups JOIN cells ON cells.id = rollups.cell
WHERE NOT whole AND day = {_EVER} AND verdict IN ('on track', 'at risk', 'overdue') AND n > 0
"""  # noqa: S608 - all of it stands in this file


def create_views(connection: Connection) -> None:
    """Create the views."""
    dialect = connection.dialect.name
    for view in (_STANDING, _attainment(_DATE[dialect]), _minutes(_DATE[dialect], _TIME[dialect])):
        connection.execute(text(view))


def _attainment(date: str) -> str:
    """By UTC day, what was judged or ended on it."""
    counts = {"met": "'met'", "missed": "'missed', 'overdue'", "excused": "'excused'", "cancelled": "'cancelled'"}
    number = "CAST(SUM(CASE WHEN verdict IN ({}) THEN n ELSE 0 END) AS BIGINT) AS {}"
    sums = ", ".join(number.format(verdicts, name) for name, verdicts in counts.items())
    return f"""
        CREATE VIEW sla_attainment AS
        SELECT {date} AS day, {_FIELDS}, {sums}
        FROM rollups JOIN cells ON cells.id = rollups.cell
        WHERE NOT whole AND day > {_EVER}
        GROUP BY {date}, {_FIELDS}
        HAVING SUM(n) > 0
    """  # noqa: S608


def _minutes(date: str, time: str) -> str:
    """Minute by minute. A gauge is what the days before come to, plus the day's minutes up to this one; all that tells days and
    lines apart is in the window's partition, so that a question about one day computes that day alone.
    """
    earlier = "FROM series_days b WHERE b.cell = cells.id AND b.day < every_day.day"
    before = ", ".join(f"COALESCE((SELECT SUM(b.{name}) {earlier}), 0) AS {name}" for name in _GAUGES)
    gauges = ", ".join(f"CAST({name}_before + SUM({name}) OVER up_to_it AS BIGINT) AS {name}" for name in _GAUGES)
    changes = ", ".join(f"COALESCE(m.{name}, 0) AS {name}" for name in (*_GAUGES, *_COUNTS))
    line = ", ".join(f"d.{name}" for name in _LINE.split(", "))
    starts = ", ".join(f"d.{name} AS {name}_before" for name in _GAUGES)
    return f"""
        CREATE VIEW sla_minutes AS
        WITH RECURSIVE
          every_day(day) AS (
            SELECT MIN(day) FROM series_days
            UNION ALL SELECT day + 1 FROM every_day WHERE day < (SELECT MAX(day) FROM series_days)),
          every_minute(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM every_minute WHERE n < 1439),
          line_days AS (
            SELECT cells.id AS cell, {_LINE}, day, {date} AS date, {before}
            FROM cells CROSS JOIN every_day WHERE whole),
          line_minutes AS (
            SELECT d.date, {line}, d.day * 1440 + n AS minute, {changes}, {starts}
            FROM line_days d CROSS JOIN every_minute
            LEFT JOIN series_minutes m ON m.cell = d.cell AND m.minute = d.day * 1440 + n
            WHERE d.day * 1440 + n <= (SELECT MAX(minute) FROM series_minutes))
        SELECT {time} AS time, date AS day, {_LINE}, {gauges}, {", ".join(_COUNTS)}
        FROM line_minutes
        WINDOW up_to_it AS (PARTITION BY date, {_LINE} ORDER BY minute)
    """  # noqa: S608
