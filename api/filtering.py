"""The form of filters and period on top of the pages, the sentence that says what it has chosen, and the links that keep it.

The address of a page is all there is to it: what the form sends stands there, can be shared, and goes along from page to page.
A page takes `PageFilters` (or a child of it) as its query, renders with `filters=make_form(path, query, service)`, includes
`filters.html`, and ends its links in `filters.query` or `filters.query_more`. A count of a part of the texts leads to
`filters.texts_with(…)`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from pydantic import Field, model_validator

from api.parameters import ATTRIBUTE_PREFIX, Day, FilterQuery
from api.periods import Period, list_periods
from api.service import Service
from api.titles import CORRECTED, FILTERS, KINDS, POLARITIES, channel_title, code_title, value_title, written_value
from api.tongue import day, say, span_words, typed_day
from voc.days import parse_day
from voc.errors import InputError
from voc.store import Filters
from voc.store.filters import NO_REASON, contains_pattern
from voc.taxonomy import Code, load_taxonomy
from voc.trends import compute_trend

CHANNELS_SHOWN: Final = 50
TEXTS_LOOKED_AT: Final = 500
ATTRIBUTES_SHOWN: Final = 8
VALUES_SHOWN: Final = 30  # what has more, as a number of an order, is not to choose from
_PERIOD: Final = frozenset({"from", "to"})
_DAY: Final = timedelta(days=1)

Pairs = list[tuple[str, str]]


class PageFilters(FilterQuery):
    """The filters of a page. People name the last day of a period, `through`; links and the API the day after it, `to`."""

    through: Day = Field(None, description="the last day, Gregorian or Jalali")

    @model_validator(mode="after")
    def _to_the_last_day(self) -> "PageFilters":
        if self.through and self.to:
            message = "through: the last day and `to`, the day after the last, say the same; give one."
            raise InputError(message, field="through")
        if self.through:
            self.to = (parse_day(self.through, "through") + _DAY).isoformat()
        return self

    @property
    def pairs(self) -> Pairs:
        """The filters that are set, as an address has them."""
        known = [(field.alias or name, getattr(self, name)) for name, field in FilterQuery.model_fields.items()]
        return [
            (name, each)
            for name, value in (*known, *(self.model_extra or {}).items())
            for each in ([value] if isinstance(value, str) else value or ())
        ]


@dataclass(frozen=True, slots=True)
class Option:
    """What a field offers; `own` where it is called what customers' files call it."""

    value: str
    title: str
    chosen: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A field that offers one of several, under titles (or none, under an empty one)."""

    name: str
    title: str
    groups: Sequence[tuple[str, Sequence[Option]]]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """One filter in words, and the query without it; `own` where the words are a customer's or of their files."""

    words: str
    without: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The form of the page at `path`: what it offers and what is chosen. `kept` is what links keep of it, which
    `query` and `query_more` write out.

    `corrected_rows` are those among the chosen in which people overrule the model, and `corrected_query` is theirs.
    """

    path: str
    kept: Pairs
    query: str
    query_more: str
    from_day: str
    through_day: str
    q: str
    periods: Sequence[Period]
    fields: Sequence[Select]
    hidden: Pairs
    chosen: Sequence[Chosen]
    corrected_rows: int
    corrected_query: str

    def texts_with(self, more: Mapping[str, str]) -> str | None:
        """Where those of the chosen texts are that pass these filters too; None where no address means just them.

        Values of one filter are alternatives, so that another takes the place of those that are chosen, if it is within them;
        and a polarity is that of the very reason beside it, where what passes has any reason of it.
        """
        if "reason" in more and any(name == "polarity" for name, _ in self.kept):
            return None
        for name, value in more.items():
            chosen = [given for kept, given in self.kept if kept == name]
            if chosen and name not in _PERIOD and not _is_within(name, value, chosen):
                return None
        return f"/texts{_query([*more.items(), *(pair for pair in self.kept if pair[0] not in more)])}"


def make_form(path: str, query: PageFilters, service: Service, *, without: str = "", also: Pairs | None = None) -> FilterForm:
    """The form with what the query has chosen. Links do not keep the filter `without`; `also` goes along with the form."""
    pairs, filters, also = query.pairs, query.filters, also or []
    kept = [pair for pair in pairs if pair[0] != without]
    fields = [field for field in _fields(pairs, service) if field.name != without]
    return FilterForm(
        path=path,
        kept=kept,
        query=_query(kept),
        query_more=f"&{urlencode(kept)}" if kept else "",
        from_day=typed_day(filters.from_) if filters.from_ else "",
        through_day=typed_day(filters.to - _DAY) if filters.to else "",
        q=query.q or "",
        periods=list_periods([*pairs, *also], filters, datetime.now(service.store.zone).date()),
        fields=fields,
        hidden=[*_hidden(pairs, [field.name for field in fields]), *also],
        chosen=list(_chosen(pairs, also, filters, service)),
        corrected_rows=service.store.corrections.count(filters),
        corrected_query=_query([*(pair for pair in pairs if pair[0] != "corrected"), ("corrected", "true")]),
    )


def _is_within(name: str, value: str, chosen: Sequence[str]) -> bool:
    """Whether all texts that pass a filter by this value pass it by the chosen ones."""
    if name == "q":
        return any(re.search(contains_pattern(words), value) for words in chosen)
    return value in chosen or (name == "reason" and value.partition(".")[0] in chosen)


def _fields(pairs: Pairs, service: Service) -> Iterator[Select]:
    taxonomy = load_taxonomy()
    plain = {
        "channel": [(name, channel_title(name)) for name in service.recent.get("channels", lambda: _channels(service))],
        "kind": [(code, code_title(code)) for code in KINDS],
        "sentiment": _titled(taxonomy.sentiments),
        "effort": _titled(taxonomy.effort),
        "loyalty": _titled(taxonomy.loyalty),
        "resolution": _titled(taxonomy.resolutions),
    }
    yield Select("reason", say(FILTERS["reason"]), _reasons(pairs))
    plain["corrected"] = [(value, say(title)) for value, title in CORRECTED.items()]
    for name, offered in plain.items():
        yield Select(name, say(FILTERS[name]), [("", _options(name, offered, pairs))])
    for name, values in service.recent.get("attributes", lambda: _attributes(service)):
        field = f"{ATTRIBUTE_PREFIX}{name}"
        yield Select(field, name, [("", _options(field, [(value, value_title(value)) for value in values], pairs))], own=True)


def _channels(service: Service) -> list[str]:
    """The channels that most texts came by."""
    rows = sorted(compute_trend(service.store, "volume", bucket=None, group="channel"), key=lambda row: -row.n)
    return [row.group for row in rows if row.group][:CHANNELS_SHOWN]


def _attributes(service: Service) -> list[tuple[str, list[str]]]:
    """The attributes of the newest texts that there are few values of, each with its values, the most frequent first."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in service.store.find_feedback(Filters(), limit=TEXTS_LOOKED_AT).items:
        for name, value in each.feedback.attributes.items():
            found[name][written_value(value)] += 1
    few = [(name, counts) for name, counts in found.items() if len(counts) <= VALUES_SHOWN and len(counts) < counts.total()]
    return [(name, [value for value, _ in counts.most_common()]) for name, counts in few[:ATTRIBUTES_SHOWN]]


