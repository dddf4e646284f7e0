"""`voc serve`: the API and the page, with tagging in the background."""

from typing import Annotated, Any, Final

import typer

from voc.access import check_reach
from voc.opening import open_database
from voc.settings import read_settings

SERVED: Final[dict[str, Any]] = {
    "http": "api.connection:Connection",
    "ws": "none",
    "log_level": "warning",
    "server_header": False,  # what it runs on is nobody's affair
    "timeout_graceful_shutdown": 3,  # an open progress stream must not hold up Ctrl-C
}
"""How uvicorn is to serve it; no call speaks WebSocket."""


def serve(
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="print nothing at the start")] = False,
) -> None:
    """Serve the API and the page on VOC_HOST:VOC_PORT, with what VOC_DATABASE holds."""
    import uvicorn

    from voc.tagging import model_identity

    settings = read_settings()
    model_identity(settings.model)
    # what is wrong is said in one line, before all else
    with open_database(settings) as store:
        check_reach(settings, store.all_keys())
    if not quiet:
        typer.echo(welcome(settings.host, settings.port), err=True)
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        **SERVED,
    )


def welcome(host: str, port: int) -> str:
    """Where to look and what to try next."""
    base = f"http://{host}:{port}"
    return f"""
  صدای مشتری  ·  voc

  the page         {base}/
  the API          {base}/docs
  try next         curl -F file=@feedback.xlsx {base}/v1/batches
                   curl '{base}/v1/kpis?names=nps,csat_top2&bucket=month&calendar=jalali'
                   voc tag feedback.xlsx -o tagged.xlsx
  stop             Ctrl-C (what is not tagged yet goes on at the next start)
"""
