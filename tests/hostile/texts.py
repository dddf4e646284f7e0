"""Text, JSON and Parquet files that are endless, deep, wide, broken or something else; each is a function that writes one."""

import gzip
import json
import random
import struct
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

Make = Callable[[Path], object]
Right = tuple[int, ...]

OVERRIDE: Final = "\u202e"
FORMULAS: Final = (
    '=HYPERLINK("http://x.example","جایزه")', "@SUM(1+1)", "+1+cmd", "-2+3", "\t=1+1", "\r=1+1", "＝1+1", " =1+1", "\n=1+1",
)  # fmt: skip
MARKUP: Final = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "{{ 7 * 7 }}", "</textarea><u>",
    "javascript:alert(1)", "' onmouseover='alert(1)", "<!--", "]]>", "&lt;script&gt;",
)  # fmt: skip


def text(content: str) -> Make:
    """Writes this text."""
    return lambda path: path.write_text(content, "utf-8", newline="")


def data(content: Callable[[], bytes] | bytes) -> Make:
    """Writes these bytes, which may be made when they are needed."""
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content())


def many(head: str, piece: str, times: int, tail: str = "") -> Make:
    """Writes a piece again and again."""

    def make(path: Path) -> None:
        at_once = max(1, (1 << 20) // len(piece))
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(head)
            for _ in range(times // at_once):
                file.write(piece * at_once)
            file.write(piece * (times % at_once) + tail)

    return make


def random_bytes(size: int) -> bytes:
    """The same noise each time."""
    return random.Random(5).randbytes(size)  # noqa: S311


def parquet(path: Path, make_columns: Callable[[], dict[str, Any]], **options: Any) -> None:
    """Writes a table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(make_columns()), path, **options)


def _one_word_ten_million_times() -> dict[str, Any]:
    import pyarrow as pa

    words = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array(["دیر رسید"]))
    return {"text": pa.chunked_array([words] * 60_000)}


def _one_long_text_often() -> dict[str, Any]:
    import pyarrow as pa

    words = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array(["دیر " * 2_500_000]))
    return {"text": words}


def _long_texts() -> dict[str, Any]:
    import pyarrow as pa

    return {"text": pa.array(["دیر " * 1_000_000] * 45)}


def _nested(depth: int) -> dict[str, Any]:
    value: Any = "دیر"
    for _ in range(depth):
        value = {"a": value}
    return {"text": ["پیک دیر رسید"], "deep": [value]}


def _small() -> dict[str, Any]:
    return {"text": ["پیک دیر رسید", "عالی بود"] * 50, "n": list(range(100))}


def footer_length(path: Path, length: int) -> None:
    """A Parquet file whose last bytes say that its footer is so long."""
    parquet(path, _small)
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", length) + b"PAR1")


def noisy_footer(path: Path, seed: int) -> None:
    """A Parquet file with a few wrong bytes in its footer."""
    parquet(path, _small)
    content, chance = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311
    length = struct.unpack_from("<I", content, len(content) - 8)[0]
    for _ in range(6):
        content[chance.randrange(len(content) - 8 - length, len(content) - 8)] = chance.randrange(256)
    path.write_bytes(content)


def noisy_pages(path: Path, seed: int) -> None:
    """A Parquet file with a few wrong bytes in its pages, their headers included."""
    parquet(path, _small, compression="zstd")
    content, chance = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311
    length = struct.unpack_from("<I", content, len(content) - 8)[0]
    for _ in range(6):
        content[chance.randrange(4, len(content) - 8 - length)] = chance.randrange(256)
    path.write_bytes(content)


def _rows(*texts: str) -> str:
    return "نظر\n" + "".join(f'"{each}"\n' for each in texts)


def _cell(header: str, value: str) -> Make:
    """A file of one row with this in a column beside the text."""
    return text(f'نظر,{header}\nپیک دیر رسید,"{value}"\n')


_LONG: Final = 1_900_000
TEXTS: Final[Mapping[str, tuple[Make, Right]]] = {
    "empty.csv": (data(b""), (422,)),
    "one-byte.csv": (data(b"x"), (422,)),
    "only-marks.csv": (data(b"\xef\xbb\xbf\r\n\r\n"), (422,)),
    "line-of-48-mb.csv": (many("", "پیک دیر رسید ", 2_100_000), (202, 422)),
    "row-of-48-mb.csv": (many("نظر\nخوب بود\n", "پیک دیر رسید ", 2_100_000), (202,)),
    "million-columns.csv": (many("نظر", ",a", 1_000_000, "\nخوب\n"), (422,)),
    "million-cells.csv": (many("نظر,کانال\nخوب بود,اپ\n", "a,", 900_000, "\n"), (202, 422)),
    "2-million-blank-lines.csv": (many("نظر\nخوب بود\n", "\n", 2_000_000), (202,)),
    "blank-lines-alone.csv": (many("", "\n\r", 5_000_000, "نظر\nخوب بود\n"), (202, 422)),
    "unclosed-quotes.csv": (many("نظر,کانال\n", '"دیر,اپ\n', 200_000), (202, 422)),
    "quotes-alone.csv": (many("نظر\n", '"', 20_000_000), (202, 422)),
    "nul-in-texts.csv": (text(_rows("پیک\0 دیر رسید", "عالی\0 بود")), (202,)),
    "nul-alone.csv": (data(b"\0" * 10_000_000), (422,)),
    "surrogates-in-bytes.csv": (data(_rows("پیک دیر").encode() + b"\xed\xa0\x80 \xed\xb0\x80\n"), (202, 422)),
    "overlong-utf-8.csv": (data(_rows("پیک دیر").encode() + b"\xc0\xaf\xe0\x80\xaf\xf8\x88\x80\x80\x80\n"), (202, 422)),
    "overrides.csv": (text(f"نظر,{OVERRIDE}کانال\nپیک {OVERRIDE}دیر رسید,{OVERRIDE}اپ\n"), (202,)),
    "half-of-utf-16.csv": (data("نظر\nپیک دیر رسید\n".encode("utf-16")[:-1]), (202, 422)),
    "utf-32.csv": (data("نظر\nپیک دیر رسید\n".encode("utf-32")), (422,)),
    "utf-7.csv": (data("نظر\nپیک دیر رسید\n".encode("utf-7")), (202, 422)),
    "formulas.csv": (text("نظر,کانال\n" + "".join('"{0} دیر","{0}"\n'.format(each.replace('"', '""')) for each in FORMULAS)), (202,)),
    "markup.csv": (
        text("نظر," + '"' + MARKUP[0] + '"\n' + "".join('"{0} دیر","{0}"\n'.format(each.replace('"', '""')) for each in MARKUP)), (202,),
    ),
    "brackets-in-a-date.csv": (_cell("تاریخ", "(" * _LONG), (202,)),
    "spaces-in-a-date.csv": (_cell("تاریخ", "1" + " " * _LONG + "x"), (202,)),
    "clock-after-clock.csv": (_cell("تاریخ", "12:30 " * (_LONG // 6)), (202,)),
    "digits-in-a-number.csv": (_cell("nps", "9" * _LONG), (202,)),
    "digits-in-an-id.csv": (_cell("شناسه", "9" * _LONG), (202,)),
    "digits-in-a-duration.csv": (_cell("مدت مکالمه (ثانیه)", "1" * _LONG + " دقیقه"), (202,)),
    "digits-in-an-attribute.csv": (_cell("یادداشت", "0912 " * (_LONG // 5)), (202,)),
    "signs-in-an-attribute.csv": (_cell("یادداشت", "a@" * (_LONG // 2)), (202,)),
    "dots-in-an-attribute.csv": (_cell("یادداشت", "www." * (_LONG // 4)), (202,)),
    "digits-in-a-text.csv": (text(_rows("0912 " * 19_000, "a@a." * 24_000, "http://" * 14_000, "۱۲۳۴-" * 19_000)), (202,)),
    "list-in-a-list.csv": (text("نقاط ضعف,نظر\n" + f'"{"[" * 90_000}{"]" * 90_000}",دیر\n'), (202,)),
    "list-of-minuses.csv": (text("نقاط ضعف,نظر\n" + f'"[{"-" * 190_000}1]",دیر\n'), (202,)),
    "list-of-sums.csv": (text("نقاط ضعف,نظر\n" + f'"[{"1+" * 90_000}1]",دیر\n'), (202,)),
    "deep-100000.json": (text('[{"text":"دیر","a":' + "[" * 100_000 + "]" * 100_000 + "}]"), (422,)),
    "deep-objects.json": (text('{"a":' * 100_000 + "1" + "}" * 100_000), (422,)),
    "deep-900.json": (text('[{"text":"پیک دیر رسید","a":' + "[" * 900 + "]" * 900 + "}]"), (202, 422)),
    "digits-1000000.json": (text('[{"text":"پیک دیر رسید","nps":' + "9" * 1_000_000 + "}]"), (202, 422)),
    "digits-4000.json": (text('[{"text":"پیک دیر رسید","nps":' + "9" * 4_000 + ',"n":' + "8" * 4_000 + "}]"), (202,)),
    "exponents.json": (text('[{"text":"پیک دیر رسید","nps":1e999,"n":-1e999,"m":1e-9999,"k":NaN,"j":Infinity}]'), (202,)),
    "surrogates.json": (text('[{"text":"پیک \\ud800 دیر رسید \\udc00","\\ud800":"\\udfff"}]'), (202,)),
    "twice-the-key.json": (text('[{"text":"اول","text":"پیک دیر رسید"}]'), (202,)),
    "string-of-40-mb.json": (many('[{"text":"', "دیر ", 5_700_000, '"}]'), (422,)),
    "keys-200000.json": (
        lambda path: path.write_text(json.dumps([{"text": "دیر", **{f"k{n}": n for n in range(200_000)}}])), (422,),
    ),
    "other-keys-each.json": (
        lambda path: path.write_text(json.dumps([{"text": "دیر", **{f"k{row}-{n}": n for n in range(20)}} for row in range(50_000)])),
        (422,),
    ),
    "empty-objects.json": (many('[{"text":"پیک دیر رسید"}', ",{}", 300_000, "]"), (202,)),
    "one-object-of-lists.json": (many('[{"text":"پیک دیر رسید","a":[[]', ",[]", 12_000_000, "]}]"), (422,)),
    "unclosed.json": (many('[{"text":"', "دیر ", 1_000_000), (422,)),
    "not-closed.json": (text('[{"text":"پیک دیر رسید"},{"text":"خوب"'), (422,)),
    "broken-lines.jsonl": (many('{"text":"پیک دیر رسید"}\n', '{"text":\n', 200_000), (202,)),
    "deep-lines.jsonl": (text('{"text":"پیک دیر رسید"}\n' + ('{"a":' * 5_000 + "\n") * 50), (202,)),
    "gzipped.csv": (data(lambda: gzip.compress(_rows("پیک دیر رسید").encode())), (422,)),
    "noise.bin": (data(lambda: random_bytes(1_000_000)), (422,)),
    "page.xls": (text("<html><table><tr><td>نظر</td></tr></table></html>"), (422,)),
    "entities.xml": (text('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'), (422,)),
    "picture.csv": (data(b"\x89PNG\r\n\x1a\n" + b"\0" * 100), (422,)),
    "cut-off.parquet": (data(b"PAR1" + b"\0" * 40), (422,)),
    "marks-alone.parquet": (data(b"PAR1PAR1"), (422,)),
    "footer-of-2-gb.parquet": (partial(footer_length, length=0x7FFF_FFFF), (422,)),
    "footer-of-4-gb.parquet": (partial(footer_length, length=0xFFFF_FFFF), (422,)),
    "footer-of-nothing.parquet": (partial(footer_length, length=0), (422,)),
    "60-million-rows.parquet": (partial(parquet, make_columns=_one_word_ten_million_times), (413,)),
    "one-long-text-often.parquet": (partial(parquet, make_columns=_one_long_text_often, compression="zstd"), (413,)),
    "long-texts.parquet": (
        partial(parquet, make_columns=_long_texts, compression="zstd", use_dictionary=False), (413,),
    ),
    "5000-columns.parquet": (
        partial(parquet, make_columns=lambda: {f"c{n}": ["دیر"] for n in range(5_000)}), (422,),
    ),
    "deep-100.parquet": (partial(parquet, make_columns=lambda: _nested(100)), (202, 422)),
    **{f"noisy-footer-{seed}.parquet": (partial(noisy_footer, seed=seed), (202, 413, 422)) for seed in range(12)},
    **{f"noisy-pages-{seed}.parquet": (partial(noisy_pages, seed=seed), (202, 413, 422)) for seed in range(6)},
}  # fmt: skip
"""Each file, by the name under which it is sent, and the answers that are right for it."""
