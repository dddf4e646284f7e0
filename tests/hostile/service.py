"""What the corpus speaks to: a service in its own process, asked in any wrong way, measured, and asked after its health."""

import json
import select
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx

from tests.serving import ServiceProcess, connect, cpu_s, growth_of

RANGE_NOT_SATISFIABLE: Final = 416  # of a static file, and without words
PATIENCE_S: Final = 6.0
UPLOAD_MB: Final = 64
GOOD: Final = "نظر,تاریخ\nپیک دیر رسید ولی مودب بود {number},1403/02/15\nبسته‌بندی عالی بود {number},1403/02/16\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 where the service hung up without a word."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def document(self) -> dict[str, Any]:
        """The problem document, after checking that it is one."""
        assert self.headers["content-type"] == "application/problem+json", self.headers
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        assert found["detail"]
        assert found["code"]
        return found


USUAL_MIB = 200.0


@dataclass(frozen=True, slots=True)
class Case:
    """One attack, the answers that are right, and what it may cost. A file of `path` is made when its turn comes."""

    name: str
    send: Callable[["Target"], Answer]
    right: tuple[int, ...]
    seconds: float = 10.0
    mib: float = USUAL_MIB


class Target:
    """The service under attack."""

    def __init__(self, service: ServiceProcess, folder: Path) -> None:
        self.service = service
        self.folder = folder
        self._client = httpx.Client(base_url=service.base, timeout=120)
        self._sent = 0

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """An ordinary request."""
        found = self._client.request(method, path, **options)
        return Answer(found.status_code, {name.lower(): value for name, value in found.headers.items()}, found.content)

    def upload(self, path: Path, called: str | None = None, **fields: str) -> Answer:
        """A file in a form."""
        with path.open("rb") as file:
            return self.request("POST", "/v1/batches", files={"file": (called or path.name, file)}, data=fields)

    def raw(self, pieces: bytes | Iterable[bytes], timeout_s: float = 20.0, pause_s: float = 0.0) -> Answer:
        """Bytes as they are, as long as the service takes them, and what it says to them."""
        with connect(self.service.port, timeout_s) as link:
            try:
                for piece in (pieces,) if isinstance(pieces, bytes) else pieces:
                    link.sendall(piece)
                    if select.select([link], [], [], pause_s)[0]:
                        break  # it has said something
            except (BrokenPipeError, ConnectionResetError):
                pass  # the service has heard enough; its answer may wait all the same
            response = HTTPResponse(link)
            try:
                response.begin()
                return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
            except (HTTPException, OSError):
                return Answer(0)

    def close(self) -> None:
        """Let the service go, and end it."""
        self._client.close()
        self.service.end()

    def is_well(self) -> None:
        """Asserts that the service lives, answers, and takes a good file, which is removed again."""
        self._sent += 1
        assert self.service.alive
        assert self.request("GET", "/healthz").status == 200
        path = self.folder / "good.csv"
        path.write_text(GOOD.format(number=self._sent), "utf-8")
        answer = self.upload(path)
        assert answer.status == 202, answer.body
        batch = json.loads(answer.body)
        assert (batch["accepted"], batch["rejected"]) == (2, 0)
        assert self.request("DELETE", f"/v1/batches/{batch['id']}").status == 204


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to; `seconds` of processor time, which other work on the machine does not change."""

    answer: Answer
    seconds: float
    mib: float


def attack(case: Case, target: Target) -> Outcome:
    """Send it and measure what it cost the service, its answer included."""
    with growth_of(target.service.pid) as growth:
        began = cpu_s(target.service.pid)
        answer = case.send(target)
        seconds = cpu_s(target.service.pid) - began
    return Outcome(answer, seconds, growth.mib)


def faults(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with an outcome, in words; empty where all is as it should be."""
    found = []
    if outcome.answer.status not in case.right:
        found.append(f"status {outcome.answer.status}, not {case.right}: {outcome.answer.body[:200]!r}")
    elif outcome.answer.status >= 400 and outcome.answer.status != RANGE_NOT_SATISFIABLE:
        try:
            _ = outcome.answer.document
        except (AssertionError, KeyError, ValueError) as error:
            found.append(f"no problem document: {error}")
    if outcome.seconds > case.seconds:
        found.append(f"{outcome.seconds:.1f} s, not {case.seconds:g}")
    if outcome.mib > case.mib:
        found.append(f"{outcome.mib:.0f} MiB, not {case.mib:g}")
    return found
