"""The page in a real browser: a file is uploaded, its progress watched, its numbers seen; nothing is asked of another host."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import uvicorn

from api.app import create_app
from tests.fakes import FakeTagger
from tests.stores import database
from voc.records import Tags
from voc.settings import Settings
from voc.store.database import Engine

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

CHROMIUM: Final = os.environ.get("VOC_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
WIDTHS: Final = (390, 1280)
OPENINGS: Final = (
    "پیک دیر اومد افتضاح",
    "سریع رسید و عالی بود",
    "چندبار زنگ زدم پشتیبانی برنداشت",
    "گرون ولی با کیفیت",
    "ورود نشد",
)
ROWS: Final = 1_200


class SlowTagger(FakeTagger):
    """Takes its time, so that there is progress to see."""

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The fake's tags, after a while."""
        time.sleep(0.002 * len(texts))
        return super().tag(texts)


@pytest.fixture
def address(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """A live service on a free port."""
    with serving(tmp_path) as address:
        yield address


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a live service on a free port, with the database of a folder."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = Settings(database=database(folder / "voc.duckdb"), port=listener.getsockname()[1])
        config = uvicorn.Config(create_app(settings, tagger=SlowTagger()), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{settings.port}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or set VOC_TEST_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def page(browser: Any, request: pytest.FixtureRequest, address: str) -> Iterator[Any]:
    """A page of the service whose errors and foreign requests fail the test."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, base_url=address, locale="fa-IR")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.on(
        "response", lambda got: wrong.append(got.url) if got.status >= 400 and not got.url.endswith("/upload/preview") else None
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda sent: wrong.append(sent.url) if is_foreign(sent.url, address) else None)
    yield page
    context.close()
    assert wrong == []


def is_complaint(message: Any) -> bool:
    """Whether the console says that something is wrong; answers with an error status are looked at by themselves."""
    return message.type in ("error", "warning") and not message.text.startswith("Failed to load resource")


def is_foreign(url: str, address: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and not url.startswith(address)


def survey(rows: int = ROWS) -> bytes:
    lines = [f"{OPENINGS[n % 5]} بار {n},1402/{n % 12 + 1:02}/{n % 28 + 1:02},{n % 11}" for n in range(rows)]
    return "\n".join(["نظر,تاریخ,NPS", *lines]).encode()


def shot(page: Any, name: str) -> None:
    """A picture for whoever wants to look: set VOC_TEST_SHOTS to a folder."""
    if folder := os.environ.get("VOC_TEST_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def is_as_wide_as_its_window(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_upload_progress_and_numbers(page: Any) -> None:
    page.goto("/")
    shot(page, "empty")
    page.set_input_files("input[type=file]", {"name": "نظرسنجی.csv", "mimeType": "text/csv", "buffer": survey()})
    live = page.locator("#live")
    take(page)
    sync_api.expect(live.locator(".understood li").first).to_have_text("نظر ← متن نظر")
    sync_api.expect(live).to_contain_text("نظر در ثانیه", timeout=10_000)
    shot(page, "progress")
    sync_api.expect(live).to_contain_text("۱٬۲۰۰ از ۱٬۲۰۰ نظر خوانده شد", timeout=15_000)
    report = page.locator("#report")
    sync_api.expect(report).to_contain_text("همه خوانده شد")
    sync_api.expect(report.locator(".figure").first).to_contain_text("۱٬۲۰۰")
    sync_api.expect(report.locator(".reasons li").first).to_contain_text("۴۰٪")
    chart = page.locator("#trend-chart")
    sync_api.expect(chart.locator(".barlayer .point")).to_have_count(48)
    sync_api.expect(chart.locator(".xtick text").first).to_contain_text("فروردین ۱۴۰۲")
    assert is_as_wide_as_its_window(page)
    shot(page, "overview")

    page.locator(".reasons a").first.click()
    sync_api.expect(page.locator("mark").first).to_be_visible()
    assert is_as_wide_as_its_window(page)
    shot(page, "texts")


def take(page: Any) -> None:
    """Send in the file that is looked at."""
    page.locator("#live").get_by_role("button", name="خواندن همه").click()


def test_a_file_is_seen_before_it_is_taken_and_its_columns_can_be_meant_otherwise(page: Any) -> None:
    page.goto("/")
    content = "نظر,یادداشت,تاریخ\nپیک دیر اومد,با شمارهٔ ۰۹۱۲۳۴۵۶۷۸۹ تماس گرفت,۱۴۰۲/۱۲/۱۱\n".encode()
    page.set_input_files("input[type=file]", {"name": "دو.csv", "mimeType": "text/csv", "buffer": content})
    preview = page.locator("#live [data-preview]")
    sync_api.expect(preview.locator(".first-rows")).to_contain_text("پیک دیر اومد")
    sync_api.expect(preview.locator(".first-rows")).to_contain_text("۱۱ اسفند ۱۴۰۲ · 2024-03-01")
    sync_api.expect(preview.locator(".mapping")).to_contain_text("[تلفن]")
    assert is_as_wide_as_its_window(page)
    shot(page, "preview")
    preview.get_by_label("ستون یادداشت").select_option("text")
    sync_api.expect(preview.locator(".first-rows")).to_contain_text("تماس گرفت")
    preview.get_by_label("ستون تاریخ").select_option("")
    sync_api.expect(preview.locator(".first-rows")).not_to_contain_text("۱۱ اسفند")
    sync_api.expect(page.locator("main")).to_contain_text("هنوز نظری نیست")  # nothing is stored yet
    take(page)
    sync_api.expect(page.locator("#live .understood")).to_contain_text("یادداشت ← متن نظر")


def test_a_file_is_looked_at_and_deleted(page: Any) -> None:
    page.goto("/")
    page.set_input_files(
        "input[type=file]", {"name": "رد.csv", "mimeType": "text/csv", "buffer": "نظر,NPS\nخوب بود,42\nسریع,9".encode()}
    )
    sync_api.expect(page.locator("#live")).to_contain_text("سطر ۲: عدد بیرون از مقیاس است")
    take(page)
    page.locator("#live a").click()
    sync_api.expect(page.locator("main")).to_contain_text("عدد بیرون از مقیاس است")
    assert is_as_wide_as_its_window(page)
    shot(page, "batch")
    button = page.locator("button.danger")
    sync_api.expect(button).to_be_hidden()
    page.locator(".remove summary").click()
    button.click()
    sync_api.expect(page.locator("main")).to_contain_text("هنوز نظری نیست")


def test_a_file_that_cannot_be_read(page: Any) -> None:
    page.goto("/")
    with page.expect_response("**/upload/preview") as answered:
        page.set_input_files("input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": b" "})
    assert answered.value.status == 422
    sync_api.expect(page.locator("#live .notice")).to_contain_text("فایل خالی است")
    shot(page, "refused")


def test_saying_which_column_holds_the_text(page: Any) -> None:
    page.goto("/")
    content = "الف,ب\n1,2\n3,4\n".encode()
    page.set_input_files("input[type=file]", {"name": "b.csv", "mimeType": "text/csv", "buffer": content})
    sync_api.expect(page.locator("#live .notice")).to_contain_text("ستون متن نظر پیدا نشد")
    shot(page, "which-column")
    page.locator("#live").get_by_role("button", name="ب").click()
    sync_api.expect(page.locator("#live select").nth(1)).to_have_value("text")
    take(page)
    sync_api.expect(page.locator("#live .understood")).to_contain_text("ب ← متن نظر")


def test_dropping_a_file(page: Any) -> None:
    page.goto("/")
    carried = page.evaluate_handle(
        "words => { const it = new DataTransfer(); it.items.add(new File([words], 'رها.csv')); return it; }", "نظر\nسریع رسید\n"
    )
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": carried})
    take(page)
    sync_api.expect(page.locator("#live")).to_contain_text("۱ از ۱ نظر خوانده شد")


def test_the_reference(page: Any) -> None:
    page.goto("/docs")
    sync_api.expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    assert page.locator(".opblock").count() > 15
    shot(page, "docs")


def test_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto("/")
    page.set_input_files("input[type=file]", {"name": "بی‌اسکریپت.csv", "mimeType": "text/csv", "buffer": survey(20)})
    page.get_by_role("button", name="بارگذاری").click()
    sync_api.expect(page.locator("h1")).to_have_text("بی‌اسکریپت.csv")
    until = time.monotonic() + 10
    while "۲۰ از ۲۰" not in page.content() and time.monotonic() < until:
        time.sleep(0.1)
        page.reload()
    page.goto("/")
    sync_api.expect(page.locator(".figure").first).to_contain_text("۲۰")
    page.locator("#trend-details summary").click()
    sync_api.expect(page.locator("#trend-table")).to_be_visible()
    context.close()
