"""Makes the pages: one Jinja environment that escapes everything, with the words, numbers and days of `api.tongue`.

A customer's words reach a page only as text. Static files carry the hash of their content in their address, so that a
browser may keep them for good and still sees a new release at once.
"""

import hashlib
import json
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import titles, tongue
from api.callers import Caller
from api.choices import THEME, choice_address
from api.report_sheet import in_words
from voc.access import covers

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def render(request: Request, page: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page with this context; times are shown in the service's zone."""
    zone = request.app.state.settings.zone
    caller = getattr(request.state, "caller", Caller("nobody"))
    context = {
        "language": tongue.SPOKEN.get(),
        "today": datetime.now(zone).date(),
        "theme": THEME.made(request),
        "moment": partial(tongue.moment, zone=zone),
        "choose": partial(choice_address, request),
        "here": page.removesuffix(".html"),
        "caller": caller,
        "may": partial(covers, caller.scope),
    } | context
    return HTMLResponse(environment().get_template(page).render(context), status_code=status)


def render_problem(request: Request, document: dict[str, Any]) -> HTMLResponse:
    """A problem document as a page, for a person."""
    return render(
        request,
        "message.html",
        document["status"],
        code=document["code"],
        title=titles.problem_title(document["code"], document["status"]),
        detail=document["detail"],
        options=document.get("options", ()),
    )


@cache
def environment() -> Environment:
    """The templates of `api/pages`."""
    made = Environment(
        loader=FileSystemLoader(HERE / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": tongue.say,
        "direction": tongue.direction,
        "calendar": tongue.calendar,
        "number": tongue.number,
        "percent": tongue.percent,
        "signed": tongue.signed,
        "day": tongue.day,
        "typed_day": tongue.typed_day,
        "duration": tongue.duration,
        "clock": tongue.clock,
        "span": tongue.span_words,
        "points": tongue.points_words,
        "in_words": in_words,
        "field_title": titles.field_title,
        "row_title": titles.row_title,
        "kpi_title": titles.kpi_title,
        "script_words": script_words,
        "static": static_address,
    }
    made.filters["code_title"] = titles.code_title
    made.filters["channel_title"] = titles.channel_title
    made.filters["value_title"] = titles.value_title
    return made


@cache
def script_words() -> str:
    """The English of the scripts' words as JSON; an English page carries it along."""
    return json.dumps(tongue.load_words()[tongue.SCRIPT_WORDS], ensure_ascii=False)


@cache
def static_address(name: str) -> str:
    """The address of a static file, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"
