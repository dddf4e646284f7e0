"""The pages of the contact reasons: what they say is what the API says, and every number leads to its texts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.changes import list_changes
from api.overview import list_figures
from api.periods import list_periods, period_words
from api.reasons import list_tree
from tests.api_client import running, send_tagged, upload
from tests.ledger import Row, on, row, store_with, tags
from voc.days import parse_day
from voc.kpis import Setting
from voc.records import Feedback
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends import Comparison, TrendRow, compare, compute_trend

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("reasons")) as client:
        send_tagged(client)
        yield client


def seen(client: TestClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_tree_has_every_reason_under_its_group(client: TestClient) -> None:
    page = client.get("/reasons").text
    rows = client.get("/v1/trends", params={"measure": "reasons", "bucket": "none"}).json()["items"]
    assert rows
    for code in (each["code"] for each in rows):
        assert f'href="/reasons/{code}"' in page
        assert page.index(f'href="/reasons/{code.partition(".")[0]}"') > page.index(f'href="/reasons/{code}"')


def test_a_reason_from_all_sides(client: TestClient) -> None:
    page, api = seen(client, "/reasons/delivery.time"), client.get("/v1/reasons/delivery.time").json()
    assert api["n"] == client.get("/v1/feedback", params={"reason": "delivery.time"}).json()["items"].__len__()
    assert "زمان تحویل" in page
    raw = client.get("/reasons/delivery.time").text
    assert 'href="/texts?reason=delivery.time"' in raw
    assert raw.count("<mark") >= len(api["typical"]) > 0


@pytest.mark.parametrize("path", ["/reasons", "/reasons/service.access", "/reasons/service"])
def test_a_reason_from_another_page_changes_no_reason(client: TestClient, path: str) -> None:
    """The links lead to all texts of a reason, so it is these that are counted."""
    assert seen(client, f"{path}?reason=delivery.time") == seen(client, path)


def test_a_period_that_ends_before_it_begins_is_empty(client: TestClient) -> None:
    assert "نظری با این نشانه‌ها نیست" in seen(client, "/reasons?from=2026-05-12&through=2026-05-11")


def test_the_page_of_a_reason_asks_no_series_twice(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compute(store: Store, measure: str, **options: Any) -> list[TrendRow]:
        asked.append((measure, options.get("bucket"), options.get("group"), options.get("polarity")))
        return compute_trend(store, measure, **options)

    monkeypatch.setattr("api.reasons.compute_trend", compute)
    client.get("/reasons/delivery.time?sentiment=negative").raise_for_status()
    assert len(asked) == len(set(asked)) > 3


def test_a_group_has_a_page_and_an_unknown_code_none(client: TestClient) -> None:
    assert "ارسال و تحویل" in seen(client, "/reasons/delivery")
    assert client.get("/reasons/delivery.tiem", headers={"Accept": "text/html"}).status_code == 422


def test_a_chosen_period_is_kept_by_every_link(client: TestClient) -> None:
    page = client.get("/reasons", params={"from": "2024-03-01", "to": "2024-04-30", "channel": "phone"}).text
    links = re.findall(r'href="(/reasons/[^"]+|/texts[^"]*)"', page)
    assert links
    assert all("from=2024-03-01" in link and "channel=phone" in link for link in links if "?" in link and "texts" not in link)


def test_a_change_is_that_against_the_time_before() -> None:
    def said(day: str, of_delivery: int, others: int) -> list[Row]:
        late = row(tags(reasons=["delivery.time-"]), occurred_at=on(day))
        dear = row(tags(reasons=["price.value-"]), occurred_at=on(day))
        return [late] * of_delivery + [dear] * others

    month = Filters(from_=parse_day("1403-02-01", "from"), to=parse_day("1403-03-01", "to"))
    with store_with(said("1403-01-10", 5, 35) + said("1403-02-10", 30, 10)) as store:
        tree = {group.code: group for group in list_tree(store, month)}
        assert all(not group.change for group in list_tree(store, Filters()))
    late = tree["delivery"].children[0]
    assert (late.code, late.n, late.beyond_chance) == ("delivery.time", 30, True)
    assert late.change == "\u200e+۶۲٫۵ واحد"  # 30/40 − 5/40
    assert [part.size for part in tree["price"].children[0].parts] == [pytest.approx(100 * 10 / 30)]  # one scale for all bars


def test_without_texts_and_without_reasons(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("empty")) as client:
        assert "هنوز نظر خوانده‌شده‌ای نیست" in seen(client, "/reasons")
        assert "نظری با این دلیل نیست" in seen(client, "/reasons/price.value")
        upload(client, "نظر\nسلام\n", "x.csv")


@pytest.mark.engines
def test_periods_by_name() -> None:
    today = parse_day("1405-09-05", "day")
    periods = {each.title: each for each in list_periods([("channel", "phone"), ("from", "x")], Filters(), today)}
    assert periods["همهٔ زمان"].current
    assert periods["۷ روز"].query == "?channel=phone&from=2026-11-20&to=2026-11-27"
    assert periods["این ماه"].query == "?channel=phone&from=2026-11-22&to=2026-12-22"
    assert periods["ماه پیش"].query == "?channel=phone&from=2026-10-23&to=2026-11-22"
    assert period_words(Filters(from_=today)) == "از ۵ آذر ۱۴۰۵ تا امروز"
    assert period_words(Filters()) == ""


def rows_that_changed() -> list[Row]:
    """A month in which late couriers push back the prices of the month before."""

    def said(day: str, code: str, count: int, text: str) -> list[Row]:
        found = tags(reasons=[f"{code}-"], sentiment="negative", score=-0.9)
        return [Row(Feedback(text=text, line=1, occurred_at=on(day)), found)] * count

    rows = said("1403-01-20", "delivery.time", 4, "پیک دیر رسید") + said("1403-01-20", "price.value", 46, "گرونه به خدا")
    rows += said("1403-02-20", "delivery.time", 30, "این دفعه هم پیک دو ساعت دیر رسید دم در")
    return rows + said("1403-02-20", "price.value", 20, "گرونه به خدا")


def test_what_changed_beyond_chance_is_told_with_a_text_that_shows_it() -> None:
    with store_with(rows_that_changed()) as store:
        told = list_changes(store, Filters())  # the last month that there is anything of
        nothing = list_changes(store, Filters(channel=("phone",)))
    assert nothing is None
    assert told is not None
    assert (told.n, told.n_before, told.period) == (50, 50, "از ۲۲ فروردین ۱۴۰۳ تا ۲۰ اردیبهشت ۱۴۰۳")
    late = next(change for change in told.items if change.title == "زمان تحویل")
    assert (late.rose, late.before, late.now, late.times) == (True, "۸٪", "۶۰٪", "۷٫۵ برابر")
    assert late.interval == "تفاوت: \u200e+۳۴٫۴ واحد تا \u200e+۶۵٫۳ واحد"
    assert late.query["reason"] == "delivery.time"
    assert "".join(piece.text for piece in late.example) == "این دفعه هم پیک دو ساعت دیر رسید دم در"
    dear = next(change for change in told.items if change.title == "قیمت و ارزش خرید")
    assert (dear.rose, dear.times) == (False, "")
    assert "احساس" not in {change.kind for change in told.items}  # all were negative before, too


def test_what_changed_is_told_though_its_texts_are_deleted_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    with store_with(rows_that_changed()) as store:

        def compare_and_delete(*given: Any, **options: Any) -> Comparison:
            found = compare(*given, **options)
            for batch in store.list_batches().items:
                store.delete_batch(batch.id)
            return found

        monkeypatch.setattr("api.changes.compare", compare_and_delete)
        told = list_changes(store, Filters())
    assert told is not None
    assert {change.title: change.example for change in told.items} == {"زمان تحویل": [], "قیمت و ارزش خرید": []}


def test_figures_say_how_they_differ_from_the_time_before_and_draw_their_line() -> None:
    def answers(month: int, promoters: int, detractors: int) -> list[Row]:
        return [
            Row(Feedback(text="خوب بود", line=1, nps=score, occurred_at=on(f"1403-{month:02}-10")), tags())
            for score in [10] * promoters + [2] * detractors
        ]

    rows = [row for month in range(1, 6) for row in answers(month, 20, 20)] + answers(6, 38, 2)
    with store_with(rows) as store:
        month = Filters(from_=parse_day("1403-06-01", "from"), to=parse_day("1403-07-01", "to"))
        (told,) = [each for each in list_figures(store, month, Setting(), 40, 40) if each.title == "شاخص خالص مروجان"]
        (ever,) = [each for each in list_figures(store, Filters(), Setting(), 240, 240) if each.title == "شاخص خالص مروجان"]
    assert told.change == "\u200e+۹۰ نسبت به دورهٔ پیش"  # from 0 to 90
    assert ever.change == ""
    heights = [float(point.split(",")[1]) for point in ever.line.split()]
    assert heights == [23.0] * 5 + [1.0]
