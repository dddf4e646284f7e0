"""All KPIs, in the order in which they are shown. The API, the page and the docs are made from this tuple."""

from typing import Final

from voc.errors import InputError
from voc.kpis.contact import CONTACT_KPIS
from voc.kpis.conversations import CONVERSATION_KPIS
from voc.kpis.from_text import TEXT_KPIS
from voc.kpis.kpi import Kpi
from voc.kpis.money import MONEY_KPIS
from voc.kpis.scorecard import SCORECARD
from voc.kpis.staying import STAYING_KPIS
from voc.kpis.survey import SURVEY_KPIS
from voc.kpis.times import TIME_KPIS

KPIS: Final[tuple[Kpi, ...]] = (
    *SURVEY_KPIS, *CONTACT_KPIS, *TIME_KPIS, *MONEY_KPIS, *STAYING_KPIS, *TEXT_KPIS, *CONVERSATION_KPIS, SCORECARD,
)  # fmt: skip


def get_kpi(name: str) -> Kpi:
    """The KPI with this name. Raises InputError, which lists the names, where there is none."""
    for kpi in KPIS:
        if kpi.name == name:
            return kpi
    raise InputError(f"There is no KPI {name!r}.", field="names", options=tuple(kpi.name for kpi in KPIS))
