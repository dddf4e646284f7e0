"""The stored rows and figures as OData 4.0 entity sets: what there is, which part is asked for, and a page of it.

What a set has is said once, in `model.EntitySet`; the $metadata document, the checks of a query and the SQL are made from that.
"""

from voc.odata.figures import FIGURES, KPI_DEFINITIONS, KPIS, TAXONOMY, TRENDS, Figures, definitions, kpi_figures, trend_figures
from voc.odata.metadata import service_document, write_metadata
from voc.odata.model import EntitySet, Property
from voc.odata.options import Asked, read_key, read_options
from voc.odata.reading import FeedPage, Source, count_rows, read_page, source_of_figures, source_of_rows
from voc.odata.sets import STORED

SETS = (*STORED, *FIGURES)
"""Every entity set, in the order in which the service document lists them."""

__all__ = [
    "FIGURES",
    "KPIS",
    "KPI_DEFINITIONS",
    "SETS",
    "STORED",
    "TAXONOMY",
    "TRENDS",
    "Asked",
    "EntitySet",
    "FeedPage",
    "Figures",
    "Property",
    "Source",
    "count_rows",
    "definitions",
    "kpi_figures",
    "read_key",
    "read_options",
    "read_page",
    "service_document",
    "source_of_figures",
    "source_of_rows",
    "trend_figures",
    "write_metadata",
]
