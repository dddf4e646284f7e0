"""Every command and every Python line of the docs runs, and prints what the page says."""

from pathlib import Path

import pytest

from tests.pages import Block, blocks_of, session
from tests.serving import ROOT

TESTS = ROOT / "tests"
RUN_ELSEWHERE = {"power-bi": "test_odata_client.py", "webhooks": "test_api_webhooks.py"}
PAGES = [  # a page with a test of its own is run there
    page
    for page in sorted((ROOT / "docs").glob("*.md"))
    if blocks_of(page) and page.stem not in RUN_ELSEWHERE and not (TESTS / f"test_docs_{page.stem}.py").exists()
]
OF_FILES = {"own-taxonomy"}  # pages that read and write files alone


@pytest.fixture(autouse=True)
def without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOC_KEY", raising=False)


@pytest.mark.model
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem not in OF_FILES], ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    with session(tmp_path) as follow:
        for block in blocks_of(page):
            printed = follow(block)
            assert block.output is None or printed == block.output, block.code


@pytest.mark.model
@pytest.mark.usefixtures("engine")
@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem in OF_FILES], ids=lambda page: page.name)
def test_a_page_of_files_does_what_it_says(page: Path, tmp_path: Path) -> None:
    test_a_page_does_what_it_says(page, tmp_path)


def test_pages_that_are_run_elsewhere_are_named_there() -> None:
    for stem, test in RUN_ELSEWHERE.items():
        assert f"{stem}.md" in (TESTS / test).read_text("utf-8")


def test_pages_are_found() -> None:
    assert {"python.md", "worked-example.md"} <= {page.name for page in PAGES}


def test_blocks_and_what_they_print(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```\nno\n```\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n\n```sh\ntrue\n```\nand\n\n```text\nno\n```\n"
    )
    assert blocks_of(page) == [Block("python", "print(1)\n", "1\n"), Block("sh", "true\n", None)]
