"""Takes the README's picture from the running page, with the sample batch tagged by the shipped model.

make screenshot
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from api.app import create_app
from tests.browser.test_page import CHROMIUM, QUIET
from voc.settings import Settings

PORT = 8765


def main(target: Path) -> None:
    """Serve, wait until all is tagged, and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database=str(Path(folder) / "voc.duckdb"), port=PORT, sample=True)
        server = uvicorn.Server(uvicorn.Config(create_app(settings), port=PORT, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            page = browser.new_page(viewport={"width": 1180, "height": 800}, device_scale_factor=1.5)
            wait_until_tagged(page.request.get)
            page.goto(f"http://127.0.0.1:{PORT}/", wait_until="networkidle")
            page.screenshot(path=target, full_page=True)
            browser.close()
        server.should_exit = True
        thread.join(timeout=20)


def wait_until_tagged(get, timeout_s: float = 120) -> None:  # type: ignore[no-untyped-def]
    """Until the sample batch is done. Raises TimeoutError."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        time.sleep(1)
        try:
            batches = get(f"http://127.0.0.1:{PORT}/v1/batches").json()["items"]
        except Exception:  # noqa: S112 – it is still starting
            continue
        if batches and all(batch["status"] == "done" for batch in batches):
            return
    raise TimeoutError("the sample batch was not tagged in time")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
