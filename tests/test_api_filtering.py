"""The form of filters: what it sends is what the API is asked, what is chosen can be read and taken back, and links keep it."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from api.filtering import FilterForm, PageFilters, make_form
from tests.api_client import problem, running, send_tagged, wait_done
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

BRANCH = "attr.شعبه"
PAGES = ("/", "/reasons", "/reasons/delivery.time", "/texts", "/kpis", "/kpis/nps")


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("filtering")) as client:
        send_tagged(client)
        yield client


def form_of(client: TestClient, path: str = "/texts", without: str = "", /, **given: object) -> FilterForm:
    service = client.app.state.service  # type: ignore[attr-defined]
    query = PageFilters.model_validate({name.rstrip("_"): value for name, value in given.items()})
    return make_form(path, query, service, without=without)


def offered(form: FilterForm, name: str) -> dict[str, bool]:
    """What a field offers, and whether it is chosen."""
    field = next(each for each in form.fields if each.name == name)
    return {option.value: option.chosen for _, options in field.groups for option in options}


def chosen_in(form: FilterForm, name: str) -> list[str]:
    return [value for value, chosen in offered(form, name).items() if chosen]


def count(client: TestClient, address: str) -> int:
    return int(re.search(r"<small>(\d+) text", client.get(address, headers={"cookie": "voc_lang=en"}).text)[1])  # type: ignore[index]


def test_people_name_the_last_day_of_a_period(client: TestClient) -> None:
    assert count(client, "/texts?from=1402/12/11&through=۱۴۰۳/۰۱/۰۵") == 3
    assert count(client, "/texts?from=1402/12/11&through=1403-01-04") == 2
    assert count(client, "/texts?from=2024-03-01&through=2024-03-01") == 1
    form = form_of(client, from_="1402-12-11", through="1403-01-05")
    assert (form.from_day, form.through_day) == ("۱۴۰۲/۱۲/۱۱", "۱۴۰۳/۰۱/۰۵")
    assert parse_qs(form.query[1:]) == {"from": ["1402-12-11"], "to": ["2024-03-25"]}


@pytest.mark.parametrize("path", PAGES)
def test_what_is_no_day_and_two_ends_are_refused(client: TestClient, path: str) -> None:
    assert problem(client.get(f"{path}?through=1403-13-01"), 422)["field"] == "through"
    assert problem(client.get(f"{path}?through=9999-12-31"), 422)["field"] == "through"
    assert problem(client.get(f"{path}?through=1403-01-01&to=1403-01-02"), 422)["field"] == "through"
    assert problem(client.get(f"{path}?trough=1403-01-01"), 422)["options"] == ["through"]


def test_empty_fields_were_not_given(client: TestClient) -> None:
    page = client.get("/texts?from=&through=&q=&channel=&kind=&sentiment=negative&reason=&effort=&attr.شعبه=")
    assert page.status_code == 200
    assert "sentiment=negative" in page.text
    assert "channel=&" not in page.text
    assert form_of(client, from_="", channel=["", " "], sentiment=["negative"]).query == "?sentiment=negative"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_what_it_is_of_and_its_links_keep_it(client: TestClient, path: str) -> None:
    page = html.unescape(client.get(path, params={"from": "1402-01-01", "channel": "اپ", "through": "1403-12-01"}).text)
    kept = "from=1402-01-01&to=2025-02-20&channel=%D8%A7%D9%BE"
    assert "این نما تنها برای" in page
    assert f'action="{path}"' in page
    for place in ("/", "/reasons", "/kpis", "/texts"):
        assert f'<a href="{place}?{kept}"' in page
    own = {link for link in re.findall(r'href="(/(?:texts|reasons|kpis|v1)[^"]*\?[^"]*)"', page) if kept not in link}
    chips = {link for link in own if "channel=" not in link or "from=" not in link}
    assert all(urlsplit(link).path == path for link in chips)  # what takes one of them back


CROWD = "".join(
    f"{text},1403/{month}/20,{channel}\n" * times
    for text, month, channel, times in (
        ("سریع رسید عالی", "01", "تلفن", 30),
        ("چندبار گفتم دیر شد افتضاح", "02", "تلفن", 20),
        ("چندبار گفتم دیر شد افتضاح", "02", "اپ", 10),
        ("چندبار گفتم منتظرم دیر و گرون", "02", "اپ", 10),
        ("کیفیت افتضاح و گرون", "02", "سایت", 10),
        ("منتظرم", "02", "سایت", 10),
        ("بسته پاره رسید", "02", "سایت", 8),
        ("رسید بسته پاره", "02", "سایت", 7),
        ("بسته پاره و گرون", "02", "سایت", 2),
    )
)
IN_MONTH = "from=1403-02-01&to=1403-03-01"


@pytest.fixture(scope="module")
def crowded(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("crowded")) as client:
        send_tagged(client, f"نظر,تاریخ,کانال\n{CROWD}")
        yield client


@pytest.mark.parametrize(
    ("page", "title", "texts"),
    [
        (f"/?{IN_MONTH}&reason=delivery", "منفی <small>", 30),
        ("/?effort=repeat_contact&channel=اپ", "زمان تحویل <small>", 20),
        ("/?reason=delivery", "زمان تحویل <small>", 70),
        ("/?reason=delivery&q=چندبار", "زمان تحویل <small>", 40),
        ("/?reason=delivery", "قیمت و ارزش خرید <small>", None),
        ("/?reason=delivery&polarity=negative", "زمان تحویل <small>", None),
        (f"/reasons/delivery.time?{IN_MONTH}&effort=repeat_contact", "تماس مکرر</a></th>", 40),
        (f"/reasons/delivery.time?{IN_MONTH}&effort=repeat_contact", "انتظار طولانی</a></th>", None),
        (f"/reasons/delivery.time?{IN_MONTH}&q=دیر", "انتظار طولانی</a></th>", 10),
        ("/reasons/delivery.time", "قیمت و ارزش خرید</a></th>", None),
        ("/reasons/delivery.time?channel=تلفن&channel=اپ", "۵۰</a></td>", 50),
        ("/reasons/delivery.time?channel=تلفن&effort=repeat_contact", "۲۰</a></td>", 20),
        (f"/reasons?{IN_MONTH}", "<bdi>بسته پاره</bdi>", 15),
        (f"/reasons?{IN_MONTH}&q=بسته", "<bdi>بسته پاره</bdi>", 15),
        (f"/reasons?{IN_MONTH}&q=رسيد", "<bdi>بسته پاره رسید</bdi>", 8),
        (f"/reasons?{IN_MONTH}&q=رسيد", "<bdi>بسته پاره</bdi>", None),
    ],
)
def test_a_link_leads_to_the_texts_that_are_counted(crowded: TestClient, page: str, title: str, texts: int | None) -> None:
    shown = html.unescape(crowded.get(page).text)
    found = re.findall(rf"<a([^>]*)>(?:(?!</a>).)*?{re.escape(title)}", shown, re.DOTALL)
    links = [re.search(r'href="([^"]+)"', given) for given in found]
    assert {link and count(crowded, link[1]) for link in links} == {texts}


def test_one_value_is_in_its_field_and_more_go_along_unseen(client: TestClient) -> None:
    one = form_of(client, sentiment=["negative"], channel=["اپ"], **{BRANCH: "ونک"})
    assert [chosen_in(one, name) for name in ("sentiment", "channel", BRANCH)] == [["negative"], ["اپ"], ["ونک"]]
    assert one.hidden == []
    two = form_of(client, sentiment=["negative,mixed"], reason=["delivery"])
    assert (chosen_in(two, "sentiment"), chosen_in(two, "reason")) == ([], ["delivery"])
    assert two.hidden == [("sentiment", "negative"), ("sentiment", "mixed")]
    assert form_of(client, polarity=["negative"], agent=["کارشناس ۱"]).hidden == [
        ("agent", "کارشناس ۱"),
        ("polarity", "negative"),
    ]


def test_the_page_of_a_reason_offers_no_other_and_its_links_keep_none(client: TestClient) -> None:
    form = form_of(client, "/reasons/price", "reason", reason=["delivery"], q="دیر")
    assert "reason" not in {field.name for field in form.fields}
    assert form.query == "?q=%D8%AF%DB%8C%D8%B1"
    assert [each.words for each in form.chosen] == ["دلیل: ارسال و تحویل", "«دیر»"]


def test_channels_and_attributes_are_those_of_the_files(client: TestClient) -> None:
    form = form_of(client)
    assert sorted(offered(form, "channel")) == ["اپ", "تلفن", "سایت"]
    assert list(offered(form, BRANCH)) == ["کرج", "ونک", "تجریش"]


def test_what_has_a_value_of_its_own_for_each_text_is_not_to_choose_from(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        rows = "".join(f"سریع رسید {n},{n % 31},{n % 30},رسید {n}\n" for n in range(62))
        send_tagged(client, "نظر,سی‌ویک,سی,شماره\n" + rows)
        assert [field.title for field in form_of(client).fields if field.own] == ["سی"]


def test_a_truth_value_is_offered_as_a_word_and_finds_its_texts(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        rows = [{"text": f"سریع رسید {n}", "ویژه": n < 2} for n in range(5)]
        wait_done(client, client.post("/v1/batches", json={"records": rows}).json()["id"])
        (field,) = [each for each in form_of(client).fields if each.own]
        assert [(option.value, option.title) for _, options in field.groups for option in options] == [
            ("false", "نه"),
            ("true", "بله"),
        ]
        assert count(client, "/texts?attr.ویژه=true") == 2
        assert [each.words for each in form_of(client, **{"attr.ویژه": "true"}).chosen] == ["ویژه: بله"]
        for path in ("/texts", "/feedback/f1"):
            page = client.get(path).text
            assert "<bdi>بله</bdi>" in page
            assert "True" not in page


def test_what_is_chosen_is_a_sentence_whose_parts_can_be_taken_back(client: TestClient) -> None:
    batch = client.get("/v1/batches").json()["items"][0]["id"]
    given = {"from": "1402-12-11", "to": "1403-01-01", "sentiment": "negative", "batch": batch, BRANCH: "ونک", "q": "دیر"}
    found = re.search(r'<p class="chosen">(.*?)</p>', client.get("/texts", params=given).text, re.DOTALL)
    assert found
    sentence = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip()
    said = "۱۱ اسفند ۱۴۰۲ تا ۲۹ اسفند ۱۴۰۲ و احساس: منفی و «survey.csv» و «دیر» و شعبه: ونک"
    assert sentence == f"این نما تنها برای {said} است. نمای همهٔ نظرها"
    chips = re.findall(r'chip off" href="([^"]+)"', found[1])
    links = [dict(parse_qsl(urlsplit(html.unescape(link)).query)) for link in chips]
    assert [given.keys() - link.keys() for link in links] == [{"from", "to"}, {"sentiment"}, {"batch"}, {"q"}, {BRANCH}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"from": "1402-12-11", "to": "1402-12-12"}, "۱۱ اسفند ۱۴۰۲"),
        ({"from": "1402-12-11"}, "۱۱ اسفند ۱۴۰۲ تا امروز"),
        ({"to": "1402-12-11"}, "پیش از ۱۱ اسفند ۱۴۰۲"),
        ({"channel": ["self_service"]}, "کانال: سلف‌سرویس"),
        ({"polarity": ["negative"]}, "گله"),
        ({"kind": ["feedback"]}, "نوع: نظر"),
    ],
)
def test_a_filter_in_words(client: TestClient, given: dict[str, object], words: str) -> None:
    assert [each.words for each in form_of(client, **given).chosen] == [words]


def test_taking_back_one_of_two_keeps_the_other(client: TestClient) -> None:
    form = form_of(client, sentiment=["negative", "mixed"])
    assert [each.without for each in form.chosen] == ["?sentiment=mixed", "?sentiment=negative"]


def test_the_step_of_time_of_a_kpi_stays_with_its_form(client: TestClient) -> None:
    page = html.unescape(client.get("/kpis/nps?bucket=week&channel=اپ").text)
    assert '<input type="hidden" name="bucket" value="week">' in page
    assert 'class="chip off" href="/kpis/nps?bucket=week"' in page
    assert '<a href="/kpis?channel=%D8%A7%D9%BE"' in page


def test_nothing_chosen_says_nothing(client: TestClient) -> None:
    assert 'class="chosen"' not in client.get("/texts").text
    assert form_of(client).query == ""


def test_a_deleted_file_is_still_said_to_be_missing(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        batch = send_tagged(client)["id"]
        client.delete(f"/v1/batches/{batch}")
        assert client.get(f"/texts?batch={batch}").status_code == 404
