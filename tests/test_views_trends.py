"""Counts asked of the file for SQL tools are those of /v1/trends under the same filters."""

# ruff: noqa: S608  the SQL is our own

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import duckdb
import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, running
from tests.spoken import CALL, CHAT, conversation
from tests.stores import TEHRAN, add, tag_all
from voc.records import Feedback, Turn
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

TEXTS: Final = (
    "پیک خیلی دیر اومد و افتضاح بود حل نشد", "سریع فرستادین عالی بود حل شد", "چندبار زنگ زدم پشتیبانی برنداشت دیگه نمیخرم",
    "باز پیک دیر کرد افتضاحه، چندبار گفتم حل نشد که نشد، نمیخرم دیگه",
    "کیفیت دوخت عالی و قیمتش ارزون به همه پیشنهاد میدم", "راحت خرید کردم ولی گرون بود", "منتظر موندم کد ورود نیومد", "خب",
)  # fmt: skip
GLAD: Final = Turn("customer", "خیلی راحت شد، به بقیه هم پیشنهاد می‌کنم")
FIRST: Final = datetime(2024, 2, 25, 20, 30, tzinfo=TEHRAN)
ALL: Final = "kpi_v1.feedback f LEFT JOIN kpi_v1.dates d ON d.day = f.occurred_on"

FILTERS: Final[Mapping[str, tuple[dict[str, str], str]]] = {
    "none": ({}, "TRUE"),
    "channel": ({"channel": "تلفن"}, "f.channel = 'تلفن'"),
    "days": ({"from": "1402-12-15", "to": "1403-01-10"}, "d.jalali_date >= '1402-12-15' AND d.jalali_date < '1403-01-10'"),
    "kind": ({"kind": "conversation"}, "f.kind = 'conversation'"),
    "sentiment": ({"sentiment": "negative"}, "f.sentiment = 'negative'"),
    "reason": ({"reason": "delivery"}, "f.id IN (SELECT id FROM kpi_v1.reasons WHERE reason_group = 'delivery')"),
    "effort": ({"effort": "repeat_contact"}, "f.id IN (SELECT id FROM kpi_v1.effort_cues WHERE cue = 'repeat_contact')"),
    "resolution": ({"resolution": "unresolved"}, "f.resolution = 'unresolved'"),
    "attribute": ({"attr.شعبه": "ونک"}, "f.attributes ->> 'شعبه' = 'ونک'"),
    "together": ({"channel": "اپ", "kind": "feedback", "from": "1403-01-01"},
        "f.channel = 'اپ' AND f.kind = 'feedback' AND d.jalali_year = 1403"),
}  # fmt: skip
MEASURES: Final[Mapping[str, tuple[dict[str, str], str, str, str]]] = {  # how it is called, code, rows, and which count
    "volume": ({"measure": "volume"}, "NULL", "", "count(*)"),
    "sentiment": ({"measure": "sentiment"}, "f.sentiment", "", "count(f.sentiment)"),
    "resolution": ({"measure": "resolution"}, "f.resolution", "", "count(f.resolution)"),
    "reasons": ({"measure": "reasons"}, "g.reason", "JOIN kpi_v1.reasons g USING (id)", "count(*)"),
    "blamed": ({"measure": "reasons", "polarity": "negative"}, "g.reason", "JOIN kpi_v1.reasons g USING (id)",
        "count(*) FILTER (WHERE g.polarity = 'negative')"),
    "groups": ({"measure": "reasons", "level": "group"}, "g.reason_group", "JOIN kpi_v1.reasons g USING (id)",
        "count(DISTINCT f.id)"),
    "effort": ({"measure": "effort"}, "g.cue", "JOIN kpi_v1.effort_cues g USING (id)", "count(*)"),
    "loyalty": ({"measure": "loyalty"}, "g.cue", "JOIN kpi_v1.loyalty_cues g USING (id)", "count(*)"),
}  # fmt: skip
BUCKETS: Final[Mapping[str, tuple[dict[str, str], str]]] = {
    "day": ({"bucket": "day"}, "d.jalali_date"),
    "week": ({"bucket": "week"}, "d.jalali_week_key"),
    "month": ({"bucket": "month"}, "d.jalali_month_key"),
    "quarter": ({"bucket": "quarter"}, "d.jalali_quarter_key"),
    "gregorian": ({"bucket": "month", "calendar": "gregorian"}, "strftime(d.day, '%Y-%m')"),
}


@dataclass(frozen=True, slots=True)
class Both:
    """A service, and the file that it gave."""

    client: TestClient
    file: duckdb.DuckDBPyConnection


