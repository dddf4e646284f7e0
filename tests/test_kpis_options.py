"""Working hours, targets and the scorecard: what an organisation sets, and what of it is refused."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import TEHRAN, on, row, store_with, tags
from voc.errors import InputError
from voc.kpis import KPIS, KpiOptions, Setting, compute_kpis, read_setting
from voc.kpis.options import parse_working_hours
from voc.kpis.scorecard import Target, read_targets
from voc.records import Sentiment
from voc.settings import Settings

pytestmark = pytest.mark.usefixtures("engine")

HOUR = 3600
OFFICE = parse_working_hours("sat-wed 8-17, thu 8-13:30")


@pytest.mark.engines
@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("sat 8-17", ((8 * HOUR, 17 * HOUR),)),
        ("Sun 08:30-12:00", ((32 * HOUR + 1800, 36 * HOUR),)),
        ("thu 0-24,sat-sun 1-2", ((HOUR, 2 * HOUR), (25 * HOUR, 26 * HOUR), (120 * HOUR, 144 * HOUR))),
    ],
)
def test_working_hours(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_working_hours(text) == spans


@pytest.mark.engines
@pytest.mark.parametrize("text", ["8-17", "sat 17-8", "sat 8-25", "wed-sat 8-17", "someday 8-17", "sat 8-12, sat 11-13"])
def test_working_hours_that_make_no_sense(text: str) -> None:
    with pytest.raises(InputError, match="sat-wed 8-17"):
        parse_working_hours(text)


def waited(start: datetime, end: datetime) -> float | None:
    setting = Setting(options=KpiOptions(working_hours=OFFICE))
    with store_with([row(occurred_at=start, first_response_at=end)]) as store:
        (found,) = compute_kpis(store, ["frt_mean"], setting=setting)
    return found.value


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (on("1403-01-04", 9), on("1403-01-04", 11), 2),  # a Saturday
        (on("1403-01-04", 6), on("1403-01-04", 9), 1),  # from before work
        (on("1403-01-04", 16), on("1403-01-05", 10), 3),  # over night
        (on("1403-01-09", 12), on("1403-01-11", 9), 1.5 + 1),  # Thursday noon to Saturday, Friday is off
        (on("1403-01-04", 8), on("1403-01-11", 8), 5 * 9 + 5.5),  # a whole week
        (on("1403-01-10", 8), on("1403-01-10", 20), 0),  # on a Friday
        (on("1400-12-28", 8), on("1401-01-06", 9), 4 * 9 + 5.5 + 10),  # over the change of clocks of 1401
    ],
)
def test_only_working_hours_count(start: datetime, end: datetime, hours: float) -> None:
    assert waited(start, end) == pytest.approx(hours * HOUR)


@settings(max_examples=15, deadline=None)
@given(minutes=st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)))
def test_working_seconds_are_those_of_counting_minute_by_minute(minutes: tuple[int, int]) -> None:
    start, end = (on("1403-01-04", 0) + timedelta(minutes=each) for each in sorted(minutes))
    worked = 0
    moment = start
    while moment < end:
        second = (moment - on("1403-01-04", 0)).total_seconds() % (7 * 24 * HOUR)
        worked += 60 * any(first <= second < last for first, last in OFFICE)
        moment += timedelta(minutes=1)
    assert waited(start, end) == pytest.approx(worked)


def targets_file(folder: Path, content: str) -> Path:
    path = folder / "targets.toml"
    path.write_text(content, "utf-8")
    return path


def test_targets(tmp_path: Path) -> None:
    path = targets_file(
        tmp_path, "[nps]\ntarget = 40\nweight = 2\nworst = 0\n[frt_median]\ntarget = 60\n[csat_top2]\ntarget = 0.8"
    )
    assert read_targets(path, KPIS) == {
        "nps": Target(40, 2, 0),
        "frt_median": Target(60, 1, 120),  # twice the target scores nothing
        "csat_top2": Target(0.8, 1, 0),
    }
    setting = read_setting(Settings(targets=str(path)))
    with store_with([row(nps=10, csat=4), row(nps=10, csat=1)]) as store:
        nps, csat, score = compute_kpis(store, ["nps", "csat_top2", "balanced_scorecard"], setting=setting)
    assert (nps.target, nps.on_target, csat.target, csat.on_target) == (40, True, 0.8, False)
    assert score.value == pytest.approx((2 * 1 + 0.625) / 3)  # 0.5 is 0.625 of the way to 0.8; no response time is known
    assert score.n == 2


def test_a_target_near_zero_is_met_on_either_side_of_it(tmp_path: Path) -> None:
    path = targets_file(tmp_path, "[survey_bias]\ntarget = 20\nworst = 120")
    assert read_targets(path, KPIS) == {"survey_bias": Target(20, 1, 120, near_zero=True)}
    far: list[tuple[Sentiment, int | None]] = [("negative", 9), ("positive", None)]
    near: list[tuple[Sentiment, int | None]] = [("negative", 9), ("positive", 9), ("neutral", None)]
    for read, on_target, scored in ((far, False, 0.0), (near, True, 1.0)):
        with store_with([row(tags(sentiment), nps=nps) for sentiment, nps in read]) as store:
            names = ["survey_bias", "balanced_scorecard"]
            bias, score = compute_kpis(store, names, setting=read_setting(Settings(targets=str(path))))
        assert (bias.on_target, score.value) == (on_target, scored)
    far_below = targets_file(tmp_path, "[survey_bias]\ntarget = -20")
    assert read_targets(far_below, KPIS) == {"survey_bias": Target(20, 1, 200, near_zero=True)}


@pytest.mark.engines
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[npz]\ntarget = 1", "npz"),
        ("[nps]\nweight = 1", "target is needed"),
        ("[nps]\ntarget = 'forty'", "numbers"),
        ("[nps]\ntarget = 40\nwiegth = 2", "numbers"),
        ("[nps]\ntarget = 40\nworst = 50", "worse than the target"),
        ("[frt_median]\ntarget = 60\nworst = 50", "worse than the target"),
        ("[survey_bias]\ntarget = 20\nworst = -10", "nearer to zero is better"),
        ("[nps]\ntarget = 40\nweight = 0", "weight above 0"),
        ("nps = 40", "numbers"),
        ("[nps", "cannot be read"),
    ],
)
def test_targets_that_make_no_sense(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_targets(targets_file(tmp_path, content), KPIS)


@pytest.mark.engines
def test_a_missing_file_of_targets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_setting(Settings(targets=str(tmp_path / "nowhere.toml")))


def test_employees_answer_on_one_scale_or_the_other() -> None:
    names = ["employee_experience", "enps"]
    with store_with([row(ees=5), row(ees=2), row()]) as store:
        mean, enps = compute_kpis(store, names, setting=read_setting(Settings()))
        assert (mean.value, mean.n, enps.value, enps.n) == (3.5, 2, None, 0)
        assert (enps.null_reason, enps.missing) == ("field_missing", ("VOC_EES_SCALE=0-10",))
    with store_with([row(ees=10), row(ees=9), row(ees=0), row()]) as store:
        mean, enps = compute_kpis(store, names, setting=read_setting(Settings(ees_scale="0-10")))
        assert enps.value == pytest.approx(100 / 3)
        assert (enps.n, mean.value, mean.n) == (3, None, 0)
        assert (mean.null_reason, mean.missing) == ("field_missing", ("VOC_EES_SCALE=1-5",))


def test_own_windows_and_shares() -> None:
    rows = [row(abandoned=True, wait_s=15), row(abandoned=False)]
    with store_with(rows) as store:
        usual, patient = (
            compute_kpis(store, ["abandonment"], setting=Setting(options=KpiOptions(short_abandon_s=each)))[0]
            for each in (10, 20)
        )
    assert (usual.value, patient.value) == (0.5, 0)


def test_the_model_error_stands_beside_the_figure() -> None:
    setting = Setting(model_errors={"text_churn": -0.02}, now=datetime(2024, 5, 1, tzinfo=TEHRAN))
    with store_with([row()]) as store:
        churn, nps = compute_kpis(store, ["text_churn", "nps"], setting=setting)
    assert (churn.model_error, nps.model_error) == (-0.02, None)
