"""The same content or key is the same batch; a key with other content is refused; what cannot be read leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import open_store
from voc.errors import ConflictError, InputError
from voc.intake import content_key, take_file, take_records
from voc.records import Batch
from voc.settings import Settings
from voc.store import Filters, Store

pytestmark = pytest.mark.usefixtures("engine")

SETTINGS = Settings()
CSV = "متن,شعبه,تاریخ\nپیک خیلی دیر اومد,ونک,۱۴۰۲/۱۲/۱۱\n,ونک,1402/12/12\nرفتارشون عالی بود,کرج,1402/12/13\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_text(CSV, "utf-8")
    return path


def take(store: Store, path: Path, key: str | None = None, mapping: dict[str, str] | None = None, name: str = "ن.csv") -> Batch:
    return take_file(store, path, name=name, mapping=mapping, idempotency_key=key, settings=SETTINGS)


def test_a_file_becomes_a_batch(store: Store, csv: Path) -> None:
    batch = take(store, csv)
    assert (batch.name, batch.received, batch.accepted, batch.rejected) == ("ن.csv", 3, 2, 1)
    assert batch.id == "b" + content_key(csv)[:12]
    assert [(column.header, column.field) for column in batch.columns] == [
        ("متن", "text"),
        ("شعبه", None),
        ("تاریخ", "occurred_at"),
    ]
    (reject,) = store.list_rejects(batch.id).items
    assert reject.line == 3
    row = store.get_feedback("f1").feedback
    assert (row.text, row.line, row.attributes) == ("پیک خیلی دیر اومد", 2, {"شعبه": "ونک"})
    assert row.occurred_at
    assert row.occurred_at.date().isoformat() == "2024-03-01"


def test_employees_answers_are_read_on_the_scale_of_the_settings(store: Store, tmp_path: Path) -> None:
    (path := tmp_path / "ees.csv").write_text("متن,ees\nخوبه,9\n", "utf-8")
    settings = Settings(ees_scale="0-10")
    take_file(store, path, name=path.name, mapping=None, idempotency_key=None, settings=settings)
    records = [{"متن": "بد نیست", "ees": 0}]
    take_records(store, records, name="r", mapping=None, idempotency_key=None, settings=settings)
    assert [row.feedback.ees for row in store.find_feedback(Filters()).items] == [0, 9]


def test_again_is_the_same_batch_whatever_its_name_or_key(store: Store, csv: Path) -> None:
    batch = take(store, csv, "k1")
    assert take(store, csv) == take(store, csv, "k1", name="دیگر.csv") == take(store, csv, "k2") == batch
    assert store.select("SELECT count(*) FROM feedback", {}) == [(2,)]


def test_a_key_with_other_content_is_refused_before_it_is_read(store: Store, csv: Path) -> None:
    batch = take(store, csv, "k1")
    csv.write_bytes(b"\0\1\2 not a table")
    with pytest.raises(ConflictError, match=batch.id):
        take(store, csv, "k1")


def test_another_mapping_is_another_batch(store: Store, csv: Path) -> None:
    one = take(store, csv)
    other = take(store, csv, mapping={"text": "شعبه"})
    assert other.id != one.id
    assert take(store, csv, mapping={}) == one
    assert content_key(csv, {"text": "الف", "channel": "ب"}) == content_key(csv, {"channel": "ب", "text": "الف"})


def test_a_file_that_cannot_be_read_leaves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"")
    for given in (path, tmp_path / "missing.csv"):
        with pytest.raises(InputError):
            take(store, given)
    assert store.list_batches().items == ()


def test_records_become_a_batch_and_again_the_same(store: Store) -> None:
    records: list[dict[str, object]] = [{"text": "سفارشم نیومد", "nps": 3}, {"text": None}, {"text": "مرسی", "شهر": "قم"}]
    given = {"name": "records.json", "mapping": None, "settings": SETTINGS}
    batch = take_records(store, records, idempotency_key="k", **given)  # type: ignore[arg-type]
    assert (batch.received, batch.accepted, batch.rejected) == (3, 2, 1)
    assert store.get_feedback("f1").feedback.nps == 3
    same = [dict(reversed(record.items())) for record in records]
    assert take_records(store, same, idempotency_key=None, **given) == batch  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        take_records(store, records[:1], idempotency_key="k", **given)  # type: ignore[arg-type]
