"""KPIs as values: what each one means, and what it is over the stored rows with its interval, or why it is not known.

To add one: a pure function from counts to an estimate, an entry beside its like, and a ledger test with the no-data case.
"""

from voc.kpis.catalogue import KPIS, get_kpi
from voc.kpis.compute import compute_kpis, counts_behind
from voc.kpis.kpi import NULL_REASONS, Estimate, Kpi, KpiRow
from voc.kpis.options import KpiOptions
from voc.kpis.setting import Setting, read_setting

__all__ = [
    "KPIS",
    "NULL_REASONS",
    "Estimate",
    "Kpi",
    "KpiOptions",
    "KpiRow",
    "Setting",
    "compute_kpis",
    "counts_behind",
    "get_kpi",
    "read_setting",
]
