"""Reads in a text why a customer got in touch, how they feel, how hard they had to work and whether they will stay.

One pass of one multi-task transformer: `model folder → identity → load_tagger → Tagger.tag(texts) → Tags`.
Importing this package loads neither torch nor hazm.
"""

from voc.tagging.identity import ModelIdentity, Thresholds, model_identity, read_kpi_errors, read_thresholds
from voc.tagging.tagger import Tagger, load_tagger, loader

__all__ = [
    "ModelIdentity",
    "Tagger",
    "Thresholds",
    "load_tagger",
    "loader",
    "model_identity",
    "read_kpi_errors",
    "read_thresholds",
]
