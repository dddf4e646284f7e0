"""Takes the pictures of README and docs from the running page, with the sample batch tagged by the shipped model.

make screenshot
"""

import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from api.app import create_app
from tests.browser.test_page import CHROMIUM, QUIET
from voc.client import Client
from voc.settings import Settings

PORT = 8765
PICTURES = {"page.png": "/", "reason.png": "/reasons/delivery.time"}


def main(target: Path) -> None:
    """Serve, wait until all is tagged, and write the pictures into a folder."""
    address = f"http://127.0.0.1:{PORT}"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database=str(Path(folder) / "voc.duckdb"), port=PORT, sample=True)
        server = uvicorn.Server(uvicorn.Config(create_app(settings), port=PORT, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with Client(address) as client:  # asks until it has started
            for batch in client.batches():
                client.wait(batch, timeout_s=120)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            page = browser.new_page(viewport={"width": 1180, "height": 800}, device_scale_factor=1.5)
            for name, path in PICTURES.items():
                page.goto(f"{address}{path}", wait_until="networkidle")
                page.screenshot(path=target / name, full_page=True)
            browser.close()
        server.should_exit = True
        thread.join(timeout=20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
