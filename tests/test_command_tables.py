"""Figures on a terminal: one cell for a figure and its interval, nothing cut, what was left out is said."""

import re
from typing import Any

import pytest

from voc.command.tables import print_figures

NPS = {
    "name": "nps", "value": 12.5, "n": 40, "ci_low": -3.0, "ci_high": 27.25, "unit": "points", "method": "adjusted_wald",
    "null_reason": None, "missing": (),
}  # fmt: skip
NO_CES = NPS | {
    "name": "ces_mean", "value": None, "n": 0, "ci_low": None, "ci_high": None, "null_reason": "field_missing",
    "missing": ("ces",),
}  # fmt: skip


def printed(capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]]) -> list[str]:
    print_figures(rows)
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()]


def on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))


def test_the_interval_or_the_reason_for_none_stands_with_the_figure(capsys: pytest.CaptureFixture[str]) -> None:
    head, _, nps, ces = printed(capsys, [NPS, NO_CES])
    assert head.split() == ["name", "value", "n", "unit", "method"]
    assert nps.split(maxsplit=1)[1] == "12.5 (-3…27.25)  40  points  adjusted_wald"
    assert "field_missing ces" in ces


def test_a_narrow_terminal_cuts_no_cell_and_says_what_it_leaves_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_terminal(monkeypatch, 45)
    lines = printed(capsys, [NPS, NO_CES])
    assert "12.5 (-3…27.25)" in lines[2]
    assert lines[0].split() == ["name", "value", "n", "unit"]
    assert "not shown: method" in " ".join(lines)


def test_what_files_call_things_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    assert "[/b] [red]شعبه" in printed(capsys, [NPS | {"group": "[/b] [red]شعبه"}])[2]


def test_a_wide_terminal_shows_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch, 120)
    assert "method" in printed(capsys, [NPS])[0]


def test_an_interval_of_its_own_goes_with_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "code": "delivery.time",
        "share": 0.25,
        "ci_low": 0.1,
        "ci_high": 0.4,
        "change": -0.1,
        "change_low": -0.2,
        "change_high": 0.0,
    }
    assert printed(capsys, [row])[2].split(maxsplit=1)[1] == "0.25 (0.1…0.4)  -0.1 (-0.2…0)"
