"""The OData feed over HTTP: its documents, answers, links and errors, who may read it, and that its rows are those of /v1."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from api.odata import PAGE_ROWS, NotAcceptableError, json_form, page_rows
from tests.api_client import BASE, SURVEY, items, problem, running, send_tagged, wait_done
from tests.spoken import CALL, CHAT, conversation
from tests.stores import add, open_store
from voc.access import make_key
from voc.errors import QueryError
from voc.odata import SETS
from voc.odata.figures import KPIS, TRENDS
from voc.records import Feedback
from voc.store.database import Engine

FEED: Final = f"{BASE}/odata/"
MINIMAL: Final = "application/json;odata.metadata=minimal;charset=utf-8"
EDM: Final = "{http://docs.oasis-open.org/odata/ns/edm}"
PRIMITIVES: Final = {
    "Edm.String": str, "Edm.Int32": int, "Edm.Double": (int, float), "Edm.Boolean": bool, "Edm.Date": str,
    "Edm.DateTimeOffset": str,
}  # fmt: skip
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with a survey and two conversations, all tagged."""
    with running(tmp_path_factory.mktemp("odata"), rate_per_minute=0) as client:
        send_tagged(client, SURVEY)
        service = client.app.state.service  # type: ignore[attr-defined]
        at = datetime(2024, 4, 1, 9, 30, tzinfo=UTC)
        batch = add(
            service.store,
            [
                conversation(CALL, 2, channel="تلفن", agent_id="ک-۷", occurred_at=at),
                conversation(CHAT, 3, channel="گفتگو", speakers_sure=0.83),
            ],
        )
        service.engine.wake()
        wait_done(client, batch.id)
        yield client


