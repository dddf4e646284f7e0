"""Makes the pages: one Jinja environment that escapes everything, with the Persian forms of numbers and days as filters.

A customer's words reach a page only as text. Static files carry the hash of their content in their address, so that a
browser may keep them for good and still sees a new release at once.
"""

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import persian, titles
from api.callers import Caller
from voc.access import covers

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def render(request: Request, page: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page with this context; times are shown in the service's zone."""
    zone = request.app.state.settings.zone
    caller = getattr(request.state, "caller", Caller("nobody"))
    context = {
        "moment": partial(persian.moment, zone=zone),
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
        title=titles.problem_title(document["code"]),
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
        "number": persian.number,
        "percent": persian.percent,
        "signed": persian.signed,
        "day": persian.day,
        "duration": persian.duration,
        "clock": persian.clock,
        "field_title": titles.field_title,
        "static": static_address,
    }
    made.filters["code_title"] = titles.code_title
    made.filters["channel_title"] = titles.channel_title
    return made


@cache
def static_address(name: str) -> str:
    """The address of a static file, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"
