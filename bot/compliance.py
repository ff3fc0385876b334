"""`/sla status` and `/sla report`: how much of what was promised was kept.

Decided here: that what customers were promised, what teams promised each other and what suppliers owe us are told apart; over
which period an agreement is told, by the dates of its own calendar's zone, and the columns. Not decided here: how it is
counted (`rules.attainment`).
"""

import re
from collections.abc import Callable, Mapping, Sequence

from bot.messages import Answer, Card, clipped
from bot.ports import Reader
from bot.records import Tally
from escalation.book import Book
from rules.attainment import SMALL, Attainment, Objective
from rules.calendar import UTC
from rules.metrics import in_words
from rules.periods import Period, PeriodError, period
from rules.problems import did_you_mean

FIELDS = ("customer", "tier", "team", "agreement", "region", "service", "priority")
"""What figures can be told for, and by."""
LAYERS = {"sla": "What customers were promised", "ola": "What teams promised each other", "uc": "What suppliers owe us"}
_MOST_ROWS = 60
_COUNTED = "Attainment: met out of met and missed. Missed is also what is overdue now; excused counts neither way."


def status(reader: Reader, book: Book, whom: str | None, now: int) -> Answer:
    """How every agreement stands in the present period of its objective."""
    filters = _filter(reader, whom, now)
    if filters is None:
        return _unknown(book, whom)
    found = [(span, tally, Attainment.of(tally.verdicts)) for span, tally in _latest(reader, book, filters, now)]
    if not found:
        why = "As soon as a ticket falls under an agreement, it shows here."
        return Answer(cards=(Card(title="No clock has run yet.", lines=(why,)),))
    late, risky = sum(a.overdue for *_, a in found), sum(a.at_risk for *_, a in found)
    summary = f"{late} overdue, {risky} at risk." if late or risky else "Nothing is overdue, nothing is at risk."
    head = Card(
        title="How we stand" + _for(whom),
        verdict="overdue" if late else "at_risk" if risky else "on_track",
        lines=(summary, _COUNTED),
    )
    figures = ("Missed", "Overdue", "At risk", "On track", "Excused")
    columns = ("Agreement", "Metric", "Attainment", *figures, "Objective", "Period")
    layers = []
    for kind, title in LAYERS.items():
        rows = tuple(
            (
                tally.agreement,
                in_words(tally.metric),
                _share(a),
                *(f"{n:,}" for n in (a.missed, a.overdue, a.at_risk, a.on_track, a.excused)),
                kept(a, objective_of(book, tally.agreement, min(now, span.end - 1))),
                span.name,
            )
            for span, tally, a in found
            if tally.kind == kind
        )
        if rows:
            layers.append(Card(title=title, columns=columns, rows=rows[:_MOST_ROWS]))
    return Answer(cards=(head, *layers))


def report(reader: Reader, book: Book, words: Sequence[str], now: int) -> Answer:
    """A period in figures, by agreement and metric and, where asked for, by other fields; for all or for somebody."""
    said, by, whom = _parts(words)
    try:
        spans = _spans(book, lambda _name: said or "month", now)
    except PeriodError as error:
        return _refused(f"{error}.")
    if unknown := [field for field in by if field not in FIELDS]:
        hint = did_you_mean(unknown[0], FIELDS, otherwise=f"Write by {', '.join(FIELDS[:-1])} or {FIELDS[-1]}.")
        return _refused(f"There are no figures by {unknown[0][:40]!r}. {hint}")
    filters = _filter(reader, whom, now)
    if filters is None:
        return _unknown(book, whom)
    known = set().union(*spans.values())
    by = tuple(field for field in by if field != "agreement")  # they are told apart by it anyway
    found = [
        (span, tally)
        for span, names in spans.items()
        for tally in reader.tally(now, filters, within=(span.start, span.end), by=by)
        if tally.agreement in names or (tally.agreement not in known and span == next(iter(spans)))
    ]
    named = " and ".join(dict.fromkeys(span.name for span in spans))
    head = Card(title=f"Report for {named}{_for(whom)}", lines=(_COUNTED,))
    if not found:
        return Answer(cards=(head.model_copy(update={"lines": ("Nothing was judged in it.",)}),))
    cards = [head]
    for kind, title in LAYERS.items():
        mine = [(span, tally) for span, tally in found if tally.kind == kind]
        if mine:
            cards.append(_table(title, mine, book, by, now))
    return Answer(cards=tuple(cards))


def _table(title: str, found: Sequence[tuple[Period, Tally]], book: Book, by: Sequence[str], now: int) -> Card:
    rows = []
    for span, tally in found:
        a = Attainment.of(tally.verdicts)
        objective = objective_of(book, tally.agreement, min(now, span.end - 1))
        groups = (clipped(group, 60) or "–" for group in tally.groups)
        likely = f"{100 * a.interval[0]:.1f} to {100 * a.interval[1]:.1f} %" if a.interval and a.judged < SMALL else "–"
        numbers = (a.judged, a.met, a.missed, a.excused, a.cancelled, a.on_track + a.at_risk)
        # An objective is judged over its own span alone.
        own = objective is not None and objective.over == span.span
        against = (kept(a, objective, judged=own), _budget(a, objective) if own else "–")
        rows.append((tally.agreement, in_words(tally.metric), *groups, a.share, *against, *(f"{n:,}" for n in numbers), likely))
    named = (field.capitalize() for field in by)
    figures = ("Objective", "Budget left", "Judged", "Met", "Missed", "Excused", "Cancelled", "Running", "Likely")
    more = (f"Only the first {_MOST_ROWS} of {len(rows)} rows are shown.",) if len(rows) > _MOST_ROWS else ()
    likely_words = "Likely: with so few judged, between which shares the true one lies (95 % confidence)."
    lines = (*more, *((likely_words,) if any(row[-1] != "–" for row in rows) else ()))
    columns = ("Agreement", "Metric", *named, "Attainment", *figures)
    return Card(title=title, lines=lines, columns=columns, rows=tuple(rows[:_MOST_ROWS]))


