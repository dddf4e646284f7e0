"""Requests that no client would make: bodies that lie, heads that never end, names that climb, filters that are code."""

import base64
import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

from tests.hostile.service import PATIENCE_S, Answer, Case, Target
from tests.hostile.texts import OVERRIDE

HOST: Final = b"Host: localhost\r\n"
CLIENT_ERROR: Final = (400, 404, 405, 408, 411, 413, 414, 415, 422, 431)
CSV: Final = "نظر\nپیک دیر رسید\n".encode()
PIECES: Final = 100_000


def head(method: str = "POST", path: str = "/v1/tag", *fields: str) -> bytes:
    """The head of a request with these header fields."""
    return f"{method} {path} HTTP/1.1\r\n".encode() + HOST + "".join(f"{each}\r\n" for each in fields).encode() + b"\r\n"


def raw(*pieces: bytes, pause_s: float = 0.0) -> Callable[[Target], Answer]:
    """Sends bytes as they are."""
    return lambda target: target.raw(pieces, pause_s=pause_s)


def endless(start: bytes, piece: bytes, times: int = PIECES, pause_s: float = 0.0) -> Callable[[Target], Answer]:
    """Sends a piece again and again, until it is told to stop."""
    return lambda target: target.raw(itertools.chain((start,), itertools.repeat(piece, times)), pause_s=pause_s)


def ask(method: str, path: str, **options: Any) -> Callable[[Target], Answer]:
    """An ordinary request."""
    return lambda target: target.request(method, path, **options)


def post_json(path: str, content: str | bytes, **headers: str) -> Callable[[Target], Answer]:
    """A body that says it is JSON."""
    return ask("POST", path, content=content, headers={"content-type": "application/json", **headers})


def part(disposition: str, content: bytes = b"x", more: bytes = b"") -> bytes:
    """A part of a form whose boundary is B."""
    return b"--B\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n" + more + b"\r\n" + content + b"\r\n"


def form(
    *parts: bytes, boundary: str = "B", end: bytes = b"--B--\r\n", kind: str = "multipart/form-data"
) -> Callable[[Target], Answer]:
    """A form of these parts, as they are."""
    return ask("POST", "/v1/batches", content=b"".join(parts) + end, headers={"content-type": f"{kind}; boundary={boundary}"})


FILE: Final = part('name="file"; filename="a.csv"', CSV)


def cursor(value: Any) -> str:
    """A cursor that holds this."""
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


