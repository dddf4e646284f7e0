"""A draft as it stands in its file: what is added to the shipped taxonomy and what is changed of it.

All codes in a draft are those of the shipped taxonomy or of the draft itself, whatever the order of the blocks.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from voc.errors import InputError
from voc.taxonomy import Code, Group, NearMiss

LEAST_HITS: Final = 8
_SLUG: Final = re.compile(r"[a-z][a-z0-9_]*")
_TEXTS: Final = ("fa", "en", "definition_fa", "definition_en")
_LEARNT: Final = (("code", *_TEXTS, "hits"), ("near_misses",))
_BLOCKS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {  # kind → what it must have, what it may have
    "group": (("code", "fa", "en"), ()),
    "add": _LEARNT,
    "rename": (("code",), ("to", *_TEXTS)),
    "move": (("code", "group"), ()),
    "merge": (("codes", "into"), _TEXTS),
    "split": (("code", "into"), ()),
    "hide": (("code",), ()),
}
_HEAD: Final = ("base", "name", "version")
_LISTS: Final = ("codes", "hits")


@dataclass(frozen=True, slots=True)
class Rename:
    """Another code or other titles for a reason or a group; what is empty stays as it is."""

    code: str
    to: str = ""
    fa: str = ""
    en: str = ""
    definition_fa: str = ""
    definition_en: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A reason goes to another group."""

    code: str
    group: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Several reasons are given as one: one of them, or a new one with titles."""

    codes: tuple[str, ...]
    into: str
    fa: str = ""
    en: str = ""
    definition_fa: str = ""
    definition_en: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """A reason has parts; what is none of them keeps its code."""

    code: str
    into: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft; `lines` says where in its file each block begins, («add banking.loan») → 12, and `source` is the file."""

    file: str
    source: str
    base: str
    name: str
    version: str
    groups: tuple[Group, ...]
    add: tuple[Code, ...]
    renames: tuple[Rename, ...]
    moves: tuple[Move, ...]
    merges: tuple[Merge, ...]
    splits: tuple[Split, ...]
    hides: tuple[str, ...]
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What is put behind the names of the shipped model and taxonomy: «+shop-3»."""
        return f"+{self.name}-{self.version}"

    def wrong(self, kind: str, code: str, what: str, options: Sequence[str] = ()) -> InputError:
        """An error in one block that says where it stands."""
        line = self.lines.get(f"{kind} {code}")
        where = f"{self.file}, line {line}" if line else self.file
        return InputError(f"{where}: [[{kind}]] {code}: {what}", field=code, options=tuple(options))


def read_draft(path: Path) -> Draft:
    """The draft in a TOML file. Raises InputError, which names file, line and code, for what is no draft."""
    try:
        source = path.read_text("utf-8")
        document = tomllib.loads(source)
    except OSError as error:
        raise InputError(
            f"There is no draft {str(path)!r} to read; `voc taxonomy new {path}` writes a first one.", field="draft"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is no TOML in UTF-8: {error}.", field="draft") from error
    return _Reading(str(path), source, document).draft()


def is_code(code: str) -> bool:
    """Whether it has the form of a reason's code: two slugs with a dot between them."""
    group, dot, name = code.partition(".")
    return bool(dot and _SLUG.fullmatch(group) and _SLUG.fullmatch(name))