def standing(reader: Reader, book: Book, now: int) -> list[Tally]:
    """Each agreement's figures in the present period of its objective."""
    return [tally for _, tally in _latest(reader, book, {}, now)]


def _latest(reader: Reader, book: Book, filters: Mapping[str, str], now: int) -> list[tuple[Period, Tally]]:
    """Each agreement's figures in the present period of its own objective, a month where it has none; where nothing was judged
    in it and nothing runs, in the last one in which something was.
    """

    def over(name: str) -> str:
        objective = objective_of(book, name, now)
        return objective.over if objective else "month"

    found: list[tuple[Period, Tally]] = []
    for span, names in _spans(book, over, now).items():
        present = [tally for tally in reader.tally(now, filters, within=(span.start, span.end)) if tally.agreement in names]
        found.extend((span, tally) for tally in present)
        for name in sorted(names - {tally.agreement for tally in present}):
            own = {**filters, "agreement": name}
            judged = reader.last_judged(own) if filters.get("agreement", name) == name else None
            if judged is not None:
                last = span.at(judged)
                found.extend((last, tally) for tally in reader.tally(now, own, within=(last.start, last.end)))
    return sorted(found, key=lambda pair: (pair[1].agreement, pair[1].kind, pair[1].metric))


def _spans(book: Book, said: Callable[[str], str], now: int) -> dict[Period, set[str]]:
    """The period of each agreement, by the dates of the zone in which it counted when that began. Raises PeriodError."""
    found: dict[Period, set[str]] = {}
    for name in book.promises.versions:
        span = period(said(name), now, book.zone_of(name, now) or UTC)
        span = period(said(name), now, book.zone_of(name, span.start) or UTC)
        found.setdefault(span, set()).add(name)
    return found or {period(said(""), now, UTC): set()}


def objective_of(book: Book, name: str, at: int) -> Objective | None:
    """The objective of the version that is in force at an instant."""
    versions = book.promises.versions.get(name, [])
    in_force = [a for a in versions if a.since <= at] or versions
    return max(in_force, key=lambda a: a.since).objective if in_force else None


def _share(a: Attainment) -> str:
    return f"{a.share} of {a.judged:,}" if a.judged else "–"


def kept(a: Attainment, objective: Objective | None, *, judged: bool = True) -> str:
    """An objective, and whether it is kept where that is `judged`."""
    if objective is None:
        return "–"
    verdict = a.keeps(objective) if judged else None
    words = "" if verdict is None else ", kept" if verdict else ", not kept"
    return f"{objective.text} a {objective.over}{words}"


def _budget(a: Attainment, objective: Objective | None) -> str:
    """How many more may be missed."""
    return "–" if objective is None or not a.judged else f"{a.budget_left(objective):,} of {a.budget(objective):,}"


def _parts(words: Sequence[str]) -> tuple[str, tuple[str, ...], str | None]:
    """The period, the fields after `by`, such as `by tier, region and team`, and whom after `for`."""
    parts: dict[str, list[str]] = {"": [], "by": [], "for": []}
    keyword = ""
    for word in words:
        if word.lower() in ("by", "for") and not parts[word.lower()]:
            keyword = word.lower()
        else:
            parts[keyword].append(word)
    fields = re.split(r"[\s,]+(?:and[\s,]+)?", " ".join(parts["by"]).lower())
    return " ".join(parts[""]), tuple(dict.fromkeys(filter(None, fields))), " ".join(parts["for"]) or None


def _filter(reader: Reader, whom: str | None, now: int) -> dict[str, str] | None:
    """What a word may mean: the first of customer, tier, team … that has it; None where none has."""
    if whom is None:
        return {}
    name, _, value = whom.partition(" ")
    if name.lower() in FIELDS and value:
        return {name.lower(): value}
    return next(({name: whom} for name in FIELDS if reader.tally(now, {name: whom})), None)


def _unknown(book: Book, whom: str | None) -> Answer:
    names = (*book.promises.customers, *book.teams, *(agreement.name for agreement in book.promises.agreements))
    hint = did_you_mean(whom, names, otherwise="")
    title = f"Nothing is known of {clipped(whom, 60)!r}: no clock of such a customer, tier, team or agreement has run."
    return Answer(cards=(Card(title=title, lines=(hint,) if hint else ()),))


def _refused(told: str) -> Answer:
    return Answer(cards=(Card(title=told),), refused=True)


def _for(whom: str | None) -> str:
    return f" for {clipped(whom, 60)}" if whom else ""
