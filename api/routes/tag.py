"""Tagging at once, for a form or a chat window that cannot wait for a batch; nothing is stored."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from fastapi import APIRouter

from api.schemas import ConversationIn, TagIn, TagOut
from api.service import Running
from voc.conversations.masking import mask_turns
from voc.conversations.record import conversation_record
from voc.conversations.turns import customer_text
from voc.errors import InputError, TooLargeError
from voc.export import tags_record
from voc.records import Feedback, Tags, Turn
from voc.text.mask import mask_personal_data

router = APIRouter(tags=["tag"])

TURNS_AT_ONCE: Final = 2_000  # as long as ten long calls; each costs something, however short
CHARS_AT_ONCE: Final = 200_000  # a few of the engine's chunks, so that nobody waits long; who has more sends a batch


@router.post("/v1/tag", summary="Tag up to 100 texts or conversations at once", response_model=TagOut)
def tag_texts(service: Running, given: TagIn) -> dict[str, Any]:
    """Personal data is masked before anything is tagged; evidence counts in the masked text, or turn, which comes back."""
    _check(given, service.settings.max_text_chars)
    mask = partial(mask_personal_data, names=service.settings.mask_names)
    texts = [mask(text).text for text in given.texts]
    conversations = [mask_turns([turn.as_record() for turn in each.turns], mask) for each in given.conversations]
    tagged = zip(texts, service.tagger.tag(texts) if texts else (), strict=True)
    spoken = zip(conversations, service.tagger.tag_conversations(conversations) if conversations else (), strict=True)
    return {
        "items": [{"text": text} | tags_record(tags) for text, tags in tagged],
        "conversations": [_conversation(turns, tags) for turns, tags in spoken],
    }


def _conversation(turns: tuple[Turn, ...], tags: Tags) -> dict[str, Any]:
    said = Feedback(customer_text(turns), 0, turns=turns)
    return tags_record(tags, turns) | conversation_record(said, tags.conversation)


def _check(given: TagIn, most: int) -> None:
    if not given.texts and not given.conversations:
        raise InputError("texts is missing: send texts, or conversations, or both.", field="texts")
    for position, text in enumerate(given.texts):
        _check_text(text, f"texts[{position}]", most)
    for position, each in enumerate(given.conversations):
        _check_turns(each, f"conversations[{position}]", most)
    _check_total([*given.texts, *(turn.text for each in given.conversations for turn in each.turns)])


def _check_turns(given: ConversationIn, field: str, most: int) -> None:
    for position, turn in enumerate(given.turns):
        _check_text(turn.text, f"{field}.turns[{position}].text", most)
    if not any(turn.speaker == "customer" for turn in given.turns):
        raise InputError(f"{field} has no turn of the customer, whose words are tagged.", field=f"{field}.turns")


def _check_text(text: str, field: str, most: int) -> None:
    if not text.strip():
        raise InputError(f"{field} is empty; leave it out, or send words.", field=field)
    if len(text) > most:
        raise TooLargeError(f"{field} has {len(text):,} characters; up to {most:,} are read (VOC_MAX_TEXT_CHARS).", field=field)


def _check_total(texts: Sequence[str]) -> None:
    chars = sum(map(len, texts))
    if chars > CHARS_AT_ONCE or len(texts) > TURNS_AT_ONCE:
        message = (
            f"texts have {chars:,} characters in {len(texts):,} texts and turns; up to {CHARS_AT_ONCE:,} in"
            f" {TURNS_AT_ONCE:,} are tagged at once. Send more to /v1/batches."
        )
        raise TooLargeError(message, field="texts")
