"""Files that hold conversations and nothing else as tables of one row for each: subtitles, led lines, e-mail threads."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from voc.errors import TooLargeError
from voc.ingest.emails import is_eml, is_thread, read_eml, read_thread
from voc.ingest.encodings import Encoding, open_text
from voc.ingest.json_tables import RecordTable
from voc.ingest.subtitles import is_srt, is_vtt, read_subtitles
from voc.ingest.transcripts import Lines, Record, has_names, has_sides, read_dialogues, read_line, recurring_names

MOST_BYTES: Final = 4 << 20
"""Of a text that is one conversation and stands in memory whole; 2,000 cues with the time of each word take a megabyte."""
MOST_EML_BYTES: Final = 32 << 20
"""Of an e-mail, with what is attached to it."""
LONGEST_LINE_CHARS: Final = 1 << 20

Read = Callable[[], Iterator[Record]]


class TranscriptTable(RecordTable):
    """The conversations that `read` finds, under the lines that they begin in."""

    def __init__(self, format: str, name: str, encoding: Encoding | None, read: Read) -> None:
        self.format = format
        self.encoding = encoding.name if encoding else None
        self._read = read
        self._learn(name)

    def _items(self) -> Iterator[Record]:
        return self._read()


def open_eml(path: Path, name: str, head: str) -> TranscriptTable | None:
    """The e-mail at `path`, None where it is none; it says its encoding itself, part by part."""
    if not is_eml(head):
        return None
    _check_size(path, name, MOST_EML_BYTES)
    return TranscriptTable("eml", name, None, partial(read_eml, path, name))


def open_transcript(path: Path, name: str, encoding: Encoding, head: str) -> TranscriptTable | None:
    """The text file at `path`, which begins with `head`, as conversations; None where it is a table."""
    plain = not name.lower().endswith((".csv", ".tsv", ".tab"))

    def lines() -> Lines:
        return _lines(path, encoding)

    def names() -> frozenset[str]:
        return recurring_names(line for _, line in lines())

    if is_vtt(head) or is_srt(head):
        _check_size(path, name)
        return TranscriptTable("vtt" if is_vtt(head) else "srt", name, encoding, lambda: read_subtitles(lines()))
    if plain and is_thread(head):
        _check_size(path, name)
        return TranscriptTable("email", name, encoding, lambda: read_thread("\n".join(line for _, line in lines())))
    if has_sides(head) and (plain or _begins_led(head)):
        return TranscriptTable("transcript", name, encoding, lambda: read_dialogues(lines()))
    if plain and has_names(head):
        return TranscriptTable("transcript", name, encoding, lambda: read_dialogues(lines(), names()))
    return None


def _begins_led(head: str) -> bool:
    """Whether the first line is led by a name, as no header row is."""
    first = next((line for line in head.splitlines() if line.strip()), "")
    return read_line(first) is not None


def _lines(path: Path, encoding: Encoding) -> Lines:
    with open_text(path, encoding) as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE_CHARS):
            number += 1
            yield number, line.strip("\r\n\ufeff")


def _check_size(path: Path, name: str, most: int = MOST_BYTES) -> None:
    if path.stat().st_size > most:
        raise TooLargeError(f"{name}: one conversation in more than {most >> 20} MiB.", field="file")
