"""The `voc` command as a person uses it: what it writes, what it says, and how it fails."""

import csv
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import voc.tagging
from tests.fakes import FakeTagger
from tests.spoken import CALL, conversation
from tests.stores import add, database, open_store
from voc import command, kpis, report_card, trends
from voc.command.figures import parse_filters
from voc.command.tag import parse_mapping
from voc.errors import InputError, ModelError, NotFoundError, SettingsError, StoreError
from voc.export import columns_of
from voc.records import Feedback, Tags
from voc.store.database import Engine
from voc.taxonomy import Taxonomy, shipped_taxonomy

FEEDBACK = """شناسه,تاریخ,متن,کانال,نمره,nps
a-1,۱۴۰۵/۰۳/۰۲,پیک خیلی دیر اومد,تلفن,۲,3
a-2,۱۴۰۵/۰۳/۰۵,عالی بود پیشنهاد میکنم,چت,۵,10
a-3,۱۴۰۵/۱۳/۰۵,تاریخش نمیخونه,چت,۵,9
a-4,۱۴۰۵/۰۴/۰۱,عالی بود پیشنهاد میکنم,چت,۵,9
a-5,۱۴۰۵/۰۴/۰۲,,چت,۴,9
"""


@pytest.fixture(autouse=True)
def without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = FakeTagger()
    for module in (voc.tagging, voc.tagging.tagger):
        monkeypatch.setattr(module, "load_tagger", lambda *_, **__: fake)
    monkeypatch.setattr(voc.tagging, "model_identity", lambda _model="": fake.identity)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feedback.csv").write_text(FEEDBACK, encoding="utf-8-sig")


