"""The pages say what they should in Persian before any script runs, and a customer's words never become part of a page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.highlight import Piece, pieces
from api.rendering import HERE
from api.titles import FIELDS
from tests.api_client import SURVEY, running, send_tagged, upload, wait_done
from tests.fakes import FakeTagger
from voc.store.database import Engine

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        yield client


def words(html: str) -> str:
    """What a reader sees of a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_an_empty_service_says_how_to_begin(client: TestClient) -> None:
    page = client.get("/")
    assert '<html lang="fa" dir="rtl">' in page.text
    assert "هنوز نظری نیست" in page.text
    assert 'action="/upload" method="post" enctype="multipart/form-data"' in page.text


def test_a_column_of_turns_is_named_in_the_preview_and_cannot_be_meant_otherwise(client: TestClient) -> None:
    talk = '[{"turns": [{"speaker": "customer", "text": "بسته پاره بود"}], "کانال": "چت"}]'
    page = client.post("/upload/preview", files={"file": ("talk.json", talk)}).text
    assert f"<td>{FIELDS['turns']}</td>" in page
    assert re.findall('data-header="(.*?)"', page) == ["کانال"]
    assert 'value="turns"' not in page


def test_the_overview(client: TestClient) -> None:
    send_tagged(client)
    page = client.get("/").text
    seen = words(page)
    assert "نظرها ۵ همه خوانده شد" in seen
    assert "شاخص خالص مروجان \u200e−۲۰" in seen
    assert "زمان تحویل ارسال و تحویل ۴۰٪ خالص ۰" in seen
    assert 'href="/texts?reason=delivery.time"' in page
    assert "هفتهٔ ۵ اسفند ۱۴۰۲ ۱ ۱۰۰٪ ۰٪ ۰٪ ۰٪" in seen
    assert "هفتهٔ ۱۹ اسفند ۱۴۰۲ ۰ — — — —" in seen
    assert "survey.csv آماده ۵ ۰ ۵" in seen
    assert not re.search(r"[0-9]", re.sub(r"CSV|JSON|NPS", "", seen.split("فایل‌ها")[0]))


def test_the_overview_of_one_batch(client: TestClient) -> None:
    batch = send_tagged(client)
    send_tagged(client, "نظر\nگرون ولی خوش‌ساخت\n", "دیگر.csv")
    seen = words(client.get(f"/?batch={batch['id']}").text)
    assert "این نما تنها برای «survey.csv» است" in seen
    assert "نظرها ۵ همه خوانده شد" in seen
    assert 'href="/texts?reason=delivery.time&amp;batch=' in client.get(f"/?batch={batch['id']}").text


def test_a_form_without_scripts_leads_to_the_file(client: TestClient) -> None:
    sent = client.post("/upload", files={"file": ("survey.csv", SURVEY)}, follow_redirects=False)
    assert sent.status_code == 303
    page = client.get(sent.headers["location"]).text
    assert "نظر ← متن نظر" in words(page)
    assert "شعبه ویژگی" in words(page)
    batch_id = sent.headers["location"].rpartition("/")[2]
    wait_done(client, batch_id)
    assert "۵ از ۵ نظر خوانده شد" in words(client.get(f"/batches/{batch_id}").text)
    gone = client.post(f"/batches/{batch_id}/delete", follow_redirects=False)
    assert (gone.status_code, gone.headers["location"]) == (303, "/")
    assert "هنوز نظری نیست" in client.get("/").text


