"""A look at a file before it is taken in: nothing is stored, nothing personal is shown, and what is shown is what would be."""

from pathlib import Path

import pytest

from tests.api_client import running, upload
from voc.intake import open_file
from voc.preview import EXAMPLE_CHARS, EXAMPLES, ROWS_READ, ROWS_SHOWN, Preview, preview
from voc.settings import Settings

MESSY = (
    "ردیف,متن نظر,تاریخ ثبت,شعبه\n"
    "1,پیک دیر اومد، شماره‌م ۰۹۱۲۳۴۵۶۷۸۹ بود,۱۴۰۲/۱۲/۱۱,ونک\n"
    "2,,1402/12/12,ونک\n"
    "3,کارتم هنوز نرسیده,1402/13/01,کرج\n"
    "4,خانمی که جواب داد خیلی باحوصله بود,1402/12/14,کرج\n"
)


def look(tmp_path: Path, content: str, mapping: dict[str, str] | None = None) -> Preview:
    (path := tmp_path / "نظرها.csv").write_text(content, "utf-8")
    return preview(open_file(path, path.name, mapping, Settings(), keep_originals=True))


def test_columns_rows_and_refusals_of_a_messy_file(tmp_path: Path) -> None:
    found = look(tmp_path, MESSY)
    assert (found.format, found.read, found.accepted, found.rejected) == ("csv", 4, 2, 2)
    assert [(each.header, each.field) for each in found.columns][1:] == [
        ("متن نظر", "text"), ("تاریخ ثبت", "occurred_at"), ("شعبه", None),
    ]  # fmt: skip
    assert found.columns[3].examples == ("ونک", "کرج")
    assert [row.occurred_jalali for row in found.rows] == ["1402-12-11", "1402-12-14"]
    assert [str(row.feedback.occurred_at)[:10] for row in found.rows] == ["2024-03-01", "2024-03-04"]
    assert [(reject.line, reject.code) for reject in found.rejects] == [(3, "empty_text"), (4, "bad_date")]


def test_personal_data_is_masked_in_rows_and_examples(tmp_path: Path) -> None:
    found = look(tmp_path, MESSY)
    assert "[تلفن]" in found.columns[1].examples[0]
    assert "[تلفن]" in found.rows[0].feedback.text


def test_another_mapping_shows_another_reading(tmp_path: Path) -> None:
    found = look(tmp_path, MESSY, {"text": "شعبه", "occurred_at": "-"})
    assert [row.feedback.text for row in found.rows] == ["ونک", "ونک", "کرج", "کرج"]
    assert {row.occurred_jalali for row in found.rows} == {None}


def test_a_long_file_is_looked_at_from_its_beginning(tmp_path: Path) -> None:
    rows = "".join(f"نظر شمارهٔ {n} که {'خیلی ' * 30}بلند است\n" for n in range(5 * ROWS_READ))
    found = look(tmp_path, "متن\n" + rows)
    assert (found.read, len(found.rows)) == (ROWS_READ, ROWS_SHOWN)
    examples = found.columns[0].examples
    assert len(examples) == EXAMPLES
    assert all(len(each) <= EXAMPLE_CHARS for each in examples)


@pytest.mark.usefixtures("engine")
def test_the_api_stores_nothing_and_says_what_an_upload_would(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        answer = client.post("/v1/preview", files={"file": ("نظرها.csv", MESSY)})
        assert answer.status_code == 200
        told = answer.json()
        assert client.get("/v1/batches").json()["items"] == []
        batch = upload(client, MESSY, "نظرها.csv")
        assert [(c["header"], c["field"]) for c in told["columns"]] == [(c["header"], c["field"]) for c in batch["columns"]]
        assert (told["accepted"], told["rejected"]) == (batch["accepted"], batch["rejected"])
        stored = client.get("/v1/feedback", params={"batch": batch["id"]}).json()["items"]
        assert {row["text"] for row in told["items"]} == {row["text"] for row in stored}
        assert told["items"][0]["occurred_jalali"] == "1402-12-11"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("record", [{"نظر": "بسته پاره بود"}, {"turns": [{"speaker": "customer", "text": "بسته پاره بود"}]}])
def test_records_are_looked_at_too(tmp_path: Path, record: dict[str, object]) -> None:
    with running(tmp_path) as client:
        told = client.post("/v1/preview", json={"records": [record]}).json()
        assert [(row["text"], row["kind"]) for row in told["items"]] == [
            ("بسته پاره بود", "conversation" if "turns" in record else "feedback")
        ]


@pytest.mark.usefixtures("engine")
def test_what_cannot_be_read_is_the_problem_that_an_upload_would_get(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for path in ("/v1/preview", "/v1/batches"):
            answer = client.post(path, files={"file": ("x.csv", "")})
            assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
        assert client.post("/v1/preview", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
