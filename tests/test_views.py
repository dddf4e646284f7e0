"""The views for SQL tools: what they say is what the API says, and what they must not show is in none of them."""

# ruff: noqa: S608  the names in the SQL are our own

import json
from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from tests import engines
from tests.api_client import SURVEY, running, send_tagged
from tests.fakes import FakeTagger
from tests.stores import BEFORE_CORRECTIONS, TEHRAN, add, database, feedback, open_store, tag_all
from voc.calendars import JALALI_MONTHS_FA, bucket_key, calendar_row, to_jalali, usual_days
from voc.command import cli
from voc.corrections.correction import Note
from voc.corrections.statement import read_statement
from voc.export.rows import flat_row
from voc.kpis import compute_kpis
from voc.records import Feedback, Reject, Turn
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.store.tagging import SetAside
from voc.tagging import ModelIdentity
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.usefixtures("engine")

VIEWS: Final = (
    "batches",
    "dates",
    "effort_cues",
    "feedback",
    "kpis_daily",
    "loyalty_cues",
    "moves",
    "reasons",
    "rejects",
    "turns",
)
WEEKDAYS: Final = ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه")
MONTHS_EN: Final = (
    "Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar", "Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand",
)  # fmt: skip
AGENT: Final = "zohreh.karimi-0417"
CALL: Final = (
    Turn("customer", "سفارشم دیر رسید و چندبار زنگ زدم افتضاح", 0.0, 4.0),
    Turn("agent", "سلام شرمنده‌تونم هدیه هم می‌فرستیم", 5.0, 9.0),
    Turn("customer", "دستتون درد نکنه عالی حل شد", 10.0, 12.0),
)


def rows() -> list[Feedback]:
    """Feedback of four days and two channels, with and without scores, and a call."""
    texts = (
        "پیک خیلی دیر اومد و افتضاح بود حل نشد", "سریع فرستادین عالی بود حل شد", "چندبار زنگ زدم پشتیبانی برنداشت",
        "کیفیت دوخت عالی و قیمتش ارزون به همه پیشنهاد میدم", "راحت خرید کردم", "چندبار رفتم ولی آخرش راحت شد حل شد", "خب",
    )  # fmt: skip
    start = datetime(2024, 3, 17, 23, 45, tzinfo=TEHRAN)
    made = [
        replace(
            row,
            occurred_at=start + timedelta(hours=13 * number),
            channel="تلفن" if number % 2 else "اپ",
            agent_id=AGENT if number % 2 else None,
            nps=(2, 10, 9, 7, None, 0, 8)[number],
            csat=(1.0, 5.0, None, 4.0, 3.5, 2.0, 4.0)[number],
            handle_s=60.0 * number,
            attributes={"شعبه": "ونک"},
        )
        for number, row in enumerate(feedback(*texts))
    ]
    call = Feedback(text="\n".join(turn.text for turn in CALL if turn.speaker == "customer"), line=9, turns=CALL)
    return [*made, replace(call, agent_id=AGENT, occurred_at=start), Feedback(text="هنوز نخوانده", line=10)]


DEFINITION = {
    "duckdb": "SELECT sql FROM duckdb_views() WHERE schema_name = 'kpi_v1' AND view_name = 'effort_cues'",
    "postgres": "SELECT pg_get_viewdef(CAST('kpi_v1.effort_cues' AS regclass))",
}
SAID_OF_VIEWS = {
    "duckdb": "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'kpi_v1'",
    "postgres": "SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = CAST('kpi_v1' AS regnamespace)",
}
SAID_OF_COLUMNS = {
    "duckdb": "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = 'kpi_v1'",
    "postgres": "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a"
    " ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = CAST('kpi_v1' AS regnamespace)",
}


@pytest.fixture(scope="module")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """All rows but the last are tagged; agents are shown, and the views must not."""
    with open_store(tmp_path_factory.mktemp("views") / "voc.duckdb") as store:
        add(store, rows()[:-1])
        tag_all(store)
        add(store, rows()[-1:], "دیگر.csv")
        yield store


def view(store: Store, name: str) -> list[dict[str, Any]]:
    """The rows of a view by the names of its columns."""
    sql = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'kpi_v1' AND table_name = $name"
        " ORDER BY ordinal_position"
    )
    names = [column for (column,) in store.select(sql, {"name": name})]
    order = ", ".join(map(str, range(1, len(names) + 1)))
    found = store.select(f"SELECT * FROM kpi_v1.{name} ORDER BY {order}", {})
    return [dict(zip(names, row, strict=True)) for row in found]