@pytest.fixture
def kept(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database, for commands that need one."""
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))


def voc_(*arguments: str) -> Result:
    return CliRunner().invoke(command.cli, list(arguments), catch_exceptions=False)


def records(path: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def test_tag_keeps_ids_and_order_and_refuses_row_by_row() -> None:
    result = voc_("tag", "feedback.csv", "-o", "out.jsonl")
    assert result.exit_code == 0
    assert [record["id"] for record in records("out.jsonl")] == ["a-1", "a-2", "a-4"]
    assert [record["sentiment"] for record in records("out.jsonl")] == ["neutral", "positive", "positive"]
    refused = list(csv.DictReader(Path("out.jsonl.rejects.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["line"], row["column"]) for row in refused] == [("4", "تاریخ"), ("6", "متن")]
    assert [row["code"] for row in refused] == ["bad_date", "empty_text"]


def test_tag_says_what_it_understood_and_what_it_found() -> None:
    said = voc_("tag", "feedback.csv").stderr
    for words in ("occurred_at", "external_id", "delivery.time", "زمان تحویل", "feedback.tagged.jsonl", "2 refused"):
        assert words in said
    assert Path("feedback.tagged.jsonl").exists()


class _Spoken:
    """A source of one conversation and one text, in place of the reader of files."""

    format, encoding, columns, notices, rows_estimate = "jsonl", "", (), (), 2

    def __iter__(self) -> Iterator[Feedback]:
        yield conversation(CALL, 2, external_id="c-1")
        yield Feedback("پیک دیر اومد", 3, external_id="t-1")


def test_tag_writes_conversations_with_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.ingest.open_feedback", lambda *_, **__: _Spoken())
    said = voc_("tag", "feedback.csv", "-o", "out.jsonl").stderr
    spoken, written = records("out.jsonl")
    assert (spoken["id"], spoken["kind"], spoken["handle_s"], spoken["sentiment_end"]) == (
        "c-1",
        "conversation",
        56,
        "positive",
    )
    assert spoken["reasons"] == [{"code": "delivery.time", "polarity": "negative", "score": 0.9, "evidence": [[1, 18, 21]]}]
    assert CALL[1].text[18:21] == "دیر"
    assert (written["id"], written["kind"]) == ("t-1", "feedback")
    assert re.search(r"conversations +1 +.*عذرخواهی", said)


def test_what_people_call_columns_files_and_reasons_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    own = dict(shipped_taxonomy().titles_fa) | {"delivery.time": "تحویل [/ساعت]"}
    monkeypatch.setattr(Taxonomy, "titles_fa", property(lambda _: own))
    rows = f"{'آ' * 2_500},دیر رسید,۱۴۰۵/۰۱/۰۲\n,عالی بود,۱۴۰۵/۱۳/۰۲\n"
    Path("نظرات [red].csv").write_text(f"شهر [/5],متن,تاریخ [/روز]\n{rows}", "utf-8")
    result = voc_("tag", "نظرات [red].csv", "-o", "[bold]y.jsonl")
    assert result.exit_code == 0
    said = " ".join(result.stderr.split())
    for words in (
        "نظرات [red].csv",
        "→ [bold]y.jsonl",
        "→ [bold]y.jsonl.rejects.csv",
        "│ تاریخ [/روز] │ occurred_at",
        "in column تاریخ [/روز]",
        "شهر [/5]: Values",
        "تحویل [/ساعت]",
    ):
        assert words in said


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_tag_writes_the_format_of_the_ending(ending: str) -> None:
    assert voc_("tag", "feedback.csv", "-q", "-o", f"out.{ending}").exit_code == 0
    assert Path(f"out.{ending}").stat().st_size > 100
    assert not list(Path().glob("*.partial"))


def test_map_overrides_a_column() -> None:
    voc_("tag", "feedback.csv", "-q", "-o", "out.jsonl", "--map", "text=کانال")
    assert records("out.jsonl")[0]["text"] == "تلفن"


def test_a_second_run_without_refusals_leaves_no_old_rejects() -> None:
    voc_("tag", "feedback.csv", "-q", "-o", "out.jsonl")
    Path("feedback.csv").write_text("متن\nعالی بود\n", encoding="utf-8")
    voc_("tag", "feedback.csv", "-q", "-o", "out.jsonl")
    assert not Path("out.jsonl.rejects.csv").exists()


@pytest.mark.usefixtures("kept")
def test_import_then_kpis_trends_and_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: FakeTagger())
    assert "3 accepted, 2 refused" in voc_("import", "feedback.csv").stderr
    again = voc_("import", "feedback.csv")
    assert again.exit_code == 0
    assert voc_("kpis", "nps", "-o", "kpis.jsonl").exit_code == 0
    nps = records("kpis.jsonl")[0]
    assert (nps["n"], nps["value"]) == (3, pytest.approx(100 / 3))
    assert voc_("trends", "reasons", "--bucket", "month", "-o", "trend.csv").exit_code == 0
    assert "1405-03" in Path("trend.csv").read_text("utf-8-sig")
    assert voc_("export", "all.jsonl", "--where", "sentiment=positive").exit_code == 0
    assert len(records("all.jsonl")) == 2


class _Picky(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        if any("خراب" in text for text in texts):
            raise ValueError(texts)
        return super().tag(texts)


@pytest.mark.usefixtures("kept")
def test_import_says_what_was_noticed_and_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: _Picky())
    Path("long.csv").write_text(f"شهر,متن\n{'آ' * 2_500},دیر رسید\nقم,خراب بود\n", "utf-8")
    result = voc_("import", "long.csv")
    said = " ".join(result.stderr.split())
    assert result.exit_code == 0
    for words in ("note شهر: Values", "could not be tagged and were set aside", "(lines 3)", "1 tagged"):
        assert words in said
    assert "خراب" not in said


@pytest.mark.usefixtures("kept")
def test_an_import_of_which_nothing_could_be_tagged_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: _Picky())
    Path("bad.csv").write_text("متن\nخراب بود\nخراب شد\n", "utf-8")
    for _ in range(2):  # also when it is sent again, for it is the same batch
        monkeypatch.setattr("sys.argv", ["voc", "import", "bad.csv"])
        with pytest.raises(SystemExit) as stopped:
            command.app()
        said = capsys.readouterr().err
        assert stopped.value.code == 2
        assert "set aside" in said
        assert "voc: No row of the batch b" in said


@pytest.mark.usefixtures("kept")
def test_an_erasure_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        add(store, [Feedback("دیر رسید", 2, customer_id="م-۱"), Feedback("خوب بود", 3, customer_id="م-۲")])
        store.erase_customer("م-۱")  # and the process is killed before the file is written anew
        assert store.rewrite_due_since() is not None
    with pytest.raises(NotFoundError, match="No stored row"):
        voc_("erase", "--customer", "م-۱")
    with open_store(path) as store:
        assert store.rewrite_due_since() is None
    assert "1 rows erased" in voc_("erase", "--customer", "م-2").stderr
    with open_store(path) as store:
        assert store.rewrite_due_since() is None


FIGURES = {
    "kpis nps": kpis.KpiRow,
    "trends": trends.TrendRow,
    "spikes": trends.Spike,
    "themes --where from=2020-01-01 --where to=2020-01-31": trends.Theme,
    "drivers csat": trends.Driver,
    "compare --where from=2020-01-01 --where to=2020-01-31": trends.Contrast,
    "what-if": trends.Scenario,
    "report-card": report_card.Saying,
    "report-card figures": report_card.Figure,
    "report-card codes": report_card.CodeScore,
    "report-card confusion": report_card.Confused,
    "report-card calibration": report_card.Bin,
    "report-card sentiment-calibration": report_card.Bin,
    "report-card slices": report_card.Slice,
    "report-card draws": report_card.Draw,
    "report-card agreement": report_card.Agreement,
    "report-card drift": report_card.Reading,
    "report-card texts": report_card.TextDrift,
    "report-card tags": report_card.TagDrift,
}


@pytest.mark.usefixtures("kept")
def test_figures_without_rows_are_a_file_with_their_header_and_not_that_of_yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: FakeTagger())
    Path("one.csv").write_text("متن\nسلام\n", "utf-8")
    voc_("import", "one.csv")
    empty = 0
    for arguments, record in FIGURES.items():
        Path("out.csv").write_text("of,yesterday\n" * 9, "utf-8")
        result = voc_(*arguments.split(), "-o", "out.csv")
        header, *rows = csv.reader(Path("out.csv").read_text("utf-8-sig").splitlines())
        assert header == [column.name for column in columns_of(record)], arguments
        assert ("no rows" in result.stderr) == (not rows), arguments
        empty += not rows
    assert empty >= 12


@pytest.mark.usefixtures("kept")
def test_changes_since_the_last_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: FakeTagger())
    voc_("import", "feedback.csv")
    first = voc_("changes", "first.jsonl", "--cursor", "last.cursor")
    assert first.exit_code == 0
    assert [(each["id"], each["change"]) for each in records("first.jsonl")] == [(f"f{n}", "tagged") for n in (1, 2, 3)]
    assert first.stdout.strip() == Path("last.cursor").read_text() == records("first.jsonl")[-1]["cursor"]
    assert voc_("changes", "none.jsonl", "--cursor", "last.cursor").stdout == first.stdout
    assert records("none.jsonl") == []
    voc_("erase", "--older-than", "1")
    voc_("changes", "second.jsonl", "--since", first.stdout.strip())
    gone = records("second.jsonl")
    assert gone
    assert {each["change"] for each in gone} == {"deleted"}
    assert {name for each in gone for name in each} == {"id", "change", "cursor"}


@pytest.mark.usefixtures("kept")
def test_an_export_goes_on_after_a_record_and_has_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", lambda *_, **__: FakeTagger())
    Path("call.txt").write_text("مشتری: سفارشم دیر اومد\nکارشناس: شرمنده\n", "utf-8")
    voc_("import", "feedback.csv")
    voc_("import", "call.txt")
    voc_("export", "rest.jsonl", "--after", "f2")
    assert [each["id"] for each in records("rest.jsonl")] == ["f3", "f4"]
    voc_("export", "turns.jsonl", "--turns")
    assert [(each["conversation_id"], each["turn"], each["speaker"]) for each in records("turns.jsonl")] == [
        ("f4", 0, "customer"),
        ("f4", 1, "agent"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["changes", "x.csv", "--since", "x", "--cursor", "y"], "one of"),
        (["tag", "nowhere.csv"], "no file"),
        (["tag", "feedback.csv", "-o", "out.docx"], "ending"),
        (["tag", "feedback.csv", "--map", "text"], "FIELD=HEADER"),
        (["tag", "feedback.csv", "--map", "text=نظرات"], "نظرات"),
        (["kpis", "nps"], "voc import"),
        (["export", "x.csv"], "voc import"),
    ],
)
def test_errors_say_what_to_do(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=message):
        voc_(*arguments)


def test_a_voc_error_is_one_line_and_status_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["voc", "tag", "nowhere.csv"])
    with pytest.raises(SystemExit) as stopped:
        command.app()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("voc: ")


@pytest.mark.parametrize(("workers", "says"), [("-1", "greater than or equal to 0"), ("257", "less than or equal to 256")])
def test_fewer_than_no_workers_and_more_than_can_be_are_refused(workers: str, says: str) -> None:
    result = voc_("tag", "feedback.csv", "--workers", workers)
    assert result.exit_code == 2
    assert says in result.stderr


def test_the_input_is_never_overwritten() -> None:
    with pytest.raises(InputError, match="input itself"):
        voc_("tag", "feedback.csv", "-o", "./feedback.csv")
    assert Path("feedback.csv").read_text("utf-8-sig") == FEEDBACK


def test_an_output_that_cannot_be_written_leaves_nothing_behind() -> None:
    with pytest.raises(InputError, match="Cannot write"):
        voc_("tag", "feedback.csv", "-q", "-o", "nodir/out.csv")
    assert sorted(path.name for path in Path().iterdir()) == ["feedback.csv"]


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, ModelError("There is no memory left.")])
def test_what_is_stopped_leaves_the_files_of_the_last_time(
    stopped_by: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    voc_("tag", "feedback.csv", "-q", "-o", "out.jsonl")
    before = {path: path.read_bytes() for path in Path().iterdir()}

    def stop(*_: object) -> list[Tags]:
        raise stopped_by

    more = "".join(f"b-{n},۱۴۰۵/۱۳/۰۱,دیر رسید,چت,۵,9\n" for n in range(2_000))
    Path("more.csv").write_text(FEEDBACK + more + "b-0,,عالی بود,چت,۵,9\n" * 2_000, "utf-8")
    monkeypatch.setattr(FakeTagger, "tag", stop)
    monkeypatch.setattr(sys, "argv", ["voc", "tag", "more.csv", "-q", "--workers", "1", "-o", "out.jsonl"])
    with pytest.raises(SystemExit):
        command.app()
    assert {path: path.read_bytes() for path in Path().iterdir()} == before | {Path("more.csv"): Path("more.csv").read_bytes()}


def test_the_summary_counts_rows_not_cues() -> None:
    Path("loyal.csv").write_text("متن\nبی‌نظیر بود پیشنهاد میکنم\nپیشنهاد میکنم\n", encoding="utf-8")
    assert "100%" in voc_("tag", "loyal.csv").stderr.split("loyalty cues")[1].splitlines()[0]


def test_mapping_pairs() -> None:
    assert parse_mapping(["text=title+body", "nps = امتیاز"]) == {"text": "title+body", "nps": "امتیاز"}


@pytest.mark.parametrize("host", ["192.168.1.5", "::", "example.org"])
def test_serve_refuses_an_address_that_others_reach(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_HOST", host)
    with pytest.raises(SettingsError, match="VOC_HOST"):
        voc_("serve")


@pytest.mark.engines("duckdb")
@pytest.mark.usefixtures("kept")
def test_serve_says_what_is_wrong_before_it_starts() -> None:
    Path("voc.duckdb").write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match=r"voc\.duckdb"):
        voc_("serve")
    assert Path("voc.duckdb").read_bytes() == b"no database" * 1_000


@pytest.mark.parametrize("arguments", [["kpis"], ["backup", "b"], ["erase", "--customer", "7"], ["doctor"]])
def test_no_password_of_an_address_is_printed(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOC_DATABASE", "postgresql+psycopg://voc:s3cret@db/voc")
    monkeypatch.setattr("sys.argv", ["voc", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.app()
    said = "".join(capsys.readouterr())
    assert ended.value.code
    assert "s3cret" not in said
    assert "a postgresql+psycopg address was given" in said


@pytest.mark.parametrize("given", ["1404-01-01", "۱۴۰۴/۰۱/۰۱", "2025-03-21"])
def test_days_in_filters_are_jalali_or_gregorian(given: str) -> None:
    assert parse_filters([f"from={given}"]).from_ == date(2025, 3, 21)


def test_a_filter_given_twice_means_either() -> None:
    filters = parse_filters(["attr.شهر=یزد", "attr.شهر=قم", "sentiment=negative,mixed", "sentiment=neutral"])
    assert filters.attributes == {"شهر": ("یزد", "قم")}
    assert filters.sentiment == ("negative", "mixed", "neutral")


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_TIMEZONE", "Asia/Nowhere")
    with pytest.raises(SettingsError, match="VOC_TIMEZONE"):
        voc_("kpis")


def test_the_device_and_the_precision_of_the_settings_are_those_of_the_tagger(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str]] = []

    def load(model: str = "", device: str = "", precision: str = "") -> FakeTagger:
        asked.append((model, device, precision))
        return FakeTagger()

    monkeypatch.setenv("VOC_DEVICE", "cuda:1")
    monkeypatch.setenv("VOC_PRECISION", "full")
    monkeypatch.setattr(voc.tagging.tagger, "load_tagger", load)
    assert voc_("tag", "feedback.csv", "-o", "out.jsonl").exit_code == 0
    assert asked == [("", "cuda:1", "full")]
