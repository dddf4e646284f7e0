"""Serves our own static files, and of the installed packages just those files that the pages need.

Plotly and Swagger UI come from Python packages, so that no CDN is asked and no copy of them lies in this repository.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.rendering import STATIC
from voc.errors import NotFoundError

DAY_S: Final = 86_400
VENDOR_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "plotly.min.js": ("plotly", "package_data"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static"),
    "swagger-ui.css": ("fastapi_offline", "static"),
}

router = APIRouter(include_in_schema=False)


@router.get("/static/vendor/{name}")
def get_vendor_file(name: str) -> FileResponse:
    """A file of an installed package."""
    if name not in VENDOR_FILES:
        raise NotFoundError(f"There is no file {name!r}.", field="name", options=tuple(VENDOR_FILES))
    package, folder = VENDOR_FILES[name]
    path = Path(str(files(package))) / folder / name
    return FileResponse(path, headers={"Cache-Control": f"public, max-age={DAY_S}"})


class KeptFiles(StaticFiles):
    """Static files that a browser may keep where their address changes with their content.

    A module that another imports has no such address; a browser asks each time whether it has changed.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year or to be asked for again."""
        response = await super().get_response(path, scope)
        kept = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = f"public, max-age={365 * DAY_S}, immutable" if kept else "no-cache"
        return response


def mount_static(app: FastAPI) -> None:
    """Puts /static, and /static/vendor before it, into the application."""
    app.include_router(router)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