def test_a_row_says_what_the_record_says(store: Store) -> None:
    found = {row["id"]: row for row in view(store, "feedback")}
    records = list(store.stream_feedback(Filters()))
    assert set(found) == {record.id for record in records}
    for record in records:
        row, said, tags = found[record.id], record.feedback, record.tags
        assert json.loads(row["attributes"]) == said.attributes
        exported = flat_row(record)
        same = (exported.keys() & row.keys()) - {"agent_id", "attributes"}
        assert len(same) > 40
        assert {name: row[name] for name in same} == {name: exported[name] for name in same}
        assert row["occurred_on"] == (said.occurred_at.date() if said.occurred_at else None)
        assert (row["tagged"], row["set_aside"]) == (tags is not None, False)
        assert row["high_effort"] is (None if tags is None else any(cue.code != "easy" for cue in tags.effort))
        assert row["easy"] is (None if tags is None else [cue.code for cue in tags.effort] == ["easy"])
        if said.turns and tags and tags.conversation:
            assert json.loads(row["sentiment_quarters"]) == [list(astuple(mood)) for mood in tags.conversation.quarters]


def test_tags_turns_and_moves_stand_one_a_row(store: Store) -> None:
    records = {record.id: record for record in store.stream_feedback(Filters())}
    tags = {id: record.tags for id, record in records.items() if record.tags}
    assert [(row["id"], row["reason"], row["polarity"], row["reason_group"]) for row in view(store, "reasons")] == [
        (id, reason.code, reason.polarity, reason.code.partition(".")[0]) for id in sorted(tags) for reason in tags[id].reasons
    ]
    assert {(row["id"], row["cue"], row["score"], row["evidence"]) for row in view(store, "effort_cues")} == {
        (id, cue.code, cue.score, json.dumps(cue.evidence, separators=(",", ":"))) for id in tags for cue in tags[id].effort
    }
    assert {(row["id"], row["cue"]) for row in view(store, "loyalty_cues")} == {
        (id, cue.code) for id in tags for cue in tags[id].loyalty
    }
    (call,) = [id for id, record in records.items() if record.feedback.turns]
    assert {(row["id"], row["move"]) for row in view(store, "moves")} == {
        (call, "greeting"), (call, "apology"), (call, "compensation"),
    }  # fmt: skip
    assert [(row["id"], row["speaker"], row["text"], row["start_s"], row["response_s"]) for row in view(store, "turns")] == [
        (call, turn.speaker, turn.text, turn.start_s, 1.0 if turn.speaker == "agent" else None) for turn in CALL
    ]
    (row,) = [row for row in view(store, "feedback") if row["id"] == call]
    assert (row["turns"], row["duration_s"], row["sentiment_start"], row["sentiment_end"]) == (3, 12.0, "negative", "positive")
    assert {(row["id"], row["name"], row["accepted"]) for row in view(store, "batches")} == {
        (batch.id, batch.name, batch.accepted) for batch in store.list_batches().items
    }


def test_what_is_easy_is_what_the_taxonomy_calls_so(store: Store) -> None:
    ((definition,),) = store.select(DEFINITION[engines.chosen], {})
    for cue in load_taxonomy().effort:
        assert (f"'{cue.code}'" in definition) is (cue.direction == "easy")


