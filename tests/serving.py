"""A service in a process of its own, with the fake tagger: what can be killed, starved, lied to and measured.

    python -m tests.serving PORT          # VOC_DATABASE and the other settings as for `voc serve`

It is served with the same options as `voc serve`, by the same uvicorn, on a real socket.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import httpx2 as httpx

from tests.fakes import FakeTagger
from tests.stores import database as address
from voc.records import Tags

ROOT: Final = Path(__file__).parent.parent
HOST: Final = "127.0.0.1"
START_TIMEOUT_S: Final = 60.0  # a machine that trains a model on the other core starts a process slowly
PAUSE: Final = "VOC_TEST_PAUSE_S"
PATIENCE: Final = "VOC_TEST_PATIENCE_S"
_KIB: Final = re.compile(r"^(VmRSS|VmHWM):\s+(\d+) kB$", re.MULTILINE)


class PausingTagger(FakeTagger):
    """The fake tagger, which takes as long for each chunk as the environment says, so that kills hit work in hand."""

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, after the pause."""
        time.sleep(float(os.environ.get(PAUSE, "0")))
        return super().tag(texts)


def load_pausing(_model: str) -> PausingTagger:
    """What a tagging process loads."""
    return PausingTagger()


class ServiceProcess:
    """A running service; `end` or the end of a `with` statement stops it. Settings go in by name, as `max_upload_mb=8`."""

    def __init__(
        self, database: Path, *, pause_s: float = 0, patience_s: float = 0, model: bool = False, **settings: object
    ) -> None:
        self.port = _free_port()
        self.base = f"http://{HOST}:{self.port}"
        self.log = database.with_suffix(".log")
        environment = {f"VOC_{name.upper()}": str(value) for name, value in settings.items()}
        environment |= {
            "VOC_DATABASE": address(database),
            "VOC_PORT": str(self.port),
            PAUSE: str(pause_s),
            PATIENCE: str(patience_s),
        }
        command = [sys.executable, "-m", "tests.serving", str(self.port), *(["--model"] if model else [])]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log)

    def wait_ready(self) -> Self:
        """Itself, when it answers. Raises RuntimeError with its log where it does not."""
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.base}/readyz", timeout=5).status_code == 200:
                    return self
            time.sleep(0.05)
        raise RuntimeError(f"The service did not start:\n{self.log.read_text('utf-8')[-2_000:]}")

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def workers(self) -> list[int]:
        """The processes that it has started."""
        return children(self.pid)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Stop it as Ctrl-C does, and kill it where that takes long."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Self:
        try:
            return self.wait_ready()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(entry.parent.name))
    return found


def memory_mib(pid: int) -> dict[str, float]:
    """What a process holds now (VmRSS) and the most that it held since `forget_peak` (VmHWM)."""
    return {name: int(kib) / 1024 for name, kib in _KIB.findall(Path(f"/proc/{pid}/status").read_text())}


def forget_peak(pid: int) -> None:
    """Let VmHWM begin anew from what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_s(pid: int) -> float:
    """Processor time that a process has used, with that of the processes that it has started and seen end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Growth:
    """How much more memory a process needed at its most than it held at first, in MiB."""

    mib = 0.0


@contextmanager
def growth_of(pid: int) -> Iterator[Growth]:
    """Measures a process while the context lasts."""
    forget_peak(pid)
    before, growth = memory_mib(pid)["VmRSS"], Growth()
    try:
        yield growth
    finally:
        with suppress(OSError):
            growth.mib = max(0.0, memory_mib(pid).get("VmHWM", 0) - before)


def connect(port: int, timeout_s: float) -> socket.socket:
    """A bare connection, for requests that no client would make."""
    return socket.create_connection((HOST, port), timeout=timeout_s)


def close(file: IO[bytes]) -> None:
    """Close, whatever state it is in."""
    with suppress(OSError):
        file.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--model", action="store_true", help="the shipped model instead of the fake tagger")
    given = parser.parse_args()

    import uvicorn

    from api import body_limit, connection
    from api.app import create_app
    from voc.command.serve import SERVED
    from voc.engine import WorkerPool
    from voc.settings import read_settings

    if patience_s := float(os.environ.get(PATIENCE, "0")):
        connection.HEAD_TIMEOUT_S = patience_s  # type: ignore[misc]
        connection.DRAIN_S = patience_s  # type: ignore[misc]
        body_limit.GRACE_S = patience_s  # type: ignore[misc]
    settings = read_settings()
    pool = None if given.model else WorkerPool("", settings.workers, load=load_pausing, identity=FakeTagger().identity)
    uvicorn.run(create_app(settings, tagger=pool), host=HOST, port=given.port, **SERVED)


if __name__ == "__main__":
    main()
