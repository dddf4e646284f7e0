"""Which records are offered for a look, in which order, and that a draw is a draw."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from statistics import mean
from typing import Any, Final

import pytest

from tests.ledger import Row, add_rows, on, row, store_with, tags, talk
from voc.corrections.correction import QUEUES, Note, Queue, seed_of
from voc.corrections.review import find_offers
from voc.corrections.statement import read_statement
from voc.errors import InputError
from voc.records import Reason, Tags
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.tagging import Thresholds, read_thresholds
from voc.tagging.identity import find_model

pytestmark = pytest.mark.usefixtures("engine")

NOW: Final = on("1402-12-21")
LEAST: Final = Thresholds({"delivery.time": 0.4, "churn_intent": 0.6}, {"delivery.time": 0.2})


def offers(store: Store, queue: Queue, *, limit: int = 50, filters: Filters = Filters(), seed: str | None = None) -> list[str]:  # noqa: B008
    """The ids of all pages, one after the other."""
    ids, cursor = list[str](), None
    while True:
        page = find_offers(store, queue, thresholds=LEAST, now=NOW, limit=limit, filters=filters, seed=seed, cursor=cursor)
        ids += [each.record.id for each in page.items]
        cursor = page.next
        if cursor is None:
            return ids


def reason(code: str, score: float) -> Tags:
    return replace(tags("neutral"), reasons=(Reason(code, "negative", score),))


def whats(store: Store, queue: Queue) -> list[tuple[str, str | None]]:
    page = find_offers(store, queue, thresholds=LEAST, now=NOW)
    return [(each.record.id, each.what) for each in page.items]


def test_the_least_sure_come_first() -> None:
    """(score - threshold) / (1 - threshold): f1 (.46 - .4) / .6 = .1, f2 (.55 - .5) / .5 = .1, f3 |-.05| = .05, f4 = .99; f5
    is as sure as can be of nothing, f6 is a conversation: (.9 - .2) / .8 = .875, and its mood is not said clearly.
    """
    call = talk("negative", "neutral")
    spoken = Row(call.feedback, reason("delivery.time", 0.9))
    with store_with(
        [
            row(reason("delivery.time", 0.46)),
            row(reason("price.value", 0.55)),
            row(tags("negative", -0.05)),
            row(tags("positive", 0.99)),
            row(tags("neutral", 0.0)),
            spoken,
            row(),
        ]
    ) as store:
        assert whats(store, "uncertain") == [
            ("f3", "sentiment"), ("f2", "price.value"), ("f1", "delivery.time"), ("f6", "delivery.time"), ("f4", "sentiment"),
        ]  # fmt: skip
        assert offers(store, "uncertain", limit=2) == ["f3", "f2", "f1", "f6", "f4"]


def test_a_sentiment_that_is_hardly_likelier_than_not_is_unsure_whichever_it_is() -> None:
    """2p - 1: f1 .1, f2 0 as it is below the half, f3 .9; f4 is from before there was a probability, |.5| = .5."""
    likely = [(tags("neutral"), 0.55), (tags("mixed"), 0.45), (tags("positive", 0.1), 0.95), (tags("negative", -0.5), None)]
    with store_with([row(replace(read, sentiment_probability=each)) for read, each in likely]) as store:
        assert whats(store, "uncertain") == [(f"f{n}", "sentiment") for n in (2, 1, 4, 3)]
        assert offers(store, "uncertain", limit=1) == ["f2", "f1", "f4", "f3"]


def test_scores_that_say_the_opposite_of_the_words() -> None:
    """Gaps: f1 |1 + .9| = 1.9, f2 |-1 - .2| = 1.2, f3 |1 + .2| = 1.2 by ces; f4 says 8 and is glad; f5 is neutral."""
    with store_with(
        [
            row(tags("negative", -0.9), nps=10),
            row(tags("positive", 0.2), csat=1.0),
            row(tags("negative", -0.2), ces=7.0, nps=5),
            row(tags("positive", 0.9), nps=8, csat=5.0),
            row(tags("neutral", 0.1), nps=0),
            row(tags("positive", 0.9), nps=6),
        ]
    ) as store:
        assert whats(store, "disagrees") == [("f1", "nps"), ("f3", "ces"), ("f2", "csat")]
        assert offers(store, "disagrees", limit=1) == ["f1", "f3", "f2"]


def test_a_spike_offers_its_surest_texts() -> None:
    days = [f"1402-{month:02}-{day:02}" for month in (11, 12) for day in range(1, 21)]
    quiet = [row(reason("delivery.time", 0.9), occurred_at=on(day)) for day in days for _ in range(3)]
    risen = [row(reason("price.value", 0.6 + n / 100), occurred_at=on("1402-12-18")) for n in range(30)]
    usual = [row(reason("price.value", 0.9), occurred_at=on(day)) for day in days]
    with store_with([*quiet, *usual, *risen]) as store:
        found = whats(store, "spike")
        assert len(found) == 31  # one of that day is of the usual
        assert {what for _, what in found} == {"price.value"}
        assert found[1][0] == f"f{len(quiet) + len(usual) + 30}"
        assert offers(store, "spike", limit=7) == [row for row, _ in found]
        assert offers(store, "spike", filters=Filters(reason=("delivery.time",))) == []


def test_a_draw_is_the_same_for_everyone_and_another_each_week(many: Store) -> None:
    first, second = (offers(many, "random", limit=300, seed=seed) for seed in ("1405-W01", "1405-W02"))
    assert first == offers(many, "random", limit=70, seed="1405-W01")
    assert sorted(first) == sorted(second)
    assert first != second
    assert offers(many, "random", limit=300) == offers(many, "random", limit=300, seed=seed_of(NOW))
    page = find_offers(many, "random", thresholds=LEAST, now=NOW, limit=70, seed="1405-W01")
    with pytest.raises(InputError, match="cursor"):
        find_offers(many, "random", thresholds=LEAST, now=NOW, limit=70, seed="1405-W02", cursor=page.next)
    assert seed_of(datetime(2026, 5, 4, tzinfo=UTC)) == "1405-W07"


def test_a_draw_is_fair(many: Store) -> None:
    """Of 600 rows in order the first 60 that are drawn lie at 300 ± 22 on average; five times that off is no chance."""
    drawn = [int(each[1:]) for each in offers(many, "random", limit=1_000, seed="1405-W03")]
    assert sorted(drawn) == list(range(1, 601))
    assert abs(mean(drawn[:60]) - 300.5) < 5 * 22.4


@pytest.fixture(scope="module")
def many(engine: Engine) -> Iterator[Store]:
    rows: Sequence[Row] = [row(tags("neutral")) for _ in range(600)]
    with store_with(rows) as store:
        yield store


def test_more_rows_leave_those_that_were_drawn_in_their_order() -> None:
    with store_with([row(tags("neutral")) for _ in range(20)]) as store:
        before = offers(store, "random", seed="1405-W01")
        add_rows(store, [row(tags("neutral")) for _ in range(20)], "بیشتر")
        after = offers(store, "random", seed="1405-W01")
        assert [each for each in after if each in before] == before


@pytest.mark.parametrize("queue", QUEUES)
def test_what_somebody_spoke_of_is_not_offered_again(queue: Queue) -> None:
    with store_with([row(tags("negative", -0.3), nps=10), row(tags("negative", -0.3), nps=10)]) as store:
        store.corrections.correct("f1", read_statement({}), Note(), NOW)
        if queue == "random":
            assert offers(store, queue) == ["f2", "f1"]
        elif queue != "spike":
            assert offers(store, queue) == ["f2"]
            store.corrections.undo("c1", None, NOW)
            assert offers(store, queue) == ["f2", "f1"]  # of equals the last that arrived comes first


@pytest.mark.parametrize("queue", QUEUES)
def test_what_is_left_is_what_nobody_has_spoken_of(queue: Queue) -> None:
    rows = [row(tags("negative", -0.3), nps=10, channel=channel) for channel in ("اپ", "تلفن", "تلفن")]
    with store_with(rows) as store:
        found = partial(find_offers, store, queue, thresholds=LEAST, now=NOW, limit=1)
        expected = (0, 0, 0) if queue == "spike" else (3, 2, 2)
        before, by_phone = found(), found(filters=Filters(channel=("تلفن",)))
        store.corrections.correct("f1", read_statement({}), Note(), NOW)
        assert (before.left, by_phone.left, found().left) == expected
        assert before.seed == (seed_of(NOW) if queue == "random" else None)


def test_a_second_opinion_is_asked_of_somebody_else() -> None:
    with store_with([row(tags("neutral")) for _ in range(3)]) as store:
        store.corrections.correct("f1", read_statement({}), Note("k1"), NOW)
        asked = {
            by: [
                (each.record.id, each.reviewed) for each in find_offers(store, "random", thresholds=LEAST, now=NOW, by=by).items
            ]
            for by in (None, "k1", "k2")
        }
        assert asked["k2"][-1] == ("f1", True)
        assert asked["k1"] == asked["k2"][:-1]
        assert asked[None] == asked["k2"]


@pytest.mark.parametrize("queue", QUEUES)
def test_nobody_is_looked_for_row_by_row(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    with store_with([row(tags("neutral"))]) as store:
        asked: list[str] = []
        select = store.select

        def noted(sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
            asked.append(sql)
            return select(sql, parameters)

        monkeypatch.setattr(store, "select", noted)
        find_offers(store, queue, thresholds=LEAST, now=NOW, by="k1")
    assert asked
    assert not [sql for sql in asked if "NOT IN" in sql]


def test_filters_narrow_every_queue() -> None:
    rows = [row(tags("negative", -0.5), nps=10, channel="اپ"), row(tags("negative", -0.5), nps=10, channel="تلفن")]
    with store_with(rows) as store:
        for queue in ("uncertain", "disagrees", "random"):
            assert offers(store, queue, filters=Filters(channel=("تلفن",))) == ["f2"]
        with pytest.raises(InputError):
            offers(store, "random", filters=Filters(reason=("delivery.tyme",)))


def test_a_cursor_is_of_its_queue() -> None:
    with store_with([row(tags("negative", -0.5), nps=10) for _ in range(3)]) as store:
        page = find_offers(store, "random", thresholds=LEAST, now=NOW, limit=1)
        with pytest.raises(InputError):
            find_offers(store, "uncertain", thresholds=LEAST, now=NOW, cursor=page.next)
        with pytest.raises(InputError):
            find_offers(store, "random", thresholds=LEAST, now=NOW, limit=0)


@pytest.mark.engines
def test_the_shipped_model_says_its_thresholds() -> None:
    found, said = read_thresholds(), json.loads((find_model() / "config.json").read_text("utf-8"))
    assert found.of_text("delivery.time") == said["thresholds"]["delivery.time"]
    assert found.of_conversation("delivery.time") == said["conversation_thresholds"]["delivery.time"]
    assert found.of_conversation("delivery.time") != found.of_text("delivery.time")
    assert found.of_text("no.such") == 0.5
