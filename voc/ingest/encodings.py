"""Which encoding a text file is in, and its text, with every byte that the encoding cannot read marked and none guessed.

Persian files come as UTF-8, as Excel's «Unicode text» (UTF-16) and from old systems as windows-1256. windows-1256 can
read any byte, so it is taken only where UTF-8 fails and what comes out is mostly Arabic letters.
"""

import codecs
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voc.errors import InputError
from voc.ingest.letters import BROKEN

HEAD_BYTES: Final = 1 << 20
WINDOW_BYTES: Final = 1 << 16
WINDOWS: Final = 16

_UTF16_HIGH_BYTES: Final = frozenset((0x00, 0x06, 0x20, 0xFB, 0xFE))
MARK_ERRORS: Final = "voc.ingest.mark"
"""The error handler under which a byte that cannot be read becomes BROKEN."""
MOSTLY_HIGH_BYTES: Final = 0.9
ENOUGH_UTF8: Final = 0.25
"""Persian in windows-1256 looks like UTF-8 by chance in under a tenth of its letters; a mixed file has far more."""
ENOUGH_ARABIC: Final = 0.7
FEW_ACCENTED: Final = 0.05
"""Accented letters, which windows-1256 has for French, come out in numbers where the file is in another Arabic encoding."""
FEW_BROKEN: Final = 0.01


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by the name a person knows and the codec that reads it."""

    name: str
    codec: str


UTF8: Final = Encoding("utf-8", "utf-8-sig")
WINDOWS_1256: Final = Encoding("windows-1256", "cp1256")


def detect_encoding(path: Path, name: str) -> Encoding:
    """The encoding of the text file at `path`, judged by its beginning and by samples from all over it.

    Raises InputError where it is none of those that are read.
    """
    samples = _samples(path)
    found = find_utf16(samples[0]) or _by_letters(samples)
    if found is None:
        raise InputError(
            f"{name}: the encoding of this text is not one that is read. Save it as UTF-8.",
            code="unknown_encoding", field="file", options=("UTF-8", "UTF-16", "windows-1256"),
        )  # fmt: skip
    return found


def find_utf16(head: bytes) -> Encoding | None:
    """UTF-16 by its mark, or because every other byte is one of the few high bytes that Persian and English text has."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return None
    if head.startswith(codecs.BOM_UTF16_LE):
        return Encoding("utf-16-le", "utf-16")
    if head.startswith(codecs.BOM_UTF16_BE):
        return Encoding("utf-16-be", "utf-16")
    even, odd = (_high_byte_share(head[start : 2 * WINDOW_BYTES : 2]) for start in (0, 1))
    if max(even, odd) < MOSTLY_HIGH_BYTES or 0 not in head[: 2 * WINDOW_BYTES]:
        return None
    return Encoding("utf-16-le", "utf-16-le") if odd > even else Encoding("utf-16-be", "utf-16-be")


def open_text(path: Path, encoding: Encoding) -> io.TextIOWrapper:
    """The text at `path` as a stream; line ends are kept, and a byte that cannot be read comes out as BROKEN."""
    return path.open("r", encoding=encoding.codec, errors=MARK_ERRORS, newline="")


def decode(data: bytes, encoding: Encoding) -> str:
    """`data`, which may be cut anywhere, as text."""
    return codecs.getincrementaldecoder(encoding.codec)(MARK_ERRORS).decode(data)


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN * (error.end - error.start), error.end


codecs.register_error(MARK_ERRORS, _mark)


def _samples(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        samples = [file.read(HEAD_BYTES)]
        rest = path.stat().st_size - HEAD_BYTES
        for part in range(WINDOWS if rest > WINDOW_BYTES else 0):
            file.seek(HEAD_BYTES + part * (rest - WINDOW_BYTES) // max(1, WINDOWS - 1))
            samples.append(file.read(WINDOW_BYTES))
    return samples


def _high_byte_share(data: bytes) -> float:
    return sum(map(_UTF16_HIGH_BYTES.__contains__, data)) / max(1, len(data))


def _by_letters(samples: list[bytes]) -> Encoding | None:
    if samples[0].startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return None
    text = "".join(decode(_from_whole_character(sample), UTF8) for sample in samples)
    broken = text.count(BROKEN)
    if not broken:
        return UTF8
    valid = len(text) - broken - sum(map(str.isascii, text))
    if valid >= ENOUGH_UTF8 * (valid + broken):
        return UTF8
    old = "".join(sample.decode(WINDOWS_1256.codec) for sample in samples)
    foreign = [char for char in old if not char.isascii()]
    arabic = sum("\u0600" <= char <= "\u06ff" or char in "\u200c\u200d«»" for char in foreign)
    accented = sum(char.isalpha() and char < "\u0250" for char in foreign)
    if arabic >= ENOUGH_ARABIC * len(foreign) and accented <= FEW_ACCENTED * len(foreign):
        return WINDOWS_1256
    return UTF8 if broken <= FEW_BROKEN * len(text) else None


def _from_whole_character(sample: bytes) -> bytes:
    """`sample` without the rest of a UTF-8 character that it may begin with."""
    start = 0
    while start < min(3, len(sample)) and 0x80 <= sample[start] < 0xC0:
        start += 1
    return sample[start:]
