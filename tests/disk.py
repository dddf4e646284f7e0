"""What stands in the files of a test's database, whichever engine keeps it."""

from pathlib import Path

from tests import engines
from voc.store import Store


def flush(store: Store) -> None:
    """Have all that is committed written to the files."""
    if engines.chosen == "postgres":
        engines.cluster().run("CHECKPOINT")
    else:
        store._database._connection.execute("CHECKPOINT")  # type: ignore[attr-defined]


def keep_uncompressed(store: Store) -> None:
    """Have long texts written as they are."""
    if engines.chosen == "duckdb":
        store._database._connection.execute("SET GLOBAL force_compression = 'uncompressed'")  # type: ignore[attr-defined]
        return
    with store._database.writing() as session:
        for table in ("feedback", "turn"):
            session.run(f"ALTER TABLE {table} ALTER COLUMN text SET STORAGE EXTERNAL")


def has_on_disk(store: Store, path: Path, word: bytes) -> bool:
    """Whether a word stands in any file of the database that a test keeps at this path."""
    if engines.chosen == "postgres":
        ((oid,),) = store.select("SELECT oid FROM pg_database WHERE datname = current_database()", {})
        folder = engines.cluster().folder / "data" / "base" / str(oid)
    else:
        folder = path.parent
    return any(word in each.read_bytes() for each in folder.rglob("*") if each.is_file())