_JSON_HEAD: Final = head("POST", "/v1/tag", "Content-Type: application/json", "Transfer-Encoding: chunked")
_CURSORS: Final = (
    "!!!!", "=====", "AAAA", "é", "\0", "%00", cursor(b"\xff\xfe"), cursor([]), cursor({}), cursor(["feedback"]),
    cursor(["feedback", -1]), cursor(["feedback", 10**30]), cursor(["feedback", "1; DROP TABLE feedback"]),
    cursor(["feedback", 1.5]), cursor(["feedback", True]), cursor(["feedback", None]), cursor(["feedback", [1]]),
    cursor(b'["feedback", 1e999]'), cursor(b'["feedback", ' + b"9" * 90 + b"]"), cursor(b"[" * 140), cursor(b'["feedback", NaN]'),
    cursor(["batches", "now", 1]), cursor(["batches", 1, 1]),
)  # fmt: skip
_METHODS: Final = ("FOO", "TRACE", "PROPFIND", "PATCH", "PUT", "M-SEARCH", "A" * 200)
_PATHS: Final = (
    "/v1/batches/..%2f..%2fetc%2fpasswd", "/v1/feedback/..%2f..%2fetc%2fpasswd", "/static/..%2f..%2fapp.py",
    "/static/%2e%2e/%2e%2e/app.py", "/static//etc/passwd", "/static/..\\..\\app.py", "/static/vendor/%2e%2e%2fapp.py", "/static/%00",
    "/v1/batches/%00", "/v1/batches/%0d%0aSet-Cookie:%20a=b", "/v1/feedback/f-1", "/v1/feedback/f%DB%B1", "/v1/feedback/f1e5",
    "/v1/feedback/f" + "9" * 5_000, "/v1/batches/" + "b" * 20_000, "/v1/batches/" + quote("' OR 1=1 --"), "/v1/batches/*",
    "/v1/batches/" + quote(f"b{OVERRIDE}"), "/%c0%af%c0%afetc/passwd", "/..;/..;/etc/passwd", "/v1/feedback/%ff%fe", "/batches/<script>",
)  # fmt: skip
_BOUNDARIES: Final = ("", '""', "B" * 5_000, "B\tC", '"B', "ب", "--", "B; boundary=C")
_CHARSETS: Final = ("hex", "rot13", "idna", "punycode", "unicode_escape", "undefined", "utf-7", "zlib", "mbcs", "\0")
_TYPES: Final = (
    "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx", "*/*", "multipart/form-data",
    "multipart/mixed; boundary=B", "application/octet-stream", "application/json/../xml", ";;;", "image/png",
)  # fmt: skip
_DEEP: Final = 100_000
_JSON: Final[dict[str, str | bytes]] = {
    "deep arrays": "[" * _DEEP + "]" * _DEEP,
    "deep objects": '{"a":' * _DEEP + "1" + "}" * _DEEP,
    "deep texts": '{"texts":' + "[" * _DEEP + "]" * _DEEP + "}",
    "deep records": '{"records":[{"text":"دیر","a":' + "[" * _DEEP + "]" * _DEEP + "}]}",
    "a number of a million digits": '{"texts":[' + "9" * 1_000_000 + "]}",
    "records with a number of a million digits": '{"records":[{"text":"دیر","n":' + "9" * 1_000_000 + "}]}",
    "lone surrogates": '{"texts":["\\ud800"],"records":[{"text":"\\udc00"}]}',
    "NaN": '{"texts":[NaN],"records":[{"text":NaN}]}',
    "bytes that are no text": b'{"texts":["\xff\xfe"],"records":[{"text":"\xc0\xaf"}]}',
    "a mark before it": "\ufeff{}",
    "UTF-16": '{"texts":["دیر"]}'.encode("utf-16"),
    "nothing": "",
    "an endless string": '{"texts":["' + "دیر " * 100_000,
    "twice the key, the last wrong": '{"texts":["دیر"],"texts":5,"records":[{"text":"دیر"}],"records":5}',
    "2001 keys": json.dumps({"records": [{"text": "دیر"} | {f"k{n}": n for n in range(2_001)}]}),
    "an endless name": json.dumps({"records": [{"text": "دیر"}], "name": "ن" * 5_000_000, "naem": 1}),
    "objects alone": '{"records":[' + "{}," * 300_000 + "{}]}",
}
_OVERSIZED: Final = json.dumps({"texts": ["دیر"], "a": "x" * 70_000_000})


def _chunks(*sizes: bytes) -> bytes:
    return _JSON_HEAD + b"".join(size + b"\r\nxx\r\n" for size in sizes)


