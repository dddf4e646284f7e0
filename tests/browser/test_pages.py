"""Every page at three widths in a real browser: nothing complains, nothing is asked elsewhere, nothing sticks out, and axe
finds nothing serious. The pictures are for whoever wants to look: set VOC_TEST_SHOTS to a folder.
"""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pytest

from tests.api_client import SURVEY
from tests.browser.test_page import browser, is_as_wide_as_its_window, is_complaint, is_foreign, serving, shot
from voc.store.database import Engine

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

WIDTHS: Final = (390, 1024, 1600)
PAGES: Final = (
    "/",
    "/?from=2024-03-01&to=2024-04-20",
    "/reasons",
    "/reasons/delivery.time",
    "/kpis",
    "/kpis/nps",
    "/report-card",
    "/texts",
    "/feedback/f1",
    "/feedback/f1/correction",
    "/review",
    "/review?queue=spike",
    "/corrections",
    "/admin",
)
SERIOUS: Final = ("serious", "critical")

__all__ = ["browser"]  # the fixture


@pytest.fixture(scope="module")
def address(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A live service that has read a survey."""
    import httpx2

    with serving(tmp_path_factory.mktemp("pages")) as address:
        sent = httpx2.post(f"{address}/v1/batches", files={"file": ("survey.csv", SURVEY.encode())}).json()
        while httpx2.get(f"{address}/v1/batches/{sent['id']}").json()["status"] == "tagging":
            time.sleep(0.1)
        for row in ("f1", "f2", "f3", "f4"):
            httpx2.post(f"{address}/v1/feedback/{row}/corrections", json={"queue": "random"}).raise_for_status()
        httpx2.post(f"{address}/v1/feedback/f1/corrections", json={"changed": {"loyalty": ["warn_others"]}, "why": "کنایه"})
        httpx2.post(f"{address}/v1/corrections", json={"ids": ["f1", "f5"]})
        yield address


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page(browser: Any, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, locale="fa-IR")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda sent: wrong.append(sent.url) if is_foreign(sent.url, address) else None)
    for path in PAGES:
        answer = page.goto(path)
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        assert is_as_wide_as_its_window(page), path
        said = axe.Axe().run(page).response
        assert said["passes"], path
        found = [each for each in said["violations"] if each["impact"] in SERIOUS]
        assert [(path, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        shot(page, path.strip("/").replace("/", "-").partition("?")[0] or "home")
    context.close()
    assert wrong == []


def test_a_chart_is_drawn_from_its_table_and_saved_as_a_picture(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    page = context.new_page()
    page.goto("/kpis/nps?bucket=week")
    chart = page.locator("#time-chart")
    sync_api.expect(chart.locator(".scatterlayer .point").first).to_be_visible()
    sync_api.expect(chart.locator(".ytick text").first).to_contain_text("۰")
    with page.expect_download() as saved:
        page.locator("[data-save]").click()
    assert saved.value.suggested_filename == "time.png"
    context.close()


def test_a_chart_reaches_from_its_lowest_figure_to_its_highest_and_to_nought(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    page = context.new_page()
    page.goto("/kpis/nps?channel=تلفن")  # two months
    page.locator("#time-chart .plotly").first.wait_for()

    def reach(*values: str) -> Any:
        """From where to where a chart of these values goes."""
        return page.evaluate(
            """async (values) => {
              const chart = document.getElementById("time-chart");
              const cells = document.querySelectorAll("#time-table td[data-value]");
              cells.forEach((cell, place) => Object.assign(cell.dataset, { value: values[place], low: "", high: "" }));
              delete chart.layout;
              document.dispatchEvent(new Event("report"));
              while (!chart.layout?.yaxis?.range) await new Promise((resolve) => setTimeout(resolve, 20));
              return chart.layout.yaxis.range;
            }""",
            values,
        )

    near = partial(pytest.approx, abs=0.4)
    assert reach("20", "60") == near([0, 60])
    assert reach("-40", "20") == near([-40, 20])
    assert reach("-40", "-20") == near([-40, 0])
    assert reach("-40", "-40") == near([-40, 0])
    shot(page, "below-zero")
    assert reach("0", "0") == near([0, 1])
    assert reach("", "") == near([0, 1])
    context.close()


def test_a_number_leads_to_its_texts_by_the_keyboard(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    page = context.new_page()
    page.goto("/reasons/delivery.time")
    page.locator(".facts a").first.focus()
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("h1")).to_contain_text("زمان تحویل")
    sync_api.expect(page.locator("mark").first).to_be_visible()
    context.close()


def test_the_next_texts_come_under_those_that_are_there(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    page = context.new_page()
    page.goto("/texts?limit=2")
    shown = page.locator("[data-more] > li")
    first = [shown.nth(place).inner_text() for place in range(2)]
    page.locator("[rel=next]").click()
    sync_api.expect(shown).to_have_count(4)
    assert [shown.nth(place).inner_text() for place in range(2)] == first
    assert len({shown.nth(place).inner_text() for place in range(4)}) == 4
    sync_api.expect(shown.nth(2).locator(":focus")).to_have_count(1)
    assert page.url.endswith("/texts?limit=2")
    page.evaluate("() => { const link = document.querySelector('[rel=next]'); link.click(); link.click(); }")
    page.wait_for_load_state("networkidle")
    assert len({shown.nth(place).inner_text() for place in range(shown.count())}) == shown.count()
    while page.locator("[rel=next]").count():
        before = shown.count()
        page.locator("[rel=next]").click()
        page.wait_for_function("before => document.querySelectorAll('[data-more] > li').length > before", arg=before)
    assert shown.count() == len(SURVEY.strip().splitlines()) - 1
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripted", [True, False])
def test_the_form_of_the_texts_stands_open_where_there_is_room(
    browser: Any, address: str, width: int, *, scripted: bool
) -> None:
    viewport = {"width": width, "height": 844}
    context = browser.new_context(viewport=viewport, base_url=address, java_script_enabled=scripted)
    page = context.new_page()
    page.goto("/texts")
    field, summary = page.locator("form.filters [name=q]"), page.locator(".filtering summary")
    if width < 960:
        sync_api.expect(field).not_to_be_visible()
        summary.click()
    else:
        sync_api.expect(summary).not_to_be_visible()
    sync_api.expect(field).to_be_visible()
    field.fill("پیک")
    field.press("Enter")
    sync_api.expect(page.locator(".listed > li")).to_have_count(1)
    sync_api.expect(page.locator(".listed > li .words")).to_be_in_viewport()
    context.close()


def test_a_tag_that_is_pointed_at_lights_its_words(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    page = context.new_page()
    page.goto("/feedback/f4")
    rows = page.locator("[data-lights]")
    assert rows.count() > 1
    rows.first.focus()
    sync_api.expect(page.locator("mark.dim")).not_to_have_count(0)
    page.locator("h1").click()
    sync_api.expect(page.locator("mark.dim")).to_have_count(0)
    context.close()
