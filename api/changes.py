"""What rose and fell beyond chance, in words: a time beside the one before, each finding with a text that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from api import titles
from api.highlight import Piece, pieces
from api.periods import period_words
from api.tongue import number, percent, points_words, say, span_words
from voc.kpis import KpiRow, Setting, compute_kpis
from voc.kpis.differences import difference_of_estimates
from voc.kpis.kpi import Estimate
from voc.records import TaggedFeedback
from voc.store import Filters, Store
from voc.trends import Contrast, compare, last_days, period_before

RECENT_DAYS: Final = 30
CHANGES_SHOWN: Final = 6
TOLD_TIMES: Final = 1.5  # from here on how many times says more than how many points
KINDS: Final[Mapping[str, str]] = {
    "reasons": "دلیل تماس", "sentiment": "احساس", "effort": "زحمت", "loyalty": "وفاداری", "resolution": "نتیجه",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A code whose share differs from that of the time before: both shares in words, and a typical text with its words marked.

    `times` says how many times what it was; empty where it was nothing. `query` leads to the texts of the larger side.
    """

    kind: str
    title: str
    rose: bool
    before: str
    now: str
    interval: str
    times: str
    query: Mapping[str, str]
    example: list[Piece]


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two times, the most certain first; `period` and `before` say which times."""

    period: str
    before: str
    n: int
    n_before: int
    items: tuple[Change, ...]


def list_changes(store: Store, filters: Filters) -> Changes | None:
    """The chosen time, or the last month that there is anything of, beside the one before; None without dated texts."""
    now = filters if filters.from_ and filters.to else last_days(store, filters, RECENT_DAYS)
    if now is None:
        return None
    then = period_before(now)
    found = compare(store, then, now, kinds=tuple(KINDS), examples=1)
    shown = list(islice((each for each in found.items if each.beyond_chance), CHANGES_SHOWN))
    texts = {each.id: each for each in store.load_feedback([id for each in shown for id in each.examples[:1]])}
    return Changes(
        period=period_words(now),
        before=period_words(then),
        n=found.n_second,
        n_before=found.n_first,
        items=tuple(_change(each, then, now, texts) for each in shown),
    )


def figure_changes(store: Store, filters: Filters, setting: Setting, rows: list[KpiRow]) -> dict[str, Estimate]:
    """By how much KPIs differ from those of the time before, where a time is chosen and both have a value."""
    if filters.from_ is None or filters.to is None or not rows:
        return {}
    before = compute_kpis(store, [row.name for row in rows], filters=period_before(filters), setting=setting)
    return {now.name: difference_of_estimates(_estimate(then), _estimate(now)) for then, now in zip(before, rows, strict=True)}


def _estimate(row: KpiRow) -> Estimate:
    return Estimate(row.value, row.ci_low, row.ci_high, row.n)


def _change(found: Contrast, then: Filters, now: Filters, texts: Mapping[str, TaggedFeedback]) -> Change:
    """The contrast in words; without an example where that was deleted meanwhile."""
    rose = (found.difference or 0) > 0
    side = now if rose else then
    name = "reason" if found.kind == "reasons" else found.kind
    span = {"from": side.from_.isoformat(), "to": side.to.isoformat()} if side.from_ and side.to else {}
    tagged = texts.get(found.examples[0]) if found.examples else None
    before, after = found.share_first or 0.0, found.share_second or 0.0
    low, high = (points_words(bound or 0.0, 1) for bound in (found.ci_low, found.ci_high))
    return Change(
        kind=say(KINDS[found.kind]),
        title=titles.code_title(found.code),
        rose=rose,
        before=percent(before),
        now=percent(after),
        interval=say("تفاوت: {interval}", interval=span_words(low, high)),
        times=say("{times} برابر", times=number(after / before, 1)) if before and after / before >= TOLD_TIMES else "",
        query={name: found.code, **span},
        example=pieces(tagged.feedback.text, tagged.tags, (found.code,)) if tagged else [],
    )
