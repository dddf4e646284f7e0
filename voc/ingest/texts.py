"""One text out of the columns that a customer wrote in: «title. body», what follows it, pros and cons on their own lines."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from voc.ingest.aliases import TextRole
from voc.ingest.letters import plain
from voc.ingest.values import as_text

ORDER: Final[tuple[TextRole, ...]] = ("title", "body", "more", "pros", "cons")
PROS: Final = "نقاط قوت:"
CONS: Final = "نقاط ضعف:"
LIST_MARK: Final = "، "

_NOTHING_SAID: Final = "- . [] ندارد نداره نداشت ندیدم ندارم نداریم هیچ هیچی هیچکدام خالی none no nothing n/a null nan"
_NOTHING: Final = frozenset(
    map(plain, ["", *_NOTHING_SAID.split(), "هیچ چیز", "هیچ کدام", "موردی ندارد", "موردی نیست", "فعلا ندارد", "فعلا نداره"])
)
_ENDS: Final = tuple(".!?؟…:،؛\n")
_LONGEST_LIST_CHARS: Final = 200_000


@dataclass(frozen=True, slots=True)
class TextPart:
    """A column that holds a part of the text."""

    index: int
    role: TextRole


def text_joiner(parts: Sequence[TextPart]) -> Callable[[Sequence[object]], str]:
    r"""A function from the cells of a row to its text, empty where the customer wrote nothing.

    >>> text_joiner([TextPart(0, "title"), TextPart(1, "body"), TextPart(2, "cons")])(["کند", "باز نمی‌شود", "['قطعی', 'گران']"])
    'کند. باز نمی‌شود\nنقاط ضعف: قطعی، گران'
    """
    ordered = sorted(parts, key=lambda part: ORDER.index(part.role))
    if len(ordered) == 1 and ordered[0].role not in ("pros", "cons"):
        only = ordered[0].index
        return lambda cells: _clean(cells[only])
    return lambda cells: _join([(part.role, cells[part.index]) for part in ordered])


def list_items(value: str) -> list[str]:
    """The items of a list that was written out by Python or JSON («['a', 'b']»); other text is one item."""
    text = value.strip()
    if text.startswith("[") and text.endswith("]") and len(text) <= _LONGEST_LIST_CHARS:
        try:
            items = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [text]
        if isinstance(items, list) and all(isinstance(item, str | int | float) for item in items):
            return [item for item in (" ".join(str(item).split()) for item in items) if item]
    return [text] if text else []


def _clean(value: object) -> str:
    text = value if type(value) is str else as_text(value)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "").strip()


def _join(values: Sequence[tuple[TextRole, object]]) -> str:
    title, lines, seen = "", [], set()
    for role, value in values:
        text = _clean(value) if role in ("title", "body", "more") else _listed(role, _clean(value))
        if not text or text in seen:
            continue
        seen.add(text)
        if role == "title":
            title = f"{title} {text}".strip()
        else:
            lines.append(text)
    if title and lines and values and _is_body_first(values):
        lines[0] = _under(title, lines[0])
    elif title:
        lines.insert(0, title)
    return "\n".join(lines)


def _is_body_first(values: Sequence[tuple[TextRole, object]]) -> bool:
    return any(role in ("body", "more") and _clean(value) for role, value in values)


def _under(title: str, body: str) -> str:
    if body.startswith(title):
        return body
    return f"{title} {body}" if title.endswith(_ENDS) else f"{title}. {body}"


def _listed(role: TextRole, text: str) -> str:
    items = [item for item in list_items(text) if plain(item) not in _NOTHING]
    return f"{PROS if role == 'pros' else CONS} {LIST_MARK.join(items)}" if items else ""
