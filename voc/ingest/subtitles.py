"""WebVTT and SRT: one conversation in a file, each cue an utterance with its times.

Who speaks is said by a voice (<v Name>), by a name before a colon, or only by a dash, which says that another one speaks.
A cue without any mark is of the one who spoke last.
"""

import html
import re
from collections.abc import Iterable, Iterator, Set
from typing import Final

from voc.conversations.speakers import find_side
from voc.ingest.transcripts import Lines, Record, read_line, recurring_names
from voc.ingest.utterances import TURNS, Listener, Utterance

VTT: Final = "WEBVTT"
_CLOCK: Final = r"(?:\d{1,4}:)?\d{1,2}:\d\d[.,]\d{1,3}"
_TIMING: Final = re.compile(rf"({_CLOCK})\s*-->\s*({_CLOCK})(?:\s.*)?")
_SRT: Final = re.compile(rf"\s*\d+\s*\n\s*{_CLOCK}\s*-->")
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,200})>")
_TAG: Final = re.compile(r"</?[A-Za-z][^>]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^}]{0,50}\}")
_DASH: Final = re.compile(r"[-–—]\s*(?=\S)")
_SIDES: Final = ("first voice", "second voice")


def is_vtt(head: str) -> bool:
    """Whether a text begins as WebVTT."""
    return head.startswith(VTT)


def is_srt(head: str) -> bool:
    """Whether a text begins as SRT."""
    return bool(_SRT.match(head[:200].replace("\r\n", "\n")))


def read_subtitles(lines: Lines) -> Iterator[Record]:
    """The one conversation in the lines of the file."""
    cues = list(_cues(lines))
    names = recurring_names(_bare(_DASH.sub("", line, count=1)) for _, _, cue in cues for line in cue)
    listener, voices = Listener(), _Voices(names)
    for start, end, cue in cues:
        for speaker, text in voices.hear(cue):
            listener.add(Utterance(speaker, text, start, end))
    if listener.count:
        yield 1, {TURNS: listener.dialogue()}


def _cues(lines: Lines) -> Iterator[tuple[str, str, list[str]]]:
    """Start, end and lines of each cue. A blank line ends it in WebVTT, where notes may follow; in SRT only a number does, for
    editors leave blank lines within what is said.
    """
    timing: re.Match[str] | None = None
    said: list[str] = []
    in_vtt: bool | None = None
    cues = 0
    for _, raw in lines:
        line = raw.strip()
        if in_vtt is None and line:
            in_vtt = is_vtt(line)
        if found := _TIMING.fullmatch(line):
            if timing:
                yield timing[1], timing[2], _said_before(cues + 1, said)
            timing, said, cues = found, [], cues + 1
        elif not line and timing and in_vtt:
            yield timing[1], timing[2], said
            timing, said = None, []
        elif timing:
            said.append(line)
    if timing:
        yield timing[1], timing[2], [line for line in said if line]


def _said_before(cue: int, said: list[str]) -> list[str]:
    """The lines of a cue without blank ones and without the number of the next `cue` behind them."""
    behind_blank = len(said) > 1 and not said[-2] and said[-1].isdecimal()
    numbered = behind_blank or said[-1:] == [str(cue)]
    return [line for line in (said[:-1] if numbered else said) if line]


class _Voices:
    """Who spoke last, and who speaks in the next cue."""

    def __init__(self, names: Set[str]) -> None:
        self._names = names
        self._last = ""
        self._dashes = 0

    def hear(self, cue: Iterable[str]) -> list[tuple[str, str]]:
        """(speaker, text) of all that is said in a cue."""
        heard: list[tuple[str, str]] = []
        for line in cue:
            for speaker, text in self._parts(line):
                if heard and speaker == heard[-1][0]:
                    heard[-1] = speaker, f"{heard[-1][1]} {text}"
                else:
                    heard.append((speaker, text))
        return heard

    def _parts(self, line: str) -> Iterator[tuple[str, str]]:
        before, *voiced = _VOICE.split(line)
        if text := _bare(before):
            yield self._marked(text)
        for name, words in zip(voiced[::2], voiced[1::2], strict=True):
            self._last = _bare(name)
            yield self._last, _bare(words)

    def _marked(self, text: str) -> tuple[str, str]:
        dash = _DASH.match(text)
        led = read_line(text[dash.end() :] if dash else text)
        if led and (led.name in self._names or find_side(led.name)):
            self._last = led.name
            return led.name, led.text
        if dash:
            self._dashes += 1
            self._last = _SIDES[self._dashes % 2 - 1]
            return self._last, text[dash.end() :]
        return self._last, text


def _bare(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())