def _both_lengths(target: Target) -> Answer:
    return target.raw(
        head("POST", "/v1/tag", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
    )


def _hang_up(target: Target) -> Answer:
    """A body that is a tenth of what it was said to be; the client goes away, and nothing is left to answer."""
    with_length = head("POST", "/v1/batches", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 100000")
    from tests.serving import connect

    with connect(target.service.port, 5) as link:
        link.sendall(with_length + FILE)
    return Answer(422, {"content-type": "application/problem+json"}, b'{"status": 422, "detail": "-", "code": "-"}')


def _fields(count: int) -> list[str]:
    return [f"X-{number}: x" for number in range(count)]


def _cases() -> Iterator[Case]:
    """All of them, made anew."""
    yield from _of_json()
    yield from _of_forms()
    yield from _of_bodies()
    yield from _of_heads()
    for path in _PATHS:
        yield Case(f"GET {path[:60]}", ask("GET", path), (400, 404))
    for given in _CURSORS:
        for path in ("/v1/feedback", "/v1/batches", "/texts"):
            yield Case(f"{path}?cursor={given[:40]!r}", ask("GET", path, params={"cursor": given}), (422,))
    yield Case("a cursor nested 1,500 deep", ask("GET", "/admin?cursor=" + cursor(b"[" * 1_500)), (422,))
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-01-01"):
        yield Case(
            f"a cursor of {moment}", ask("GET", "/v1/batches", params={"cursor": cursor(["batches", moment, "b"])}), (200, 422)
        )
    for method in _METHODS:
        yield Case(f"method {method[:20]}", ask(method, "/v1/trends"), (400, 405))


def _of_json() -> Iterator[Case]:
    for name, content in _JSON.items():
        for path in ("/v1/tag", "/v1/batches"):
            yield Case(f"{path}: {name}", post_json(path, content), (200, 202, 400, 413, 422), mib=400)
    yield Case("70 MB of JSON", post_json("/v1/tag", _OVERSIZED), (413,))
    yield Case("gzipped JSON", post_json("/v1/tag", gzip.compress(b'{"texts":["a"]}'), **{"content-encoding": "gzip"}), (415,))
    bomb = gzip.compress(b" " * 50_000_000)
    yield Case("a gzipped bomb", post_json("/v1/batches", bomb, **{"content-encoding": "gzip"}), (415,))
    for kind in _TYPES:
        yield Case(
            f"content type {kind!r}", ask("POST", "/v1/batches", content=b"{}", headers={"content-type": kind}), (400, 415, 422)
        )
        yield Case(f"tag as {kind!r}", ask("POST", "/v1/tag", content=b"{}", headers={"content-type": kind}), (400, 415, 422))


def _of_forms() -> Iterator[Case]:
    field = 'name="mapping"'
    yield Case("10,000 parts", form(*[part(f'name="a{n}"') for n in range(10_000)]), (400, 422))
    yield Case("10,000 files", form(*[part('name="file"; filename="a.csv"')] * 10_000), (400, 422))
    yield Case("no parts", form(), (400, 422))
    yield Case("no end", form(FILE, end=b""), (202, 400, 422))
    yield Case("nothing at all", form(end=b""), (400, 422))
    yield Case("a part without a name", form(part('filename="a.csv"')), (400,))
    yield Case("a part without a head", form(b"--B\r\n\r\nx\r\n"), (400,))
    yield Case("a head of a part of 10 MB", form(part('name="file"', more=b"X: " + b"x" * 10_000_000 + b"\r\n")), (400,))
    yield Case("a part of 100,000 heads", form(part('name="file"', more=b"X: x\r\n" * 100_000)), (400,))
    yield Case("a field of 2 MB", form(part(field, b"x" * 2_000_000), FILE), (400, 422))
    yield Case(
        "a form in a form",
        form(part('name="file"; filename="a"', b"--B\r\nx", b"Content-Type: multipart/mixed; boundary=B\r\n")),
        (400, 422),
    )
    yield Case("two files", form(FILE, FILE), (400, 422))
    yield Case("a deep mapping", form(FILE, part(field, b"[" * 500_000)), (422,))
    yield Case("a deep mapping in objects", form(FILE, part(field, b'{"text":' * 100_000)), (422,))
    yield Case("a mapping of many digits", form(FILE, part(field, b'{"text":' + b"9" * 900_000 + b"}")), (422,))
    yield Case("a mapping of bytes", form(FILE, part(field, b"\xff\xfe\x00")), (422,))
    yield Case("a mapping to a missing column", form(FILE, part(field, b'{"text": "<script>"}')), (422,))
    yield Case("a mapping of a strange field", form(FILE, part(field, b'{"__class__": "x"}')), (422,))
    yield Case("a mapping of many pluses", form(FILE, part(field, json.dumps({"text": "+" * 900_000}).encode())), (422,))
    for boundary in _BOUNDARIES:
        yield Case(f"boundary {boundary[:20]!r}", _form_with(f"multipart/form-data; boundary={boundary}"), (400, 415, 422))
    for charset in _CHARSETS:
        strange = _form_with(f"multipart/form-data; boundary=B; charset={charset}")
        yield Case(f"charset {charset!r}", strange, (202, 200, 400, 422))
    for key in ("x" * 201, "x" * 50_000):
        yield Case(f"an idempotency key of {len(key)}", ask("POST", "/v1/batches", content=FILE + b"--B--\r\n", headers={
            "content-type": "multipart/form-data; boundary=B", "idempotency-key": key}), (400, 422, 431))  # fmt: skip


def _form_with(content_type: str) -> Callable[[Target], Answer]:
    body = FILE + b"--B--\r\n"
    fields = f"POST /v1/batches HTTP/1.1\r\nContent-Length: {len(body)}\r\nContent-Type: {content_type}\r\n".encode()
    return raw(fields + HOST + b"Connection: close\r\n\r\n" + body)


def _of_bodies() -> Iterator[Case]:
    kind = "Content-Type: application/json"
    slow = head("POST", "/v1/tag", kind, "Content-Length: 100000")
    slow_form = (
        head("POST", "/v1/batches", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 100000") + FILE[:-10]
    )
    trickle = int(PATIENCE_S * 10)
    yield Case("less than was said, and gone", _hang_up, (422,))
    yield Case("less than was said, and silent", raw(slow), (408,))
    yield Case("a byte every 0.2 s", endless(slow, b" ", trickle, 0.2), (408,))
    yield Case("a byte every 0.2 s into a form", endless(slow_form, b"x", trickle, 0.2), (408,))
    yield Case("a byte every 0.2 s in chunks", endless(_JSON_HEAD, b"1\r\n \r\n", trickle, 0.2), (408,))
    yield Case(
        "more than was said", raw(head("POST", "/v1/tag", kind, "Content-Length: 2") + b"{}" + b"x" * 100_000), (400, 422)
    )
    yield Case("two lengths", raw(head("POST", "/v1/tag", "Content-Length: 2", "Content-Length: 3") + b"{}x"), (400,))
    yield Case("a length and chunks", _both_lengths, (400, 422))
    for length in ("-1", "abc", "1e3", "0x10", "9" * 30, "+5", "5, 6", ""):
        yield Case(
            f"length {length[:12]!r}", raw(head("POST", "/v1/tag", kind, f"Content-Length: {length}") + b"{}"), (400, 413)
        )
    yield Case("chunks without an end", endless(_JSON_HEAD, b"10000\r\n" + b" " * 65_536 + b"\r\n"), (413,), mib=400)
    yield Case("a form in chunks without an end", endless(
        head("POST", "/v1/batches", "Content-Type: multipart/form-data; boundary=B", "Transfer-Encoding: chunked"),
        b"10000\r\n" + b"x" * 65_536 + b"\r\n"), (400, 413))  # fmt: skip
    yield Case("a chunk with an endless remark", endless(_JSON_HEAD + b"2;", b"x" * 65_536, 10_000), (0, 400))
    for size in (b"zz", b"-1", b"f" * 40, b"0x2", b"\xff"):
        yield Case(f"a chunk of {size[:10]!r}", raw(_chunks(size)), (400,))
    yield Case("compressed chunks", raw(head("POST", "/v1/tag", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"), (400, 501))


def _of_heads() -> Iterator[Case]:
    yield Case("a head that never comes", raw(), (408,))
    yield Case("a head at a byte every 0.2 s", endless(b"GET / HTTP/1.1\r\n" + HOST, b"X", int(PATIENCE_S * 10), 0.2), (408,))
    yield Case(
        "a head without an end", endless(b"GET / HTTP/1.1\r\n" + HOST, b"X-Y: " + b"y" * 60_000 + b"\r\n", 10_000), (0, 400)
    )
    yield Case("an address without an end", endless(b"GET /", b"a" * 65_536, 10_000), (0, 400))
    yield Case("a query of 60 KB", ask("GET", "/v1/feedback?q=" + "a" * 60_000), (400, 422))
    yield Case("a query of 1 MB", raw(head("GET", "/v1/feedback?q=" + "a" * 1_000_000)), (0, 400))
    yield Case("6,000 alternatives", ask("GET", "/v1/feedback?" + "&".join(["channel=a"] * 6_000)), (200,))
    yield Case("4,000 attributes", ask("GET", "/v1/feedback?" + "&".join(f"attr.{n}=1" for n in range(4_000))), (422,))
    yield Case("6,000 unknown names", ask("GET", "/v1/feedback?" + "&".join(f"a{n}=1" for n in range(6_000))), (422,))
    yield Case("3,000 header fields", raw(head("GET", "/healthz", "Connection: close", *_fields(3_000))), (200, 400))
    yield Case("30,000 header fields", raw(head("GET", "/healthz", *_fields(30_000))), (0, 400))
    for name, start in {
        "nonsense": b"\x00\x01\x02\x03\r\n\r\n", "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/0.9": b"GET /\r\n\r\n", "HTTP/9": b"GET / HTTP/9.9\r\n\r\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n", "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil\r\n\r\n",
        "a space before a colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "a folded field": head("GET", "/", "X: a\r\n b")[:-2],
        "NUL in a field": head("GET", "/", "X: a\0b"), "a bare line end": b"GET / HTTP/1.1\nHost: localhost\nX: a\rb\n\n",
        "another host": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    }.items():  # fmt: skip
        yield Case(name, raw(start), (0, 200, 400, 404, 408))
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 8_000, 2))
    yield Case(
        "4,000 ranges", ask("GET", "/static/vendor/plotly.min.js", headers={"range": ranges}), (200, 206, 400, 416), mib=100
    )
    yield Case("a range from nowhere", ask("GET", "/static/page.css", headers={"range": "bytes=999999999-"}), (200, 416))
    upgrade = ask("GET", "/v1/feedback", headers={"connection": "upgrade", "upgrade": "websocket"})
    yield Case("a WebSocket", upgrade, (200, 400, 404, 426))


REQUESTS: Final = tuple(_cases())
"""Every request; what is large is made when it is sent, or once."""
