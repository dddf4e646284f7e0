"""How long trends, KPIs and insights take over many tagged rows, beside the plainest DuckDB SQL that counts the same.

    python -m tests.benchmarks.figures --rows 1000000
    python -m tests.benchmarks.figures --rows 100000 1000000 5000000   # how cost grows with rows

The rows are made up by the database: two years of contacts with channels, customers, surveys, times and tags,
a quarter of them conversations of eight turns.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from voc.kpis import KPIS, compute_kpis
from voc.store import Store
from voc.taxonomy import load_taxonomy
from voc.trends import compute_trend, find_drivers, find_spikes

# ruff: noqa: S608  the SQL is put together from our own words

REPEATS: Final = 3
_FEEDBACK: Final = """
    INSERT INTO feedback (seq, batch_id, line, text, customer_id, agent_id, channel, occurred_at, occurred_on, occurred_hour,
        first_response_at, resolved_at, handle_s, wait_s, abandoned, cost, revenue, nps, csat, ces, attributes)
    SELECT seq, 'b', seq, 'سفارشم دیر رسید', 'c' || (h(seq) % ($rows // 4 + 1)), 'a' || (h(seq + 1) % 60),
        (['phone', 'app', 'chat', 'email'])[1 + h(seq + 2) % 4], moment, moment::DATE, extract(hour FROM moment),
        moment + (h(seq + 3) % 3600) * INTERVAL '1 second', moment + (h(seq + 4) % 360000) * INTERVAL '1 second',
        h(seq + 5) % 600, h(seq + 6) % 90, h(seq + 7) % 20 = 0, h(seq + 8) % 1000, h(seq + 9) % 5000,
        h(seq + 10) % 11, 1 + h(seq + 11) % 5, 1 + h(seq + 12) % 7, '{}'
    FROM (
        SELECT n AS seq, TIMESTAMPTZ '2023-03-21' + (n * 63072000.0 / $rows) * INTERVAL '1 second' AS moment
        FROM range(1, $rows + 1) r(n)
    )
"""
_TAGGING: Final = """
    INSERT INTO tagging (seq, model, taxonomy, script, sentiment, sentiment_score, effort_score, resolution, tagged_at)
    SELECT seq, 'made-up', 'v1', 'persian',
        (['negative', 'positive', 'mixed', 'neutral'])[1 + h(seq + 20) % 4],
        (h(seq + 21) % 200) / 100.0 - 1, NULL, CASE h(seq + 22) % 5 WHEN 0 THEN 'resolved' WHEN 1 THEN 'unresolved' END, now()
    FROM feedback
"""
_TAG: Final = """
    INSERT INTO tag SELECT seq, kind, code,
        CASE WHEN kind = 'reason' THEN (['negative', 'positive', 'neutral'])[1 + h(seq + place) % 3] END, place, 0.9, '[]'
    FROM feedback, (SELECT unnest($kinds) AS kind, unnest($codes) AS code, unnest(range(len($codes))) AS place) codes
    WHERE h(seq * 31 + place) % $rarity = 0
"""
_CONVERSATIONS: Final = """
    INSERT INTO conversation (seq, turns, duration_s) SELECT seq, 8, handle_s FROM feedback WHERE h(seq + 30) % 4 = 0;
    INSERT INTO turn
        SELECT seq, n, CASE WHEN n % 2 = 0 THEN 'customer' ELSE 'agent' END, 'دارم نگاه می‌کنم', n * 20, n * 20 + 9,
            CASE WHEN n % 2 = 1 THEN h(seq * 8 + n) % 90 END
        FROM conversation, range(8) r(n);
    INSERT INTO conversation_tagging
        SELECT seq, NULL, 'none', (['negative', 'neutral'])[1 + h(seq + 31) % 2],
            (['negative', 'positive'])[1 + h(seq + 32) % 2], '[]'
        FROM conversation
"""
_MOVE: Final = f"{_TAG} AND seq IN (SELECT seq FROM conversation)"
_AGENT: Final = "INSERT INTO agent SELECT DISTINCT agent_id, agent_id, agent_id FROM feedback"


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as it is asked of us and as the plainest SQL would answer it; no SQL where there is nothing as plain."""

    name: str
    ours: Callable[[Store], Any]
    plain: str | None = None


def _kpi(name: str, plain: str, bucket: Any = "month", group: str | None = None) -> Question:
    return Question(
        f"{name} by {group or bucket}", lambda store: compute_kpis(store, [name], bucket=bucket, group=group), plain
    )


_REASONS: Final = "JOIN tag g USING (seq) WHERE kind = 'reason'"
_BY_MONTH: Final = "FROM feedback f JOIN calendar d ON d.day = f.occurred_on"
_TAGGED: Final = f"{_BY_MONTH} JOIN tagging t USING (seq)"
_MONTH: Final = "jalali_year, jalali_month"
_MEDIANS: Final = f"""
    SELECT {_MONTH}, quantile_cont(s, 0.5), quantile_disc(s, [0.49, 0.51])
    FROM (SELECT {_MONTH}, epoch(first_response_at - occurred_at) AS s {_BY_MONTH}) GROUP BY 1, 2"""
_HARD: Final = f"""
    SELECT {_MONTH}, count(*), count(*) FILTER (hard) {_TAGGED}
    LEFT JOIN (SELECT seq, bool_or(code <> 'easy') AS hard FROM tag WHERE kind = 'effort' GROUP BY 1) USING (seq)
    GROUP BY 1, 2"""
_AGAIN: Final = """
    SELECT count(*), count(*) FILTER (again) FROM (
        SELECT seq, bool_or(next <= moment + INTERVAL 7 DAY) AS again FROM (
            SELECT seq, occurred_at AS moment,
                lead(occurred_at) OVER (PARTITION BY customer_id, code ORDER BY occurred_at) AS next
            FROM feedback JOIN tag USING (seq) WHERE kind = 'reason'
        ) GROUP BY seq
    )"""
_KEPT: Final = f"""
    WITH a AS (SELECT DISTINCT jalali_year * 12 + jalali_month AS m, customer_id {_BY_MONTH})
    SELECT a.m, count(*), count(b.m) FROM a LEFT JOIN a b ON b.customer_id = a.customer_id AND b.m = a.m + 1 GROUP BY 1"""
_RESPONSES: Final = f"""
    SELECT {_MONTH}, quantile_cont(response_s, 0.5), quantile_disc(response_s, [0.49, 0.51])
    {_BY_MONTH} JOIN turn USING (seq) WHERE response_s IS NOT NULL GROUP BY 1, 2"""
_MEAN_RESPONSES: Final = """
    SELECT agent_id, avg(response_s), stddev(response_s), count(*)
    FROM feedback JOIN turn USING (seq) WHERE response_s IS NOT NULL GROUP BY 1"""
_ENHANCED: Final = f"""
    SELECT {_MONTH}, count(*), count(x.seq) {_BY_MONTH} JOIN conversation_tagging t USING (seq) LEFT JOIN (
        SELECT DISTINCT seq FROM tag WHERE kind = 'move'
            AND code IN ('teaches_use', 'shows_feature', 'validates_purchase', 'anticipates_needs', 'helps_goal')
    ) x USING (seq) GROUP BY 1, 2"""
_RECOVERED: Final = """
    SELECT agent_id, x.seq IS NULL, count(*), count(*) FILTER (sentiment_end = 'positive')
    FROM feedback JOIN conversation_tagging USING (seq) LEFT JOIN (
        SELECT DISTINCT seq FROM tag WHERE kind = 'move' AND code IN ('apology', 'explanation', 'ownership', 'compensation')
    ) x USING (seq) WHERE sentiment_start = 'negative' GROUP BY 1, 2"""
QUESTIONS: Final = (
    Question(
        "reasons by month",
        lambda store: compute_trend(store, "reasons"),
        f"SELECT {_MONTH}, code, count(*) {_BY_MONTH} {_REASONS} GROUP BY 1, 2, 3",
    ),
    Question(
        "reasons by month and channel",
        lambda store: compute_trend(store, "reasons", group="channel"),
        f"SELECT {_MONTH}, channel, code, count(*) {_BY_MONTH} {_REASONS} GROUP BY 1, 2, 3, 4",
    ),
    Question(
        "sentiment by week",
        lambda store: compute_trend(store, "sentiment", bucket="week"),
        f"SELECT week_start, sentiment, count(*) {_TAGGED} GROUP BY 1, 2",
    ),
    Question(
        "volume by day",
        lambda store: compute_trend(store, "volume", bucket="day"),
        "SELECT occurred_on, count(*) FROM feedback GROUP BY 1",
    ),
    _kpi("nps", f"SELECT {_MONTH}, count(*) FILTER (nps > 8), count(*) FILTER (nps < 7), count(nps) {_BY_MONTH} GROUP BY 1, 2"),
    _kpi("csat_mean", "SELECT channel, avg(csat), stddev(csat), count(csat) FROM feedback GROUP BY 1", None, "channel"),
    _kpi(
        "aht_mean", "SELECT agent_id, avg(handle_s), stddev(handle_s), count(handle_s) FROM feedback GROUP BY 1", None, "agent"
    ),
    _kpi("frt_median", _MEDIANS),
    _kpi("text_effort_share", _HARD),
    _kpi("fcr", _AGAIN, None, "channel"),
    _kpi("crr", _KEPT),
    _kpi("art_response_median", _RESPONSES),
    _kpi("art_response_mean", _MEAN_RESPONSES, None, "agent"),
    _kpi("text_value_enhancement", _ENHANCED),
    _kpi("text_recovery_difference", _RECOVERED, None, "agent"),
    Question("every KPI, all time", lambda store: compute_kpis(store, [kpi.name for kpi in KPIS])),
    Question("every KPI by month", lambda store: compute_kpis(store, [kpi.name for kpi in KPIS], bucket="month")),
    Question("spikes of the last day by channel", lambda store: find_spikes(store, group="channel", examples=0)),
    Question("drivers of NPS", lambda store: find_drivers(store, "nps")),
)


def main() -> None:
    """Parse the command line and print a table for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    given = parser.parse_args()
    before: dict[str, tuple[int, float]] = {}
    for rows in given.rows:
        with (
            tempfile.TemporaryDirectory() as folder,
            Store.open(str(Path(folder) / "voc.duckdb"), zone=ZoneInfo("Asia/Tehran")) as store,
        ):
            fill(store, rows)
            table = Table("question", "ours, s", "plain SQL, s", "ratio", "cost per row against before", title=f"{rows:,} rows")
            for question, ours, plain in measure(store):
                was = before.get(question)
                growth = f"× {ours / rows / (was[1] / was[0]):.2f}" if was else ""
                table.add_row(
                    question, f"{ours:.3f}", f"{plain:.3f}" if plain else "", f"{ours / plain:.1f}" if plain else "", growth
                )
                before[question] = (rows, ours)
            Console().print(table)


def fill(store: Store, rows: int) -> None:
    """Make up tagged rows inside the database."""
    taxonomy = load_taxonomy()
    kinds = (
        (_TAG, "reason", taxonomy.reasons, 20),
        (_TAG, "effort", taxonomy.effort, 60),
        (_TAG, "loyalty", taxonomy.loyalty, 60),
        (_MOVE, "move", taxonomy.moves, 5),
    )
    with store._database.writing() as session:  # through the front door a million take minutes
        session.run("CREATE TEMP MACRO h(x) AS CAST(hash(x) >> 2 AS BIGINT)")
        session.run(_FEEDBACK, {"rows": rows})
        for sql in (_TAGGING, _CONVERSATIONS, _AGENT):
            session.run(sql)
        for sql, kind, codes, rarity in kinds:
            session.run(sql, {"kinds": [kind] * len(codes), "codes": [code.code for code in codes], "rarity": rarity})


def measure(store: Store) -> Iterator[tuple[str, float, float | None]]:
    """Each question with the least seconds of a few tries, ours and the plain SQL's by turns."""
    for question in QUESTIONS:
        ours, plain = [], []
        for _ in range(REPEATS):
            ours.append(seconds(partial(question.ours, store)))
            if sql := question.plain:
                plain.append(seconds(partial(store.select, sql, {})))
        yield question.name, min(ours), min(plain) if plain else None


def seconds(run: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