def read(client: TestClient, address: str, **headers: str) -> dict[str, Any]:
    """An answer of the feed in JSON, after checking its head."""
    answer = client.get(address if address.startswith("http") else f"{FEED}{address}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MINIMAL
    assert answer.headers["odata-version"] == "4.0"
    document: dict[str, Any] = answer.json()
    return document


def rows(client: TestClient, address: str, **headers: str) -> list[dict[str, Any]]:
    """All rows, page by page."""
    found: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        page = read(client, following, **headers)
        found += page["value"]
        following = page.get("@odata.nextLink")
    return found


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The error of an answer, after checking that it is one of OData's."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert answer.headers["odata-version"] == "4.0"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) <= {"code", "message", "target"}
    assert error["code"]
    assert error["message"]
    return error


def metadata(client: TestClient) -> ElementTree.Element:
    answer = client.get("/odata/$metadata", headers={"accept": "application/json"})  # some clients ask so for everything
    assert answer.headers["content-type"] == "application/xml;charset=utf-8"
    assert answer.headers["odata-version"] == "4.0"
    return ElementTree.fromstring(answer.content)  # noqa: S314 – our own document


def test_the_service_document_lists_the_sets_of_the_metadata(client: TestClient) -> None:
    for address in ("/odata", "/odata/"):
        document = read(client, f"{BASE}{address}")
        assert document["@odata.context"] == f"{FEED}$metadata"
        assert {each["kind"] for each in document["value"]} == {"EntitySet"}
    container = metadata(client).find(f".//{EDM}EntityContainer")
    assert container is not None
    assert [each.get("Name") for each in container] == [each["url"] for each in document["value"]]
    for each in document["value"]:
        assert client.get(f"/odata/{each['url']}?$top=0").json()["value"] == []


def test_the_metadata_is_a_whole_schema(client: TestClient) -> None:
    """Every type that is named is declared, every key is a property that is never null, and every name is one."""
    document = metadata(client)
    assert document.tag == "{http://docs.oasis-open.org/odata/ns/edmx}Edmx"
    assert document.get("Version") == "4.0"
    (schema,) = document.iter(f"{EDM}Schema")
    types = {f"{schema.get('Namespace')}.{each.get('Name')}": each for each in schema.iter(f"{EDM}EntityType")}
    assert {each.get("EntityType") for each in schema.iter(f"{EDM}EntitySet")} == set(types)
    assert len(types) == len(SETS)
    for each in types.values():
        properties = {one.get("Name"): one for one in each.findall(f"{EDM}Property")}
        assert len(properties) == len(each.findall(f"{EDM}Property"))
        assert all(re.fullmatch(r"[a-z]\w{0,127}", name or "") for name in properties)
        assert {one.get("Type") for one in properties.values()} <= set(PRIMITIVES)
        (key,) = each.findall(f"{EDM}Key/{EDM}PropertyRef")
        assert properties[key.get("Name")].get("Nullable") == "false"


@pytest.mark.parametrize("entity_set", SETS, ids=lambda each: each.name)
def test_rows_are_as_the_metadata_says(client: TestClient, entity_set: Any) -> None:
    """Types, nulls and keys of every row of every set."""
    schema = metadata(client)
    (declared,) = [each for each in schema.iter(f"{EDM}EntityType") if each.get("Name") == entity_set.type_name]
    properties = {each.get("Name"): each for each in declared.findall(f"{EDM}Property")}
    found = rows(client, entity_set.name)
    assert found
    keys = [row[entity_set.key.name] for row in found]
    assert len(set(keys)) == len(keys)
    for row in found:
        assert list(row) == list(properties)
        for name, value in row.items():
            kind = str(properties[name].get("Type"))
            if value is None:
                assert properties[name].get("Nullable") != "false", name
                continue
            assert isinstance(value, PRIMITIVES[kind]), name  # type: ignore[arg-type]
            assert kind != "Edm.Date" or DAY.fullmatch(value)
            assert kind != "Edm.DateTimeOffset" or MOMENT.fullmatch(value)
            assert (kind == "Edm.Boolean") is isinstance(value, bool)


def test_feedback_has_the_values_of_the_flat_export(client: TestClient) -> None:
    text = client.get("/v1/export/feedback?format=csv").content.decode("utf-8-sig")
    exported = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}
    found = rows(client, "Feedback")
    assert [row["id"] for row in found] == list(exported)
    shared = set(found[0]) & set(exported["f1"]) - {"attributes"}
    assert len(shared) > 30
    for row in found:
        for name in shared:
            assert ("" if row[name] is None else str(row[name])) == exported[row["id"]][name].removeprefix("'"), name


def test_tags_turns_and_conversations_are_those_of_the_records(client: TestClient) -> None:
    records = {row["id"]: row for row in items(client, "/v1/feedback")}
    tags = rows(client, "Tags")
    for kind, listed in {"reason": "reasons", "effort": "effort", "loyalty": "loyalty"}.items():
        meant = sorted((id, each["code"], each["score"]) for id, row in records.items() for each in row[listed])
        assert sorted((tag["feedback_id"], tag["code"], tag["score"]) for tag in tags if tag["kind"] == kind) == meant
        assert meant
    known = {row["code"]: row for row in rows(client, "Taxonomy")}
    assert {tag["code"] for tag in tags} <= set(known)
    assert known["delivery.time"]["title_fa"] == "زمان تحویل"
    spoken = {row["id"]: row for row in rows(client, "Conversations")}
    turns = rows(client, "Turns")
    assert {row["conversation_id"] for row in turns} == set(spoken) == {"f6", "f7"}
    for id, row in spoken.items():
        record = client.get(f"/v1/conversations/{id}").json()
        assert row["turns"] == len(record["turns"])
        for name in ("primary_reason", "effort_level", "sentiment_start", "sentiment_end", "duration_s", "speakers_sure"):
            assert row[name] == record[name], name
        own = [turn for turn in turns if turn["conversation_id"] == id]
        assert [(turn["speaker"], turn["text"], turn["sentiment"]) for turn in own] == [
            (turn["speaker"], turn["text"], turn["sentiment"]) for turn in record["turns"]
        ]


