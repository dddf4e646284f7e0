"""The commands of a page of the docs, run as they stand there, and what they print.

    python -m tests.pages docs/python.md docs/worked-example.md      # write what they print into the pages

Blocks that are marked `sh` or `python` are run, others are not; one that is marked `text` behind one of them is what it prints.
The blocks of a page follow each other in one folder, those in Python in one session, and have a service of their own with
nothing in it at first.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.serving import ROOT, ServiceProcess
from tests.stores import database

ADDRESS: Final = "http://127.0.0.1:8000"
SAMPLE: Final = Path("data") / "samples" / "feedback.csv"
_BLOCK: Final = re.compile(r"```(sh|python)\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Code, and what the page says that it prints; None where it says nothing."""

    language: str
    code: str
    output: str | None

    @property
    def name(self) -> str:
        """Its first line, for whoever looks for it."""
        return self.code.splitlines()[0]


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are run."""
    return [Block(*found.groups()) for found in _BLOCK.finditer(page.read_text("utf-8"))]


def run(language: str, code: str, folder: Path, base: str) -> str:
    """What a block prints in a process of its own, as someone would run it there."""
    shim = folder / "bin" / "voc"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from voc.command import app; app()" "$@"\n')
    shim.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{shim.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VOC_DATABASE": database(folder / "voc.duckdb"),
    }
    command = ["bash", "-euc"] if language == "sh" else [sys.executable, "-W", "error", "-c"]
    done = subprocess.run([*command, code.replace(ADDRESS, base)], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    return done.stdout


@contextmanager
def session(folder: Path) -> Iterator[Callable[[Block], str]]:
    """Runs the blocks of one page against a service with the shipped model, and gives what each prints."""
    (folder / SAMPLE).parent.mkdir(parents=True)
    shutil.copy(ROOT / SAMPLE, folder / SAMPLE)
    names: dict[str, Any] = {}
    with ServiceProcess(folder / "voc.duckdb", model=True) as service, chdir(folder):

        def follow(block: Block) -> str:
            if block.language == "sh":
                return run("sh", block.code, folder, service.base)
            with redirect_stdout(io.StringIO()) as printed:
                exec(compile(block.code.replace(ADDRESS, service.base), block.name, "exec"), names)  # noqa: S102
            return printed.getvalue()

        yield follow


def write_outputs(page: Path) -> None:
    """Puts what the blocks print into the page."""
    with tempfile.TemporaryDirectory() as folder, session(Path(folder)) as follow:

        def told(found: re.Match[str]) -> str:
            printed = follow(Block(*found.groups()))
            return found[0] if found[3] is None else found[0].replace(f"```text\n{found[3]}```", f"```text\n{printed}```")

        text = _BLOCK.sub(told, page.read_text("utf-8"))
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_outputs(Path(name).resolve())
