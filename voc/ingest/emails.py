"""E-mail threads taken apart into who wrote what, the oldest first: .eml files, and texts with quoted parts.

What stands below «در تاریخ … نوشت:», «On … wrote:», «-----Original Message-----» or a block of «از: … / تاریخ: …», or behind
«>», is an older message. Who wrote the newest one of a text without headers is not said: in a thread of two people it is
the one who did not write the message that is answered. Signatures are left out.
"""

import codecs
import email
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import InputError, TooLargeError
from voc.ingest.dates import parse_moment
from voc.ingest.letters import storable
from voc.ingest.refusal import RefusalError
from voc.ingest.transcripts import Record
from voc.ingest.utterances import TURNS, Utterance, dialogue_of

LONGEST_HEADER_CHARS: Final = 1_000
MOST_PARTS: Final = 2_000
MOST_LINES: Final = 450_000
"""Lines of 76 letters that 32 MiB make; headers of three letters would take fifty times their size in memory."""
LONGEST_BODY_CHARS: Final = 1 << 20
DEEPEST_QUOTE: Final = 50
_ANY_ZONE: Final = ZoneInfo("UTC")
_CHARSETS: Final = ("utf", "ascii", "iso", "cp", "mac", "koi8", "gb", "big5", "euc", "shift")
"""How Python's names of character sets begin. It has others, as punycode, which takes days to read 32 MiB."""
CLOSING_LINES: Final = 6
"""How far from its end a message may close («با احترام»), with a name, a post and numbers below."""