@pytest.mark.usefixtures("engine")
def test_a_text_without_tags_has_nulls(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        service = client.app.state.service  # type: ignore[attr-defined]
        service.engine.stop(5)
        add(service.store, [Feedback("پیک دیر اومد", 2)])
        (row,) = rows(client, "Feedback")
        assert [row[name] for name in ("sentiment", "reasons", "effort", "effort_score", "model")] == [None] * 5
        assert rows(client, "Tags") == []


def test_trends_and_kpis_are_those_of_v1(client: TestClient) -> None:
    query = "bucket=month&calendar=gregorian&group=channel"
    for name, parameters, key in (
        ("Trends", f"measure=reasons&{query}", "code"),
        ("Kpis", f"names=nps,text_effort_share&{query}", "name"),
    ):
        found = rows(client, f"{name}?{parameters}")
        meant = items(client, f"/v1/{name.lower()}?{parameters}")
        assert len(found) == len(meant) > 5
        shared = set(found[0]) & set(meant[0]) - {"missing"}
        assert shared >= {key, "n", "ci_low", "ci_high", "bucket", "group"}
        for ours, theirs in zip(found, meant, strict=True):
            assert {one: ours[one] for one in shared} == {one: theirs[one] for one in shared}


def test_without_parameters_all_measures_and_kpis_come_by_jalali_month(client: TestClient) -> None:
    trends, kpis = rows(client, "Trends"), rows(client, "Kpis")
    assert {row["measure"] for row in trends} >= {"volume", "sentiment", "reasons", "effort", "loyalty", "resolution"}
    assert {row["name"] for row in kpis} == {row["name"] for row in rows(client, "KpiDefinitions")}
    assert {(row["bucket"], row["start"], row["end"]) for row in kpis} == {
        ("1402-12", "2024-02-20", "2024-03-20"),
        ("1403-01", "2024-03-20", "2024-04-20"),
        ("1403-02", "2024-04-20", "2024-05-21"),
    }


def test_buckets_of_an_hour_and_of_none(client: TestClient) -> None:
    (row,) = rows(client, "Trends?measure=volume&bucket=hour&$filter=start eq 2024-04-01 and n gt 0")
    assert (row["bucket"], row["start"], row["end"], row["hour"]) == ("1403-01-13T13", "2024-04-01", "2024-04-02", 13)
    (row,) = rows(client, "Kpis?names=nps&bucket=none")
    assert (row["id"], row["bucket"], row["start"], row["end"], row["hour"]) == ("nps/", None, None, None, None)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("Feedback?$filter=nps le 2", [2, 4, 6]),
        ("Feedback?$filter=nps eq null", [2, 3]),
        ("Feedback?$filter=contains(text,'پشتیبانی')", [4]),
        ("Feedback?$filter=occurred_on ge 2024-03-20 and kind eq 'feedback'", [4, 5, 6]),
        ("Feedback?$filter=occurred_at lt 2024-03-01T00:00:00%2B03:30", []),
        ("Feedback?$filter=occurred_at le 2024-02-29T20:30:00Z", [2]),
        ("Feedback?$filter=channel in ('سایت','گفتگو')", [5, 3]),
        ("Feedback?$filter=sentiment ne 'neutral' and not (nps gt 5)&$orderby=nps", [2, 2]),  # null first
        ("Feedback?channel=تلفن&from=1403-01-01&$filter=kind eq 'feedback'", [4]),
        ("Feedback?reason=delivery&attr.شعبه=ونک", [2]),
        ("Feedback?q=بر نداشت", []),
        ("Feedback?q=برنداشت", [4]),
        ("Feedback?$orderby=nps desc,line&$top=2", [3, 5]),
        ("Feedback?$skip=3&$top=2", [5, 6]),
        ("Feedback?$top=0", []),
        ("Feedback?$filter=", [2, 3, 4, 5, 6, 2, 3]),
    ],
)
def test_what_is_chosen(client: TestClient, address: str, lines: list[int]) -> None:
    assert [row["line"] for row in rows(client, address)] == lines
    assert [row["line"] for row in rows(client, address, prefer="odata.maxpagesize=1")] == lines


