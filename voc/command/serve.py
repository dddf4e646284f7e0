"""`voc serve`: the API and the page, with tagging in the background."""

import ipaddress
from typing import Annotated, Any, Final

import typer

from voc.errors import SettingsError
from voc.settings import read_settings

SERVED: Final[dict[str, Any]] = {
    "http": "api.connection:Connection",
    "ws": "none",
    "log_level": "warning",
    "timeout_graceful_shutdown": 3,  # an open progress stream must not hold up Ctrl-C
}
"""How uvicorn is to serve it; no call speaks WebSocket."""


def serve(
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="print nothing at the start")] = False,
) -> None:
    """Serve the API and the page on VOC_HOST:VOC_PORT, with what VOC_DATABASE holds."""
    import uvicorn

    from voc.store import Store
    from voc.tagging import model_identity

    settings = read_settings()
    if not is_loopback(settings.host):
        raise SettingsError(
            f"VOC_HOST: {settings.host!r} can be reached from outside and this release has no access keys. Listen on"
            " 127.0.0.1, and put a proxy that asks for a password before it; it must pass on Host as VOC_HOST:VOC_PORT.",
            field="VOC_HOST",
        )
    model_identity(settings.model)
    Store.open(settings.database, zone=settings.zone).close()  # what is wrong is said in one line, before anything starts
    if not quiet:
        typer.echo(welcome(settings.host, settings.port), err=True)
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        **SERVED,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
