"""KPIs as values: what each one means, and what it is over the stored rows with its interval, or why it is not known.

To add one: a pure function from counts to an estimate, an entry beside its like, and a ledger test with the no-data case.
"""

from voc.kpis.compute import KPIS, compute_kpis, get_kpi
from voc.kpis.kpi import NULL_REASONS, Estimate, Kpi, KpiRow

__all__ = ["KPIS", "NULL_REASONS", "Estimate", "Kpi", "KpiRow", "compute_kpis", "get_kpi"]
