"""Whether the process lives, and whether it can do its work."""

from fastapi import APIRouter, HTTPException

from api.schemas import Health, Readiness
from api.service import Running

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process lives")
async def get_health() -> Health:
    """Answers as long as the process does, whatever state the store and the model are in."""
    return Health(status="ok")


@router.get("/readyz", summary="Whether the service can do its work")
def get_readiness(service: Running) -> Readiness:
    """Asks the store and the engine; a problem document where one of them cannot work."""
    service.store.list_batches(limit=1)
    if service.engine.problem is not None:
        raise HTTPException(503, f"Nothing is being tagged: {service.engine.problem.message}")
    return Readiness(
        status="ready",
        store="ok",
        model="loaded" if service.model_loaded() else "loading",
        model_name=service.identity.name,
        taxonomy=service.identity.taxonomy,
    )