class _Reading:
    """One file being read: every block is checked for what it must and may have."""

    def __init__(self, file: str, source: str, document: Mapping[str, Any]) -> None:
        self._file, self._source, self._document = file, source, document
        self._headers = {kind: list(_lines_of(source, kind)) for kind in (*_BLOCKS, "split.into")}
        self._lines: dict[str, int] = {}

    def draft(self) -> Draft:
        self._check_head()
        splits = [
            Split(block["code"], tuple(map(_code, self._checked("split.into", block["into"], _LEARNT))))
            for block in self._blocks("split")
        ]
        merges = [Merge(**block | {"codes": tuple(block["codes"])}) for block in self._blocks("merge")]
        return Draft(
            file=self._file,
            source=self._source,
            base=self._document["base"],
            name=self._document["name"],
            version=str(self._document["version"]),
            groups=tuple(Group(**block) for block in self._blocks("group")),
            add=tuple(_code(block) for block in self._blocks("add")),
            renames=tuple(Rename(**block) for block in self._blocks("rename")),
            moves=tuple(Move(**block) for block in self._blocks("move")),
            merges=tuple(merges),
            splits=tuple(splits),
            hides=tuple(block["code"] for block in self._blocks("hide")),
            lines=self._lines,
        )

    def _check_head(self) -> None:
        known = (*_HEAD, *_BLOCKS)
        if strange := [name for name in self._document if name not in known]:
            raise InputError(f"{self._file}: there is no {strange[0]!r} in a draft.", field=strange[0], options=known)
        for name in _HEAD:
            if not str(self._document.get(name, "")).strip():
                raise InputError(f'{self._file}: {name} is missing; a draft begins with {name} = "…".', field=name)
        name, version = str(self._document["name"]), str(self._document["version"])
        if not re.fullmatch(r"[a-z][a-z0-9]*", name) or not re.fullmatch(r"[A-Za-z0-9.]+", version):
            raise InputError(
                f"{self._file}: name {name!r} and version {version!r} become part of the model's name; write small Latin"
                ' letters and digits, as in name = "shop", version = "3".',
                field="name",
            )

    def _blocks(self, kind: str) -> Iterator[dict[str, Any]]:
        return self._checked(kind, self._document.get(kind, []), _BLOCKS[kind])

    def _checked(self, kind: str, blocks: Any, fields: tuple[tuple[str, ...], tuple[str, ...]]) -> Iterator[dict[str, Any]]:
        must, may = fields
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            raise InputError(f"{self._file}: {kind} is written as blocks that begin with [[{kind}]].", field=kind)
        for block in blocks:
            line = self._headers[kind].pop(0) if self._headers[kind] else None
            name = str(block.get("into" if kind == "merge" else "code", ""))
            where = f"{self._file}, line {line}: [[{kind}]] {name}".rstrip()
            if strange := [each for each in block if each not in (*must, *may)]:
                raise InputError(f"{where}: there is no {strange[0]!r} here.", field=strange[0], options=(*must, *may))
            if missing := [each for each in must if not block.get(each)]:
                raise InputError(f"{where}: {missing[0]} is missing.", field=missing[0], options=must)
            _check_values(where, block)
            self._lines[f"{kind} {name}"] = line or 0
            yield block


def _check_values(where: str, block: Mapping[str, Any]) -> None:
    for name, value in block.items():
        of_blocks = name == "near_misses" or (name == "into" and "codes" not in block)
        if name in _LISTS and not (isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)):
            raise InputError(f"{where}: {name} is a list of texts.", field=name)
        if name not in _LISTS and not of_blocks and not isinstance(value, str):
            raise InputError(f"{where}: {name} is a text in quotation marks.", field=name)
    misses = block.get("near_misses", [])
    if not isinstance(misses, list) or not all(isinstance(each, str) or _is_near_miss(each) for each in misses):
        raise InputError(
            f'{where}: near_misses is a list of {{ text = "…", instead = "CODE", why = "…" }}.', field="near_misses"
        )


def _is_near_miss(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and bool(entry.get("text"))
        and set(entry) <= {"text", "instead", "why"}
        and all(isinstance(value, str) for value in entry.values())
    )


def _code(block: Mapping[str, Any]) -> Code:
    misses = [{"text": each} if isinstance(each, str) else each for each in block.get("near_misses", [])]
    return Code(
        **{name: block[name] for name in ("code", *_TEXTS)},
        hits=tuple(dict.fromkeys(block["hits"])),
        near_misses=tuple(NearMiss(each["text"], each.get("instead", ""), each.get("why", "")) for each in misses),
    )


def _lines_of(source: str, kind: str) -> Iterator[int]:
    header = re.compile(rf"\s*\[\[\s*{re.escape(kind)}\s*\]\]")
    return (number for number, line in enumerate(source.splitlines(), start=1) if header.match(line))
