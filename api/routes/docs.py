"""The API reference at /docs, drawn by the Swagger UI of an installed package: nothing comes from outside."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.rendering import render

router = APIRouter(include_in_schema=False)

OPENAPI_URL: Final = "/openapi.json"


@router.get("/docs")
async def show_reference(request: Request) -> HTMLResponse:
    """The page is ours and not FastAPI's, whose script stands inside the page, where our content policy runs none."""
    return render(request, "docs.html", openapi_url=OPENAPI_URL)
