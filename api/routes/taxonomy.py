"""The codes that stand in every tag, with their titles and definitions."""

from fastapi import APIRouter

from api.schemas import TaxonomyOut
from voc.taxonomy import Taxonomy, load_taxonomy

router = APIRouter(tags=["taxonomy"])


@router.get("/v1/taxonomy", summary="All codes with titles and definitions", response_model=TaxonomyOut)
async def get_taxonomy() -> Taxonomy:
    """Sentiments, groups and contact reasons, effort and loyalty cues, resolutions, agents' moves, in Persian and English."""
    return load_taxonomy()
