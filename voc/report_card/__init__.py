"""How far the model can be trusted on these rows: `draw_up` says how right it is, `find_drift` what has changed.

`judged rows → figures with intervals → verdicts → sentences`. Only rows that were drawn by lot measure anything.
"""

from voc.report_card.agreement import Agreement
from voc.report_card.card import (
    Answers,
    Calibration,
    CodeScore,
    Confused,
    Figure,
    ReportCard,
    Slice,
    draw_up,
)
from voc.report_card.draws import Draw
from voc.report_card.drift import Drift, find_drift
from voc.report_card.figures import Bin
from voc.report_card.readings import Reading
from voc.report_card.sayings import Saying, sayings
from voc.report_card.tag_drift import TagDrift
from voc.report_card.text_drift import TextDrift
from voc.report_card.verdicts import PRECISION, RECALL, WIDTH, Verdict

__all__ = [
    "PRECISION",
    "RECALL",
    "WIDTH",
    "Agreement",
    "Answers",
    "Bin",
    "Calibration",
    "CodeScore",
    "Confused",
    "Draw",
    "Drift",
    "Figure",
    "Reading",
    "ReportCard",
    "Saying",
    "Slice",
    "TagDrift",
    "TextDrift",
    "Verdict",
    "draw_up",
    "find_drift",
    "sayings",
]
