"""`$filter` as a tree: the part of OData's expressions that a database answers, read by a small parser of our own.

The text comes from anyone with a key, so its size, its number of tokens and its depth are limited, and no message repeats a
value of it, which may be a customer's words. Names are looked up at once: what is in a tree exists.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, NoReturn

from voc.errors import QueryError, UnsupportedError
from voc.odata.model import EntitySet, Kind, Property

MOST_CHARS: Final = 20_000
MOST_TOKENS: Final = 4_000
MOST_DEPTH: Final = 50
OPTION: Final = "$filter"

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
Value = str | int | float | bool | date | datetime | None

COMPARES: Final[dict[str, Operator]] = {"eq": "eq", "ne": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le"}
FUNCTIONS: Final[dict[str, tuple[tuple[Kind, ...], Kind]]] = {
    "contains": (("text", "text"), "flag"),
    "startswith": (("text", "text"), "flag"),
    "endswith": (("text", "text"), "flag"),
    "tolower": (("text",), "text"),
    "toupper": (("text",), "text"),
    "length": (("text",), "whole"),
    "year": (("day",), "whole"),
    "month": (("day",), "whole"),
    "day": (("day",), "whole"),
}
"""What each takes and gives. Parts of a day are the Gregorian calendar's."""
_ELSEWHERE: Final = frozenset((
    "add", "sub", "mul", "div", "divby", "mod", "has", "any", "all", "concat", "indexof", "substring", "trim", "matchesPattern",
    "hour", "minute", "second", "fractionalseconds", "date", "time", "totaloffsetminutes", "now", "mindatetime", "maxdatetime",
    "totalseconds", "round", "floor", "ceiling", "cast", "isof", "/",
))  # fmt: skip
"""What OData knows and this feed does not."""
_WORDS: Final = frozenset({*COMPARES, "and", "or", "not", "in", "true", "false", "null"})
_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d)(?!\w))
    |(?P<day>\d{4}-\d\d-\d\d(?!\w))
    |(?P<number>[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?(?!\w))
    |(?P<name>[A-Za-z_]\w{0,127})
    |(?P<sign>[(),/:])
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value; null has no kind."""

    kind: Kind | None
    value: Value


@dataclass(frozen=True, slots=True)
class Call:
    """One of `FUNCTIONS` of these arguments."""

    name: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of kinds that compare."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is one of a list."""

    left: "Expression"
    options: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions that must all hold, or of which one must."""

    operator: Literal["and", "or"]
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite of a condition."""

    inner: "Expression"


Expression = Property | Constant | Call | Comparison | Membership | Junction | Negation


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_filter(text: str, entity_set: EntitySet) -> Expression:
    """The condition that `text` writes over the properties of a set.

    Raises QueryError, which says at which character, for what does not follow the rules, and UnsupportedError for what
    OData knows and this feed does not.
    """
    if len(text) > MOST_CHARS:
        raise QueryError(f"{OPTION}: longer than {MOST_CHARS:,} characters.", field=OPTION)
    parser = _Parser(_cut(text), entity_set, len(text))
    found = parser.condition(parser.junction)
    if parser.next.kind != "end":
        parser.fail("expected an operator (and, or, eq, …) or the end")
    return found


def kind_of(expression: Expression) -> Kind | None:
    """What an expression gives; None for null."""
    if isinstance(expression, Property | Constant):
        return expression.kind
    return FUNCTIONS[expression.name][1] if isinstance(expression, Call) else "flag"


def _cut(text: str) -> list[_Token]:
    tokens, at, end = list[_Token](), 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise QueryError(f"{OPTION}: at character {start + 1} stands nothing that can be read there.", field=OPTION)
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1))
        if len(tokens) > MOST_TOKENS:
            raise QueryError(f"{OPTION}: more than {MOST_TOKENS:,} words, values and signs.", field=OPTION)
        at = found.end()
    return tokens


