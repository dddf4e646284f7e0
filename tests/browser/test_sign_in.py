"""Signing in, working and signing out in a real browser, with the content policy that forbids everything inline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser import test_page
from tests.browser.test_page import OPENINGS, WIDTHS, is_as_wide_as_its_window, serving, shot, sync_api
from tests.test_api_access import make
from voc.store.database import Engine

pytestmark = pytest.mark.browser
browser = test_page.browser

FILE: Final = {"name": "نظرها.csv", "mimeType": "text/csv", "buffer": f"نظر\n{OPENINGS[0]}\n{OPENINGS[1]}\n".encode()}


@pytest.fixture(params=WIDTHS)
def visitor(
    browser: Any, request: pytest.FixtureRequest, engine: Engine, tmp_path: Path
) -> Iterator[tuple[Any, dict[str, str]]]:
    """A browser that has not signed in, and the keys of a service; what the content policy stops fails the test."""
    secrets = make(tmp_path, "read", "admin")
    with serving(tmp_path) as address:
        context = browser.new_context(viewport={"width": request.param, "height": 900}, base_url=address, locale="fa-IR")
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if test_page.is_complaint(message) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page, secrets
        context.close()
    assert wrong == []


def enter(page: Any, secret: str) -> None:
    page.locator("input[name=key]").fill(secret)
    page.get_by_role("button", name="ورود").click()


def test_in_work_and_out(visitor: tuple[Any, dict[str, str]]) -> None:
    page, secrets = visitor
    page.goto("/texts?sentiment=negative")
    sync_api.expect(page.locator("h1")).to_have_text("ورود")
    assert is_as_wide_as_its_window(page)
    shot(page, "sign-in")
    enter(page, "voc_wrong")
    sync_api.expect(page.get_by_role("alert")).to_contain_text("شناخته نشد")
    shot(page, "sign-in-refused")
    enter(page, secrets["admin"])
    sync_api.expect(page.locator("h1")).to_contain_text("نظرها")
    assert "sentiment=negative" in page.url
    assert page.evaluate("document.cookie") == ""

    page.goto("/")
    page.set_input_files("input[type=file]", FILE)
    page.locator("#live").get_by_role("button", name="خواندن همه").click()
    sync_api.expect(page.locator("#live")).to_contain_text("۲ از ۲ نظر خوانده شد")
    assert is_as_wide_as_its_window(page)
    shot(page, "signed-in")
    page.locator("#live a").click()
    page.locator(".remove summary").click()
    page.locator("button.danger").click()
    sync_api.expect(page.locator("main")).to_contain_text("هنوز نظری نیست")
    page.goto("/docs")
    sync_api.expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    sync_api.expect(page.locator(".btn.authorize")).to_be_visible()

    page.goto("/")
    page.get_by_role("button", name="خروج").click()
    sync_api.expect(page.locator("h1")).to_have_text("ورود")
    page.goto("/")
    sync_api.expect(page.locator("h1")).to_have_text("ورود")


def test_a_reader_is_offered_no_upload(visitor: tuple[Any, dict[str, str]]) -> None:
    page, secrets = visitor
    page.goto("/")
    enter(page, secrets["read"])
    sync_api.expect(page.locator("main")).to_contain_text("هنوز نظری نیست")
    assert page.locator("input[type=file]").count() == 0


def test_a_session_that_ends_while_the_page_is_open(visitor: tuple[Any, dict[str, str]]) -> None:
    page, secrets = visitor
    page.goto("/")
    enter(page, secrets["admin"])
    sync_api.expect(page.locator("input[type=file]")).to_have_count(1)
    page.wait_for_load_state()  # the script listens from then on
    page.context.clear_cookies()
    page.set_input_files("input[type=file]", FILE)
    sync_api.expect(page.locator("#live .notice")).to_contain_text("باید وارد شوید")
    page.locator("#live .notice a").click()
    sync_api.expect(page.locator("h1")).to_have_text("ورود")
