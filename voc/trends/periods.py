"""The time before a time, as long as it."""

from dataclasses import replace

from voc.errors import InputError
from voc.store.filters import Filters


def period_before(filters: Filters) -> Filters:
    """The same filters over the equally long time right before. Raises InputError where `from_` or `to` is not given."""
    if filters.from_ is None or filters.to is None:
        raise InputError(
            "from, to: both are needed to compare with the time before; for segments, give filters of either side.",
            field="from",
        )
    return replace(filters, from_=filters.from_ - (filters.to - filters.from_), to=filters.from_)
