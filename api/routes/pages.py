"""The pages for people: the overview, the texts behind it, and a file with its progress and refused rows.

All of it is made here and makes sense before any script runs; what the scripts add is to not leave the page.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import overview
from api.changes import list_changes
from api.filtering import PageFilters, make_form
from api.highlight import turn_pieces
from api.parameters import OfferQuery
from api.reasons import list_frequent
from api.rendering import render
from api.routes.batches import read_batch, take_upload
from api.routes.conversations import read_conversation
from api.routes.preview import look_at_file
from api.said import Row, Told, asked_unseen, names_of, rows_of, tell
from api.service import Running, Service
from api.titles import EFFORT_LEVELS, FIELDS, MOVE_GROUPS, POLARITIES, SPEAKERS, code_title, field_title, value_title
from api.tongue import duration, moment, number, say
from voc.conversations.record import codes_of
from voc.conversations.timings import measure
from voc.export.rows import OPERATIONAL_FIELDS
from voc.ingest.fields import MAPPED_NAMES
from voc.records import TaggedFeedback
from voc.store import MOST_AT_ONCE
from voc.store.filters import NO_REASON
from voc.trends import what_if

router = APIRouter(include_in_schema=False)

TEXTS_SHOWN: Final = 50
MOST_TEXTS_SHOWN: Final = 500
BATCHES_SHOWN: Final = 12
REJECTS_SHOWN: Final = 50
ROWS_PREVIEWED: Final = 4
MAPPED: Final = tuple(name for name in MAPPED_NAMES if name in FIELDS)
_IN_HEADING: Final = frozenset({"occurred_at", "channel"})
_IN_SECONDS: Final = frozenset({"handle_s", "wait_s"})


class HomeQuery(PageFilters):
    """Which texts the overview is of, and which page of the files is shown."""

    page: str | None = Field(None, max_length=200)


class TextsQuery(PageFilters):
    """Which texts are listed, and how many at once."""

    limit: int = Field(TEXTS_SHOWN, ge=1, le=MOST_TEXTS_SHOWN)
    cursor: str | None = Field(None, max_length=200)


@router.get("/")
def show_home(request: Request, service: Running, query: Annotated[HomeQuery, Query()]) -> HTMLResponse:
    """The overview."""
    filters = make_form("/", query, service)
    return render(
        request,
        "home.html",
        filters=filters,
        **service.recent.get(request.url.query, lambda: _told(service, query)),
        trend_heads=[(code, code_title(code)) for code in overview.SENTIMENTS],
        max_upload_mb=service.settings.max_upload_mb,
    )


@router.get("/texts")
def show_texts(request: Request, service: Running, query: Annotated[TextsQuery, Query()]) -> HTMLResponse:
    """The texts behind a figure, with the words that carry their tags marked."""
    page = service.store.find_feedback(query.filters, limit=query.limit, cursor=query.cursor)
    wanted = (*query.reason, *query.effort, *query.loyalty)
    return render(
        request,
        "texts.html",
        filters=make_form("/texts", query, service),
        count=overview.count_rows(service.store, query.filters),
        heading=" · ".join(map(code_title, wanted)) or say("نظرها"),
        tagged=overview.count_tagged(service.store, query.filters),
        most_at_once=MOST_AT_ONCE,
        items=rows_of(service, page.items, [code for code in wanted if code != NO_REASON]),
        paged=query.cursor is not None,
        cursor=page.next and urlencode({"cursor": page.next} | ({"limit": query.limit} if query.limit != TEXTS_SHOWN else {})),
    )


@router.get("/feedback/{feedback_id}")
def show_feedback(request: Request, service: Running, feedback_id: str, query: Annotated[OfferQuery, Query()]) -> Response:
    """One text with the words of its tags marked, and all that came with it; a conversation has a page of its own."""
    item = _item(request, service, service.store.get_feedback(feedback_id), query)
    found = item.tagged
    if found.feedback.turns:
        return RedirectResponse(f"/conversations/{found.id}{query.as_sent}", status_code=303)
    known = ((name, getattr(found.feedback, name)) for name in OPERATIONAL_FIELDS if name not in _IN_HEADING)
    fields = [(field_title(name), _written(name, value, service)) for name, value in known if value is not None]
    fields += [(name, value_title(value)) for name, value in found.feedback.attributes.items()]
    return render(
        request,
        "feedback.html",
        found=found,
        item=item,
        offer=query,
        here=f"/feedback/{found.id}{query.as_sent}",
        history=_history(service, item),
        fields=fields,
        polarities=POLARITIES,
    )


@router.get("/conversations/{conversation_id}")
def show_conversation(
    request: Request, service: Running, conversation_id: str, query: Annotated[OfferQuery, Query()]
) -> HTMLResponse:
    """Who said what, with the words that carry a tag marked, how the customer felt, what the agent did, and the clock."""
    item = _item(request, service, read_conversation(service, conversation_id), query)
    found = item.tagged
    turns, tags = found.feedback.turns, found.tags
    read = tags and tags.conversation
    moods = read.turns if read else (None,) * len(turns)
    return render(
        request,
        "conversation.html",
        found=found,
        item=item,
        offer=query,
        here=f"/conversations/{found.id}{query.as_sent}",
        history=_history(service, item),
        turns=list(zip(turns, turn_pieces(turns, tags), moods, strict=True)),
        speakers=SPEAKERS,
        effort_level=say(EFFORT_LEVELS[read.effort_level]) if read else None,
        moves=[(title, codes) for group, title in MOVE_GROUPS.items() if read and (codes := codes_of(read.moves, group))],
        timings=measure(turns),
    )


@router.get("/batches/{batch_id}")
def show_batch(request: Request, service: Running, batch_id: str, cursor: str | None = None) -> HTMLResponse:
    """A file: how it was understood, how far it has come, what was refused."""
    batch = read_batch(service, batch_id)
    rejects = service.store.list_rejects(batch_id, limit=REJECTS_SHOWN, cursor=cursor)
    return render(
        request,
        "batch.html",
        batch=batch,
        rejects=rejects.items,
        next_rejects=rejects.next,
    )


@router.post("/upload")
async def upload(request: Request, service: Running) -> RedirectResponse:
    """What the form sends; leads to the file's page."""
    batch = await take_upload(service, request)
    return RedirectResponse(f"/batches/{batch.id}", status_code=303)


