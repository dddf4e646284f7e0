"""The codes that the product tags, with their Persian and English titles.

The model's outputs, the API, the page and the docs take their codes and titles from here and nowhere else. They are those of
`data/taxonomy.toml`, unless the folder of the model that is set holds a taxonomy of its own (`voc taxonomy publish`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from voc.errors import InputError
from voc.tagging.identity import find_model

TAXONOMY_FILE: Final = "taxonomy.toml"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A text that looks as if it had a code and has not; `instead` is the code that applies, empty where none does."""

    text: str
    instead: str
    why: str


@dataclass(frozen=True, slots=True)
class Code:
    """One thing that can be said of a text.

    `direction` is hard or easy for an effort cue, leaving or staying for a loyalty cue, value_enhancement, recovery or courtesy
    for an agent's move, and empty for the rest.
    """

    code: str
    fa: str
    en: str
    definition_fa: str
    definition_en: str
    hits: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of contact reasons; the part of a reason's code before the dot."""

    code: str
    fa: str
    en: str


@dataclass(frozen=True)
class Taxonomy:
    """All codes of one version, in the order in which the model puts them out.

    `given_as` says of reasons of the taxonomy that this one rests on what they are here; empty for one that is not given.
    """

    version: str
    sentiments: tuple[Code, ...]
    groups: tuple[Group, ...]
    reasons: tuple[Code, ...]
    effort: tuple[Code, ...]
    loyalty: tuple[Code, ...]
    resolutions: tuple[Code, ...]
    moves: tuple[Code, ...]
    given_as: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def titles_fa(self) -> Mapping[str, str]:
        """The Persian title of every code and group."""
        return {group.code: group.fa for group in self.groups} | {code.code: code.fa for code in self.codes}

    @cached_property
    def titles_en(self) -> Mapping[str, str]:
        """The English title of every code and group."""
        return {group.code: group.en for group in self.groups} | {code.code: code.en for code in self.codes}

    @property
    def codes(self) -> tuple[Code, ...]:
        """Every code of every kind."""
        return self.sentiments + self.reasons + self.effort + self.loyalty + self.resolutions + self.moves

    @cached_property
    def reason_codes(self) -> Mapping[str, str]:
        """Every code by which a reason that is here is or was known, with the code that it has here."""
        return {old: code for old, code in self.given_as.items() if code} | {each.code: each.code for each in self.reasons}

    def get_reason(self, code: str) -> Code:
        """The reason with this code. Raises InputError, which lists the codes, where there is none."""
        for reason in self.reasons:
            if reason.code == code:
                return reason
        raise InputError(f"No contact reason {code!r}.", field="reason", options=tuple(r.code for r in self.reasons))


@cache
def load_taxonomy() -> Taxonomy:
    """The taxonomy of the model that VOC_MODEL sets, read once: a process has one model.

    >>> load_taxonomy().get_reason("delivery.time").fa
    'زمان تحویل'
    """
    from voc.settings import read_settings  # brings pydantic, which programs with voc.client do without

    return taxonomy_of(read_settings().model)


@cache
def taxonomy_of(model: str) -> Taxonomy:
    """The taxonomy of a model folder or hub name, the shipped one where it has none. Raises ModelError as `find_model` does."""
    own = find_model(model) / TAXONOMY_FILE
    return read_taxonomy(own) if own.exists() else shipped_taxonomy()


@cache
def shipped_taxonomy() -> Taxonomy:
    """The taxonomy that this release comes with."""
    return read_taxonomy(files("data") / TAXONOMY_FILE)


def read_taxonomy(file: Traversable) -> Taxonomy:
    """The taxonomy in a file."""
    source = tomllib.loads(file.read_text("utf-8"))
    return Taxonomy(
        version=source["version"],
        sentiments=_codes(source["sentiment"]),
        groups=tuple(Group(**entry) for entry in source["group"]),
        reasons=_codes(source["reason"]),
        effort=_codes(source["effort"]),
        loyalty=_codes(source["loyalty"]),
        resolutions=_codes(source["resolution"]),
        moves=_codes(source["move"]),
        given_as=source.get("given_as", {}),
    )


def _codes(entries: list[dict[str, Any]]) -> tuple[Code, ...]:
    return tuple(
        Code(**entry | {"hits": tuple(entry["hits"]), "near_misses": tuple(NearMiss(**n) for n in entry["near_misses"])})
        for entry in entries
    )