def test_a_form_that_fails_says_why_on_a_page(client: TestClient) -> None:
    answer = client.post("/upload", files={"file": ("a.csv", b"")}, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "فایل خالی است" in answer.text
    assert 'class="card empty"' in answer.text


def test_what_came_with_a_text_is_written_as_people_read_it(client: TestClient) -> None:
    head = "نظر,تاریخ,first_response_at,handle_s,cost,csat,شعبه"
    send_tagged(client, f"{head}\nدیر رسید,2024-03-01 10:00,2024-03-01 10:05:00,125,1250000,4.5,3\n")
    seen = words(client.get("/feedback/f1").text)
    assert "زمان نخستین پاسخ ۱۱ اسفند ۱۴۰۲، ساعت ۱۰:۰۵ مدت رسیدگی ۲ دقیقه و ۵ ثانیه هزینه ۱٬۲۵۰٬۰۰۰ CSAT ۴٫۵۰ شعبه 3" in seen


def test_the_texts_behind_a_reason(client: TestClient) -> None:
    send_tagged(client)
    page = client.get("/texts", params={"reason": "delivery.time"}).text
    assert "زمان تحویل ۲ نظر" in words(page)
    assert re.findall(r"<mark[^>]*>([^<]+)</mark>", page) == ["سریع", "دیر"]
    assert '<p class="words" dir="auto">' in page
    assert '<option value="delivery.time" selected>' in page
    both = client.get("/texts", params={"reason": "delivery.time", "sentiment": "negative", "q": ""}).text
    assert re.findall(r"<mark[^>]*>([^<]+)</mark>", both) == ["دیر"]


def test_texts_page_by_page(client: TestClient) -> None:
    send_tagged(client, "نظر\n" + "".join(f"سفارش شماره {number} سریع بود\n" for number in range(45)))
    seen: list[str] = []
    address: str | None = "/texts?sentiment=neutral"
    while address:
        page = client.get(address).text
        seen += re.findall(r"سفارش شماره (\d+)", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found and found[1].replace("&amp;", "&")
    assert list(map(int, seen)) == list(range(44, -1, -1))


@pytest.mark.parametrize("path", ["/", "/texts", "/batches/{id}", "/?batch={id}", "/texts?q=%3Cscript%3Ealert(1)%3C/script%3E"])
def test_hostile_words_stay_words(client: TestClient, path: str) -> None:
    content = f"نظر,<u>{HOSTILE}</u>,کانال\n{HOSTILE} دیر,{HOSTILE},<u>{HOSTILE}</u>\n"
    batch = send_tagged(client, content, "<u onclick=alert(1)>.csv")
    page = client.get(path.format(id=batch["id"])).text
    assert "alert(1)" in page
    assert "<script>" not in page
    assert not re.search(r"<u[ >]", page)
    assert len(re.findall(r"<script\b", page)) == len(re.findall(r'<script[^>]* src="/static/[^"]+"', page))


def test_formulas_are_harmless_in_downloads(client: TestClient) -> None:
    send_tagged(client, 'نظر,کانال\n"=HYPERLINK(""http://x"",""سریع"")",@cmd\n')
    row = client.get("/v1/export/feedback?format=csv").content.decode("utf-8-sig").splitlines()[1]
    assert "\"'=HYPERLINK(" in row
    assert ",'@cmd," in row


@pytest.mark.parametrize("name", ["C:\\گزارش\\نظرها.csv", "../../نظرها.csv", "نظر\nها.csv".replace("\n", "%0A")])
def test_a_file_name_is_only_a_name(client: TestClient, name: str) -> None:
    shown = upload(client, name=name)["name"]
    assert "/" not in shown
    assert "\\" not in shown
    assert "\n" not in shown
    assert shown.endswith("ها.csv")


def test_templates_have_nothing_inline() -> None:
    for template in (HERE / "pages").glob("*.html"):
        html = template.read_text("utf-8")
        assert not re.search(r'\s(style|on[a-z]+)="', html), template
        assert "<style" not in html, template
        assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", html)), template
        assert "|safe" not in html.replace(" ", ""), template
        assert "http:" not in html.replace("http://www.w3.org", ""), template
        assert "https:" not in html, template


@pytest.mark.parametrize(
    ("codes", "marked"),
    [
        ((), [("دیر", ("delivery.time",)), ("پیک", ("delivery.courier",)), ("منتظر", ("long_wait",))]),
        (("delivery",), [("دیر", ("delivery.time",)), ("پیک", ("delivery.courier",))]),
        (("long_wait",), [("منتظر", ("long_wait",))]),
        (("trust",), []),
    ],
)
def test_evidence_in_pieces(codes: tuple[str, ...], marked: list[tuple[str, tuple[str, ...]]]) -> None:
    text = "خیلی دیر شد، پیک هم منتظر گذاشت"
    (tags,) = FakeTagger().tag([text])
    cut = pieces(text, tags, codes)
    assert "".join(piece.text for piece in cut) == text
    assert [(piece.text, piece.codes) for piece in cut if piece.codes] == marked


def test_a_text_without_tags_is_one_piece() -> None:
    assert pieces("هنوز خوانده نشده", None) == [Piece("هنوز خوانده نشده", ())]
    assert pieces("", None) == []