@router.post("/upload/preview")
async def preview_page(request: Request, service: Running) -> HTMLResponse:
    """How a file would be understood, for the form to show before it is sent in."""
    found, name = await look_at_file(service, request)
    shown: dict[str, Any] = {
        "name": name,
        "found": found,
        "rows": found.rows[:ROWS_PREVIEWED],
        "fields": MAPPED,
    }
    return await run_in_threadpool(lambda: render(request, "preview.html", **shown))


@router.post("/batches/{batch_id}/delete")
def delete_batch_page(service: Running, batch_id: str) -> RedirectResponse:
    """What the button on the file's page sends, a form knowing no DELETE; leads home."""
    service.store.delete_batch(batch_id)
    return RedirectResponse("/", status_code=303)


def _item(request: Request, service: Service, found: TaggedFeedback, query: OfferQuery) -> Row:
    """The record as its page shows it to whom a queue has offered it."""
    return rows_of(service, [found], hidden_from=asked_unseen(request.state.caller, query.queue))[0]


def _history(service: Service, item: Row) -> list[Told]:
    """The last that was said of a record, newest first; nothing where it is hidden."""
    names = names_of(service)
    return [] if item.hidden else [tell(each, names) for each in service.store.corrections.of_record(item.tagged.id).items]


def _written(name: str, value: datetime | float | str, service: Service) -> str:
    """What one of our fields holds, as its page shows it."""
    if isinstance(value, datetime):
        return moment(value, service.store.zone)
    if isinstance(value, str | bool):
        return value_title(value)
    return duration(value) if name in _IN_SECONDS else number(value, 0 if value == int(value) else 2)


def _told(service: Service, query: HomeQuery) -> dict[str, Any]:
    """What the overview says of the data."""
    filters = query.filters
    volume, tagged = overview.count_rows(service.store, filters), overview.count_tagged(service.store, filters)
    batches = service.store.list_batches(limit=BATCHES_SHOWN, cursor=query.page)
    unit, trend = overview.list_trend(service.store, filters)
    return {
        "volume": volume,
        "tagged": tagged,
        "figures": overview.list_figures(service.store, filters, service.kpi_setting, volume, tagged),
        "reasons": list_frequent(service.store, filters),
        "trend": trend,
        "changes": list_changes(service.store, filters),
        "scenarios": what_if(
            service.store, filters=filters, options=service.kpis.options, agent_min_n=service.kpis.agent_min_n
        ),
        "trend_unit": unit,
        "batches": service.engine.describe_all(batches.items),
        "more_batches": batches.next,
    }
