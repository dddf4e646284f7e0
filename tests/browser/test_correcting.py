"""The whole story of correcting in a real browser: a text is corrected, seen so everywhere, and left as it was; several at
once; a queue to its end, by the keyboard; what cannot be said is told in its place.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.api_client import SURVEY
from tests.browser.test_page import WIDTHS, browser, is_as_wide_as_its_window, is_complaint, is_foreign, serving, shot
from tests.browser.test_pages import SERIOUS
from voc.store.database import Engine

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

REFUSED: Final = ("/correction",)  # answers that a test means to be refused

__all__ = ["browser"]  # the fixture


@pytest.fixture
def address(engine: Engine, tmp_path: Any) -> Iterator[str]:
    """A live service that has read a survey, in which nothing is corrected."""
    with serving(tmp_path) as address:
        sent = httpx2.post(f"{address}/v1/batches", files={"file": ("survey.csv", SURVEY.encode())}).json()
        while httpx2.get(f"{address}/v1/batches/{sent['id']}").json()["status"] == "tagging":
            time.sleep(0.05)
        yield address


@pytest.fixture(params=WIDTHS)
def page(browser: Any, request: pytest.FixtureRequest, address: str) -> Iterator[Any]:
    """A page whose errors and foreign requests fail the test."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, base_url=address, locale="fa-IR")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 and not got.url.endswith(REFUSED) else None)
    page.on("request", lambda sent: wrong.append(sent.url) if is_foreign(sent.url, address) else None)
    yield page
    context.close()
    assert wrong == []


def row(page: Any, record: str) -> Any:
    return page.locator(f"[data-fresh={record}]")


