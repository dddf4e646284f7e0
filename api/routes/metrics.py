"""The health of the service in figures, for Prometheus."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from api.metrics import MEDIA_TYPE, list_metrics, write_metrics
from api.service import Running

router = APIRouter(tags=["health"])


@router.get("/metrics", summary="The health of the service, for Prometheus", response_class=PlainTextResponse)
def get_metrics(request: Request, service: Running) -> PlainTextResponse:
    """Work, speed, errors, call times, sizes, backups and retention in the text format of Prometheus; nothing of customers."""
    state = request.app.state
    work = service.recent.get("metrics", lambda: service.store.count_work(service.identity))
    metrics = list_metrics(service, work, state.request_times, state.log_counts, request.app.version)
    return PlainTextResponse(write_metrics(metrics), media_type=MEDIA_TYPE)
