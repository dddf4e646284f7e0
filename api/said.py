"""What people say of records in place of the model, as the pages tell it: what, who, and what the model says itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.callers import Caller
from api.highlight import Piece, pieces
from api.service import Service
from api.titles import POLARITIES, code_title
from api.tongue import number, say
from voc.corrections.correction import DRAWN, Correction, Queue, as_the_model_reads, speaks_second
from voc.corrections.review import Offer
from voc.corrections.statement import CORRECTABLE, SETS, UNDECIDED, Statement, statement_of
from voc.records import Polarity, TaggedFeedback

_FIELDS: Final[Mapping[str, str]] = {
    "sentiment": "احساس",
    "reasons": "دلیل",
    "effort": "زحمت",
    "loyalty": "وفاداری",
    "resolution": "نتیجه",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A correction as a page tells it: what was said, a part each, and who said it; `named` where that is a name of theirs."""

    correction: Correction
    changes: Sequence[str]
    who: str
    named: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A record in a list: its words, the last word that holds on it, and what the model says where it is overruled.

    It is `hidden` where others have spoken and the record is shown as the model reads it.
    """

    tagged: TaggedFeedback
    pieces: Sequence[Piece]
    said: Told | None
    model: Sequence[str]
    hidden: bool = False


def rows_of(
    service: Service, records: Sequence[TaggedFeedback], codes: Collection[str] = (), *, hidden_from: Caller | None = None
) -> list[Row]:
    """Records as lists show them, the words for these codes marked, or for all.

    What others say of a record is `hidden_from` whoever has not said theirs yet.
    """
    holding = service.store.corrections.holding([each.id for each in records])
    names = names_of(service)
    return [_row(each, holding.get(each.id, ()), names, codes, hidden_from) for each in records]


def asked_unseen(caller: Caller, queue: Queue | None) -> Caller | None:
    """Who is asked what they think, without what others do: whoever goes through what was drawn by lot."""
    return caller if queue == DRAWN else None


def unless_hidden(service: Service, records: Sequence[TaggedFeedback], caller: Caller) -> list[TaggedFeedback]:
    """The records, but as the model reads them where others have spoken of them and the caller has not."""
    holding = service.store.corrections.holding([each.id for each in records])
    return [as_the_model_reads(each) if speaks_second(caller.key_id, holding.get(each.id, ())) else each for each in records]


def model_words(found: TaggedFeedback) -> list[str]:
    """What the model says in the fields in which people overrule it."""
    corrected = found.corrected
    return words_of(statement_of(corrected.model), corrected.fields) if corrected else []


def names_of(service: Service) -> Mapping[str, str]:
    """The names of all keys, those that were revoked too."""
    return {key.id: key.name for key in service.store.all_keys()}


def tell(correction: Correction, names: Mapping[str, str]) -> Told:
    """The correction in words."""
    by = correction.note.by
    who = say("بی‌کلید") if by is None else names.get(by, by)
    return Told(correction, words_of(correction.said), who, named=by is not None)


def offer_words(offer: Offer, queue: Queue) -> str:
    """Why a record is worth a look; empty where it was drawn by lot."""
    if offer.what is None:
        return ""
    if queue == "disagrees" and offer.record.tags:
        score = getattr(offer.record.feedback, offer.what)
        return say(
            "مشتری {score} داده است و متنش «{sentiment}» خوانده شده.",
            score=say("{name} {score}", name=offer.what.upper(), score=number(score, 0 if score == int(score) else 1)),
            sentiment=code_title(offer.record.tags.sentiment),
        )
    if queue == "spike":
        return say("«{reason}» این هفته ناگهان بیشتر شده است.", reason=code_title(offer.what))
    if offer.what == "sentiment":
        return say("مدل دربارهٔ احساس این متن دودل است.")
    return say("مدل در «{tag}» دودل است.", tag=code_title(offer.what))


def words_of(said: Statement, fields: Collection[str] = CORRECTABLE) -> list[str]:
    """What a statement says, each field on its own; of these fields alone."""
    return [say("{field}: {what}", field=say(_FIELDS[name]), what=what) for name in fields for what in _of_field(said, name)]


def _row(
    record: TaggedFeedback,
    said: Sequence[Correction],
    names: Mapping[str, str],
    codes: Collection[str],
    hidden_from: Caller | None,
) -> Row:
    hidden = hidden_from is not None and speaks_second(hidden_from.key_id, said)
    if hidden:
        record, said = as_the_model_reads(record), ()
    marked = pieces(record.feedback.text, record.tags, codes)
    return Row(record, marked, tell(said[-1], names) if said else None, model_words(record), hidden)


def _of_field(said: Statement, name: str) -> Iterator[str]:
    if name in SETS:
        yield from _of_set(said, name)
    elif name == "sentiment" and said.sentiment:
        yield code_title(said.sentiment)
    elif name == "resolution" and said.resolution:
        yield say("هیچ‌کدام") if said.resolution == UNDECIDED else code_title(said.resolution)


def _of_set(said: Statement, name: str) -> Iterator[str]:
    whole, added, removed = (getattr(part, name) for part in (said, said.add, said.remove))
    if whole is not None:
        yield say("، ").join(_titles(whole)) or say("هیچ‌کدام")
    if added:
        yield say("افزودن {codes}", codes=say("، ").join(_titles(added)))
    if removed:
        yield say("برداشتن {codes}", codes=say("، ").join(_titles(removed)))


def _titles(codes: Mapping[str, Polarity] | Sequence[str]) -> list[str]:
    if isinstance(codes, Mapping):
        return [
            say("{reason} ({polarity})", reason=code_title(code), polarity=say(POLARITIES[said]))
            for code, said in codes.items()
        ]
    return [code_title(code) for code in codes]
