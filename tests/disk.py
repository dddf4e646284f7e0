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


def has_on_disk(path: Path, word: bytes) -> bool:
    """Whether a word stands in any file of the database that a test keeps at this path."""
    return any(word in _bytes_of(each) for each in files_of(path))


def files_of(path: Path) -> list[Path]:
    """The files of the database that a test keeps at this path; for one of DuckDB, all that are in its folder."""
    folder = path.parent if engines.chosen == "duckdb" else engines.folder_of(path)
    return [each for each in folder.rglob("*") if each.is_file()]


def all_bytes(folder: Path) -> bytes:
    """All that stands in a folder, and in the files of the database that a test keeps there as voc.duckdb."""
    files = {each for each in folder.rglob("*") if each.is_file()}
    if engines.chosen == "postgres":
        engines.cluster().run("CHECKPOINT")
        files |= set(files_of(folder / "voc.duckdb"))
    return b"".join(map(_bytes_of, files))


def _bytes_of(file: Path) -> bytes:
    """What stands in a file; nothing in one that a running server has deleted meanwhile."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
