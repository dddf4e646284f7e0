"""The pages on which people correct records, one or many, take that back, and see all that was said."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from api.correcting import Fields, Sent, first_of, offered, read_changes, read_changes_of_all, read_selection, shown_by
from api.parameters import SEED, CorrectionQuery, OfferQuery, PageQuery
from api.rendering import render
from api.routes.sign_in import own_path
from api.said import asked_unseen, names_of, rows_of, tell
from api.service import Running, Service
from api.titles import QUEUES, SOURCES
from api.tongue import say
from voc.corrections.correction import DRAWN, Note, read_why
from voc.corrections.correction import QUEUES as QUEUE_NAMES
from voc.errors import ConflictError, InputError
from voc.store import NOBODY

router = APIRouter(include_in_schema=False)

ROWS_AT_ONCE: Final = 200
CORRECTIONS_SHOWN: Final = 50


class FormQuery(OfferQuery):
    """Where the form was asked for, and the queue that offered its record."""

    next: str = Field("", max_length=2_000)


class RowsQuery(OfferQuery):
    """Which rows of a list are wanted anew, and the queue that offered them."""

    ids: list[str] = Field([], max_length=ROWS_AT_ONCE)


@router.get("/feedback/{feedback_id}/correction")
def show_form(request: Request, service: Running, feedback_id: str, query: Annotated[FormQuery, Query()]) -> HTMLResponse:
    """The form for one record, which lists put into their rows."""
    found = service.store.get_feedback(feedback_id)
    if found.tags is None:
        raise ConflictError("The record waits for the tagger still.", code="not_tagged_yet", field="id")
    return render(
        request,
        "correction.html",
        item=rows_of(service, [found], hidden_from=asked_unseen(request.state.caller, query.queue))[0],
        offered=offered(),
        shown_by=shown_by,
        next=own_path(query.next) if query.next else f"/feedback/{found.id}{query.as_sent}",
        offer=query,
    )


@router.post("/feedback/{feedback_id}/correction")
def correct_page(service: Running, request: Request, feedback_id: str, sent: Sent) -> RedirectResponse:
    """What a record's form sends; leads back to where it was opened."""
    note = _note(service, request, sent)
    service.store.corrections.correct(feedback_id, read_changes(sent), note, datetime.now(UTC))
    return _back(sent, f"/feedback/{quote(feedback_id, safe='')}")


@router.post("/corrections/{correction_id}/undo")
def undo_page(service: Running, request: Request, correction_id: str, sent: Sent) -> RedirectResponse:
    """What the button beside a correction, or beside a selection, sends."""
    service.store.corrections.undo(correction_id, request.state.caller.key_id, datetime.now(UTC))
    return _back(sent, "/corrections")


@router.get("/texts/rows")
def show_rows(request: Request, service: Running, query: Annotated[RowsQuery, Query()]) -> HTMLResponse:
    """Some rows of the lists as they are now; what is gone is left out."""
    rows = rows_of(service, service.store.load_feedback(query.ids), hidden_from=asked_unseen(request.state.caller, query.queue))
    reviewed = service.store.corrections.count_reviewed()
    return render(request, "rows.html", items=rows, offer=query, reviewed=reviewed)


@router.post("/selection")
def show_selection_form(request: Request, sent: Sent) -> HTMLResponse:
    """The form for several records, those that were ticked in a list or all that pass its filters."""
    chosen = read_selection(sent)
    return render(
        request,
        "selection.html",
        offered=offered(),
        count=len(chosen.ids) if chosen.filters is None else chosen.expected,
        ids=chosen.ids,
        filters_sent=first_of(sent, "filters"),
        next=own_path(first_of(sent, "next") or "/texts"),
    )


@router.post("/selection/correction")
def correct_selection_page(service: Running, request: Request, sent: Sent) -> RedirectResponse:
    """What that form sends; leads to what was said, from where it can be taken back as one."""
    chosen, said = read_selection(sent), read_changes_of_all(sent)
    made = service.store.corrections.correct_all(chosen, said, _note(service, request, sent), datetime.now(UTC))
    selection = made[0].selection if made else None
    request.state.target = selection
    return RedirectResponse(f"/corrections?selection={selection}" if selection else "/corrections", status_code=303)


class CorrectionsPageQuery(CorrectionQuery, PageQuery):
    """Which corrections are listed, and how many at once."""

    limit: int = Field(CORRECTIONS_SHOWN, ge=1, le=ROWS_AT_ONCE)


@router.get("/corrections")
def show_corrections(request: Request, service: Running, query: Annotated[CorrectionsPageQuery, Query()]) -> HTMLResponse:
    """Who changed what, when and why, the newest first."""
    corrections, names = service.store.corrections, names_of(service)
    page = corrections.find(query.corrections, limit=query.limit, cursor=query.cursor)
    ids = list(dict.fromkeys(each.feedback_id for each in page.items))
    records = {each.id: each for each in service.store.load_feedback(ids)}
    asked = [(name, value) for name, value in request.query_params.multi_items() if value and name != "cursor"]
    return render(
        request,
        "corrections.html",
        items=[(tell(each, names), records.get(each.feedback_id)) for each in page.items],
        reviewed=corrections.count_reviewed(),
        counts=corrections.count_selection(query.selection) if query.selection else None,
        query=query,
        keys=[(NOBODY, say("بی‌کلید"), False), *((id, name, True) for id, name in names.items())],
        queues=[(name, say(QUEUES[name])) for name in QUEUE_NAMES],
        sources=[(name, say(title)) for name, title in SOURCES.items()],
        asked=f"?{urlencode(asked)}" if asked else "",
        next_page=page.next and urlencode([*asked, ("cursor", page.next)]),
    )


def _note(service: Service, request: Request, sent: Fields) -> Note:
    why = read_why(first_of(sent, "why"), names=service.settings.mask_names)
    queue = next((name for name in QUEUE_NAMES if name == first_of(sent, "queue")), None)
    seed = first_of(sent, "seed") if queue == DRAWN else ""
    if not re.fullmatch(SEED, seed):
        raise InputError("seed: this is that of no draw.", field="seed")
    return Note(request.state.caller.key_id, why, queue, seed=seed or None)


def _back(sent: Fields, usual: str) -> RedirectResponse:
    return RedirectResponse(own_path(first_of(sent, "next") or usual), status_code=303)
