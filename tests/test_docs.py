"""The docs say what is so: every command, setting and path that they name is there."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from voc.command import cli
from voc.settings import settings_table

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
COMMANDS = set(get_command(cli).commands)  # type: ignore[attr-defined]
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def blocks(page: Path) -> str:
    """Everything that stands as code."""
    found = re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", page.read_text("utf-8"), re.DOTALL)
    return "\n".join(block or inline for block, inline in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    code = blocks(page)
    assert set(re.findall(r"(?:^|\s)voc ([\w-]+)", code)) <= COMMANDS
    assert set(re.findall(r"(?:^|\s)make ([\w-]+)", code)) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_settings_are_documented() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8").strip() == settings_table()


def test_the_project_speaks_of_itself_alone() -> None:
    """No machine's paths, and no registry but the public ones, in anything that is kept."""
    for path in [*PAGES, ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / ".ci" / "run", ROOT / "requirements.lock"]:
        assert not re.search(r"/work/|/root/|\.\./shared|file://", path.read_text("utf-8")), path
