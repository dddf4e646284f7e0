"""The file of refused rows beside an output: line, column, code and reason, there only if a row was refused."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from voc.export import harmless
from voc.records import Reject

HEADER = ("line", "column", "code", "message")


class RejectsFile:
    """Use it in a `with` statement: at its end the file takes the place of an older one, or that is removed; after an error
    the older one is as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file: IO[str] | None = None

    def write(self, reject: Reject) -> None:
        """Add a refused row."""
        if self._file is None:
            self._file = self._partial.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(HEADER)
        csv.writer(self._file).writerow(_cells(reject))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file:
            self._file.close()
        if error:
            self._partial.unlink(missing_ok=True)
        elif self._file:
            self._partial.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)


def as_csv(rejects: Iterable[Reject]) -> bytes:
    """The content of such a file."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([HEADER, *map(_cells, rejects)])
    return file.getvalue().encode("utf-8-sig")


def _cells(reject: Reject) -> Iterator[object]:
    return map(harmless, (reject.line, reject.column or "", reject.code, reject.message))
