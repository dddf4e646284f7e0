"""The codes that stand in every tag, with their titles and definitions."""

from fastapi import APIRouter

from api.schemas import TaxonomyOut
from api.service import Running
from voc.taxonomy import load_taxonomy

router = APIRouter(tags=["taxonomy"])


@router.get("/v1/taxonomy", summary="The taxonomy and the model in use: all codes with titles and definitions")
async def get_taxonomy(service: Running) -> TaxonomyOut:
    """Sentiments, groups and contact reasons, effort and loyalty cues, resolutions, agents' moves, in Persian and English.

    VOC_MODEL settles both; `voc taxonomy` makes a model with contact reasons of one's own.
    """
    return TaxonomyOut.model_validate(vars(load_taxonomy()) | {"model": service.identity.name})
