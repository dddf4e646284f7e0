"""Which engine keeps the stores of a test: files, or databases of the tests' own PostgreSQL server that stand for them.

A store that a test opens first is a copy of an empty one, as each engine copies faster than the tables are made.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Final, get_args
from zoneinfo import ZoneInfo

import psycopg

from tests.postgres import Cluster
from voc.store.database import Engine, open_database
from voc.store.migrate import migrate

ALL: Final = get_args(Engine)
TEMPLATE: Final = "voc_template"

CHOICE: Final = "VOC_TEST_ENGINE"
SERVER: Final = "VOC_TEST_SERVER"
"""How a process that a test starts knows of both."""

chosen: Engine = "postgres" if os.environ.get(CHOICE) == "postgres" else "duckdb"
allowed = True
"""Whether there may be stores: in pytest only while an engine is chosen, so that no test has one engine alone unawares."""
_made: Final[dict[Path, str]] = {}


@contextmanager
def choose(engine: Engine) -> Iterator[None]:
    """Have stores kept by this engine while the context lasts; what was made on the server goes with it."""
    global chosen, allowed
    before, chosen, allowed = (chosen, allowed), engine, True
    os.environ[CHOICE] = engine
    if engine == "postgres":
        cluster()  # before any process that a test starts, which would start one of its own
    try:
        yield
    finally:
        chosen, allowed = before
        del os.environ[CHOICE]
        for name in _made.values():
            cluster().run(f"DROP DATABASE {name} WITH (FORCE)")
        _made.clear()


def keeping() -> Engine:
    """The engine that keeps a store which a test is about to open."""
    assert allowed, "a test of a store uses the fixture `engine`"
    return chosen


@cache
def cluster() -> Cluster:
    """The server of this test process, started when it is first asked for, with a template of an empty store.

    A process that a test has started uses the server of that test.
    """
    if folder := os.environ.get(SERVER):
        return Cluster(Path(folder))
    started = Cluster(Path(tempfile.mkdtemp(prefix="voc-pg-")))
    started.start()
    os.environ[SERVER] = str(started.folder)
    atexit.register(started.stop)
    with closing(open_database(started.create(TEMPLATE))) as template:  # no secret yet, either
        migrate(template, ZoneInfo("Asia/Tehran"))
    return started


@cache
def folder() -> Path:
    """Where this test process has files of its own."""
    made = Path(tempfile.mkdtemp(prefix="voc-stores-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def file_at(path: Path) -> str:
    """The DuckDB file at a path; an empty store at first."""
    if not path.exists():
        shutil.copyfile(_empty_file(), path)
    return str(path)


@cache
def _empty_file() -> Path:
    made = folder() / "empty"
    with closing(open_database(str(made))) as template:  # no secret yet: each copy makes its own
        migrate(template, ZoneInfo("Asia/Tehran"))
    return made


def database_at(path: Path) -> str:
    """The address of the database that stands for the file at a path; an empty store at first."""
    if path not in _made:
        name = "t_" + hashlib.sha256(str(path).encode()).hexdigest()[:20]
        if not cluster().exists(name):
            cluster().create(name, TEMPLATE)
        _made[path] = name
    return cluster().address(_made[path])


def forget(path: Path) -> None:
    """Let the next one that stands for this path be an empty store."""
    if name := _made.pop(path, None):
        cluster().run(f"DROP DATABASE {name} WITH (FORCE)")


def folder_of(path: Path) -> Path:
    """Where the server has the files of the database that stands for this path."""
    with psycopg.connect(database_at(path)) as connection:
        ((oid,),) = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
    return cluster().folder / "data" / "base" / str(oid)
