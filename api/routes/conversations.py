"""One conversation: its turns and all that is known of it. It is counted, listed and filtered with all feedback."""

from typing import Any

from fastapi import APIRouter

from api.schemas import ConversationOut
from api.service import Running, Service
from voc.errors import NotFoundError
from voc.export import record_of
from voc.records import TaggedFeedback

router = APIRouter(tags=["feedback"])


@router.get("/v1/conversations/{conversation_id}", summary="One conversation with its turns", response_model=ConversationOut)
def get_conversation(service: Running, conversation_id: str) -> dict[str, Any]:
    """The conversation with this id, such as `f1024`; ids come from /v1/feedback?kind=conversation."""
    return record_of(read_conversation(service, conversation_id))


def read_conversation(service: Service, conversation_id: str) -> TaggedFeedback:
    """The conversation with this id. Raises NotFoundError where there is none, or only a text."""
    found = service.store.get_feedback(conversation_id)
    if not found.feedback.turns:
        raise NotFoundError(f"{found.id} is not a conversation; /v1/feedback/{found.id} has it.", field="id")
    return found
