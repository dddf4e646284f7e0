"""Finds what endpoints are to be told beside single texts: finished batches, spikes, KPIs that cross their targets.

Nothing is found by chance of being there: what was told is kept by name in the store, so that after a crash it is found anew.
Spikes and KPIs are looked at after batches finish and when a day begins, once an hour at most; nobody's events, no look.
"""

from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from voc.errors import NotFoundError
from voc.kpis import KpiRow, Setting, compute_kpis
from voc.store import Changes, Filters, Store
from voc.trends import Spike, find_spikes
from voc.webhooks.events import Event, EventName, batch_finished

FIGURES_EVERY: Final = timedelta(hours=1)
KPI_DAYS: Final = 30
"""The days that a KPI is computed over: up to the last that has rows."""
LEAST_N: Final = 10  # as few rows as a spike needs: a KPI of three answers crosses its target with each of them
_SPIKE: Final[EventName] = "spike.found"
_CROSSED: Final[EventName] = "kpi.crossed_target"
_LAST_DAY: Final = "SELECT max(occurred_on) FROM feedback WHERE occurred_on <= $today"


class Watch:
    """Looks at a store and has its endpoints told of what is new there."""

    def __init__(self, store: Store, kpis: Setting) -> None:
        self._store = store
        self._kpis = kpis
        self._seen: Changes | None = None
        self._figures_due = True
        self._figures_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Tell what is new at this moment. Raises StoreError."""
        now = now.astimezone(self._store.zone)
        changes = self._store.changes
        if changes != self._seen:
            self._tell_finished(now)
            self._seen = changes
        if self._is_time(now):
            self._figures_due, self._figures_at = True, now  # where it fails, it is tried again in an hour
            self._tell_spikes(now)
            self._tell_kpis(now)
            self._figures_due = False

    def _is_time(self, now: datetime) -> bool:
        last = self._figures_at
        if last is None:
            return True
        return (self._figures_due or now.date() > last.date()) and now - last >= FIGURES_EVERY

    def _tell_finished(self, now: datetime) -> None:
        for batch_id in self._store.webhooks.untold_batches():
            with suppress(NotFoundError):  # deleted since
                batch = self._store.get_batch(batch_id)
                if batch.status != "tagging":
                    self._figures_due = True
                    self._store.webhooks.tell(batch_finished(batch), f"batch {batch_id}", now)

    def _tell_spikes(self, now: datetime) -> None:
        """Each reason, day and direction once, whatever its numbers become when more rows of that day arrive."""
        if self._store.webhooks.is_wanted(_SPIKE):
            for spike in find_spikes(self._store, now=now):
                name = f"spike {spike.bucket} {spike.code} {spike.direction}"
                self._store.webhooks.tell(Event(_SPIKE, _say_spike(spike)), name, now)

    def _tell_kpis(self, now: datetime) -> None:
        """A KPI that met its target when it was last looked at and misses it now, or back; the first look tells of none."""
        if not self._kpis.targets or not self._store.webhooks.is_wanted(_CROSSED):
            return
        ((last,),) = self._store.select(_LAST_DAY, {"today": now.date()})
        if last is None:
            return
        start, end = last - timedelta(days=KPI_DAYS - 1), last + timedelta(days=1)
        before = self._store.webhooks.kpi_states()
        for row in self._compute(start, end, now):
            if row.on_target is None or row.on_target == before.get(row.name):
                continue
            event = Event(_CROSSED, _say_kpi(row, start, end)) if row.name in before else None
            self._store.webhooks.tell_kpi(row.name, row.on_target, event, now)

    def _compute(self, start: date, end: date, now: datetime) -> list[KpiRow]:
        setting, filters = replace(self._kpis, now=now), Filters(from_=start, to=end)
        return compute_kpis(self._store, [*setting.targets], filters=filters, min_n=LEAST_N, setting=setting)


def _say_spike(spike: Spike) -> dict[str, Any]:
    links = {"spikes": "/v1/spikes?bucket=day", "examples": [f"/v1/feedback/{row}" for row in spike.examples]}
    figures = {name: value for name, value in asdict(spike).items() if name != "group"}  # nothing is grouped here
    return {**figures, "start": spike.start.isoformat(), "end": spike.end.isoformat(), "links": links}


def _say_kpi(row: KpiRow, start: date, end: date) -> dict[str, Any]:
    names = ("name", "value", "n", "ci_low", "ci_high", "unit", "target", "on_target")
    links = {"kpi": f"/v1/kpis?names={row.name}&from={start}&to={end}"}
    return {**{name: getattr(row, name) for name in names}, "from": str(start), "to": str(end), "links": links}
