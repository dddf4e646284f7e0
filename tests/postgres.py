"""A PostgreSQL server of the tests' own: in a folder that goes with it, reached by a socket there and by nothing else."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

OWNER: Final = "postgres"
_LOCALE: Final = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
FORGETFUL: Final = {"fsync": "off", "full_page_writes": "off", "max_connections": "300", "listen_addresses": "''"}
"""Nothing of it is to outlive the tests."""


class Cluster:
    """A server with all that is its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._user = OWNER if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root

    def start(self, options: Mapping[str, str] = FORGETFUL) -> None:
        """Make it, and let it run until `stop`."""
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--username", OWNER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
        given = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run("pg_ctl", "--wait", "--options", f"{given} -k {self.folder}", "--log", str(self.folder / "log"), "start")

    def address(self, database: str) -> str:
        """Where a database is, as VOC_DATABASE has it."""
        return f"postgresql://{OWNER}@/{database}?host={quote(str(self.folder), safe='')}"

    def create(self, database: str, template: str | None = None) -> str:
        """Make a database; its address. A template gives it tables."""
        made = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else _LOCALE
        self.run(f"CREATE DATABASE {database} {made}")
        return self.address(database)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        with psycopg.connect(self.address(OWNER)) as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchall())

    def run(self, sql: str) -> None:
        """A statement outside of any transaction."""
        with psycopg.connect(self.address(OWNER), autocommit=True) as connection:
            connection.execute(sql)

    def restart(self) -> None:
        """Stop it hard, as a power cut of the server would, and start it again."""
        self._run("pg_ctl", "--wait", "--mode", "immediate", "restart", "--log", str(self.folder / "log"))

    def stop(self) -> None:
        """End it, and remove what it wrote."""
        self._run("pg_ctl", "--wait", "--mode", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(binaries() / program), "--pgdata", str(self._data), *arguments]
        with tempfile.TemporaryFile() as said:  # not a pipe: the server would keep it open
            done = subprocess.run(command, cwd="/", user=self._user, stdout=said, stderr=said, check=False, env=_environment())
            said.seek(0)
            assert done.returncode == 0, said.read().decode()


@cache
def binaries() -> Path:
    """Where Debian's package, or the system, has the server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    program = str(found[-1]) if found else shutil.which("initdb")
    assert program, "the tests need PostgreSQL: apt-get install postgresql"
    return Path(program).parent


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
