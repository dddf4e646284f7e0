"""Puts the service together: settings → store → engine → routes, behind the guard.

uvicorn --factory api.app:create_app
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api import problems
from api.access import AccessGate, needed_scope, open_access
from api.body_limit import BodyLimit
from api.choices import KeepChoices
from api.guard import LOOPBACK, Guard
from api.odata import ODataBorder
from api.parameters import use_zone
from api.recent import RecentAnswers
from api.requests import LogCounts, RequestTimes, Stopwatch
from api.routes import (
    admin_pages,
    audit,
    backup,
    batches,
    changes,
    conversations,
    correction_pages,
    corrections,
    customers,
    database,
    docs,
    export,
    feedback,
    health,
    insights,
    keys,
    kpi_pages,
    metrics,
    odata,
    pages,
    preview,
    reason_pages,
    report_card,
    review,
    review_page,
    sign_in,
    tag,
    taxonomy,
    trends,
    webhooks,
)
from api.routes import kpis as kpi_values
from api.schemas import Problem
from api.service import Service
from api.static_files import mount_static
from api.uploads import clear_left_uploads
from voc.access import check_reach
from voc.engine import Engine, Keeper, Pool, open_pool
from voc.errors import ModelError
from voc.intake import take_file
from voc.kpis import read_setting
from voc.opening import open_database
from voc.settings import Settings, read_settings
from voc.store import Store
from voc.tagging import Tagger, loader
from voc.webhooks.sender import Sender
from voc.webhooks.watch import Watch

STOP_TIMEOUT_S: Final = 5.0
STOP_WEBHOOKS_S: Final = 2.0  # what is not answered by then is sent again
HARMLESS: Final = "سلام"
SAMPLE_NAME: Final = "feedback.csv"
_LOG: Final = logging.getLogger("voc")  # what everything here logs to, in the end
_KEY: Final = "A key from `voc keys create` or POST /v1/keys; while there is none, calls on loopback need none."
_PROBLEM: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "What is wrong and what would be right, as an RFC 9457 problem document",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def create_app(settings: Settings | None = None, *, tagger: Tagger | None = None) -> FastAPI:
    """The application. `tagger` tags in this process; without one, a pool of processes does, with the model of the settings.

    The database is opened when the application starts and let go when it stops.
    """
    settings = settings or read_settings()
    app = FastAPI(
        title="صدای مشتری · voc",
        summary="Why customers get in touch, how they feel, how hard they had to work, and whether they will stay.",
        version=_version(),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=docs.OPENAPI_URL,
        responses=_PROBLEM,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(use_zone)],
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.settings = settings
    app.state.tagger = tagger
    app.state.request_times = RequestTimes()
    app.state.log_counts = LogCounts(_LOG)
    app.add_middleware(BodyLimit, upload_mib=settings.max_upload_mb)
    app.add_middleware(AccessGate)
    app.add_middleware(KeepChoices)
    problems.install(app)
    app.add_middleware(Guard, hosts=(*LOOPBACK, settings.host), proxied=settings.hosts)
    app.add_middleware(ODataBorder)
    app.add_middleware(Stopwatch, times=app.state.request_times)
    for each in (batches, preview, tag, feedback, corrections, review, report_card, conversations, customers):
        app.include_router(each.router)
    for each in (trends, insights, kpi_values, export, changes):
        app.include_router(each.router)
    for each in (database, taxonomy, webhooks, keys, audit, backup, health, metrics, docs, odata):
        app.include_router(each.router)
    for each in (correction_pages, review_page, pages, reason_pages, kpi_pages, admin_pages, sign_in):
        app.include_router(each.router)
    mount_static(app)
    _describe_border(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service = await run_in_threadpool(_start, app.state.settings, app.state.tagger)
    app.state.service = service
    _LOG.addHandler(app.state.log_counts)
    try:
        yield
    finally:
        _LOG.removeHandler(app.state.log_counts)
        await run_in_threadpool(_stop, service)


def _start(settings: Settings, tagger: Tagger | None) -> Service:
    """Opens the store first: a database that cannot be used is said before seconds go into loading a model."""
    clear_left_uploads()
    kpis = read_setting(settings)
    store = open_database(settings, originals=True)
    try:
        check_reach(settings, store.all_keys())
        load = loader(settings.device, settings.precision)
        workers = tagger or open_pool(settings.model, settings.workers, settings.ray_address, load=load)
        store.current = workers.identity
        if settings.sample and not store.list_batches(limit=1).items:
            _take_sample(store, settings)
        access = open_access(store, settings)
    except BaseException:
        store.close()
        raise
    engine = Engine(store, workers)
    engine.start()
    keeper = Keeper(store, engine, retention_days=settings.retention_days)
    keeper.start()
    sender = Sender(store, Watch(store, kpis), private=settings.webhook_private)
    sender.start()
    recent = RecentAnswers(lambda: store.changes, lambda: not engine.idle)
    return Service(
        settings, store, engine, keeper, sender, workers.identity, workers, _model_loaded(workers), kpis, access, recent
    )


def _model_loaded(workers: Pool | Tagger) -> Callable[[], bool]:
    """Whether a first word has come back from the workers; a tagger in this process is loaded already.

    Where it came back without tags, as from a cluster that is not there yet, whoever asks has it asked again.
    """
    if not isinstance(workers, Pool):
        return lambda: True
    first = workers.submit((HARMLESS,), urgent=True)

    def loaded() -> bool:
        nonlocal first
        if not first.done():
            return False
        if not first.cancelled() and first.exception() is None:
            return True
        with suppress(ModelError):  # it was closed
            first = workers.submit((HARMLESS,), urgent=True)
        return False

    return loaded


def _stop(service: Service) -> None:
    service.webhooks.stop(STOP_WEBHOOKS_S)
    service.keeper.stop(STOP_TIMEOUT_S)
    service.engine.stop(STOP_TIMEOUT_S)
    service.access.keyring.stop()
    service.access.audit.stop()
    service.store.close()


def _take_sample(store: Store, settings: Settings) -> None:
    path = Path(str(files("data"))) / "samples" / SAMPLE_NAME
    take_file(store, path, name=path.name, mapping=None, idempotency_key=None, settings=settings, sample=True)


def _version() -> str:
    try:
        return version("voc")
    except PackageNotFoundError:
        return "0"


def _operation_id(route: APIRoute) -> str:
    """The name of the function: short names for generated clients, and unique, which a test makes sure of."""
    return route.name


def _describe_border(app: FastAPI) -> None:
    """Puts the shape of a problem, and the key and scope that each call needs, into the OpenAPI document."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).setdefault("Problem", Problem.model_json_schema())
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": _KEY}}
        for path, calls in document["paths"].items():
            for method, call in calls.items():
                needed = needed_scope(method.upper(), path)
                call["security"] = [{"key": [needed]}] if needed else []
        return document

    app.openapi = openapi  # type: ignore[method-assign]
