"""What a process measures of itself, for Prometheus at /metrics and for the board of processes.

Decided here: the names and units of the figures (seconds and counts, as Prometheus wants them). Not decided here: when they are
measured.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.ports import LedgerError
from bot.records import Health, Tally
from rules.attainment import Attainment
from rules.instants import SECOND

_LATE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


_LOOKED = "From an event's arrival, or from the instant at which a clock crossed something, to the look."
_SAID = "From a decision to its message."
_DONE = "How many events were stored, tickets looked at or messages sent together."


class Metrics:
    """Figures of one process. How the ledger and the clocks of the present periods stand is asked for when they are read."""

    def __init__(self, standing: Callable[[], tuple[Health, Sequence[Tally]]], now: Callable[[], int]) -> None:
        self._registry, self._standing = CollectorRegistry(), _Standing(standing, now)
        self._looked = Histogram("slakeeper_look_lag_seconds", _LOOKED, ["cause"], buckets=_LATE, registry=self._registry)
        self._said = Histogram("slakeeper_delivery_lag_seconds", _SAID, buckets=_LATE, registry=self._registry)
        self._sizes = Histogram("slakeeper_batch_size", _DONE, ["what"], buckets=_SIZES, registry=self._registry)
        self._errors = Counter("slakeeper_errors", "What failed.", ["what"], registry=self._registry)
        self._counts: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        self._troubles: dict[str, str] = {}
        Gauge("slakeeper_troubles", "What keeps this process from its work.", registry=self._registry).set_function(
            lambda: len(self._troubles)
        )

    def looked(self, cause: Literal["event", "crossing"], late: int) -> None:
        """A ticket was looked at, so many milliseconds after it had to be."""
        self._looked.labels(cause).observe(late / SECOND)
        self._latest[f"{cause} lag ms"] = late

    def said(self, late: int) -> None:
        """A message went out, so many milliseconds after it was decided."""
        self._said.observe(late / SECOND)

    def batch(self, what: Literal["events", "looks", "messages"], size: int) -> None:
        """So many events, looks or messages were done together."""
        self._sizes.labels(what).observe(size)
        self._counts[what] = self._counts.get(what, 0) + size

    def failed(self, what: Literal["look", "delivery", "event", "chore"]) -> None:
        """Something failed."""
        self._errors.labels(what).inc()
        self._counts["errors"] = self._counts.get("errors", 0) + 1

    def troubled(self, what: str, said: str | None) -> None:
        """Something keeps this process from its work, in words; None: not any more."""
        if said is None:
            self._troubles.pop(what, None)
        else:
            self._troubles[what] = said

    def troubles(self) -> tuple[str, ...]:
        """What keeps this process from its work now."""
        return tuple(self._troubles.values())

    def doing(self) -> Mapping[str, int]:
        """For the board: what was done since the start, and the latest lags."""
        return {**self._counts, **self._latest}

    def own(self) -> bytes:
        """What this process has counted, in Prometheus' format."""
        return generate_latest(self._registry)

    def standing(self) -> bytes:
        """How the ledger and the clocks stand, in Prometheus' format; the database is asked."""
        return _exposed(self._standing)


class _Standing(Collector):
    """Figures that are asked for when they are read."""

    def __init__(self, standing: Callable[[], tuple[Health, Sequence[Tally]]], now: Callable[[], int]) -> None:
        self._standing, self._now = standing, now

    def describe(self) -> Sequence[Metric]:
        """Nothing is asked for before it is read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The outbox, what failed for good, and every agreement's attainment; of the ledger only whether it answers, where it
        does not.
        """
        try:
            health, tallies = self._standing()
        except LedgerError:
            yield _ledger_up(0)
            return
        yield _ledger_up(1)
        oldest = self._now() if health.oldest_waiting is None else health.oldest_waiting
        for name, help, value in (
            ("outbox_waiting", "Messages waiting to be sent.", health.outbox_waiting),
            ("outbox_age_seconds", "How long the oldest message has waited.", max(0, self._now() - oldest) / SECOND),
            ("overdue_looks", "Tickets whose look is more than 20 seconds late.", health.overdue_looks),
            ("failing_tickets", "Tickets whose look fails.", len(health.failing)),
            ("dead_letters", "Messages that could not be delivered.", health.dead_letters),
            ("quarantined_events", "Events that were not understood.", health.quarantined),
        ):
            yield GaugeMetricFamily(f"slakeeper_{name}", help, value=value)
        if health.sealed_at is not None:
            age = max(0, self._now() - health.sealed_at) / SECOND
            yield GaugeMetricFamily("slakeeper_seal_age_seconds", "How long ago the ledger was sealed last.", value=age)
        clocks = GaugeMetricFamily(
            "slakeeper_clocks", "Clocks of the present period by verdict.", labels=["agreement", "metric", "verdict"]
        )
        share = GaugeMetricFamily(
            "slakeeper_attainment_ratio", "Met of met and missed in the present period.", labels=["agreement", "metric"]
        )
        for tally in tallies:
            attainment = Attainment.of(tally.verdicts)
            for verdict, number in tally.verdicts.items():
                clocks.add_metric([tally.agreement, tally.metric, verdict], number)
            if attainment.judged:
                share.add_metric([tally.agreement, tally.metric], attainment.met / attainment.judged)
        yield from (clocks, share)


def _ledger_up(value: int) -> Metric:
    return GaugeMetricFamily("slakeeper_ledger_up", "Whether the ledger's database answers.", value=value)


class _Silent(Collector):
    """A ledger whose database does not answer in time."""

    def collect(self) -> Iterator[Metric]:
        """That it does not."""
        yield _ledger_up(0)


def _exposed(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


LEDGER_SILENT = _exposed(_Silent())
"""In place of `Metrics.standing`, where the database has not answered in time."""