def test_pieces_make_a_whole(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("voc.store.duckdb_file.PIECE_ROWS", 2)
    test_the_snapshot_holds_the_views_and_nothing_else(store, tmp_path)


def test_days_add_up_to_the_kpis(store: Store) -> None:
    daily = view(store, "kpis_daily")
    assert len(daily) > 5
    total = {name: sum(row[name] or 0 for row in daily) for name in daily[0] if name not in ("day", "channel")}
    names = ("nps", "csat_top2", "csat_mean", "text_effort_share", "text_effort_net", "text_resolution", "text_sentiment_net")
    value = {row.name: row.value for row in compute_kpis(store, names)}
    assert 100 * (total["promoters"] - total["detractors"]) / total["nps_answers"] == value["nps"]
    assert total["satisfied"] / total["csat_answers"] == value["csat_top2"]
    assert total["csat_total"] / total["csat_answers"] == value["csat_mean"]
    assert total["high_effort"] / total["tagged"] == value["text_effort_share"]
    assert 100 * (total["easy"] - total["high_effort"]) / (total["easy"] + total["high_effort"]) == value["text_effort_net"]
    assert total["resolved"] / (total["resolved"] + total["unresolved"]) == value["text_resolution"]
    assert 100 * (total["positive"] - total["negative"]) / total["tagged"] == value["text_sentiment_net"]
    assert (total["feedback"], total["conversations"], total["tagged"]) == (9, 1, 8)
    for row in daily:
        there = Filters(from_=row["day"], to=row["day"] + timedelta(days=1)) if row["day"] else Filters()
        (nps,) = compute_kpis(store, ("nps",), filters=replace(there, channel=(row["channel"],) if row["channel"] else ()))
        if row["day"] and row["channel"] and row["nps_answers"]:
            assert 100 * (row["promoters"] - row["detractors"]) / row["nps_answers"] == nps.value


def test_what_people_correct_is_seen_and_counted(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("سریع رسید", "معمولی بود", "گرون بود"))
        tag_all(store)
        for row, said in (("f1", {"sentiment": "positive"}), ("f2", {})):
            store.corrections.correct(row, read_statement(said), Note(), datetime(2026, 5, 4, tzinfo=TEHRAN))
        found = {row["id"]: row["corrected_at"] for row in view(store, "feedback")}
        assert found == {row.id: flat_row(row)["corrected_at"] for row in store.stream_feedback(Filters())}
        assert [id for id, at in found.items() if at] == ["f1"]
        assert [(row["tagged"], row["corrected"]) for row in view(store, "kpis_daily")] == [(3, 1)]


def test_every_day_of_five_decades(store: Store) -> None:
    found = view(store, "dates")
    assert [row["day"] for row in found] == list(usual_days())
    assert (to_jalali(found[0]["day"]), to_jalali(found[-1]["day"])) == ((1380, 1, 1), (1430, 12, 29))
    for row in found:
        day: date = row["day"]
        _, week_start, year, month, number, week_year, week = calendar_row(day)
        weekday = (day - week_start).days + 1
        assert (row["jalali_year"], row["jalali_month"], row["jalali_day"]) == (year, month, number)
        assert (row["jalali_week_year"], row["jalali_week"], row["week_start"]) == (week_year, week, week_start)
        assert (row["jalali_month_fa"], row["jalali_month_en"]) == (JALALI_MONTHS_FA[month - 1], MONTHS_EN[month - 1])
        assert (row["weekday"], row["weekday_fa"], row["weekday_en"]) == (weekday, WEEKDAYS[weekday - 1], day.strftime("%A"))
        assert (row["is_friday"], row["is_weekend"]) == (day.weekday() == 4, day.weekday() in (3, 4))
        assert (row["year"], row["month"], row["day_of_month"], row["month_name"]) == (*day.timetuple()[:3], day.strftime("%B"))
        assert (row["quarter"], row["jalali_quarter"]) == ((day.month + 2) // 3, (month + 2) // 3)
        assert row["day_index"] == (day - date(1970, 1, 1)).days
        keys = [row["jalali_date"], *(row[f"jalali_{size}_key"] for size in ("week", "month", "quarter"))]
        assert keys == [bucket_key(day, size, "jalali") for size in ("day", "week", "month", "quarter")]


def test_everything_is_explained(store: Store) -> None:
    views = dict(store.select(SAID_OF_VIEWS[engines.chosen], {}))
    assert tuple(sorted(views)) == VIEWS
    assert all(views.values())
    columns = store.select(SAID_OF_COLUMNS[engines.chosen], {})
    assert not [column for *column, comment in columns if not comment]


def test_no_view_shows_an_agent(store: Store) -> None:
    (pseudonym,) = {row["agent_id"] for row in view(store, "feedback")} - {None}
    assert pseudonym != AGENT
    for name in VIEWS:
        assert AGENT not in json.dumps(view(store, name), default=str, ensure_ascii=False)
    with store.open_snapshot() as file:
        content = file.read()
    assert AGENT.encode() not in content
    assert pseudonym.encode() in content  # so the name would have been found
    assert store.select("SELECT 1 FROM agent WHERE agent_id = $agent", {"agent": AGENT})


def test_no_view_shows_an_original(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    with Store.open(database(tmp_path / "voc.duckdb"), zone=TEHRAN, originals_key=key) as store:
        add(store, [Feedback(text="زنگ بزنید [تلفن]", line=2, original="زنگ بزنید 09123456789")])
        ((sealed,),) = store.select("SELECT sealed FROM original", {})
        with store.open_snapshot() as file:
            assert bytes(sealed) not in file.read()
        assert "original" not in json.dumps([view(store, name) for name in VIEWS if name != "dates"], default=str)


@pytest.mark.engines("duckdb")
def test_a_database_of_before_gets_the_views_and_the_days(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        add(store, [replace(each, occurred_at=datetime(1990, 1, 1, tzinfo=TEHRAN)) for each in feedback("خوب بود")])
    with duckdb.connect(str(path)) as old:
        old.execute(f"DROP SCHEMA kpi_v1 CASCADE; {BEFORE_CORRECTIONS} DELETE FROM schema_version WHERE version > 9")
        old.execute("DELETE FROM calendar WHERE jalali_year NOT BETWEEN 1390 AND 1420 AND day <> DATE '1990-01-01'")
    with open_store(path) as store:
        found = store.select("SELECT day FROM kpi_v1.dates ORDER BY day", {})
        assert [day for (day,) in found] == [date(1990, 1, 1), *usual_days()]
        assert len(view(store, "feedback")) == 1
        store.rewrite()
        assert len(view(store, "feedback")) == 1
        store.back_up(tmp_path / "kept.duckdb")
    with open_store(tmp_path / "kept.duckdb") as kept:
        assert len(view(kept, "feedback")) == 1
        add(kept, feedback("عالی"), "دو.csv")  # the view of the same name as the table is in nobody's way


def test_the_snapshot_holds_the_views_and_nothing_else(store: Store, tmp_path: Path) -> None:
    with store.open_snapshot() as file:
        (tmp_path / "kpi.duckdb").write_bytes(file.read())
    assert engines.chosen == "postgres" or not list(Path(store.name).parent.glob("*.copy"))
    with duckdb.connect(str(tmp_path / "kpi.duckdb"), read_only=True) as snapshot:
        tables = snapshot.execute(
            "SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY 2"
        ).fetchall()
        assert tables == [("kpi_v1", name, "BASE TABLE") for name in VIEWS]
        for name in VIEWS:
            assert snapshot.execute(f"SELECT * FROM kpi_v1.{name} ORDER BY ALL").fetchall() == [
                tuple(row.values()) for row in view(store, name)
            ]
        said = snapshot.execute(SAID_OF_COLUMNS["duckdb"]).fetchall()
        assert sorted(said) == sorted(store.select(SAID_OF_COLUMNS[engines.chosen], {}))
        assert snapshot.execute("SELECT count(*) FROM duckdb_tables() WHERE comment IS NOT NULL").fetchall() == [(len(VIEWS),)]


def test_a_running_service_gives_its_snapshot(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        send_tagged(client)
        answer = client.get("/v1/export/database")
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        send_tagged(client, SURVEY.replace("ونک", "ری"), "دو.csv")
        (tmp_path / "later.duckdb").write_bytes(client.get("/v1/export/database").content)
    (tmp_path / "kpi.duckdb").write_bytes(answer.content)
    counts = []
    for name in ("kpi", "later"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb"), read_only=True) as snapshot:
            counts += snapshot.execute("SELECT count(*), count(sentiment) FROM kpi_v1.feedback").fetchall()
    assert counts == [(5, 5), (10, 10)]


def test_the_command_writes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, rows())
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "kpi.duckdb")])
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(tmp_path / "kpi.duckdb"), read_only=True) as snapshot:
        assert snapshot.execute("SELECT count(*) FROM kpi_v1.feedback").fetchall() == [(9,)]
    refused = CliRunner().invoke(cli, ["export", str(tmp_path / "kpi.duckdb"), "--turns"])
    assert refused.exit_code != 0


def test_rows_that_a_model_failed_on_are_told_from_those_that_wait(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:  # of the first, the tags of an older model stay
        add(store, [*feedback("عالی بود", "کارتم رو خورد", "هنوز زنگ نزدن"), Reject(5, "NPS", "out_of_range", "از ۰ تا ۱۰")])
        store.write_tags([(1, FakeTagger().tag(["عالی بود"])[0])])
        store.set_aside([SetAside(seq, "crashed") for seq in (1, 2)], ModelIdentity("fake-2", "v1"))
        found = [(row["id"], row["tagged"], row["set_aside"]) for row in view(store, "feedback")]
        assert found == [("f1", True, False), ("f2", False, True), ("f3", False, False)]
        (reject,), (batch,) = view(store, "rejects"), view(store, "batches")
        assert reject == {
            "batch_id": batch["id"], "line": 5, "column_name": "NPS", "code": "out_of_range", "message": "از ۰ تا ۱۰",
        }  # fmt: skip


def test_days_without_a_value_sum_to_nothing_known(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("خوب بود"))
        (row,) = view(store, "kpis_daily")
        assert (row["feedback"], row["csat_answers"], row["tagged"]) == (1, 0, 0)
        assert [row[name] for name in row if name.endswith("_total")] == [None] * 5
