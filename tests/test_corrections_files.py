"""Files of corrections: out of one database and into another, twice if need be, by ids and texts; the rest is told by line."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from tests.stores import TEHRAN, add, database, open_store, tag_all
from voc.command import cli
from voc.corrections.correction import Note
from voc.corrections.entry import text_hash
from voc.corrections.files import READABLE, Taken, read_rows, stream_corrections_as, take_corrections
from voc.corrections.statement import read_statement
from voc.errors import InputError
from voc.records import Feedback
from voc.store import Filters, Store

pytestmark = pytest.mark.usefixtures("engine")

NOW: Final = datetime(2026, 5, 4, 10, 0, 0, 123456, tzinfo=UTC)
ROWS: Final = (
    Feedback("پیک دیر اومد", 2, external_id="T-1"),
    Feedback("سریع بود عالی", 3, external_id="=T-2"),
    Feedback("گرون بود", 4),
)
SAID: Final[tuple[dict[str, Any], ...]] = ({"sentiment": "negative"}, {}, {"add": {"loyalty": ["churn_intent"]}})


def fill(store: Store, *more: Feedback) -> None:
    add(store, [*more, *ROWS])
    tag_all(store)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        fill(opened)
        for place, said in enumerate(SAID, 1):
            note = Note("kabc123", "=چون‌که این‌جوریه", "random" if place == 1 else None)
            opened.corrections.correct(f"f{place}", read_statement(said), note, NOW + timedelta(hours=place))
        yield opened


def written(store: Store, path: Path) -> Path:
    path.write_bytes(b"".join(stream_corrections_as(store.corrections.stream(), path.suffix[1:], store.zone)))
    return path


def read(store: Store, path: Path) -> Taken:
    return take_corrections(store, read_rows(path), names=False)


def said_of(store: Store) -> list[tuple[Any, ...]]:
    return [
        (record.feedback.text, each.at, each.note.by, each.note.why, each.note.queue, each.said)
        for each, record in store.corrections.stream()
    ]


@pytest.mark.parametrize("ending", READABLE)
def test_what_is_written_and_read_elsewhere_is_the_same(store: Store, tmp_path: Path, ending: str) -> None:
    path = written(store, tmp_path / f"c.{ending}")
    with open_store(tmp_path / "other.duckdb") as other:
        fill(other, Feedback("تازه و دیگر", 5))  # so that no id of ours is the same there
        assert read(other, path) == Taken(placed=2, known=0, refused=read(other, path).refused)
        assert [each.code for each in read(other, path).refused] == ["other_text"]  # the third had no id but ours
        assert said_of(other) == said_of(store)[:2]
        assert {each.note.source for each, _ in other.corrections.stream()} == {"import"}
        tags = [row.tags for row in other.stream_feedback(Filters())][1:3]
        assert tags == [row.tags for row in store.stream_feedback(Filters())][:2]


def test_what_is_read_again_is_known_even_if_it_was_undone(store: Store, tmp_path: Path) -> None:
    path = written(store, tmp_path / "c.jsonl")
    store.corrections.undo("c1", None, NOW)
    assert read(store, path) == Taken(known=3)
    assert [each.id for each, _ in store.corrections.stream()] == ["c2", "c3"]
    path.write_text(path.read_text("utf-8") * 2, "utf-8")
    with open_store(tmp_path / "other.duckdb") as other:
        fill(other)
        assert read(other, path) == Taken(placed=3, known=3)


def test_records_of_one_id_and_text_are_told_apart_by_ours(store: Store, tmp_path: Path) -> None:
    path = written(store, tmp_path / "c.jsonl")
    twice = Feedback(ROWS[0].text, 9, external_id="T-1")
    with open_store(tmp_path / "other.duckdb") as other:
        fill(other)
        add(other, [twice], "دوباره")
        tag_all(other)
        assert read(other, path).placed == 3
        assert {record.id for _, record in other.corrections.stream()} == {"f1", "f2", "f3"}
    with open_store(tmp_path / "third.duckdb") as third:
        fill(third, Feedback("دیگر", 7), Feedback("باز", 8), Feedback("هم", 9), twice)
        assert [each.code for each in read(third, path).refused] == ["ambiguous", "other_text"]


def test_what_waits_for_the_tagger_is_not_placed_yet(store: Store, tmp_path: Path) -> None:
    path = written(store, tmp_path / "c.jsonl")
    with open_store(tmp_path / "other.duckdb") as other:
        add(other, ROWS)
        assert [each.code for each in read(other, path).refused] == ["not_tagged_yet"] * 3
        tag_all(other)
        assert read(other, path).placed == 3


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"text_hash": "ABC"}, "text_hash"),
        ({"text_hash": 5}, "text_hash"),
        ({"external_id": ["T-1"]}, "external_id"),
        ({"corrected_at": "2026-05-04"}, "corrected_at"),
        ({"corrected_at": "0001-01-01T00:00:00+14:00"}, "corrected_at"),
        ({"corrected_at": None}, "corrected_at"),
        ({"changed": "{"}, "changed"),
        ({"changed": "[" * 100_000}, "changed"),
        ({"changed": 5}, "changed"),
        ({"changed": {}}, "changed"),
        ({"changed": {"sentiment": "angry"}}, "sentiment"),
        ({"changed": {"reasons": {"my.code": "negative"}}}, "reasons"),
        ({"why": "ن" * 501}, "why"),
        ({"why": 5}, "why"),
    ],
)
def test_a_wrong_row_hinders_no_other(store: Store, tmp_path: Path, change: dict[str, Any], column: str) -> None:
    path = written(store, tmp_path / "c.jsonl")
    first, *others = map(json.loads, path.read_text("utf-8").splitlines())
    path.write_text("\n".join(json.dumps(row) for row in ({**first, **change}, *others)), "utf-8")
    taken = read(store, path)
    assert (taken.placed, taken.known) == (0, 2)
    assert [(each.line, each.column) for each in taken.refused] == [(1, column)]


@pytest.mark.parametrize("column", ["external_id", "feedback_id", "text_hash", "why"])
def test_half_a_surrogate_pair_hinders_no_other_row(store: Store, tmp_path: Path, column: str) -> None:
    path = written(store, tmp_path / "c.jsonl")
    first, *others = map(json.loads, path.read_text("utf-8").splitlines())
    path.write_text("\n".join(json.dumps(row) for row in ({**first, column: "\ud800"}, *others)), "utf-8")
    taken = read(store, path)
    assert taken.known + len(taken.refused) == 3
    assert taken.known >= 2


def test_a_key_that_is_none_and_personal_data_do_not_come_in(store: Store, tmp_path: Path) -> None:
    path = written(store, tmp_path / "c.jsonl")
    row = json.loads(path.read_text("utf-8").splitlines()[0])
    new = {**row, "corrected_at": "2026-05-05T10:00:00Z", "corrected_by": "علی رضایی", "why": "۰۹۱۲۳۴۵۶۷۸۹", "queue": "mine"}
    path.write_text(json.dumps(new), "utf-8")
    assert read(store, path).placed == 1
    (newest, *_) = store.corrections.of_record("f1").items
    assert newest.note == Note(None, "[تلفن]", None, "import")


def test_a_broken_line_is_told_by_its_number(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('\n{"a": 1\n[]\n5\n', "utf-8")
    assert [each.line for each in read(store, path).refused] == [2, 3, 4]


def test_a_broken_row_of_csv_is_told_by_its_first_line(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text('feedback_id,why\nf1,"دو\nسطر"\nf2,یکی\n', "utf-8")
    assert [each.line for each in read(store, path).refused] == [2, 4]


@pytest.mark.parametrize("name", ["c.xlsx", "missing.jsonl", "c", "latin.csv"])
def test_a_file_that_is_none(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError) as refused:
        read(store, tmp_path / name)
    assert refused.value.field == "file"


def test_the_text_does_not_travel(store: Store, tmp_path: Path) -> None:
    for ending in READABLE:
        content = written(store, tmp_path / f"c.{ending}").read_text("utf-8")
        assert text_hash(ROWS[0].text) in content
        assert not any(row.text in content for row in ROWS)


def test_the_command_writes_and_reads(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    done = CliRunner().invoke(cli, ["corrections", "export", "-o", str(tmp_path / "c.csv")])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["feedback_id"], row["external_id"], row["confirmed"]) for row in rows] == [
        ("f1", "T-1", "False"), ("f2", "'=T-2", "True"), ("f3", "", "False"),
    ]  # fmt: skip
    done = CliRunner().invoke(cli, ["corrections", "import", str(tmp_path / "c.csv")])
    assert done.exit_code == 0
    assert "0 placed, 3 known already, 0 not placed" in done.output
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "other.duckdb"))
    with Store.open(database(tmp_path / "other.duckdb"), zone=TEHRAN) as other:
        fill(other, Feedback("جابه‌جا", 8))
    done = CliRunner().invoke(cli, ["corrections", "import", str(tmp_path / "c.csv")])
    assert "2 placed, 0 known already, 1 not placed" in done.output
    assert "line 4: other_text" in done.output
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "f.jsonl"), "--where", "corrected=true"])
    assert done.exit_code == 0
    assert len((tmp_path / "f.jsonl").read_text("utf-8").splitlines()) == 1  # of the two one is a confirmation
    done = CliRunner().invoke(cli, ["kpis", "nps", "--where", "corrected=yes"])
    assert isinstance(done.exception, InputError)
