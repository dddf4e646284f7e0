"""KPIs over conversations beside feedback: what counts once, by group, time and filter, and within working hours."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.ledger import Row, on, row, store_with, tags, talk, waited
from voc.kpis import KpiOptions, KpiRow, Setting, compute_kpis
from voc.kpis.options import parse_working_hours
from voc.kpis.scorecard import Target
from voc.store import Filters

pytestmark = pytest.mark.usefixtures("engine")

DAY = parse_working_hours("sat-wed 8-17")


def found(rows: list[Row], *names: str, **asked: Any) -> list[KpiRow]:
    with store_with(rows) as store:
        return compute_kpis(store, names, **asked)


def test_answers_by_channel_month_and_kind() -> None:
    rows = [
        waited(10, 20, channel="چت", occurred_at=on("1403-01-05")),
        waited(60, channel="تلفن", occurred_at=on("1403-01-06")),
        waited(30, channel="چت", occurred_at=on("1403-03-05")),
        row(channel="ایمیل", occurred_at=on("1403-01-05")),
        talk("neutral", "neutral", channel="چت"),
    ]
    by_channel = found(rows, "art_response_median", "art_response_mean", group="channel")
    assert [(each.group, each.value, each.n, each.null_reason) for each in by_channel] == [
        ("ایمیل", None, 0, "field_missing"),
        ("تلفن", 60, 1, None),
        ("چت", 20, 3, None),
    ] * 2
    assert [(each.bucket, each.value, each.n) for each in found(rows, "art_response_median", bucket="month")] == [
        ("1403-01", 20, 3),
        ("1403-02", None, 0),
        ("1403-03", 30, 1),
    ]
    (texts,) = found(rows, "art_response_p90", filters=Filters(kind=("feedback",)))
    assert (texts.value, texts.missing) == (None, ("turns with times",))
    assert [each.value for each in found(rows, "art_response_median", min_n=5)] == [None]


RESPONSES = ("art_response_median", "art_response_p90", "art_response_mean")


@pytest.mark.parametrize("asked", [{"group": "agent"}, {"filters": Filters(agent=("سارا",))}])
def test_an_agent_is_not_judged_on_many_answers_of_few_conversations(asked: dict[str, Any]) -> None:
    one, nine = waited(*range(10, 22), agent_id="سارا"), [waited(10, agent_id="سارا")] * 9
    without_times = [row(agent_id="سارا")] * 20
    few = found([one, *nine[:8], *without_times], *RESPONSES, **asked)
    assert [(each.value, each.ci_low, each.n, each.null_reason) for each in few] == [(None, None, 20, "below_min_n")] * 3
    enough = found([one, *nine, *without_times], *RESPONSES, **asked)
    assert [(each.value is None, each.n, each.null_reason) for each in enough] == [(False, 21, None)] * 3
    alone = found([one], *RESPONSES, min_n=12)
    assert {each.null_reason for each in alone} == {None}  # of nobody in particular


def test_the_share_of_an_agent_s_rare_reason_rests_on_all_texts_of_the_agent() -> None:
    rows = [row(tags(reasons=["price.value-"]), agent_id="سارا"), *[row(tags(), agent_id="سارا")] * 9]
    (share,) = found(rows, "reason_share", group="reason", filters=Filters(agent=("سارا",)))
    assert (share.value, share.n, share.null_reason) == (1 / 10, 10, None)


def test_the_scorecard_of_an_agent_rests_on_rows_too() -> None:
    setting = Setting(targets={"art_response_mean": Target(10, 1, 60)})
    rows = [waited(*range(10, 22), agent_id="سارا")]
    (score,) = found(rows, "balanced_scorecard", group="agent", setting=setting)
    assert (score.value, score.null_reason) == (None, "below_min_n")


def test_an_answer_counts_for_each_reason_of_its_conversation() -> None:
    late = waited(10, 30)
    spoken = Row(late.feedback, tags(reasons=["delivery.time-", "price.value-"]))
    by_reason = found([spoken, waited(500)], "art_response_median", "art_response_mean", group="reason")
    assert [(each.group, each.value, each.n) for each in by_reason] == [("delivery.time", 20, 2), ("price.value", 20, 2)] * 2


def test_answers_within_working_hours() -> None:
    """Saturday 16:59:55: 5 s of talk, an hour's wait from 17:00 that nobody works, then 14 h from 18:00:07 on."""
    evening = on("1403-01-04", 17).replace(hour=16, minute=59, second=55)
    rows = [waited(3_600, 14 * 3_600, occurred_at=evening), waited(40)]
    setting = Setting(options=KpiOptions(working_hours=DAY))
    (mean, median) = found(rows, "art_response_mean", "art_response_median", setting=setting)
    assert (mean.n, median.n) == (2, 2)  # the conversation without a time of its own is not counted
    assert mean.value == pytest.approx((0 + 7) / 2)  # answered at 08:00:07
    assert found([waited(40)], "art_response_mean", setting=setting)[0].null_reason == "field_missing"


