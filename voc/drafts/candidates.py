"""Texts that somebody may copy into a draft as examples, once they have read them: nothing becomes an example by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voc.drafts.compare import codes_of
from voc.drafts.draft import Draft
from voc.drafts.features import see
from voc.errors import InputError
from voc.records import TaggedFeedback
from voc.taxonomy import Code
from voc.text.letters import plain

if TYPE_CHECKING:
    from voc.tagging.tagger import TransformerTagger


@dataclass(frozen=True, slots=True)
class Corrected:
    """What people said of stored texts: those that they gave a reason, and those that they took it from."""

    hits: tuple[str, ...]
    near_misses: tuple[str, ...]


def reason_of(draft: Draft, code: str) -> Code:
    """The reason that the draft adds by this code. Raises InputError, which lists those that it adds."""
    added = (*draft.add, *(part for split in draft.splits for part in split.into))
    for reason in added:
        if reason.code == code:
            return reason
    raise InputError(f"{draft.file} adds no reason {code!r}.", field="code", options=tuple(each.code for each in added))


def not_in(reason: Code, texts: Iterable[str]) -> list[str]:
    """The texts, each once, that are no examples of the reason yet."""
    there = {*reason.hits, *(miss.text for miss in reason.near_misses)}
    return [text for text in dict.fromkeys(texts) if text not in there]


def with_words(words: str, texts: Iterable[str]) -> list[str]:
    """The texts in which these words stand, whatever the letter forms."""
    return [text for text in texts if plain(words) in plain(text)]


def nearest(reason: Code, texts: Sequence[str], tagger: "TransformerTagger") -> list[str]:
    """The texts, the likest to one of the reason's hits first, by what their words mean."""
    meaning = see(reason.hits, texts, tagger).meaning
    meaning /= np.maximum(np.linalg.norm(meaning, axis=1, keepdims=True), 1e-6)
    hits, others = np.split(meaning, [len(reason.hits)])
    return [texts[at] for at in np.argsort(-(others @ hits.T).max(1), kind="stable")]


def corrected(code: str, records: Iterable[TaggedFeedback]) -> Corrected:
    """The texts of records in which people overrule the model as to this reason."""
    hits, near_misses = list[str](), list[str]()
    for record in records:
        if record.tags and record.corrected:
            counts, found = code in codes_of(record.tags), code in codes_of(record.corrected.model)
            if counts != found:
                (hits if counts else near_misses).append(record.feedback.text)
    return Corrected(tuple(hits), tuple(near_misses))