def is_clean(page: Any) -> bool:
    """Whether nothing sticks out and axe finds nothing serious."""
    found = [each for each in axe.Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    return is_as_wide_as_its_window(page)


def test_a_text_is_corrected_seen_so_and_left_as_it_was(page: Any) -> None:
    page.goto("/texts")
    before = page.url
    row(page, "f2").get_by_role("link", name="اصلاح").focus()
    page.keyboard.press("Enter")
    form = page.locator("form.correcting")
    sync_api.expect(form.get_by_label("احساس")).to_be_focused()
    save, right = form.get_by_role("button", name="ثبت اصلاح"), form.get_by_role("button", name="همین درست است")
    sync_api.expect(save).to_be_disabled()
    sync_api.expect(right).to_be_enabled()
    form.get_by_label("احساس").select_option(label="منفی")
    sync_api.expect(save).to_be_enabled()
    sync_api.expect(right).to_be_disabled()
    form.get_by_label("دلیل", exact=True).last.select_option(label="برخورد کارکنان")
    form.get_by_role("button", name="دلیل دیگر").click()
    form.get_by_label("دلیل", exact=True).last.select_option(label="اعتماد و کلاهبرداری")
    form.get_by_role("button", name="بردار").first.click()
    form.get_by_label("قصد ترک").check()
    form.get_by_label("به چه دلیل").fill("کنایه زده")
    assert is_clean(page)
    shot(page, "correcting")
    form.get_by_label("به چه دلیل").press("Enter")

    told = row(page, "f2")
    sync_api.expect(told).to_contain_text("اصلاح‌شده")
    sync_api.expect(told).to_contain_text("کنایه زده")
    sync_api.expect(told.locator(".model")).to_contain_text("مدل: احساس: مثبت؛ دلیل: زمان تحویل (ستایش)؛ وفاداری: هیچ‌کدام")
    sync_api.expect(told.locator(".chips")).to_contain_text("برخورد کارکنان")
    sync_api.expect(told.locator(".chips")).not_to_contain_text("زمان تحویل")
    sync_api.expect(told.get_by_role("link", name="اصلاح")).to_be_focused()
    sync_api.expect(page.get_by_role("status").filter(has_text="اصلاح شد.")).to_have_count(1)
    assert page.url == before
    assert is_clean(page)
    shot(page, "corrected")

    page.goto("/reasons/service.staff")
    sync_api.expect(page.locator(".facts a").first).to_have_text("۱")
    sync_api.expect(page.locator(".corrected-rows")).to_contain_text("۱ اصلاح‌شده")
    page.locator(".corrected-rows a").click()
    sync_api.expect(page.locator("h1")).to_contain_text("۱ نظر")
    row(page, "f2").get_by_role("button", name="برگردان").click()
    sync_api.expect(row(page, "f2").locator(".said")).to_have_count(0)
    sync_api.expect(row(page, "f2").locator(".chips")).to_contain_text("زمان تحویل")
    page.goto("/reasons/service.staff")
    sync_api.expect(page.locator("main")).to_contain_text("نظری با این دلیل نیست")


def test_the_page_of_a_text_has_it_all(page: Any) -> None:
    page.goto("/feedback/f1")
    page.get_by_role("link", name="اصلاح", exact=True).click()
    sync_api.expect(page.locator("form.correcting").get_by_label("احساس")).to_be_focused()
    page.keyboard.press("Escape")
    sync_api.expect(page.locator("form.correcting")).to_have_count(0)
    sync_api.expect(page.get_by_role("link", name="اصلاح", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("form.correcting").get_by_label("احساس").select_option(label="آمیخته")
    page.keyboard.press("Control+Enter")
    history = page.locator("[data-fresh=history]")
    sync_api.expect(history).to_contain_text("احساس: آمیخته")
    page.locator("[data-lights]").first.focus()  # what lights the words goes on in what came new
    sync_api.expect(page.locator("mark.dim")).not_to_have_count(0)
    assert is_clean(page)
    shot(page, "history")
    history.get_by_role("button", name="برگردان").click()
    sync_api.expect(history).to_contain_text("برگردانده‌شده")
    sync_api.expect(page.locator(".said")).to_have_count(0)


def test_several_texts_at_once(page: Any) -> None:
    page.goto("/texts")
    all_of_them = page.get_by_role("button", name="اصلاح برگزیده‌ها")
    sync_api.expect(all_of_them).to_be_disabled()
    for record in ("f1", "f3"):
        page.get_by_label(f"برگزیدن {record}").check()
    sync_api.expect(page.locator("[data-chosen]")).to_have_text("۲ نظر برگزیده")
    all_of_them.click()
    dialog = page.get_by_role("dialog")
    sync_api.expect(dialog.locator("h2")).to_have_text("اصلاح ۲ نظر")
    dialog.get_by_label("نشانه").first.select_option(label="انتظار طولانی")
    assert is_clean(page)
    shot(page, "several")
    dialog.get_by_role("button", name="اصلاح ۲ نظر").click()
    sync_api.expect(dialog).to_contain_text("۲ نظر با هم: ۲ اصلاح‌شده")
    for record in ("f1", "f3"):
        sync_api.expect(row(page, record).locator(".chips")).to_contain_text("انتظار طولانی")
    dialog.get_by_role("button", name="برگرداندن همه").click()
    sync_api.expect(dialog).to_have_count(0)
    for record in ("f1", "f3"):
        sync_api.expect(row(page, record).locator(".said")).to_have_count(0)


def test_all_that_match_unless_they_are_others_by_now(page: Any, address: str) -> None:
    page.goto("/texts?channel=تلفن")
    page.get_by_label("همهٔ ۲ نظرِ خوانده‌شده").check()
    page.get_by_role("button", name="اصلاح برگزیده‌ها").click()
    dialog = page.get_by_role("dialog")
    sync_api.expect(dialog.locator("h2")).to_have_text("اصلاح ۲ نظر")
    httpx2.post(f"{address}/v1/batches", json={"records": [{"text": "اشغاله همیشه", "channel": "تلفن"}]})
    until = time.monotonic() + 10
    while (
        len(httpx2.get(f"{address}/v1/feedback?channel=تلفن&sentiment=neutral").json()["items"]) < 2
        and time.monotonic() < until
    ):
        time.sleep(0.05)
    dialog.get_by_role("button", name="همه همین‌طور که هست درست است").click()
    sync_api.expect(dialog.get_by_role("alert")).to_contain_text("شمار نظرها دیگر همان نیست")
    dialog.get_by_role("link", name="انصراف").click()
    sync_api.expect(dialog).to_have_count(0)
    page.reload()
    page.get_by_label("همهٔ ۳ نظرِ خوانده‌شده").check()
    page.get_by_role("button", name="اصلاح برگزیده‌ها").click()
    dialog.get_by_role("button", name="همه همین‌طور که هست درست است").click()
    sync_api.expect(dialog).to_contain_text("۰ اصلاح‌شده، ۳ از پیش همین‌طور")


def test_a_queue_to_its_end_by_the_keyboard(page: Any, address: str) -> None:
    page.goto("/review?queue=random")
    left, offer = page.locator("[data-left]"), page.locator("[data-offer][data-current]")
    sync_api.expect(left).to_have_text("۵")
    sync_api.expect(page.locator("[data-offer]:visible")).to_have_count(1)
    assert is_clean(page)
    shot(page, "review")
    first = offer.get_attribute("data-offer")
    page.get_by_role("button", name="بعدی").click()
    sync_api.expect(offer).not_to_have_attribute("data-offer", first)
    page.keyboard.press("k")
    sync_api.expect(offer).to_have_attribute("data-offer", first)
    page.keyboard.press("y")  # seen and right
    sync_api.expect(left).to_have_text("۴")
    sync_api.expect(offer).not_to_have_attribute("data-offer", first)
    page.keyboard.press("e")
    sync_api.expect(offer.get_by_label("احساس")).to_be_focused()
    offer.get_by_label("هشدار به دیگران").check()
    page.keyboard.press("Control+Enter")
    sync_api.expect(left).to_have_text("۳")
    page.keyboard.press("k")
    sync_api.expect(offer.locator(".said")).to_contain_text("اصلاح‌شده")
    page.keyboard.press("u")
    sync_api.expect(offer.locator(".said")).to_have_count(0)
    sync_api.expect(left).to_have_text("۴")
    page.keyboard.press("j")
    for count in ("۳", "۲", "۱"):
        page.keyboard.press("y")
        sync_api.expect(left).to_have_text(count)
    end = page.locator("[data-end]")
    sync_api.expect(end).to_be_visible()
    sync_api.expect(end).to_contain_text("دستتان درد نکند")
    sync_api.expect(page.locator("h1")).to_contain_text("۰ نظر اصلاح‌شده، ۴ نظر تأییدشده")
    assert is_clean(page)
    shot(page, "review-end")
    end.get_by_role("link", name="آن‌ها که از رویشان گذشتید").click()  # the one that was undone
    sync_api.expect(left).to_have_text("۱")
    sync_api.expect(offer.locator(".said")).to_have_count(0)
    offer.get_by_role("button", name="همین درست است").click()
    sync_api.expect(left).to_have_text("۰")
    sync_api.expect(page.get_by_text("نظر شما نظر دوم است").locator("visible=true")).to_have_count(1)
    corrections = httpx2.get(f"{address}/v1/corrections").json()["items"]
    assert {each["queue"] for each in corrections} == {"random"}
    assert len(corrections) == 6


def test_the_next_offers_come_before_they_are_needed(page: Any, address: str) -> None:
    rows = "\n".join(["نظر", *(f"پیک دیر اومد، بار {number}" for number in range(20))])
    httpx2.post(f"{address}/v1/batches", files={"file": ("بیست.csv", rows.encode())})
    until = time.monotonic() + 10
    while len(httpx2.get(f"{address}/v1/feedback?reason=delivery.courier").json()["items"]) < 21 and time.monotonic() < until:
        time.sleep(0.05)
    page.goto("/review?queue=uncertain")
    page.locator("[data-offer][data-current]").focus()
    seen: set[str] = set()
    for _ in range(25):
        seen.add(page.locator("[data-offer][data-current]").get_attribute("data-offer"))
        page.keyboard.press("j")
        page.wait_for_function(
            "seen => { const it = document.querySelector('[data-current]'); return !it || !seen.includes(it.dataset.offer); }",
            arg=sorted(seen),
        )
    sync_api.expect(page.locator("[data-end]")).to_be_visible()
    assert len(seen) == 25


def test_what_cannot_be_said_is_told_in_its_place(page: Any, address: str) -> None:
    page.goto("/texts")
    row(page, "f2").get_by_role("link", name="اصلاح").click()
    form = page.locator("form.correcting")
    form.get_by_label("احساس").select_option(label="منفی")
    form.locator("[name=shown]").evaluate("field => { field.value = '{'; }")
    form.get_by_role("button", name="ثبت اصلاح").click()
    sync_api.expect(form.get_by_role("alert")).to_contain_text("پذیرفته نشد")
    assert httpx2.get(f"{address}/v1/corrections").json()["items"] == []


def test_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto("/texts?channel=تلفن")
    row(page, "f1").get_by_role("link", name="اصلاح").click()
    page.get_by_label("احساس").select_option(label="آمیخته")
    page.get_by_role("button", name="ثبت اصلاح").click()
    sync_api.expect(row(page, "f1")).to_contain_text("اصلاح‌شده")
    assert "channel" in page.url
    page.get_by_label("برگزیدن f1").check()
    page.get_by_label("برگزیدن f3").check()
    page.get_by_role("button", name="اصلاح برگزیده‌ها").click()
    page.get_by_label("نتیجه").select_option(label="حل‌نشده")
    page.get_by_role("button", name="اصلاح ۲ نظر").click()
    sync_api.expect(page.locator("[data-outcome]")).to_contain_text("۲ نظر با هم")
    page.get_by_role("button", name="برگرداندن همه").click()
    sync_api.expect(page.locator("[data-outcome]")).to_contain_text("۲ برگردانده‌شده")
    page.goto("/review?queue=random")
    before = page.locator("[data-offer]").count()
    page.get_by_role("button", name="همین درست است").first.click()
    sync_api.expect(page.locator("main")).to_contain_text("۳ نظر مانده")
    assert before == 5
    context.close()