class _Parser:
    """Reads tokens from the left; each method takes what it names and leaves the rest."""

    def __init__(self, tokens: list[_Token], entity_set: EntitySet, length: int) -> None:
        self._tokens = tokens
        self._set = entity_set
        self._place = 0
        self._depth = 0
        self._end = _Token("end", "", length + 1)

    @property
    def next(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else self._end

    def fail(self, what: str, at: int | None = None) -> NoReturn:
        if self.next.text in _ELSEWHERE:  # then that is why nothing fits here
            raise UnsupportedError(f"{OPTION}: {self.next.text} is not supported by this feed.", field=OPTION)
        raise QueryError(f"{OPTION}: at character {at or self.next.at}: {what}.", field=OPTION)

    def condition(self, read: Callable[[], Expression]) -> Expression:
        at = self.next.at
        found = read()
        if kind_of(found) != "flag":
            self.fail("a condition is needed here, which is true or false", at)
        return found

    def junction(self) -> Expression:
        return self._joined("or", lambda: self._joined("and", self._comparison))

    def _joined(self, operator: Literal["and", "or"], read: Callable[[], Expression]) -> Expression:
        start = self.next.at
        parts = [read()]
        while self._take(operator):
            if len(parts) == 1 and kind_of(parts[0]) != "flag":
                self.fail(f"left of {operator} a condition is needed", start)
            parts.append(self.condition(read))
        return parts[0] if len(parts) == 1 else Junction(operator, tuple(parts))

    def _comparison(self) -> Expression:
        at = self.next.at
        left = self._operand()
        if self._take("in"):
            return self._membership(left, at)
        if self.next.kind != "name" or self.next.text not in COMPARES:
            return left
        operator = COMPARES[self._advance().text]
        right = self._operand()
        self._check_comparable(operator, kind_of(left), kind_of(right), at)
        return Comparison(operator, left, right)

    def _membership(self, left: Expression, at: int) -> Expression:
        if not isinstance(left, Property | Call):
            self.fail("in is asked of a property or a function", at)
        self._expect("(")
        options = [self._literal()]
        while self._take(","):
            options.append(self._literal())
        self._expect(")")
        for each in options:
            self._check_comparable("eq", kind_of(left), each.kind, at)
        return Membership(left, tuple(options))

    def _operand(self) -> Expression:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self.fail(f"nested more than {MOST_DEPTH} deep")
        try:
            if self._take("not"):
                return Negation(self.condition(self._operand))
            if self._take("("):
                found = self.junction()
                self._expect(")")
                return found
            return self._named() if self._is_name() else self._literal()
        finally:
            self._depth -= 1

    def _is_name(self) -> bool:
        return self.next.kind == "name" and self.next.text not in _WORDS

    def _named(self) -> Expression:
        token = self._advance()
        if self.next.text == "(" and self.next.kind == "sign":
            return self._call(token)
        return self._set.get(token.text, OPTION)

    def _call(self, name: _Token) -> Expression:
        if name.text in _ELSEWHERE:
            raise UnsupportedError(
                f"{OPTION}: the function {name.text} is not supported by this feed.", field=OPTION, options=tuple(FUNCTIONS)
            )
        if name.text not in FUNCTIONS:
            self.fail(f"there is no function {name.text[:60]!r}; there are {', '.join(FUNCTIONS)}", name.at)
        takes, _ = FUNCTIONS[name.text]
        self._expect("(")
        arguments = [self._operand()]
        while self._take(","):
            arguments.append(self._operand())
        self._expect(")")
        given = tuple(map(kind_of, arguments))
        if len(given) != len(takes) or any(kind not in (wanted, None) for kind, wanted in zip(given, takes, strict=True)):
            self.fail(f"{name.text} takes {' and '.join(takes)}{_DAY_HINT if 'moment' in given else ''}", name.at)
        typed = (
            Constant(wanted, None) if kind is None else each for each, kind, wanted in zip(arguments, given, takes, strict=True)
        )
        return Call(name.text, tuple(typed))

    def _literal(self) -> Constant:
        token = self._advance()
        try:
            return _read_literal(token)
        except ValueError:
            self.fail(f"there is no such {_NAMES.get(token.kind, 'value')}", token.at)
        except KeyError:
            hint = f" ({self.next.kind})" if self.next.kind == "end" else ""
            self.fail(f"expected a value, a property or a function{hint}", token.at)

    def _check_comparable(self, operator: Operator, left: Kind | None, right: Kind | None, at: int) -> None:
        if left is None or right is None:
            return
        if _COMPARED_AS[left] != _COMPARED_AS[right]:
            hint = _MOMENT_HINT if {left, right} == {"day", "moment"} else ""
            self.fail(f"{_NAMES[left]} is compared with {_NAMES[right]}{hint}", at)
        if left == "flag" and operator not in ("eq", "ne"):
            self.fail(f"true and false have no order, so {operator} says nothing of them", at)

    def _advance(self) -> _Token:
        token = self.next
        self._place += 1
        return token

    def _take(self, text: str) -> bool:
        """Whether the next token is this word or sign, which then is behind us."""
        if self.next.text != text or self.next.kind not in ("name", "sign"):
            return False
        self._place += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            self.fail(f"expected {sign!r}")


_NAMES: Final = {
    "text": "text",
    "whole": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "day": "a day",
    "moment": "a time",
}
_COMPARED_AS: Final[dict[Kind, str]] = {
    "text": "text", "whole": "number", "number": "number", "flag": "flag", "day": "day", "moment": "moment",
}  # fmt: skip
_MOMENT_HINT: Final = "; a day is written 2026-05-04, a time 2026-05-04T10:00:00Z, and a + in an address is %2B"
_DAY_HINT: Final = "; for parts of a time take the property that has its day, such as occurred_on"
_MOST_WHOLE: Final = 2**63 - 1


def _read_literal(token: _Token) -> Constant:
    """The value that a token writes. Raises ValueError where there is none such, KeyError where it is no value at all."""
    if token.kind == "text":
        return Constant("text", token.text[1:-1].replace("''", "'"))
    if token.kind == "moment":
        return Constant("moment", _read_moment(token.text))
    if token.kind == "day":
        return Constant("day", date.fromisoformat(token.text))
    if token.kind == "number":
        return _read_number(token.text)
    if token.kind == "name":
        return {"true": Constant("flag", True), "false": Constant("flag", False), "null": Constant(None, None)}[token.text]
    raise KeyError(token.kind)


def _read_moment(text: str) -> datetime:
    """A time with its zone, to the microsecond, as the database keeps it; it must be one that every zone can write."""
    whole, _, fraction = text.partition(".")
    digits = re.match(r"\d*", fraction)
    kept = f"{whole}.{fraction[:6]}{fraction[digits.end() :]}" if digits and digits.end() > 6 else text
    at = datetime.fromisoformat(kept)
    if not 2 <= at.year <= 9998:
        raise ValueError(at.year)
    return at


def _read_number(text: str) -> Constant:
    if re.fullmatch(r"[+-]?\d+", text):
        whole = int(text)
        if abs(whole) > _MOST_WHOLE:
            raise ValueError(text)
        return Constant("whole", whole)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return Constant("number", number)