_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_QUOTE: Final = re.compile(r"(?:[>|]\s?){1,60}")
_WROTE: Final = re.compile(
    r"(?:on|در تاریخ|در|به تاریخ|تاریخ)\s.{4,300}(?:wrote|writes|نوشت|نوشته|نوشته است|نوشته‌است|نوشتند|چنین نوشت)\s?:",
    re.IGNORECASE,
)
_DIVIDER: Final = re.compile(
    r"-{2,}\s?(?:original message|forwarded message|پیام اصلی|پیام ارسال ?شده|پیام قبلی|پیام ارجاعی)\s?-{2,}|_{10,}",
    re.IGNORECASE,
)
_WRITER_LINE: Final = re.compile(r"\*?(?:from|از|فرستنده)\*?\s?:\*?\s*(?P<value>.{1,300})", re.IGNORECASE)
_DATE_LINE: Final = re.compile(
    r"\*?(?:sent|date|تاریخ|زمان|ارسال شده|تاریخ ارسال)\*?\s?:\*?\s*(?P<value>.{1,100})", re.IGNORECASE
)
_OTHER_LINE: Final = re.compile(r"\*?(?:to|cc|bcc|subject|reply-to|به|گیرنده|رونوشت|موضوع)\*?\s?:.{0,500}", re.IGNORECASE)
_SIGNATURE: Final = re.compile(r"--\s?")
_SENT_FROM: Final = re.compile(
    r"(?:sent from my|sent from|get outlook for|ارسال ?شده از|ارسال شده با|فرستاده شده از)\s.{1,80}", re.IGNORECASE
)
_CLOSING: Final = re.compile(
    r"(?:با (?:احترام|سپاس|تشکر|تقدیم احترام|آرزوی \w{1,20})(?: فراوان| و احترام)?|ارادتمند(?: شما)?|best regards"
    r"|kind regards|regards|best|sincerely|yours sincerely|thanks|cheers)[\s،,.!]*",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<(/?[A-Za-z]\w{0,20}|!)[^<>]{0,5000}>")
_BLOCKS: Final = frozenset(("br", "p", "div", "tr", "li", "blockquote", "table"))
_HEAD: Final = re.compile(r"(?:[!-9;-~]{1,76}:[^\n]{0,5000}\n(?:[ \t][^\n]{0,5000}\n)*){3}")
_EML_HEADERS: Final = re.compile(
    r"^(?:received|return-path|mime-version|message-id|delivered-to)\s?:", re.IGNORECASE | re.MULTILINE
)


class _ShortHeaders(Compat32):
    """Cuts what a header holds: the package reads its parameters in a time that grows with the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER_CHARS]


@dataclass(slots=True)
class _Message:
    """A message as its lines come in."""

    writer: str = ""
    sent: str = ""
    lines: list[str] = field(default_factory=list)


def is_eml(head: str) -> bool:
    """Whether a text begins as an e-mail does on its way: headers, and one that no person writes among them."""
    begin = head[:20_000].replace("\r\n", "\n")
    return bool(_HEAD.match(begin) and _EML_HEADERS.search(begin.partition("\n\n")[0]))


def is_thread(head: str) -> bool:
    """Whether a text holds a message that quotes another one."""
    return any(each.writer for each in _take_apart(head[:20_000])[1:])


def read_eml(path: Path, name: str) -> Iterator[Record]:
    """The e-mail with what it quotes, as the one conversation of its file. Raises InputError where it cannot be read."""
    data = path.read_bytes()
    if data.count(b"\n--") > MOST_PARTS or data.count(b"\n") > MOST_LINES:
        raise TooLargeError(f"{name}: more parts or lines than an e-mail has. Save it without what is attached.", field="file")
    try:
        message = email.message_from_bytes(data, policy=_ShortHeaders())
        body = _body(message)
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:  # what the package raises of bad mail
        raise InputError(f"{name}: a damaged e-mail. Save it again as EML.", code="damaged_file", field="file") from error
    if len(body) > LONGEST_BODY_CHARS:
        raise TooLargeError(f"{name}: its text has more than {LONGEST_BODY_CHARS:,} characters.", field="file")
    newest = _Message(_header(message, "From"), _header(message, "Date"))
    details = {"channel": "email", "external_id": _header(message, "Message-ID"), "subject": _header(message, "Subject")}
    yield from _record(_take_apart(body, newest), details)


def read_thread(text: str) -> Iterator[Record]:
    """The conversation of a text that quotes."""
    yield from _record(_take_apart(text), {"channel": "email"})


def _record(newest_first: list[_Message], details: Mapping[str, object]) -> Iterator[Record]:
    messages = [(each, text) for each in newest_first if (text := _without_signature(each.lines))]
    labels = _labels([each.writer for each, _ in messages])
    said = [Utterance(label, text, at=_sent(each.sent)) for (each, text), label in zip(messages, labels, strict=True)]
    if said:
        yield 1, {**{name: value for name, value in details.items() if value}, TURNS: dialogue_of(reversed(said))}


def _labels(writers: list[str]) -> list[str]:
    """One spelling for each writer: by the address where there is one, in the words that stood beside it first."""
    spelled: dict[str, str] = {}
    labels = []
    for writer in writers:
        address = _ADDRESS.search(writer)
        key = (address[0] if address else " ".join(writer.split())).lower()
        labels.append(spelled.setdefault(key, writer) if writer else "")
    others = [label for label in dict.fromkeys(labels[1:]) if label and label != labels[1]]
    if labels and not labels[0] and len(others) == 1:
        labels[0] = others[0]
    return labels


def _take_apart(text: str, newest: _Message | None = None) -> list[_Message]:
    """The messages of a thread, the newest first; each depth of quoting is at one message at a time."""
    lines = [_depth(line) for line in text.splitlines()]
    messages = [newest or _Message()]
    at = {0: messages[0]}
    place = 0
    while place < len(lines):
        depth, line = lines[place]
        if found := _introduction(lines, place):
            message, length = found
            place += length
            below = next((deep for deep, words in lines[place : place + 3] if words), depth)
            messages.append(message)
            at = {deep: each for deep, each in at.items() if deep < max(depth, below)} | {max(depth, below): message}
            continue
        if depth not in at:
            at[depth] = _Message()
            messages.append(at[depth])
        at[depth].lines.append(line)
        place += 1
    return [each for each in messages if any(each.lines)]


def _depth(line: str) -> tuple[int, str]:
    """How deep a line is quoted, and its words."""
    bare = line.strip()
    mark = _QUOTE.match(bare) if bare.startswith(">") else None
    if mark is None:
        return 0, bare
    return min(DEEPEST_QUOTE, mark[0].count(">")), bare[mark.end() :].strip()


def _introduction(lines: list[tuple[int, str]], place: int) -> tuple[_Message, int] | None:
    """The message that begins behind a line, and how many lines introduce it."""
    line = lines[place][1]
    for length in (1, 2):  # mail programs break a long one in two
        whole = " ".join(words for _, words in lines[place : place + length])
        if len(whole) <= 400 and _WROTE.fullmatch(whole) and re.search(r"[\d@]", whole):
            return _Message(*_writer_and_date(whole)), length
    if _DIVIDER.fullmatch(line):
        block = _header_block(lines, place + 1)
        return (block[0], block[1] + 1) if block else (None if line.startswith("_") else (_Message(), 1))
    return _header_block(lines, place)


def _header_block(lines: list[tuple[int, str]], place: int) -> tuple[_Message, int] | None:
    """The message behind «از: …», «تاریخ: …» and what else stands there, and how many lines that is."""
    message, length = _Message(), 0
    for _, line in lines[place : place + 10]:
        if found := _WRITER_LINE.fullmatch(line):
            message.writer = found["value"].strip()
        elif found := _DATE_LINE.fullmatch(line):
            message.sent = found["value"].strip()
        elif not _OTHER_LINE.fullmatch(line) and (line or message.writer):
            break
        length += 1
    return (message, length) if message.writer and message.sent else None


def _writer_and_date(line: str) -> tuple[str, str]:
    """The writer is what follows the last number outside of an address, the date what stands before it."""
    words = re.sub(
        r"^(?:on|در تاریخ|در|به تاریخ|تاریخ)\s|\s?(?:wrote|writes|چنین نوشت|نوشت\S*(?: است)?)\s?:?$",
        "",
        line,
        flags=re.IGNORECASE,
    )
    address = _ADDRESS.search(words)
    ahead = words[: address.start()] if address else words
    last = max((found.end() for found in re.finditer(r"\d\b", ahead)), default=0)
    name = re.sub(r"^[\s،,]*(?:am|pm|ق\.?ظ|ب\.?ظ|صبح|عصر)?[\s،,.:<]*|[\s<،,]+$", "", ahead[last:], flags=re.IGNORECASE)
    return f"{name} {address[0] if address else ''}".strip(), ahead[:last].strip(" ،,")


def _sent(written: str) -> str | None:
    """The moment as it is written, None where it cannot be read: the order of a thread says enough."""
    try:
        return written if parse_moment(written, _ANY_ZONE) else None
    except RefusalError:
        return None


def _without_signature(lines: list[str]) -> str:
    end = next((place for place, line in enumerate(lines) if _SIGNATURE.fullmatch(line)), len(lines))
    kept = [line for line in lines[:end] if line and not _SENT_FROM.fullmatch(line)]
    for place in range(max(1, len(kept) - CLOSING_LINES), len(kept)):
        if _CLOSING.fullmatch(kept[place]) and _count_words(kept[place + 1 :]) <= _count_words(kept[:place]):
            return "\n".join(kept[:place])
    return "\n".join(kept)


def _count_words(lines: Iterable[str]) -> int:
    return sum(len(line.split()) for line in lines)


def _header(message: "Message[str, str]", name: str) -> str:
    raw = next((str(value) for header, value in message.raw_items() if header.lower() == name.lower()), "")
    value = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # not encoded, as some systems send it
    with suppress(HeaderParseError, ValueError, LookupError):
        value = str(make_header(decode_header(value)))
    return " ".join(storable(value).split())


def _body(message: "Message[str, str]") -> str:
    """The plain text of an e-mail, or its HTML without tags; what is attached is left out.

    A picture in the middle parts what was written into several texts.
    """
    texts, html = list[str](), ""
    for part in _inline(message):
        if part.get_content_type() == "text/plain" and (text := _text(part)).strip():
            texts.append(text)
        if part.get_content_type() == "text/html" and not html:
            html = _text(part)
    return "\n".join(texts) or _without_tags(html)


def _inline(message: "Message[str, str]") -> "Iterator[Message[str, str]]":
    """The parts that are no attachments, in order; those of an e-mail that is attached are not looked into."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.get_filename() or part.get_content_disposition() == "attachment":
            continue
        if not part.is_multipart():
            yield part
        elif part.get_content_maintype() == "multipart":
            waiting += [each for each in reversed(list(part.get_payload())) if isinstance(each, Message)]


def _text(part: "Message[str, str]") -> str:
    data = part.get_payload(decode=True)
    return data.decode(_codec(part), "replace") if isinstance(data, bytes) else ""


def _codec(part: "Message[str, str]") -> str:
    """Python's name for the encoding that a part says, UTF-8 where it says none that e-mails are written in."""
    with suppress(LookupError, ValueError):
        name = codecs.lookup(part.get_content_charset() or "").name
        if name.startswith(_CHARSETS):
            return name
    return "utf-8"


def _without_tags(html: str) -> str:
    """The words of a page, a block a line; what is quoted gets its marks. Far more than is taken is not read to the end."""
    pieces: list[str] = []
    chars = read = quotes = hidden = 0
    for found in chain(_TAG.finditer(html), (None,)):
        words = "" if hidden else " ".join(unescape(html[read : found.start() if found else None]).split()) + " "
        pieces.append(words)
        chars += len(words)
        if found is None or chars > 2 * LONGEST_BODY_CHARS:
            break
        read = found.end()
        tag, step = found[1].strip("/ ").lower(), -1 if found[1].startswith("/") else 1
        quotes = max(0, quotes + step * (tag == "blockquote"))
        hidden = max(0, hidden + step * (tag in ("style", "script")))
        if tag in _BLOCKS:
            pieces.append("\n" + "> " * min(quotes, DEEPEST_QUOTE))
            chars += len(pieces[-1])
    return "".join(pieces)
