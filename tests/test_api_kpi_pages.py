"""The pages of the KPIs: every KPI is there with its value or what would give one, and its arithmetic is shown."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.kpi_sheet import METHODS, SECTIONS, filled_formula, written
from api.titles import need_title
from tests.api_client import running, send_tagged
from tests.ledger import on, row, store_with, tags
from voc.kpis import KPIS, Setting, counts_behind, get_kpi
from voc.kpis.kpi import Method
from voc.store import Filters
from voc.store.database import Engine


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("kpis")) as client:
        send_tagged(client)
        yield client


def seen(client: TestClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_every_kpi_is_in_one_section_and_every_method_and_need_has_a_name() -> None:
    shown = [kpi.name for kpis in SECTIONS.values() for kpi in kpis]
    assert sorted(shown) == sorted(kpi.name for kpi in KPIS)
    assert set(METHODS) == set(Method.__args__)  # type: ignore[attr-defined]
    latin = [name for kpi in KPIS for name in kpi.needs if not re.search("[آ-ی]|NPS|CSAT|CES|VES", need_title(name))]
    assert latin == []


def test_all_kpis_and_what_those_without_a_value_need(client: TestClient) -> None:
    page = seen(client, "/kpis")
    assert "شاخص خالص مروجان \u200e−۲۰" in page
    assert "لازم است: مدت رسیدگی" in page
    raw = client.get("/kpis").text
    assert all(f'href="/kpis/{kpi.name}"' in raw for kpi in KPIS)


def test_one_kpi_with_its_arithmetic(client: TestClient) -> None:
    page = seen(client, "/kpis/nps")
    assert "100·(promoters − detractors)/n = ۱۰۰ × (۲ − ۳)/۵" in page
    assert "به تفکیک کانال" in page
    told = client.get("/v1/kpis/nps").json()
    assert told["counts"] == {"promoters": 2, "detractors": 3, "n": 5}
    assert told["value"]["value"] == -20
    assert client.get("/v1/kpis/npss").status_code == 422


def test_the_span_of_the_chart_is_chosen(client: TestClient) -> None:
    raw = client.get("/kpis/nps", params={"bucket": "week"}).text
    assert 'bucket=week" aria-current="true"' in raw
    assert "هفتهٔ ۵ اسفند ۱۴۰۲" in raw
    assert client.get("/kpis/nps", params={"bucket": "hour"}).status_code == 422


@pytest.mark.parametrize(("language", "months"), [("fa", {"1402-12", "1403-01", "1403-02"}), ("en", {"2024-03", "2024-04"})])
def test_the_file_has_the_months_of_the_chart(client: TestClient, language: str, months: set[str]) -> None:
    page = html.unescape(client.get("/kpis/nps", headers={"cookie": f"voc_lang={language}"}).text)
    for ending in ("xlsx", "parquet"):
        (link,) = re.findall(rf'href="(/v1/export/kpis\?names=nps&bucket=[^"]*format={ending})"', page)
        exported = client.get(link.replace(f"format={ending}", "format=jsonl")).text
        assert {json.loads(line)["bucket"] for line in exported.splitlines()} == months


@pytest.mark.usefixtures("engine")
def test_the_table_of_a_chart_says_as_much_as_the_chart(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        send_tagged(client, "نظر,تاریخ,CSAT\nسریع رسید,1403/01/05,4\nعالی بود,1403/01/06,4\nخوب بود,1403/01/07,5\n")
        assert "فروردین ۱۴۰۳ ۳ ۴٫۳" in seen(client, "/kpis/csat_mean")


def test_a_kpi_without_a_value_says_why_and_fills_no_formula(client: TestClient) -> None:
    page = seen(client, "/kpis/aht_mean")
    assert "چرا مقداری نیست لازم است: مدت رسیدگی" in page
    assert "حساب: total/n = " not in page or "۰/۰" in page


@pytest.mark.usefixtures("engine")
def test_the_counts_behind_a_formula() -> None:
    rows = [row(tags(), nps=score, occurred_at=on("1403-01-01")) for score in (10, 9, 7, 2)]
    with store_with(rows) as store:
        assert counts_behind(store, "nps") == {"promoters": 2, "detractors": 1, "n": 4}
        assert filled_formula(store, get_kpi("nps"), Filters(), Setting()) == "۱۰۰ × (۲ − ۱)/۴"
        assert filled_formula(store, get_kpi("frt_median"), Filters(), Setting()) == ""  # a median is no sum of counts
    with store_with([]) as store:
        assert counts_behind(store, "nps") == {"promoters": 0, "detractors": 0, "n": 0}


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("costs", "filled"),
    [((12_345_678, 11_111_111), "۲۳٬۴۵۶٬۷۸۹/۲"), ((1_234_567.25, 1.5), "۱٬۲۳۴٬۵۶۸٫۷۵/۲"), ((0.1, 0.2), "۰٫۳/۲")],
)
def test_a_formula_has_the_very_counts(costs: tuple[float, ...], filled: str) -> None:
    with store_with([row(cost=cost) for cost in costs]) as store:
        assert filled_formula(store, get_kpi("cpc"), Filters(), Setting()) == filled


@pytest.mark.usefixtures("engine")
def test_a_formula_has_the_shares_that_are_set(tmp_path: Path) -> None:
    with running(tmp_path, stay_unresolved=0.125, stay_low_effort=0.5) as client:
        send_tagged(client, "نظر\nحل نشد\nحل شد\n")
        page = seen(client, "/kpis/text_retention_low_effort")
        told = client.get("/v1/kpis/text_retention_low_effort").json()
        overview = seen(client, "/")
    formula = (
        "(stay_unresolved·unresolved + stay_low_effort·(high_effort + low_effort))/(unresolved + high_effort + low_effort)"
    )
    assert f"{formula} = (۰٫۱۲۵ × ۱ + ۰٫۵ × (۰ + ۱))/(۱ + ۰ + ۱)" in page
    assert told["formula"] == formula
    shares = {"stay_unresolved": 0.125, "stay_low_effort": 0.5}
    assert told["counts"] == {"unresolved": 1, "high_effort": 0, "low_effort": 1} | shares
    assert told["value"]["value"] == 0.625 / 2
    assert "از پژوهش گارتنر است، مگر جور دیگری تنظیم شده باشد" in overview


def test_values_with_their_units() -> None:
    assert [written(0.123, "share"), written(-4.2, "points"), written(75, "seconds"), written(3.25, "scale_1_5")] == [
        "۱۲٪", "\u200e−۴", "۱ دقیقه و ۱۵ ثانیه", "۳٫۲ از ۵",
    ]  # fmt: skip
    assert written(-120.4, "points_200") == "\u200e−۱۲۰"
    assert written(None, "share") == "—"
    assert written(-3_725, "seconds") == "\u200e−۱ ساعت و ۲ دقیقه"
