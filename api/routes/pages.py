"""The pages for people: the overview, the texts behind it, and a file with its progress and refused rows.

All of it is made here and makes sense before any script runs; what the scripts add is to not leave the page.
"""

from collections.abc import Sequence
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
from api.highlight import pieces, turn_pieces
from api.parameters import FilterQuery
from api.periods import list_periods, period_words
from api.rendering import render
from api.routes.batches import read_batch, take_upload
from api.routes.conversations import read_conversation
from api.routes.preview import look_at_file
from api.service import Running, Service
from api.titles import EFFORT_LEVELS, FIELDS, KINDS, MOVE_GROUPS, POLARITIES, SPEAKERS, code_title, field_title
from api.tongue import say
from voc.conversations.record import codes_of
from voc.conversations.timings import measure
from voc.export.rows import OPERATIONAL_FIELDS
from voc.ingest.fields import MAPPED_NAMES
from voc.taxonomy import load_taxonomy
from voc.trends import what_if

router = APIRouter(include_in_schema=False)

TEXTS_SHOWN: Final = 20
BATCHES_SHOWN: Final = 12
REJECTS_SHOWN: Final = 50
ROWS_PREVIEWED: Final = 4
MAPPED: Final = tuple(name for name in MAPPED_NAMES if name in FIELDS)
_CHOICES: Final = (("sentiment", "احساس"), ("effort", "زحمت"), ("loyalty", "وفاداری"))
_IN_HEADING: Final = frozenset({"occurred_at", "channel"})
_CHOSEN_BY_FORM: Final = frozenset({"q", "reason", "kind", "cursor", *(name for name, _ in _CHOICES)})


class HomeQuery(FilterQuery):
    """Which texts the overview is of, and which page of the files is shown."""

    page: str | None = Field(None, max_length=200)


class TextsQuery(FilterQuery):
    """Which texts are listed."""

    cursor: str | None = Field(None, max_length=200)


@router.get("/")
def show_home(request: Request, service: Running, query: Annotated[HomeQuery, Query()]) -> HTMLResponse:
    """The overview."""
    kept = _without(request, "page")
    return render(
        request,
        "home.html",
        **service.recent.get(request.url.query, lambda: _told(service, query)),
        trend_heads=[(code, code_title(code)) for code in overview.SENTIMENTS],
        chosen=_said(kept, service),
        chosen_period=period_words(query.filters),
        periods=list_periods(kept, query.filters, datetime.now(service.store.zone).date()),
        encode=urlencode,
        query=f"?{urlencode(kept)}" if kept else "",
        query_more="".join(f"&{urlencode([pair])}" for pair in kept if pair[0] != "reason"),
        query_any_time="".join(f"&{urlencode([pair])}" for pair in kept if pair[0] not in ("reason", "from", "to")),
        max_upload_mb=service.settings.max_upload_mb,
    )


@router.get("/texts")
def show_texts(request: Request, service: Running, query: Annotated[TextsQuery, Query()]) -> HTMLResponse:
    """The texts behind a figure, with the words that carry their tags marked."""
    taxonomy = load_taxonomy()
    page = service.store.find_feedback(query.filters, limit=TEXTS_SHOWN, cursor=query.cursor)
    wanted = (*query.reason, *query.effort, *query.loyalty)
    kept = _without(request, "cursor")
    return render(
        request,
        "texts.html",
        count=overview.count_rows(service.store, query.filters),
        heading=" · ".join(map(code_title, wanted)) or say("نظرها"),
        items=[{"tagged": each, "pieces": pieces(each.feedback.text, each.tags, wanted)} for each in page.items],
        taxonomy=taxonomy,
        kinds=KINDS,
        chosen={name: getattr(query, name) for name in _CHOSEN_BY_FORM},
        choices=[
            (name, say(title), getattr(taxonomy, f"{name}s", None) or getattr(taxonomy, name)) for name, title in _CHOICES
        ],
        kept=[(name, value) for name, value in kept if name not in _CHOSEN_BY_FORM],
        query=f"?{urlencode(kept)}" if kept else "",
        first_page=f"/texts?{urlencode(kept)}" if query.cursor else None,
        next_page=f"/texts?{urlencode([*kept, ('cursor', page.next)])}" if page.next else None,
    )


@router.get("/feedback/{feedback_id}")
def show_feedback(request: Request, service: Running, feedback_id: str) -> Response:
    """One text with the words of its tags marked, and all that came with it; a conversation has a page of its own."""
    found = service.store.get_feedback(feedback_id)
    if found.feedback.turns:
        return RedirectResponse(f"/conversations/{found.id}", status_code=303)
    known = ((field_title(name), getattr(found.feedback, name)) for name in OPERATIONAL_FIELDS if name not in _IN_HEADING)
    fields = [(title, value) for title, value in known if value is not None] + list(found.feedback.attributes.items())
    return render(
        request,
        "feedback.html",
        found=found,
        pieces=pieces(found.feedback.text, found.tags),
        fields=fields,
        polarities=POLARITIES,
    )


@router.get("/conversations/{conversation_id}")
def show_conversation(request: Request, service: Running, conversation_id: str) -> HTMLResponse:
    """Who said what, with the words that carry a tag marked, how the customer felt, what the agent did, and the clock."""
    found = read_conversation(service, conversation_id)
    turns, tags = found.feedback.turns, found.tags
    read = tags and tags.conversation
    moods = read.turns if read else (None,) * len(turns)
    return render(
        request,
        "conversation.html",
        found=found,
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
        "reasons": overview.list_reasons(service.store, filters),
        "trend": trend,
        "changes": list_changes(service.store, filters),
        "scenarios": what_if(service.store, filters=filters, options=service.kpis.options),
        "trend_unit": unit,
        "batches": service.engine.describe_all(batches.items),
        "more_batches": batches.next,
    }


def _without(request: Request, *names: str) -> list[tuple[str, str]]:
    """The query of this page but for these names, without what is empty."""
    return [(name, value) for name, value in request.query_params.multi_items() if name not in names and value]


def _said(kept: Sequence[tuple[str, str]], service: Service) -> str:
    """The filters of the overview in words."""
    words = []
    for name, value in kept:
        if name in ("from", "to"):
            continue
        if name == "batch":
            words += [say("«{name}»", name=service.store.get_batch(each).name) for each in value.split(",")]
        else:
            words.append(say("، ").join(map(code_title, value.split(","))))
    return say(" و ").join(words)
