"""A client for the service: send feedback in, wait until it is tagged, take tags and figures out as records or DataFrames.

>>> from voc.client import Client
>>> Client("http://127.0.0.1:8000")
Client('http://127.0.0.1:8000')

It speaks through the standard library, so that whoever imports it loads neither a model nor an HTTP library; pyarrow and
pandas load where a DataFrame is asked for.
"""

from voc.client.client import Client
from voc.client.errors import ClientError
from voc.client.frames import to_frame
from voc.client.records import Code, CorrectedSelection, Correction, Found, KpiDefinition, Offer, Record, Rows, Tagged, Taxonomy

__all__ = [
    "Client",
    "ClientError",
    "Code",
    "CorrectedSelection",
    "Correction",
    "Found",
    "KpiDefinition",
    "Offer",
    "Record",
    "Rows",
    "Tagged",
    "Taxonomy",
    "to_frame",
]
