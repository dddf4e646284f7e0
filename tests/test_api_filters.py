"""The filters mean the same in every call, several pages make one list, and what is misspelt is refused, never ignored."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

ROWS = """نظر,تاریخ,کانال,شعبه,شهر/استان
پیک دیر اومد و افتضاح بود,1402/12/11,تلفن,ونک,تهران
سریع اومد و پیک مودب بود عالی,1402/12/29,اپ,تجریش,تهران
چندبار زنگ زدم پشتیبانی حل نشد,1403/01/05,تلفن,ونک,البرز
كيفيت خوبه ولی گرون,1403/01/20,سایت,کرج,البرز
راحت خریدم و به همه پیشنهاد میدم,1403/02/02,اپ,کرج,البرز
"""


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("filters")) as client:
        send_tagged(client, ROWS)
        yield client


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", [6, 5, 4, 3, 2]),
        ("from=1403-01-01", [6, 5, 4]),
        ("from=2024-03-20&to=2024-04-08", [4]),
        ("to=۱۴۰۲/۱۲/۲۹", [2]),
        ("channel=تلفن", [4, 2]),
        ("channel=تلفن&channel=سایت", [5, 4, 2]),
        ("sentiment=negative,positive", [3, 2]),
        ("reason=delivery", [3, 2]),
        ("reason=delivery.time", [3, 2]),
        ("reason=delivery.time&polarity=positive", [3]),
        ("reason=none", [6]),
        ("reason=none&reason=delivery.time", [6, 3, 2]),
        ("reason=none&polarity=negative", []),
        ("effort=repeat_contact&effort=easy", [6, 4]),
        ("loyalty=recommend", [6]),
        ("resolution=unresolved", [4]),
        ("q=پیک", [3, 2]),
        ("q=100%25", []),
        ("attr.شعبه=ونک", [4, 2]),
        ("attr.شعبه=ونک&attr.شعبه=کرج", [6, 5, 4, 2]),
        ("attr.شهر/استان=البرز&channel=اپ", [6]),
        ("batch=b000000000000", []),
        ("reason=&sentiment=&q=&channel=&from=&to=&batch=&attr.شعبه=", [6, 5, 4, 3, 2]),
        ("channel=&channel=سايت&attr.شعبه=&attr.شعبه=کرج", [5]),
        ("channel=+سايت+", [5]),
        ("channel=-", []),
    ],
)
def test_each_filter(client: TestClient, query: str, lines: list[int]) -> None:
    assert [row["line"] for row in items(client, f"/v1/feedback?{query}")] == lines
    exported = client.get(f"/v1/export/feedback?{query}&format=csv").content.decode("utf-8-sig").splitlines()[1:]
    assert [int(line.split(",")[2]) for line in exported] == sorted(lines)
    assert sum(row["n"] for row in items(client, f"/v1/trends?measure=volume&bucket=year&{query}")) == len(lines)


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/trends", "/v1/kpis", "/v1/export/feedback", "/texts", "/"])
@pytest.mark.parametrize(
    ("query", "field", "option"),
    [
        ("reson=delivery", "reson", "reason"),
        ("chanel=تلفن", "chanel", "channel"),
        ("attribute=ونک", "attribute", "attr.NAME"),
        ("sentiment=angry", "sentiment", "negative"),
        ("reason=delivery.tim", "reason", "delivery.time"),
        ("polarity=mixed", "polarity", "positive"),
        ("from=1402-13-01", "from", None),
        ("to=yesterday", "to", None),
        ("from=1000-01-01&to=2026-01-01", "from", None),
        ("from=0001-01-01", "from", None),
        ("to=0001-01-01", "to", None),
        ("to=9999-12-31T12:00", "to", None),
    ],
)
def test_what_does_not_exist_is_refused(client: TestClient, path: str, query: str, field: str, option: str | None) -> None:
    document = problem(client.get(f"{path}?{query}"), 422)
    assert document["field"] == field
    assert option is None or option in document["options"]


@pytest.mark.parametrize("query", ["", "&bucket=month", "&bucket=week&calendar=gregorian"])
@pytest.mark.parametrize("span", ["from=1800-01-01&to=2299-12-31", "from=1200-01-01", "from=2299-12-31&to=1800-01-01"])
def test_the_longest_span_has_a_span_before_it(client: TestClient, span: str, query: str) -> None:
    assert client.get(f"/v1/kpis?names=crr,nps&{span}{query}").status_code == 200


@pytest.mark.parametrize(
    ("path", "field", "option"),
    [
        ("/v1/feedback?limit=0", "limit", None),
        ("/v1/feedback?limit=1001", "limit", None),
        ("/v1/feedback?limit=ten", "limit", None),
        ("/v1/feedback?cursor=%21%21", "cursor", None),
        ("/v1/batches?cursor=WyJmZWVkYmFjayIsIDRd", "cursor", None),
        ("/v1/batches?limits=3", "limits", "limit"),
        ("/v1/trends?measure=mood", "measure", "sentiment"),
        ("/v1/trends?bucket=fortnight", "bucket", "week"),
        ("/v1/trends?calendar=hijri", "calendar", "jalali"),
        ("/v1/trends?level=top", "level", "group"),
        ("/v1/trends?group=colour", "group", "channel"),
        ("/v1/kpis?names=nps,csat", "names", "csat_top2"),
        ("/v1/kpis?name=nps", "name", "names"),
        ("/v1/kpis?min_n=0", "min_n", None),
        ("/v1/export/feedback?format=pdf", "format", "parquet"),
        ("/v1/export/kpis?names=nope", "names", "nps"),
    ],
)
def test_wrong_parameters_name_what_is_right(client: TestClient, path: str, field: str, option: str | None) -> None:
    document = problem(client.get(path), 422)
    assert document["field"] == field
    assert option is None or option in document["options"]


def test_pages_make_the_whole_list(client: TestClient) -> None:
    seen: list[int] = []
    query: dict[str, str | int] = {"limit": 2, "channel": ["تلفن", "اپ", "سایت"]}  # type: ignore[dict-item]
    for _ in range(3):
        page = client.get("/v1/feedback", params=query).json()
        seen += [row["line"] for row in page["items"]]
        query["cursor"] = page["next"]
    assert seen == [6, 5, 4, 3, 2]
    assert page["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/feedback?limit=&cursor=",
        "/v1/batches?limit=",
        "/v1/trends?measure=&bucket=&group=",
        "/v1/kpis?names=&min_n=",
    ],
)
def test_empty_fields_of_a_form_were_not_given(client: TestClient, path: str) -> None:
    assert client.get(path).json() == client.get(path.partition("?")[0]).json()


def test_weeks_run_from_saturday(client: TestClient) -> None:
    weeks = items(client, "/v1/trends", measure="volume", bucket="week", to="1402-12-12")
    assert [(week["bucket"], week["start"], week["end"]) for week in weeks] == [("1402-W50", "2024-02-24", "2024-03-02")]


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("", {"delivery.time": 2, "delivery.courier": 2, "price.value": 1, "service.access": 1}),
        ("polarity=negative", {"delivery.time": 1, "delivery.courier": 2, "price.value": 1, "service.access": 1}),
        ("polarity=positive", {"delivery.time": 1}),
        ("polarity=negative,positive", {"delivery.time": 2, "delivery.courier": 2, "price.value": 1, "service.access": 1}),
    ],
)
def test_polarity_splits_reasons(client: TestClient, query: str, counts: dict[str, int]) -> None:
    """A text that praises the time and blames the courier counts for the time alone where praise is asked for."""
    rows = items(client, f"/v1/trends?measure=reasons&bucket=none&{query}")
    assert {row["code"]: row["n"] for row in rows} == counts
    assert {row["bucket"] for row in rows} == {None}
    assert all(row["share"] == pytest.approx(row["n"] / 5) for row in rows)
    exported = client.get(f"/v1/export/trends?measure=reasons&bucket=none&{query}&format=jsonl").text
    assert exported.count("\n") == len(rows)


def test_a_net_of_one_polarity_is_none(client: TestClient) -> None:
    assert problem(client.get("/v1/trends?measure=reason_net&polarity=positive"), 422)["field"] == "polarity"


def test_groups_of_reasons_count_a_text_once(client: TestClient) -> None:
    rows = items(client, "/v1/trends", measure="reasons", level="group", bucket="year")
    assert {row["bucket"]: row["n"] for row in rows if row["code"] == "delivery"} == {"1402": 2, "1403": 0}