def rows() -> list[Feedback]:
    """Feedback and calls of two months over a New Year, the days, channels and agents by chance, some without."""
    chance = random.Random(7)  # noqa: S311
    made = [Feedback(text, line) for line, text in enumerate(chance.choices(TEXTS, k=120), 2)]
    made += [conversation(chance.choice((CALL, (*CHAT, GLAD))), line) for line in range(122, 142)]
    return [
        replace(
            each,
            occurred_at=None if chance.random() < 0.1 else FIRST + timedelta(hours=chance.randrange(60 * 24)),
            channel=chance.choice(("تلفن", "اپ", "سایت", None)),
            agent_id=chance.choice(("zohreh.k", "ali-m", None)),
            attributes={"شعبه": chance.choice(("ونک", "ری"))} if chance.random() < 0.8 else {},
        )
        for each in made
    ]


@pytest.fixture(scope="module")
def both(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Ten rows more wait for the tagger when the file is made; the service has stopped to tag."""
    folder = tmp_path_factory.mktemp("trends")
    with running(folder) as client:
        service = client.app.state.service  # type: ignore[attr-defined]
        service.engine.stop(5)
        store = service.store
        add(store, rows())
        tag_all(store)
        add(store, rows()[:10], "دیگر.csv")
        (folder / "kpi.duckdb").write_bytes(client.get("/v1/export/database").content)
        with duckdb.connect(str(folder / "kpi.duckdb"), read_only=True) as file:
            yield Both(client, file)


def counted(found: list[dict[str, Any]]) -> dict[tuple[Any, Any], int]:
    """How many rows each bucket and code, or group, has, where it has any."""
    return {(row["bucket"], row["code"] or row["group"]): row["n"] for row in found if row["n"]}


@pytest.mark.parametrize("named", FILTERS)
@pytest.mark.parametrize("measured", MEASURES)
def test_counts_are_those_of_the_trends(both: Both, measured: str, named: str) -> None:
    asked, code, join, count = MEASURES[measured]
    filters, condition = FILTERS[named]
    for bucket, key in BUCKETS.values() if named == "none" else [BUCKETS["week"]]:
        sql = f"SELECT {key}, {code}, {count} AS n FROM {ALL} {join} WHERE d.day IS NOT NULL AND {condition} GROUP BY ALL"
        there = {(at, what): n for at, what, n in both.file.execute(sql).fetchall() if n}
        assert there
        assert counted(items(both.client, "/v1/trends", **asked, **filters, **bucket)) == there


def test_shares_are_of_the_tagged_rows(both: Both) -> None:
    sql = f"SELECT d.jalali_month_key, count(*) FILTER (WHERE f.tagged) FROM {ALL} GROUP BY ALL"
    tagged = dict(both.file.execute(sql).fetchall())
    found = [row for row in items(both.client, "/v1/trends", measure="reasons", bucket="month") if row["n"]]
    assert found
    for row in found:
        assert row["share"] == pytest.approx(row["n"] / tagged[row["bucket"]])


@pytest.mark.parametrize(("group", "column"), [("channel", "f.channel"), ("agent", "f.agent_id")])
def test_groups_are_called_as_in_the_trends(both: Both, group: str, column: str) -> None:
    sql = f"SELECT d.jalali_month_key, {column}, count(*) FROM {ALL} WHERE d.day IS NOT NULL GROUP BY ALL"
    there = {(at, what): n for at, what, n in both.file.execute(sql).fetchall()}
    assert len({what for _, what in there}) > 2
    assert counted(items(both.client, "/v1/trends", measure="volume", bucket="month", group=group)) == there


def test_counts_by_day_sum_to_the_trends(both: Both) -> None:
    """The sums of kpis_daily in any span are what the rows themselves give."""
    names = ("feedback", "negative", "positive", "neutral", "mixed", "resolved", "unresolved")
    sums = ", ".join(f"CAST(sum({name}) AS INTEGER)" for name in names)
    sql = (
        f"SELECT jalali_week_key, {sums} FROM kpi_v1.kpis_daily JOIN kpi_v1.dates USING (day) WHERE channel = 'اپ' GROUP BY ALL"
    )
    asked = {"bucket": "week", "channel": "اپ"}
    trends = {
        measure: counted(items(both.client, "/v1/trends", measure=measure, **asked))
        for measure in ("volume", "sentiment", "resolution")
    }
    found = both.file.execute(sql).fetchall()
    assert len(found) > 5
    for week, feedback, *of_codes in found:
        assert feedback == trends["volume"][week, None]
        together = trends["sentiment"] | trends["resolution"]
        assert of_codes == [together.get((week, name), 0) for name in names[1:]]
