"""What counts of a record: the model's answer, and what people say of it in its place, one after the other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from voc.corrections.statement import CORRECTABLE, UNDECIDED, Statement, as_known_now, statement_of
from voc.records import ConversationTags, Cue, Polarity, Reason, Sentiment, Tags
from voc.tagging.effort import effort_level, effort_score
from voc.taxonomy import load_taxonomy

SURE: Final = 1.0
"""The score of what a person says; their word needs no evidence."""
SENTIMENT_SCORES: Final[Mapping[Sentiment, float]] = {"positive": 1.0, "negative": -1.0, "mixed": 0.0, "neutral": 0.0}


def fold(answer: Tags, said: Iterable[Statement]) -> Tags:
    """The model's answer with all that is said in its place, later statements upon earlier ones.

    What the model found keeps its score and its words as far as it stays; what a person adds is sure and has none. What
    follows from the codes follows them: the scores of sentiment and effort, the primary reason, the level of effort.
    """
    whole = statement_of(answer)
    for statement in said:
        whole = _upon(whole, _as_it_holds(statement, answer.taxonomy))
    return _answer(answer, whole)


def differing(answer: Tags, tags: Tags) -> tuple[str, ...]:
    """The fields in which two answers do not say the same, scores, evidence and order aside."""
    one, other = _plain(statement_of(answer)), _plain(statement_of(tags))
    return tuple(name for name in CORRECTABLE if one[name] != other[name])


def _as_it_holds(said: Statement, taxonomy: str) -> Statement:
    """By the codes of the taxonomy in use upon an answer of that one; as it was said upon one of another, which has others."""
    return as_known_now(said) if taxonomy == load_taxonomy().version else said


def _plain(whole: Statement) -> dict[str, Any]:
    """Without the order of codes."""
    return {
        "sentiment": whole.sentiment,
        "reasons": whole.reasons,
        "effort": {*(whole.effort or ())},
        "loyalty": {*(whole.loyalty or ())},
        "resolution": whole.resolution,
    }


def _upon(whole: Statement, said: Statement) -> Statement:
    reasons: Mapping[str, Polarity] = (whole.reasons if said.reasons is None else said.reasons) or {}
    kept = {code: polarity for code, polarity in reasons.items() if code not in said.remove.reasons}
    return Statement(
        sentiment=said.sentiment or whole.sentiment,
        reasons={**kept, **said.add.reasons},
        effort=_codes(whole.effort, said.effort, said.add.effort, said.remove.effort),
        loyalty=_codes(whole.loyalty, said.loyalty, said.add.loyalty, said.remove.loyalty),
        resolution=said.resolution or whole.resolution,
    )


def _codes(
    there: tuple[str, ...] | None, said: tuple[str, ...] | None, add: tuple[str, ...], remove: tuple[str, ...]
) -> tuple[str, ...]:
    codes = (there if said is None else said) or ()
    return tuple(dict.fromkeys((*(code for code in codes if code not in remove), *add)))


def _answer(answer: Tags, whole: Statement) -> Tags:
    """The answer as this whole statement has it; what it leaves as it was is as it was to the last digit."""
    changed = _changed(answer, whole)
    tags = replace(answer, **changed)
    if tags.conversation:
        return replace(tags, conversation=_follow(tags.conversation, tags, changed))
    return tags


def _changed(answer: Tags, whole: Statement) -> dict[str, Any]:
    was, now = _plain(statement_of(answer)), _plain(whole)
    changed: dict[str, Any] = {}
    if was["sentiment"] != now["sentiment"] and whole.sentiment:
        score = SENTIMENT_SCORES[whole.sentiment]
        changed |= {"sentiment": whole.sentiment, "sentiment_score": score, "sentiment_probability": None}
    if was["reasons"] != now["reasons"]:
        changed["reasons"] = _reasons(answer.reasons, whole.reasons or {})
    if was["effort"] != now["effort"]:
        effort = _cues(answer.effort, whole.effort or ())
        changed |= {"effort": effort, "effort_score": effort_score(effort)}
    if was["loyalty"] != now["loyalty"]:
        changed["loyalty"] = _cues(answer.loyalty, whole.loyalty or ())
    if was["resolution"] != now["resolution"]:
        changed["resolution"] = None if whole.resolution == UNDECIDED else whole.resolution
    return changed


def _reasons(found: tuple[Reason, ...], polarities: Mapping[str, Polarity]) -> tuple[Reason, ...]:
    known = {reason.code: reason for reason in found}
    made = (replace(known.get(code, Reason(code, said, SURE)), polarity=said) for code, said in polarities.items())
    return tuple(sorted(made, key=lambda reason: -reason.score))


def _cues(found: tuple[Cue, ...], codes: tuple[str, ...]) -> tuple[Cue, ...]:
    known = {cue.code: cue for cue in found}
    return tuple(sorted((known.get(code, Cue(code, SURE)) for code in codes), key=lambda cue: -cue.score))


def _follow(conversation: ConversationTags, tags: Tags, changed: Collection[str]) -> ConversationTags:
    """What was read in a conversation, as its corrected codes have it; the primary reason stays one of them."""
    if "reasons" in changed:
        codes = [reason.code for reason in tags.reasons]
        primary = conversation.primary_reason if conversation.primary_reason in codes else next(iter(codes), None)
        conversation = replace(conversation, primary_reason=primary)
    if "effort" in changed:
        conversation = replace(conversation, effort_level=effort_level(tags.effort))
    return conversation