def test_select_count_and_the_context(client: TestClient) -> None:
    document = read(client, "Feedback?$select=id, nps&$filter=nps le 2&$count=true&$top=1")
    assert document == {
        "@odata.context": f"{FEED}$metadata#Feedback(id,nps)",
        "@odata.count": 3,
        "value": [{"id": "f1", "nps": 2}],
    }
    assert list(read(client, "Feedback?$select=*&$top=1")["value"][0]) == [each.name for each in SETS[0].properties]
    assert "@odata.count" not in read(client, "Feedback?$count=false")
    answer = client.get("/odata/Feedback/$count", params={"$filter": "nps le 2", "$top": "1"})
    assert (answer.text, answer.headers["content-type"]) == ("3", "text/plain; charset=utf-8")
    assert client.get("/odata/Trends/$count?measure=volume").text == str(len(items(client, "/v1/trends?measure=volume")))


def test_links_keep_what_was_asked(client: TestClient) -> None:
    first = read(
        client, "Feedback?$orderby=nps desc&$top=3&$skip=1&channel=تلفن&channel=اپ&$select=nps", prefer="maxpagesize=2"
    )
    assert [row["nps"] for row in first["value"]] == [2, 1]
    assert "$skip=" not in first["@odata.nextLink"]
    second = read(client, first["@odata.nextLink"])
    assert [row["nps"] for row in second["value"]] == [0]
    assert "@odata.nextLink" not in second


def test_no_word_of_a_customer_is_in_a_link(client: TestClient) -> None:
    """The next page is behind the text that the first one ends with, and the address does not say which that is."""
    page = read(client, "Feedback?$orderby=text&$select=text", prefer="odata.maxpagesize=1")
    assert page["@odata.nextLink"].isascii()
    token = page["@odata.nextLink"].partition("skiptoken=")[2]
    assert re.fullmatch(r'\["Feedback", \d+\]', base64.b64decode(token + "==").decode())


def test_one_row_by_its_key(client: TestClient) -> None:
    for address, id in (
        ("Feedback('f2')", "f2"),
        ("Feedback(id='f2')", "f2"),
        ("Tags('f1/reason/0')", "f1/reason/0"),
        ("Turns('f6%2F1')", "f6/1"),
        ("Trends('reasons/1402-12/delivery.time')", "reasons/1402-12/delivery.time"),
    ):
        document = read(client, address)
        assert document["id"] == id
        assert document["@odata.context"] == f"{FEED}$metadata#{address.partition('(')[0]}/$entity"
    assert read(client, "Feedback('f2')?$select=nps") == {"@odata.context": f"{FEED}$metadata#Feedback(nps)/$entity", "nps": 10}
    refused(client.get("/odata/Feedback('f99')"), 404)
    refused(client.get("/odata/Feedback(2)"), 400)
    refused(client.get("/odata/Feedback(line='2')"), 400)


