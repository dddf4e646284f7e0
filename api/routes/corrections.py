"""What people say of records in place of the model: said of one or of many, looked up, taken back, carried elsewhere."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.correction_schemas import (
    CorrectionIn,
    CorrectionOut,
    CorrectionPage,
    CorrectionsIn,
    CorrectionsTakenOut,
    SelectionIn,
    SelectionOut,
    UndoneOut,
)
from api.parameters import CorrectionQuery, PageQuery
from api.service import Running, Service
from voc.corrections.correction import DRAWN, Correction, Note, read_why
from voc.corrections.files import take_corrections
from voc.corrections.statement import write_statement
from voc.errors import InputError
from voc.store import Selection

router = APIRouter(tags=["corrections"])


@router.post(
    "/v1/feedback/{feedback_id}/corrections",
    status_code=201,
    summary="Correct or confirm a record",
    response_model=CorrectionOut,
)
def correct(service: Running, request: Request, feedback_id: str, given: CorrectionIn) -> dict[str, Any]:
    """What is said counts from now on in every list, figure, feed and file; the model's answer stays beside it.

    409 while the record waits for the tagger; 422 with the codes that there are for one that there is not.
    """
    note, now = _note(service, request, given), datetime.now(UTC)
    return told(service.store.corrections.correct(feedback_id, given.changed.statement, note, now))


@router.get("/v1/feedback/{feedback_id}/corrections", summary="What was said of a record", response_model=CorrectionPage)
def list_corrections(service: Running, feedback_id: str, query: Annotated[PageQuery, Query()]) -> dict[str, Any]:
    """Newest first, with what was undone. Those that hold do so in the order in which they were said."""
    page = service.store.corrections.of_record(feedback_id, limit=query.limit, cursor=query.cursor)
    return {"items": list(map(told, page.items)), "next": page.next}


@router.post("/v1/corrections", status_code=201, summary="Correct or confirm several records", response_model=SelectionOut)
def correct_selection(service: Running, request: Request, given: SelectionIn) -> dict[str, Any]:
    """All of them or none. 409 where the filters find another number than expected, or more than `limit`; it says how many."""
    filters = given.filters.filters if given.filters else None
    chosen = Selection(tuple(given.ids), filters, given.expected, given.limit)
    if filters and given.queue == DRAWN:
        raise InputError("queue: what is drawn by lot is judged text by text; leave it out with filters.", field="queue")
    note, now = _note(service, request, given), datetime.now(UTC)
    made = service.store.corrections.correct_all(chosen, given.changed.statement, note, now)
    selection = made[0].selection if made else None
    request.state.target = selection
    confirmed = sum(each.confirmed for each in made)
    items = list(map(told, made))
    return {"selection": selection, "corrected": len(made) - confirmed, "confirmed": confirmed, "items": items}


class CorrectionsQuery(CorrectionQuery, PageQuery):
    """Which corrections are listed."""


@router.get("/v1/corrections", summary="Who corrected what, the newest first", response_model=CorrectionPage)
def list_all_corrections(service: Running, query: Annotated[CorrectionsQuery, Query()]) -> dict[str, Any]:
    """All that people have said of records, in the reverse of the order in which it was said, with what was undone."""
    page = service.store.corrections.find(query.corrections, limit=query.limit, cursor=query.cursor)
    return {"items": list(map(told, page.items)), "next": page.next}


@router.delete("/v1/corrections/{correction_id}", summary="Undo a correction, or all of a selection", response_model=UndoneOut)
def undo_correction(service: Running, request: Request, correction_id: str) -> UndoneOut:
    """Records become what they would be without it: later corrections of theirs still hold. The id is `c…` or `s…`."""
    now = datetime.now(UTC)
    corrections = service.store.corrections.undo(correction_id, request.state.caller.key_id, now)
    return UndoneOut(undone=sum(each.undone_at == now for each in corrections))


@router.post("/v1/corrections/import", summary="Take in corrections from a file", response_model=CorrectionsTakenOut)
def import_corrections(service: Running, given: CorrectionsIn) -> Any:
    """Each is placed on the record with its external_id, or else its id, if that has the same text; one that is known is left.

    What cannot be placed is told with the reason, and hinders nothing.
    """
    rows = list(enumerate(given.corrections, 1))
    return take_corrections(service.store, rows, names=service.settings.mask_names)


def told(correction: Correction) -> dict[str, Any]:
    """A correction as the API has it."""
    note = correction.note
    return {
        "id": correction.id,
        "feedback_id": correction.feedback_id,
        "at": correction.at,
        "by": note.by,
        "why": note.why,
        "source": note.source,
        "queue": note.queue,
        "seed": note.seed,
        "changed": write_statement(correction.said),
        "confirmed": correction.confirmed,
        "selection": correction.selection,
        "undone_at": correction.undone_at,
        "undone_by": correction.undone_by,
    }


def _note(service: Service, request: Request, given: CorrectionIn) -> Note:
    why = read_why(given.why, names=service.settings.mask_names)
    return Note(request.state.caller.key_id, why, given.queue, seed=given.seed)
