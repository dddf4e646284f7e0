"""What has changed since the model learnt and since the first months, in texts and their tags, and whether it matters."""

from dataclasses import dataclass

from voc.calendars import Calendar
from voc.kpis.slices import Selects
from voc.report_card.readings import Reading, read_drift
from voc.report_card.tag_drift import TagDrift, find_tag_drift
from voc.report_card.text_drift import TextDrift, find_text_drift
from voc.store.filters import Filters


@dataclass(frozen=True, slots=True)
class Drift:
    """`trained_on` is how many texts the model's fingerprint is of, None where it has none; `first` are the first months."""

    trained_on: int | None
    first: tuple[str, ...]
    readings: tuple[Reading, ...]
    texts: tuple[TextDrift, ...]
    tags: tuple[TagDrift, ...]


def find_drift(
    store: Selects,
    *,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    calendar: Calendar = "jalali",
    model: str = "",
) -> Drift:
    """What has moved, by month; `model` is the setting that names the model. Rows without a day or tags are left out."""
    fingerprint, first, texts = find_text_drift(store, filters, calendar, model)
    tags = find_tag_drift(store, filters, calendar, first)
    trained_on = fingerprint.texts if fingerprint else None
    return Drift(trained_on, first, tuple(read_drift(trained_on, first, texts, tags, calendar)), texts, tags)