def test_a_handle_time_is_that_of_the_source_or_the_duration() -> None:
    """57 s by the clock, 20 s by the source, and none for a conversation that rested over an hour."""
    rows = [waited(50), waited(50, handle_s=20.0), waited(10, 3_700, 10), row(handle_s=100.0), row()]
    (mean,) = found(rows, "aht_mean")
    assert mean.value == pytest.approx((57 + 20 + 100) / 3)
    assert mean.n == 3


def test_who_comes_back_may_write_or_call() -> None:
    """Wrote, then called for the same reason within the week; called once; called, then wrote too late."""

    def called(customer: str, day: str) -> Row:
        plain = talk("negative", "neutral", customer_id=customer, occurred_at=on(day))
        return Row(plain.feedback, tags(reasons=["delivery.time-"]))

    def wrote(customer: str, day: str) -> Row:
        return row(tags(reasons=["delivery.time-"]), customer_id=customer, occurred_at=on(day))

    rows = [wrote("الف", "1403-01-01"), called("الف", "1403-01-04"), called("ب", "1403-01-02"), called("پ", "1403-01-01")]
    rows += [wrote("پ", "1403-01-20"), wrote("ت", "1403-02-20")]
    (fcr,) = found(rows, "fcr")
    assert (fcr.value, fcr.n) == (4 / 5, 5)
    (calls,) = found(rows, "fcr", filters=Filters(kind=("conversation",)))
    assert (calls.value, calls.n) == (1, 3)


def test_teams_are_an_attribute() -> None:
    rows = [
        talk("negative", "positive", "apology", attributes={"team": "شب"}),
        talk("negative", "negative", attributes={"team": "شب"}),
        talk("negative", "positive", "teaches_use", attributes={"team": "روز"}),
    ]
    teams = found(rows, "text_recovery", "text_value_enhancement", group="attr.team")
    assert [(each.group, each.value, each.rank) for each in teams] == [
        ("روز", 1, 1),
        ("شب", 0.5, 2),
        ("روز", 1, 1),
        ("شب", 0, 2),
    ]


def test_no_difference_without_both_sides() -> None:
    with_moves = talk("negative", "positive", "apology")
    (only,) = found([with_moves], "text_recovery_difference")
    assert (only.value, only.n, only.null_reason) == (None, 1, "no_rows")
    assert found([talk("positive", "positive")], "text_recovery")[0].null_reason == "no_rows"


def test_the_mean_of_answers_has_the_interval_of_means_where_each_conversation_has_one() -> None:
    waits = [3.0, 8, 20, 45, 4]
    (mean,) = found([waited(each) for each in waits], "art_response_mean")
    theirs = stats.t.interval(0.95, len(waits) - 1, np.mean(waits), stats.sem(waits))
    assert (mean.ci_low, mean.ci_high) == pytest.approx(tuple(theirs))


def test_the_ends_of_a_median_are_those_of_order_statistics() -> None:
    """Ranks from the normal approximation of the binomial, as Conover gives them, rounded up."""
    waits = [float(each) for each in range(1, 61)]
    (median,) = found([waited(*waits[start : start + 6]) for start in range(0, 60, 6)], "art_response_median")
    low, high = (math.ceil(stats.norm.ppf(p, 30, math.sqrt(15))) for p in (0.025, 0.975))
    assert (median.value, median.ci_low, median.ci_high) == (30.5, waits[low - 1], waits[high - 1])
