"""What all pages share, in a real browser: language, theme, paper, filters."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.test_page import browser, is_as_wide_as_its_window, is_complaint, shot
from tests.browser.test_pages import PAGES, SERIOUS, address

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

DARK: Final = "rgb(20, 24, 26)"
LIGHT: Final = "rgb(246, 245, 241)"

__all__ = ["address", "browser"]  # the fixtures


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page on a wide screen, of a system that is light."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address, color_scheme="light")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_every_page_in_english(browser: Any, address: str, width: int, theme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, locale="en-GB")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"/?lang=en&theme={theme}")
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        sync_api.expect(page.locator("html")).to_have_attribute("dir", "ltr")
        assert is_as_wide_as_its_window(page), path
        found = [each for each in axe.Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
        assert [(path, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        shot(page, f"{path.strip('/').replace('/', '-').partition('?')[0] or 'home'}-en-{theme}")
    context.close()
    assert wrong == []


def test_the_language_is_one_click_away_and_stays(page: Any) -> None:
    page.goto("/kpis/nps?bucket=week")
    page.get_by_role("link", name="English").click()
    sync_api.expect(page.locator("h1")).to_have_text("Net Promoter Score")
    assert page.url.endswith("/kpis/nps?bucket=week")
    chart = page.locator("#time-chart")
    sync_api.expect(chart.locator(".ytick text").first).to_contain_text("0")
    chart.locator(".scatterlayer .point").first.hover(force=True)
    sync_api.expect(chart.locator(".hoverlayer")).to_contain_text("of 1 text")
    page.get_by_role("link", name="Feedback").click()
    sync_api.expect(page.locator("h1")).to_contain_text("5 texts")
    page.get_by_role("link", name="فارسی").click()
    sync_api.expect(page.locator("h1")).to_contain_text("۵ نظر")


def test_a_bar_begins_where_the_lines_begin(page: Any) -> None:
    for language, side in (("fa", "right"), ("en", "left")):
        page.goto(f"/?lang={language}")
        bar, part = (page.locator(f".reasons {each}").last.bounding_box() for each in (".bar", "rect:first-child"))
        edges = [box["x"] + (box["width"] if side == "right" else 0) for box in (bar, part)]
        assert edges[0] == pytest.approx(edges[1], abs=1)


def test_the_theme_follows_the_system_until_it_is_chosen(page: Any) -> None:
    body = page.locator("body")
    page.goto("/")
    sync_api.expect(body).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="dark")
    sync_api.expect(body).to_have_css("background-color", DARK)
    page.get_by_role("link", name="روشن").click()
    sync_api.expect(body).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="light")
    page.get_by_role("link", name="تیره").click()
    sync_api.expect(body).to_have_css("background-color", DARK)
    page.get_by_role("link", name="مانند دستگاه").click()
    sync_api.expect(body).to_have_css("background-color", LIGHT)


def test_paper_is_light_and_shows_what_can_be_read(page: Any) -> None:
    page.goto("/?theme=dark")
    bar = page.locator("#trend-chart .barlayer .point path").first
    sync_api.expect(bar).to_have_css("fill", "rgb(226, 131, 107)")
    page.emulate_media(media="print")
    sync_api.expect(bar).to_have_css("fill", "rgb(180, 71, 47)")
    sync_api.expect(page.locator(".upload")).to_be_hidden()
    sync_api.expect(page.locator(".figures")).to_be_visible()


def test_filters_by_keyboard(page: Any) -> None:
    page.goto("/kpis")
    page.locator(".filtering summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("از روز").fill("۱۴۰۲/۱۲/۱۱")
    page.get_by_label("تا روز").fill("2024-03-24")
    page.get_by_label("شعبه").select_option("ونک")
    page.get_by_label("تا روز").press("Enter")
    page.wait_for_url("**/kpis?*")
    assert set(parse_qs(urlsplit(page.url).query)) == {"from", "through", "attr.شعبه"}  # no empty fields
    chosen = page.locator(".chosen")
    sync_api.expect(chosen).to_contain_text("۱۱ اسفند ۱۴۰۲ تا ۵ فروردین ۱۴۰۳")
    shot(page, "filters")
    page.get_by_role("link", name="نظرها", exact=True).click()
    sync_api.expect(page.locator("h1")).to_contain_text("۲ نظر")
    page.locator(".chosen .chip").nth(1).click()
    sync_api.expect(page.locator("h1")).to_contain_text("۳ نظر")
    sync_api.expect(page.get_by_label("از روز")).to_have_value("۱۴۰۲/۱۲/۱۱")
    assert "attr" not in page.url


def test_what_is_no_day_is_said_before_it_is_sent(page: Any) -> None:
    page.goto("/texts")
    page.get_by_label("از روز").fill("دیروز")
    assert not page.evaluate("document.querySelector('form[data-filters]').checkValidity()")
    page.get_by_label("از روز").fill("1402-12-11")
    assert page.evaluate("document.querySelector('form[data-filters]').checkValidity()")


def test_whoever_goes_back_finds_the_form_alive(page: Any) -> None:
    page.goto("/texts")
    page.get_by_label("جست‌وجو در متن").fill("دیر")
    page.get_by_role("button", name="نشان بده").click()
    sync_api.expect(page.locator("h1")).to_contain_text("۱ نظر")
    page.go_back()
    sync_api.expect(page.locator("form[data-filters] :disabled")).to_have_count(0)
