"""How long pages take to be seen over many rows, and how smoothly ten thousand texts scroll, in a real browser.

    python -m tests.benchmarks.pages --rows 100000

Seconds until a page is seen (its first contentful paint) and complete, charts and all: at first, and once its answer is kept.
Then texts are brought under each other on one page and the whole is scrolled through, a screen a frame; a frame of 17 ms is
one that the eye cannot tell from none.
"""

import argparse
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import uvicorn
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from api.app import create_app
from tests.benchmarks.figures import fill
from tests.browser.test_page import CHROMIUM, QUIET
from tests.fakes import FakeTagger
from voc.settings import Settings
from voc.store import Store

PAGES: Final = (
    "/",
    "/?from=2024-12-01&to=2025-01-01",
    "/reasons",
    "/reasons/delivery.time",
    "/kpis",
    "/kpis/nps",
    "/report-card",
    "/texts",
)
TEXTS: Final = 10_000
AT_ONCE: Final = 100
PAINTED: Final = """() => new Promise((tell) => new PerformanceObserver((seen) => {
  for (const each of seen.getEntries()) if (each.name === "first-contentful-paint") tell(each.startTime);
}).observe({ type: "paint", buffered: true }))"""
SCROLL: Final = """async () => {
  const frames = [];
  let last = performance.now();
  for (let at = 0; at < document.documentElement.scrollHeight; at += innerHeight) {
    scrollTo(0, at);
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return frames.sort((a, b) => a - b);
}"""


def main() -> None:
    """Fill a database, serve it, and print a table for the pages and a line for the scrolling."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = str(Path(folder) / "voc.duckdb")
        with Store.open(database, zone=ZoneInfo("Asia/Tehran")) as store:
            fill(store, rows)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        with serving(database) as address:
            page = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address).new_page()
            page.goto("/healthz")  # what a browser that has just started still has to do is not the page's
            table = Table("page", "seen, s", "complete, s", "again seen, s", "again complete, s", title=f"{rows:,} rows")
            for path in PAGES:
                table.add_row(path, *(f"{seconds:.2f}" for _ in range(2) for seconds in _seconds(page, path)))
            Console().print(table)
            shown, frames = scroll(page)
            median, slow = frames[len(frames) // 2], frames[int(0.95 * len(frames))]
            told = f"median frame {median:.0f} ms, 95 % within {slow:.0f} ms, slowest {frames[-1]:.0f} ms"
            Console().print(f"{shown:,} texts: {told}")
        browser.close()


def scroll(page: Page) -> tuple[int, list[float]]:
    """How many texts were brought onto one page, and the milliseconds of each frame of scrolling through them, in order."""
    page.goto(f"/texts?limit={AT_ONCE}")
    items = page.locator("[data-more] > li")
    while (count := items.count()) < TEXTS and page.locator("[rel=next]").count():
        page.locator("[rel=next]").click()
        page.wait_for_function("before => document.querySelectorAll('[data-more] > li').length > before", arg=count)
    frames: list[float] = page.evaluate(SCROLL)
    return items.count(), frames


@contextmanager
def serving(database: str) -> Iterator[str]:
    """The address of a service over a database whose tags are those of its tagger."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = Settings(database=database, port=listener.getsockname()[1])
        config: dict[str, Any] = {"log_level": "warning", "timeout_graceful_shutdown": 1}
        server = uvicorn.Server(uvicorn.Config(create_app(settings, tagger=FakeTagger("made-up")), **config))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{settings.port}"
        server.should_exit = True
        thread.join(timeout=10)


def _seconds(page: Page, path: str) -> tuple[float, float]:
    began = time.perf_counter()
    page.goto(path, wait_until="load")
    complete = time.perf_counter() - began
    painted: float = page.evaluate(PAINTED)
    return painted / 1000, complete


if __name__ == "__main__":
    main()
