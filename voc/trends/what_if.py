"""What retention would be if service were better: expected customers who stay, now and were effort or resolution otherwise.

The shares of customers who stay are Gartner's, or the organisation's own. A customer counts once, by the last text that says
whether the problem was resolved. What would follow from better service is an assumption of these shares and no measurement.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voc.kpis.kpi import Counts, Estimate
from voc.kpis.options import KpiOptions
from voc.kpis.relation import joins_for
from voc.kpis.slices import Selects
from voc.kpis.staying import compute_retention, compute_retention_low_effort, compute_retention_resolved
from voc.store.filters import Filters, where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

SCENARIOS: Final = {
    "as_it_is": compute_retention,
    "low_effort": compute_retention_low_effort,
    "resolved": compute_retention_resolved,
}
TITLES_FA: Final[Mapping[str, str]] = {
    "as_it_is": "همین که هست",
    "low_effort": "اگر زحمت زیاد کم شود",
    "resolved": "اگر همهٔ مشکل‌ها حل شود",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who is expected to stay in one scenario.

    `share` is of the `n` texts that say whether the problem was resolved, `gain` what it is above that of now. `customers` are
    those known by id, `staying` how many of them are expected to stay and `staying_gain` how many more than now; None where no
    row has a customer_id. What would be said of an agent from too few texts or customers is None as well.
    """

    name: str
    title_fa: str
    n: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    gain: float | None
    customers: int
    staying: float | None
    staying_gain: float | None


def what_if(
    store: Selects,
    *,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    options: KpiOptions = KpiOptions(),  # noqa: B008  a frozen value
    agent_min_n: int = 10,
) -> list[Scenario]:
    """Each scenario of `SCENARIOS` over the rows that pass the filters.

    Where these name an agent, what rests on fewer than `agent_min_n` texts or customers is withheld. Raises InputError for a
    filter that is not known.
    """
    min_n = agent_min_n if filters.agent else 1
    texts, customers = _count(store, filters, options)

    def estimate(compute: Callable[[Counts], Estimate], counts: Counts) -> Estimate:
        found = compute({**options.numbers, **counts})
        return found if found.n >= min_n else Estimate(None, None, None, found.n)

    now_text, now_customer = (estimate(compute_retention, counts) for counts in (texts, customers))
    found = []
    for name, compute in SCENARIOS.items():
        of_texts, of_customers = (estimate(compute, counts) for counts in (texts, customers))
        staying, staying_now = _customers_of(of_customers), _customers_of(now_customer)
        found.append(
            Scenario(
                name,
                TITLES_FA[name],
                of_texts.n,
                of_texts.value,
                of_texts.ci_low,
                of_texts.ci_high,
                _above(of_texts.value, now_text.value),
                of_customers.n,
                staying,
                _above(staying, staying_now),
            )
        )
    return found


def _count(store: Selects, filters: Filters, options: KpiOptions) -> tuple[Counts, Counts]:
    """The counts that retention is made of, by text and by customer."""
    condition = where(filters)
    joins = joins_for("t.resolution, c.hard", options)
    found = store.select(
        f"""
        SELECT resolution, hard, count(*), count(*) FILTER (WHERE customer_id IS NOT NULL AND place = 1)
        FROM (
            SELECT t.resolution, coalesce(c.hard, FALSE) AS hard, f.customer_id,
                row_number() OVER (PARTITION BY f.customer_id ORDER BY f.occurred_at DESC NULLS LAST, f.seq DESC) AS place
            FROM feedback f{joins} WHERE {condition.sql} AND t.resolution IS NOT NULL
        ) said GROUP BY resolution, hard""",
        condition.parameters,
    )
    texts, customers = ({(resolution, hard): float(row[at]) for resolution, hard, *row in found} for at in (0, 1))
    return _retention_counts(texts), _retention_counts(customers)


def _retention_counts(found: Mapping[tuple[str, bool], float]) -> Counts:
    hard, easy = found.get(("unresolved", True), 0.0), found.get(("unresolved", False), 0.0)
    return {
        "unresolved": hard + easy,
        "unresolved_hard": hard,
        "high_effort": found.get(("resolved", True), 0.0),
        "low_effort": found.get(("resolved", False), 0.0),
    }


def _customers_of(estimate: Estimate) -> float | None:
    return None if estimate.value is None else estimate.value * estimate.n


def _above(value: float | None, now: float | None) -> float | None:
    return None if value is None or now is None else value - now
