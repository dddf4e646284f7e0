"""Tagging at once, for a form or a chat window that cannot wait for a batch; nothing is stored."""

from typing import Any, Final

from fastapi import APIRouter

from api.schemas import TagIn, TagOut
from api.service import Running
from voc.errors import InputError, TooLargeError
from voc.export import tags_record
from voc.text.mask import mask_personal_data

router = APIRouter(tags=["tag"])

CHARS_AT_ONCE: Final = 200_000  # a few of the engine's chunks, so that nobody waits long; who has more sends a batch


@router.post("/v1/tag", summary="Tag up to 100 texts at once", response_model=TagOut)
def tag_texts(service: Running, given: TagIn) -> dict[str, Any]:
    """Personal data is masked before the texts are tagged; evidence counts in the masked text, which comes back."""
    for position, text in enumerate(given.texts):
        _check_text(text, f"texts[{position}]", service.settings.max_text_chars)
    _check_total(sum(map(len, given.texts)))
    masked = [mask_personal_data(text, names=service.settings.mask_names).text for text in given.texts]
    tagged = zip(masked, service.tag(masked), strict=True)
    return {"items": [{"text": text} | tags_record(tags) for text, tags in tagged]}


def _check_text(text: str, field: str, most: int) -> None:
    if not text.strip():
        raise InputError(f"{field} is empty; leave it out, or send words.", field=field)
    if len(text) > most:
        raise TooLargeError(f"{field} has {len(text):,} characters; up to {most:,} are read (VOC_MAX_TEXT_CHARS).", field=field)


def _check_total(chars: int) -> None:
    if chars > CHARS_AT_ONCE:
        message = f"texts have {chars:,} characters; up to {CHARS_AT_ONCE:,} are tagged at once. Send more to /v1/batches."
        raise TooLargeError(message, field="texts")