@pytest.mark.parametrize(
    ("address", "status", "target"),
    [
        ("Feedback?$filter=nps eq 'دو'", 400, "$filter"),
        ("Feedback?$filter=npss eq 2", 400, "$filter"),
        ("Feedback?$top=-1", 400, "$top"),
        ("Feedback?$skiptoken=abc", 400, "cursor"),
        (f"Feedback?$skiptoken={base64.b64encode(b'[' * 1_500).decode()}", 400, "cursor"),
        ("Feedback?$top=1&$top=2", 400, "$top"),
        ("Feedback?chanel=x", 400, "chanel"),
        ("Feedback?reason=nothing", 400, "reason"),
        ("Feedback?measure=volume", 400, "measure"),
        ("Taxonomy?channel=phone", 400, "channel"),
        ("Trends?bucket=decade", 400, "bucket"),
        ("Trends?measure=volumes", 400, "measure"),
        ("Kpis?names=npss", 400, "names"),
        ("Kpis?min_n=0", 400, "min_n"),
        ("Feedback?$expand=Tags", 501, "$expand"),
        ("Feedback?$search=x", 501, "$search"),
        ("Feedback?$apply=x", 501, "$apply"),
        ("Feedback?$filter=year(occurred_at) eq 2024", 400, "$filter"),
        ("Feedback?$format=xml", 406, "$format"),
        ("Feedback?$format=application/json;odata.metadata=full", 406, "$format"),
        ("Feedback('f1')/text", 501, None),
        ("Feedback/$ref", 501, None),
        ("$batch", 501, None),
        ("Nothing", 404, None),
    ],
)
def test_what_is_refused(client: TestClient, address: str, status: int, target: str | None) -> None:
    error = refused(client.get(f"{FEED}{address}"), status)
    assert error.get("target") == target
    assert "دو" not in error["message"]


def test_errors_elsewhere_stay_problem_documents(client: TestClient) -> None:
    answer = client.get("/odatas")
    problem(answer, 404)
    assert "odata-version" not in answer.headers
    problem(client.get("/v1/feedback?chanel=x"), 422)


def test_nothing_can_be_changed(client: TestClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused(client.request(method, "/odata/Feedback"), 405)
    refused(client.get("/odata/", headers={"host": "elsewhere.example"}), 400)


def test_forms_of_json(client: TestClient) -> None:
    bare = client.get("/odata/Feedback?$top=1&$count=true", headers={"accept": "application/json;odata.metadata=none"})
    assert bare.headers["content-type"] == "application/json;odata.metadata=none;charset=utf-8"
    assert set(bare.json()) == {"@odata.count", "value"}
    for format in ("json", "application/json", "application/json;odata.metadata=minimal"):
        assert client.get("/odata/Feedback", params={"$format": format}).headers["content-type"] == MINIMAL


POWER_BI: Final = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,"
    "application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, "minimal"),
        ({"accept": POWER_BI, "odata-maxversion": "4.0", "maxdataserviceversion": "3.0"}, "minimal"),
        ({"accept": "*/*"}, "minimal"),
        ({"accept": "text/html, application/*;q=0.1"}, "minimal"),
        ({"accept": "application/json; odata.metadata=none; charset=utf-8", "odata-maxversion": "4.01"}, "none"),
        ({"accept": "application/json;odata.metadata=full, application/json"}, "minimal"),
    ],
)
def test_what_clients_accept(headers: dict[str, str], form: str) -> None:
    assert json_form(Headers(headers), None) == form


def test_what_no_answer_suits() -> None:
    for accept in ("application/atom+xml", "text/html", "application/json;odata.metadata=full"):
        with pytest.raises(NotAcceptableError):
            json_form(Headers({"accept": accept}), None)
    with pytest.raises(QueryError, match=r"OData 4\.0"):
        json_form(Headers({"odata-maxversion": "3.0"}), None)


@pytest.mark.parametrize(
    ("prefer", "meant"),
    [
        ("", (PAGE_ROWS, None)),
        ("odata.maxpagesize=10", (10, "odata.maxpagesize=10")),
        ("maxpagesize=10", (10, "maxpagesize=10")),
        ('return=minimal, odata.maxpagesize="7"; x=1', (7, "odata.maxpagesize=7")),
        ("odata.maxpagesize=999999", (PAGE_ROWS, f"odata.maxpagesize={PAGE_ROWS}")),
        ("odata.maxpagesize=0", (PAGE_ROWS, None)),
        ("odata.maxpagesize=-5", (PAGE_ROWS, None)),
        ("odata.maxpagesize=ten", (PAGE_ROWS, None)),
    ],
)
def test_page_sizes(prefer: str, meant: tuple[int, str | None]) -> None:
    assert page_rows(Headers({"prefer": prefer})) == meant


