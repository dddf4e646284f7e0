"""What stands beside the data when KPIs are computed: the organisation's choices and targets, the model's errors, the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from voc.kpis.catalogue import KPIS
from voc.kpis.options import KpiOptions, parse_working_hours
from voc.kpis.scorecard import Target, read_targets
from voc.settings import Settings
from voc.tagging import read_kpi_errors


@dataclass(frozen=True, slots=True)
class Setting:
    """Options and targets of the organisation, the tagger's error in each KPI, and the time.

    An agent's value that rests on fewer than `agent_min_n` rows is withheld, so that nobody is judged on three calls.
    `now` is in the store's zone; None takes the last contact for it.
    """

    options: KpiOptions = field(default_factory=KpiOptions)
    targets: Mapping[str, Target] = field(default_factory=dict)
    model_errors: Mapping[str, float] = field(default_factory=dict)
    now: datetime | None = None
    agent_min_n: int = 10


def read_setting(settings: Settings, now: datetime | None = None) -> Setting:
    """The setting that the settings of the process ask for. Raises InputError for wrong working hours or targets."""
    options = KpiOptions(
        fcr_days=settings.fcr_days,
        short_abandon_s=settings.short_abandon_s,
        stay_unresolved=settings.stay_unresolved,
        stay_high_effort=settings.stay_high_effort,
        stay_low_effort=settings.stay_low_effort,
        working_hours=parse_working_hours(settings.working_hours),
        zone=settings.timezone,
        ees_scale=settings.ees_scale,
    )
    targets = read_targets(Path(settings.targets), KPIS) if settings.targets else {}
    return Setting(options, targets, read_kpi_errors(settings.model), now, settings.agent_min_n)
