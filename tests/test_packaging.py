"""A wheel has all that the program reads: who installs one has no repository."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGED = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
NOT_READ = {"models/curves.json", "models/domain_curve.json"}  # for readers of the repository


@pytest.mark.parametrize("package", PACKAGED)
def test_a_wheel_has_every_file_of_a_package(package: str) -> None:
    there = {path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    packaged = {path for pattern in PACKAGED[package] for path in (ROOT / package).glob(pattern)}
    assert {str(path.relative_to(ROOT)) for path in there - packaged} <= NOT_READ
