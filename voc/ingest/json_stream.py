"""The arrays of a JSON document one element at a time, so that memory does not grow with the file.

The standard decoder is used rather than a streaming parser, because those that are fast replace half an emoji (a lone
surrogate) by a question mark without a word, and they are slower on whole records.
"""

import json
from collections.abc import Iterator
from typing import Final, TextIO

CHUNK_CHARS: Final = 1 << 20
LONGEST_ELEMENT_CHARS: Final = 1 << 22
"""Twice the longest row of a CSV file; brackets alone take thirty times as much in memory."""
DEEPEST: Final = 20
_SPACE: Final = " \t\n\r\ufeff"


class BrokenJsonError(ValueError):
    """A document that stops being JSON; `found` elements were read before that, `position` counts characters from 0."""

    def __init__(self, reason: str, position: int, found: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        self.found = found


def decoder() -> json.JSONDecoder:
    """A decoder that takes bare line ends inside strings and reads NaN as nothing."""
    return json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def stream_elements(stream: TextIO) -> Iterator[tuple[str, object]]:
    """(path of the array, element) for every array that stands in no other array; the path of a top-level one is «».

    Raises BrokenJsonError.
    """
    return _Walk(stream).document()


class _Walk:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decode = decoder().raw_decode
        self._text = ""
        self._at = 0
        self._dropped = 0
        self._ended = False
        self._found = 0

    def document(self) -> Iterator[tuple[str, object]]:
        first = self._peek()
        if first == "[":
            yield from self._array("")
        elif first == "{":
            yield from self._object("", 1)
        else:
            raise self._broken("a document begins with [ or {")
        if self._peek():
            raise self._broken("something follows the end of the document")

    def _object(self, path: str, depth: int) -> Iterator[tuple[str, object]]:
        if depth > DEEPEST:
            raise self._broken(f"objects stand more than {DEEPEST} deep in each other")
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            name = self._value()
            if not isinstance(name, str):
                raise self._broken("a name in quotation marks is missing")
            self._expect(":")
            inner = f"{path}.{name}" if path else name
            match self._peek():
                case "{":
                    yield from self._object(inner, depth + 1)
                case "[":
                    yield from self._array(inner)
                case _:
                    self._value()
            if self._expect(",", "}") == "}":
                return

    def _array(self, path: str) -> Iterator[tuple[str, object]]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            element = self._value()
            self._found += 1
            yield path, element
            if self._expect(",", "]") == "]":
                return

    def _expect(self, *marks: str) -> str:
        mark = self._peek()
        if mark not in marks or not mark:
            raise self._broken(f"{' or '.join(marks)} is missing")
        self._at += 1
        return mark

    def _peek(self) -> str:
        """The next character that is no space, without taking it; empty at the end."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in _SPACE:
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._fill():
                return ""

    def _value(self) -> object:
        self._peek()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._may_go_on(error) or not self._fill():
                    raise self._broken(error.msg.lower(), error.pos) from None
            except (RecursionError, ValueError) as error:
                raise self._broken("a value is nested too deep or a number too long") from error
            else:
                if end < len(self._text) or isinstance(value, str | dict | list) or not self._fill():
                    self._at = end
                    return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the text may only have been cut in the middle of the value."""
        if len(self._text) - self._at > LONGEST_ELEMENT_CHARS:
            return False
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - 16

    def _fill(self) -> bool:
        """Reads on, twice as much as waits already, so that a long element is not begun anew too often."""
        waiting = self._text[self._at :]
        more = "" if self._ended else self._stream.read(max(CHUNK_CHARS, len(waiting)))
        self._ended = not more
        if more:
            self._dropped += self._at
            self._text, self._at = waiting + more, 0
        return bool(more)

    def _broken(self, reason: str, position: int | None = None) -> BrokenJsonError:
        return BrokenJsonError(reason, self._dropped + (self._at if position is None else position), self._found)
