"""Correcting on the pages before any script runs: the forms, what they say, where they lead, and who sees none of them."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from tests.api_client import BASE, items, running, send_tagged
from tests.spoken import CALL, conversation
from tests.stores import add
from tests.test_api_pages import words
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

FROM_HERE: Final = {"origin": BASE, "accept": "text/html"}
SHOWN: Final = re.compile(r'name="shown" value="([^"]*)"')
LINKS: Final = re.compile(r'href="([^"]*)"')


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with five tagged texts."""
    with running(tmp_path) as client:
        send_tagged(client)
        yield client


@pytest.fixture(scope="module")
def still(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The same, for what changes nothing."""
    with running(tmp_path_factory.mktemp("still")) as client:
        send_tagged(client)
        yield client


def form_of(client: TestClient, row: str) -> dict[str, Any]:
    """What the form of a record sends where nothing is changed in it."""
    page = client.get(f"/feedback/{row}/correction").text
    record = client.get(f"/v1/feedback/{row}").json()
    (shown,) = SHOWN.findall(page)
    return {
        "shown": html.unescape(shown),
        "sentiment": record["sentiment"],
        "resolution": record["resolution"] or "none",
        "reason": [*(each["code"] for each in record["reasons"]), ""],
        "polarity": [*(each["polarity"] for each in record["reasons"]), "negative"],
        "effort": [each["code"] for each in record["effort"]],
        "loyalty": [each["code"] for each in record["loyalty"]],
    }


def send(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data=fields, headers=FROM_HERE, follow_redirects=False)


def said(client: TestClient, row: str) -> list[dict[str, Any]]:
    return items(client, f"/v1/feedback/{row}/corrections")


def test_a_form_shows_what_counts_and_says_only_what_was_changed(client: TestClient) -> None:
    page = client.get("/feedback/f1/correction").text
    assert re.findall(r'<option value="([^"]+)" selected>', page) == [
        "negative", "delivery.time", "negative", "delivery.courier", "negative", "negative",
    ]  # fmt: skip
    assert '<optgroup label="ارسال و تحویل">' in page
    sent = form_of(client, "f1") | {"sentiment": "mixed", "why": "هم گله و هم شوخی", "next": "/texts?q=پیک"}
    sent["polarity"][1] = "neutral"
    answer = send(client, "/feedback/f1/correction", **sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/texts?q=%D9%BE%DB%8C%DA%A9")
    (made,) = said(client, "f1")
    assert made["changed"] == {
        "sentiment": "mixed",
        "reasons": {"delivery.time": "negative", "delivery.courier": "neutral"},
    }
    assert (made["why"], made["confirmed"], made["queue"]) == ("هم گله و هم شوخی", False, None)


def test_what_was_left_as_it_was_is_seen_and_right(client: TestClient) -> None:
    sent = form_of(client, "f3") | {"queue": "random"}
    client.post("/v1/feedback/f3/corrections", json={"changed": {"sentiment": "negative"}})  # by somebody else, meanwhile
    assert send(client, "/feedback/f3/correction", **sent).headers["location"] == "/feedback/f3"
    last, _ = said(client, "f3")
    assert (last["queue"], last["changed"]["sentiment"], sorted(last["changed"])) == (
        "random", "neutral", ["effort", "loyalty", "reasons", "resolution", "sentiment"],
    )  # fmt: skip
    assert client.get("/v1/feedback/f3").json()["corrected"] is None


def test_codes_are_added_and_taken_away(client: TestClient) -> None:
    sent = form_of(client, "f3")
    assert (sent["reason"], sent["effort"], sent["resolution"]) == (["service.access", ""], ["repeat_contact"], "unresolved")
    sent |= {"reason": ["", "service.staff"], "polarity": ["negative", "negative"], "effort": [], "resolution": "none"}
    send(client, "/feedback/f3/correction", **(sent | {"loyalty": ["churn_intent", "warn_others"]}))
    record = client.get("/v1/feedback/f3").json()
    assert [(each["code"], each["polarity"]) for each in record["reasons"]] == [("service.staff", "negative")]
    assert (record["effort"], record["resolution"]) == ([], None)
    assert [each["code"] for each in record["loyalty"]] == ["churn_intent", "warn_others"]


def test_a_row_tells_who_said_what_beside_the_model(client: TestClient) -> None:
    key = client.post("/v1/keys", json={"name": "مریم <صدا>", "scope": "admin"}).json()
    client.headers |= {"authorization": f"Bearer {key['key']}"}
    send(client, "/feedback/f2/correction", **(form_of(client, "f2") | {"sentiment": "negative", "why": "<b>کنایه</b>"}))
    for path in ("/texts", "/texts/rows?ids=f2&ids=f9", "/reasons/delivery.time"):
        page = client.get(path).text
        assert "<b>کنایه" not in page
        seen = words(page)
        assert "اصلاح‌شده مریم &lt;صدا&gt;" in seen, path
        assert "&lt;b&gt;کنایه&lt;/b&gt;" in seen
        assert "مدل: احساس: مثبت" in seen
        assert 'action="/corrections/c1/undo"' in page
    one = words(client.get("/feedback/f2").text)
    assert "مدل: احساس: مثبت" in one
    assert "چه کسی چه گفت" in one
    assert one.index("احساس: منفی") > one.index("چه کسی چه گفت")
    answer = send(client, "/corrections/c1/undo", next="/texts")
    assert (answer.status_code, answer.headers["location"]) == (303, "/texts")
    assert said(client, "f2")[0]["undone_by"] == key["id"]
    assert 'class="said"' not in client.get("/texts").text
    assert "برگردانده‌شده" in client.get("/feedback/f2").text


def test_a_confirmation_shows_too(client: TestClient) -> None:
    send(client, "/feedback/f5/correction", **form_of(client, "f5"))
    assert "تأییدشده بی‌کلید" in words(client.get("/texts").text)
    assert "مدل:" not in words(client.get("/texts").text)


def test_a_conversation_is_corrected_on_its_page(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    add(service.store, [conversation(CALL, 3)], "calls.csv")
    assert "data-correct" not in client.get("/conversations/f6").text  # it is not read yet
    service.engine.wake()
    while client.get("/v1/feedback/f6").json()["model"] is None:
        pass
    send(client, "/feedback/f6/correction", **(form_of(client, "f6") | {"sentiment": "mixed"}))
    page = words(client.get("/conversations/f6").text)
    assert "چه کسی چه گفت" in page
    assert "مدل: احساس:" in page


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"sentiment": "sad"}, 422, "پذیرفته نشد"),
        ({"reason": ["delivery.tyme"], "polarity": ["negative"]}, 422, "پذیرفته نشد"),
        ({"reason": ["delivery.time"], "polarity": []}, 422, "پذیرفته نشد"),
        ({"shown": "{"}, 422, "پذیرفته نشد"),
        ({"why": "و" * 501}, 422, "پذیرفته نشد"),
        ({"why": "و" * 500_000}, 413, "بزرگ‌تر"),
    ],
)
def test_what_a_form_cannot_say(still: TestClient, changed: dict[str, Any], status: int, reason: str) -> None:
    answer = send(still, "/feedback/f1/correction", **(form_of(still, "f1") | changed))
    assert answer.status_code == status
    assert "data-problem" in answer.text
    assert reason in words(answer.text)
    assert said(still, "f1") == []


@pytest.mark.parametrize("shown", ['{"effort":[[1]],"reasons":5}', '{"sentiment":{}}', "{}"])
def test_what_a_form_is_made_up_to_have_shown_is_only_compared_with(client: TestClient, shown: str) -> None:
    send(client, "/feedback/f1/correction", **(form_of(client, "f1") | {"shown": shown}))
    (made,) = said(client, "f1")
    assert made["confirmed"]
    assert set(made["changed"]) == {"sentiment", "reasons", "effort", "loyalty"}


def test_a_form_leads_to_no_other_site(client: TestClient) -> None:
    answer = send(client, "/feedback/f1/correction", **(form_of(client, "f1") | {"next": "https://evil.example/"}))
    assert answer.headers["location"] == "/"
    assert 'value="/"' in client.get("/feedback/f1/correction?next=//evil.example").text


def test_what_waits_for_the_tagger_has_no_form(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    service.engine.stop(1.0)
    add(service.store, [conversation(CALL, 3)], "calls.csv")
    answer = client.get("/feedback/f6/correction", headers=FROM_HERE)
    assert answer.status_code == 409
    assert "هنوز خوانده نشده است" in words(answer.text)
    assert "/feedback/f6/correction" not in client.get("/texts").text


def test_several_are_corrected_and_undone_as_one(client: TestClient) -> None:
    listed = client.get("/texts").text
    assert re.findall(r'form="selection" name="ids" value="(f\d)"', listed) == ["f5", "f4", "f3", "f2", "f1"]
    form = send(client, "/selection", ids=["f1", "f3"])
    assert form.status_code == 200
    assert "اصلاح ۲ نظر" in words(form.text)
    said_of_all = {
        "add": ["reasons:service.handling", "effort:long_wait", ""],
        "polarity": ["negative", "positive", "negative"],
        "remove": ["effort:repeat_contact", ""],
        "sentiment": "",
        "resolution": "unresolved",
    }
    done = send(client, "/selection/correction", ids=["f1", "f3"], **said_of_all)
    assert (done.status_code, done.headers["location"]) == (303, "/corrections?selection=s1")
    made = items(client, "/v1/corrections", selection="s1")
    assert [each["feedback_id"] for each in made] == ["f3", "f1"]
    assert made[0]["changed"] == {
        "resolution": "unresolved",
        "add": {"reasons": {"service.handling": "negative"}, "effort": ["long_wait"]},
        "remove": {"effort": ["repeat_contact"]},
    }
    outcome = client.get("/corrections?selection=s1").text
    assert "۲ نظر با هم: ۲ اصلاح‌شده، ۰ از پیش همین‌طور" in words(outcome)
    assert 'action="/corrections/s1/undo"' in outcome
    assert 'name="next" value="/corrections?selection=s1"' in outcome
    send(client, "/corrections/s1/undo", next="/corrections?selection=s1")
    after = client.get("/corrections?selection=s1").text
    assert "؛ ۲ برگردانده‌شده" in words(after)
    assert 'action="/corrections/s1/undo"' not in after
    assert client.get("/v1/trends?measure=volume&bucket=none").json()["corrected_rows"] == 0


def test_all_that_match_are_as_many_as_were_seen(client: TestClient) -> None:
    listed = client.get("/texts?channel=تلفن").text
    (filters,) = re.findall(r'name="filters" value="([^"]*)"', listed)
    (expected,) = re.findall(r'name="expected" value="(\d+)"', listed)
    assert expected == "2"
    chosen = {"all": "1", "filters": html.unescape(filters), "expected": expected}
    assert "اصلاح ۲ نظر" in words(send(client, "/selection", **chosen).text)
    unsaid = {"add": [""], "polarity": ["negative"], "remove": [""], "sentiment": "", "resolution": ""}
    refused = send(client, "/selection/correction", **chosen, **unsaid)
    assert refused.status_code == 422  # nothing is said, and not that all are right either
    send_tagged(client, "نظر,کانال\nتلفنتون همیشه اشغاله,تلفن\n", "دیگر.csv")
    moved = send(client, "/selection/correction", **chosen, **unsaid, confirm="1")
    assert moved.status_code == 409
    assert "شمار نظرها دیگر همان نیست" in words(moved.text)
    chosen["expected"] = "3"
    assert send(client, "/selection/correction", **chosen, **unsaid, confirm="1").status_code == 303
    assert [each["confirmed"] for each in items(client, "/v1/corrections")] == [True] * 3


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"all": "1", "filters": "chanel=x", "expected": "1"},
        {"all": "1", "filters": "", "expected": "همه"},
        {"ids": ["f99"]},
    ],
)
def test_a_selection_that_is_none(still: TestClient, chosen: dict[str, Any]) -> None:
    answer = send(still, "/selection/correction", **chosen, confirm="1")
    assert answer.status_code in (404, 422)
    assert "data-problem" in answer.text
    assert items(still, "/v1/corrections") == []


def test_all_that_was_said_is_listed_and_narrowed(client: TestClient) -> None:
    assert "هنوز چیزی نیست" in client.get("/corrections").text
    send(client, "/feedback/f1/correction", **(form_of(client, "f1") | {"sentiment": "mixed", "queue": "uncertain"}))
    send(client, "/feedback/f2/correction", **form_of(client, "f2"))
    seen = words(client.get("/corrections").text)
    assert "۱ نظر اصلاح‌شده، ۱ نظر تأییدشده" in seen
    assert seen.index("f2") < seen.index("f1")
    assert "احساس: آمیخته" in seen
    assert "پیک خیلی دیر اومد" in seen
    narrowed = client.get("/corrections?confirmed=false&by=none&undone=").text
    assert 'href="/feedback/f1"' in narrowed
    assert 'href="/feedback/f2"' not in narrowed
    assert '<option value="false" selected>' in narrowed
    first = client.get("/corrections?limit=1&by=none").text
    (more,) = re.findall(r'href="(/corrections\?[^"]*cursor=[^"]*)"', first)
    assert "by=none" in more
    assert 'href="/feedback/f1"' in client.get(html.unescape(more)).text
    assert client.get("/corrections?who=me", headers=FROM_HERE).status_code == 422


def test_a_queue_says_what_it_is_for_and_how_much_is_left(client: TestClient) -> None:
    page = client.get("/review").text
    assert page.count("data-offer=") == 5
    assert page.count("data-correcting=") == 5
    seen = words(page)
    assert "۵ نظر مانده" in seen
    assert "از همه نامطمئن‌تر" in seen
    assert "مدل در «" in seen
    drawn = client.get("/review?queue=random").text
    (first, *_) = re.findall(r'data-offer="(f\d)"', drawn)
    sent = form_of(client, first) | {"queue": "random", "next": "/review?queue=random"}
    assert send(client, f"/feedback/{first}/correction", **sent).headers["location"] == "/review?queue=random"
    after = client.get("/review?queue=random").text
    assert "۴ نظر مانده" in words(after)
    assert "۰ نظر اصلاح‌شده، ۱ نظر تأییدشده" in words(after)
    assert re.findall(r'data-offer="(f\d)"', after)[-1] == first
    assert "این را کسی دیده است" in words(after)
    assert said(client, first)[0]["queue"] == "random"
    disagreeing = words(client.get("/review?queue=disagrees").text)
    assert "این صف به پایان رسید" in disagreeing
    assert "۰ نظر" in words(client.get("/review?queue=spike&channel=اپ").text)
    assert client.get("/review?queue=mine", headers=FROM_HERE).status_code == 422


def test_a_score_that_disagrees_is_named(client: TestClient) -> None:
    send_tagged(client, "نظر,CSAT\nپیک افتضاح بود,5\n", "ناهم‌خوان.csv")
    assert "مشتری CSAT ۵ داده است و متنش «منفی» خوانده شده" in words(client.get("/review?queue=disagrees").text)


def test_figures_say_quietly_how_many_rows_are_corrected(client: TestClient) -> None:
    pages = ("/", "/reasons", "/reasons/delivery.time", "/kpis", "/kpis/nps", "/texts", "/review")
    assert not any('class="corrected-rows"' in client.get(path).text for path in pages)
    send(client, "/feedback/f1/correction", **(form_of(client, "f1") | {"sentiment": "mixed"}))
    for path in pages:
        page = client.get(path, params={"channel": "تلفن"}).text
        assert "۱ اصلاح‌شده" in words(page), path
        assert 'href="/texts?channel=%D8%AA%D9%84%D9%81%D9%86&amp;corrected=true"' in page, path
        assert 'class="corrected-rows"' not in client.get(path, params={"channel": "اپ"}).text


def test_who_only_reads_is_offered_nothing(client: TestClient) -> None:
    send(client, "/feedback/f1/correction", **(form_of(client, "f1") | {"sentiment": "mixed"}))
    admin = client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"}).json()["key"]
    as_admin = {"authorization": f"Bearer {admin}"}
    keys = {
        scope: client.post("/v1/keys", json={"name": scope, "scope": scope}, headers=as_admin).json()["key"]
        for scope in ("read", "write")
    }
    pages = ("/texts", "/feedback/f1", "/reasons/delivery.time", "/review", "/corrections", "/texts/rows?ids=f1")
    for scope, key in keys.items():
        for path in pages:
            page = client.get(path, headers={"authorization": f"Bearer {key}"})
            assert page.status_code == 200, path
            offers = re.findall(r'method="post"|data-correct|form="selection"|data-correcting', page.text)
            assert bool(offers) == (scope == "write"), (scope, path)
            assert "اصلاح‌شده" in page.text
    reader = {"authorization": f"Bearer {keys['read']}", **FROM_HERE}
    assert client.get("/feedback/f1/correction", headers=reader).status_code == 403
    for path in ("/feedback/f1/correction", "/selection", "/selection/correction", "/corrections/c1/undo"):
        assert client.post(path, data={"ids": "f1"}, headers=reader).status_code == 403


def test_another_site_can_say_nothing(still: TestClient) -> None:
    sent = form_of(still, "f1") | {"sentiment": "mixed"}
    answer = still.post("/feedback/f1/correction", data=sent, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert said(still, "f1") == []


def test_who_judges_second_is_not_shown_what_the_first_said(client: TestClient) -> None:
    first = client.post("/v1/keys", json={"name": "یکم", "scope": "admin"}).json()["key"]
    client.headers["authorization"] = f"Bearer {first}"
    second = client.post("/v1/keys", json={"name": "دوم", "scope": "write"}).json()["key"]
    sent = form_of(client, "f2") | {"sentiment": "negative", "why": "کنایه", "queue": "random", "seed": "1405-W01"}
    send(client, "/feedback/f2/correction", **sent)
    assert said(client, "f2")[0]["seed"] == "1405-W01"
    assert 'data-offer="f2"' not in client.get("/review?queue=random").text
    client.headers["authorization"] = f"Bearer {second}"
    links = LINKS.findall(client.get("/review?queue=random").text)
    (own,) = {html.unescape(link) for link in links if link.startswith("/feedback/f2?")}
    for path in ("/review?queue=random", "/texts/rows?ids=f2&queue=random", "/feedback/f2/correction?queue=random", own):
        _, _, page = client.get(path).text.rpartition("سریع</mark>")  # the last of the queue, and what is said of it
        assert "مثبت" in page
        assert [told for told in ("کنایه", "یکم", 'value="negative" selected>منفی', 'class="said"') if told in page] == [], path
    assert "کنایه" in client.get("/feedback/f2").text  # who looks it up elsewhere sees all of it
    page = client.get("/review?queue=random").text
    assert "تا نظرتان را نگویید، نظر او پیدا نیست" in words(page)
    assert "تا نظرتان را نگویید، نظر او پیدا نیست" in words(client.get(own).text)
    (seed,) = set(re.findall(r'name="seed" value="([^"]+)"', page))
    assert seed == client.get("/v1/review?queue=random").json()["seed"]
    shown = json.loads(html.unescape(SHOWN.findall(client.get("/feedback/f2/correction?queue=random").text)[0]))
    assert shown["sentiment"] == "positive"
    sent |= {"shown": json.dumps(shown), "sentiment": "positive", "resolution": "resolved", "why": "", "seed": seed}
    send(client, "/feedback/f2/correction", **sent)
    made, _ = said(client, "f2")
    assert (made["seed"], made["changed"]["sentiment"], made["changed"]["resolution"]) == (seed, "positive", "resolved")
    assert "اصلاح‌شده دوم" in words(client.get("/texts/rows?ids=f2&queue=random").text)
    assert [told for told in ("کنایه", "یکم", "دوم") if told not in client.get(own).text] == []
    assert send(client, "/feedback/f2/correction", **(sent | {"seed": "x" * 21})).status_code == 422


def test_a_conversation_that_is_judged_second_is_read_without_what_the_first_said(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    add(service.store, [conversation(CALL, 3)], "calls.csv")
    service.engine.wake()
    while client.get("/v1/feedback/f6").json()["model"] is None:
        pass
    first = client.post("/v1/keys", json={"name": "یکم", "scope": "admin"}).json()["key"]
    client.headers["authorization"] = f"Bearer {first}"
    second = client.post("/v1/keys", json={"name": "دوم", "scope": "write"}).json()["key"]
    given = {"queue": "random", "seed": "1405-W01", "changed": {"loyalty": ["churn_intent"]}, "why": "کنایه"}
    assert client.post("/v1/feedback/f6/corrections", json=given).status_code == 201
    client.headers["authorization"] = f"Bearer {second}"
    links = {html.unescape(link) for link in LINKS.findall(client.get("/review?queue=random&seed=1405-W01").text)}
    assert "/conversations/f6?queue=random&seed=1405-W01" in links
    drawn = client.get("/review?queue=random&seed=1405-W01").text
    assert 'name="next" value="/review?queue=random&amp;seed=1405-W01"' in drawn  # the next text is of the same draw
    page = client.get("/feedback/f6?queue=random&seed=1405-W01")  # leads to the conversation
    assert page.url.query == b"queue=random&seed=1405-W01"
    shown = ("کنایه", "یکم", "قصد ترک", 'class="ltr" href="/v1/conversations/f6"')
    assert [told for told in shown if told in page.text] == []
    form = re.findall(r'href="(/feedback/f6/correction[^"]*)"', page.text)
    assert "queue=random&seed=1405-W01" in html.unescape(form[0])
    assert 'name="seed" value="1405-W01"' in client.get(html.unescape(form[0])).text
    assert [told for told in shown if told not in client.get("/conversations/f6").text] == []
    assert client.get("/conversations/f6?queue=mine").status_code == 422