def test_the_heeded_page_size_is_named(client: TestClient) -> None:
    answer = client.get("/odata/Feedback", headers={"prefer": "odata.maxpagesize=2"})
    assert answer.headers["preference-applied"] == "odata.maxpagesize=2"
    assert len(answer.json()["value"]) == 2
    assert "preference-applied" not in client.get("/odata/Feedback").headers


@pytest.fixture(scope="module")
def keyed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A service with a key, and the key."""
    path = tmp_path_factory.mktemp("keyed")
    with open_store(path / "voc.duckdb") as store:
        key, secret = make_key("اکسل", "read", datetime.now(UTC))
        store.add_key(key)
    with running(path) as client:
        yield client, secret


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("Bearer {key}", 200),
        ("BASIC {voc}", 200),
        ("Basic {nobody}", 200),
        ("Basic {user}", 401),
        ("Basic {longer}", 401),
        ("Basic {key}", 401),
        ("Basic", 401),
        ("Basic *", 401),
        ("Basic gICA", 401),  # no UTF-8
    ],
)
def test_the_key_as_a_password(keyed: tuple[TestClient, str], shown: str, status: int) -> None:
    client, key = keyed
    forms = {"voc": basic("voc", key), "nobody": basic("", key), "user": basic(key, ""), "longer": basic("voc", f"{key}x")}
    value = shown.format(key=key, **{name: form.removeprefix("Basic ") for name, form in forms.items()})
    answer = client.get("/odata/Feedback", headers={"authorization": value, "accept": "text/html"})
    assert answer.status_code == (406 if status == 200 else status)
    assert client.get("/odata/Feedback", headers={"authorization": value}).status_code == status


def test_a_password_opens_nothing_but_the_feed(keyed: tuple[TestClient, str]) -> None:
    client, key = keyed
    headers = {"authorization": basic("voc", key)}
    for path in ("/v1/feedback", "/odatas", "/odata/../v1/feedback", "/v1/feedback?x=/odata/"):
        assert client.get(path, headers=headers).status_code == 401, path
    for path in ("/odata", "/odata/", "/odata/$metadata", "/odata/Taxonomy/$count", "/odata/Taxonomy('delivery')"):
        assert client.get(path, headers=headers).status_code == 200, path


def test_who_shows_no_key_is_asked_for_a_password(keyed: tuple[TestClient, str]) -> None:
    client, _ = keyed
    for path in ("/odata", "/odata/", "/odata/$metadata", "/odata/Feedback", "/odata/nothing"):
        for accept in ("application/json", "text/html"):
            answer = client.get(path, headers={"accept": accept}, follow_redirects=False)
            assert refused(answer, 401)["code"] == "no_key"
            assert answer.headers["www-authenticate"] == 'Bearer realm="voc", Basic realm="voc", charset="UTF-8"'
    assert "Basic" not in client.get("/v1/feedback").headers["www-authenticate"]


@pytest.mark.usefixtures("engine")
def test_every_set_stands_in_the_audit_log_by_its_name(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        key = client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"}).json()["key"]
        client.headers["authorization"] = f"Bearer {key}"
        client.get("/odata/Feedback?$filter=contains(text,'پیک')")
        client.get("/odata/Kpis/$count")
        client.app.state.service.access.audit.stop()  # type: ignore[attr-defined]
        routes = [entry["route"] for entry in items(client, "/v1/audit")]
        assert {"/odata/Feedback", "/odata/Kpis/$count"} <= set(routes)


def test_the_days_of_figures_are_the_store_s(client: TestClient) -> None:
    """A Power BI date table joins on `start`; it is the first day of the bucket in the store's zone."""
    starts = {row["start"] for row in rows(client, "Trends?measure=volume&bucket=day&$filter=n gt 0")}
    assert starts == {row["occurred_on"] for row in rows(client, "Feedback") if row["occurred_on"]}
    assert all(date.fromisoformat(day) for day in starts)
    assert {TRENDS.key.name, KPIS.key.name} == {"id"}