def _titled(codes: Sequence[Code]) -> Pairs:
    return [(each.code, code_title(each.code)) for each in codes]


def _reasons(pairs: Pairs) -> Sequence[tuple[str, Sequence[Option]]]:
    taxonomy = load_taxonomy()
    found = [("", _options("reason", [(NO_REASON, code_title(NO_REASON))], pairs))]
    for group in taxonomy.groups:
        title = code_title(group.code)
        inside = _titled([each for each in taxonomy.reasons if each.code.startswith(f"{group.code}.")])
        found.append((title, _options("reason", [(group.code, say("همهٔ «{group}»", group=title)), *inside], pairs)))
    return found


def _options(name: str, offered: Pairs, pairs: Pairs) -> list[Option]:
    """A field can show one value alone: of several, none is chosen in it."""
    given = [value for given_name, value in pairs if given_name == name]
    return [Option(value, title, given == [value], own=value == title) for value, title in offered]


def _hidden(pairs: Pairs, fields: Sequence[str]) -> Pairs:
    """What goes along unseen: filters without a field, and those of several values, to which a field adds one."""
    names = [name for name, _ in pairs]
    shown = {name for name in fields if names.count(name) == 1} | _PERIOD | {"q"}
    return [pair for pair in pairs if pair[0] not in shown]


def _chosen(pairs: Pairs, also: Pairs, filters: Filters, service: Service) -> Iterator[Chosen]:
    if filters.from_ or filters.to:
        yield Chosen(_period(filters), _query([*(pair for pair in pairs if pair[0] not in _PERIOD), *also]))
    for place, (name, value) in enumerate(pairs):
        if name not in _PERIOD:
            words, own = _words(name, value, service)
            yield Chosen(words, _query([*pairs[:place], *pairs[place + 1 :], *also]), own)


def _words(name: str, value: str, service: Service) -> tuple[str, bool]:
    """A filter in words, and whether these are words of customers or their files."""
    if name == "batch":
        return say("«{name}»", name=service.store.get_batch(value).name), True
    if name == "q":
        return say("«{name}»", name=value), True
    if name.startswith(ATTRIBUTE_PREFIX):
        return f"{name.removeprefix(ATTRIBUTE_PREFIX)}: {value_title(value)}", True
    if name == "polarity":
        return say(POLARITIES.get(value, value)), False
    if name == "corrected":
        return say(CORRECTED[value]), False
    title = channel_title(value) if name == "channel" else code_title(value)
    if (name, value) == ("reason", NO_REASON):
        return title, False
    return say("{filter}: {value}", filter=say(FILTERS[name]), value=title), title == value


def _period(filters: Filters) -> str:
    """A period as it stands in a sentence."""
    if filters.from_ and filters.to:
        first, last = day(filters.from_), day(filters.to - _DAY)
        return first if first == last else span_words(first, last)
    return say("{first} تا امروز", first=day(filters.from_)) if filters.from_ else say("پیش از {day}", day=day(filters.to))


def _query(pairs: Pairs) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""
