"""What docs/deploy.md shows is what systemd and the settings know."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from voc.settings import Settings

PAGE = (Path(__file__).parent.parent / "docs" / "deploy.md").read_text("utf-8")
UNIT = re.search(r"```ini\n(\[Unit\].*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    assert UNIT
    path = tmp_path / "voc.service"
    path.write_text(UNIT[1].replace("/opt/voc/bin/voc", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_setting_that_is_named_exists() -> None:
    assert set(re.findall(r"VOC_([A-Z_]+)", PAGE)) <= {name.upper() for name in Settings.model_fields}
