"""What many rows cost in workers, hours, storage and seconds of asking, from what a few rows were measured to cost.

The formulas, with R rows:

    worker hours   = R ÷ rows per second of one worker ÷ 3,600
    store hours    = (R ÷ rows taken in per second + R ÷ rows tagged per second) ÷ 3,600
    hours          = the greater of worker hours ÷ workers and store hours
    workers in H   = worker hours ÷ H, rounded up; none are enough where store hours are more than H
    storage        = R × bytes per row
    a question     = its seconds over the larger measured number + (R − that number) × seconds per row between both

They assume that workers do not slow each other down beyond what two do on one machine; that the store takes in, and writes
tags, one after the other and at the same speed however much it holds; and that a question goes on growing in a straight
line, which it does as long as what it reads stays in memory: beyond, it takes longer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3_600
YEAR_HOURS: Final = 365 * 24


@dataclass(frozen=True, slots=True)
class Asked:
    """How long a question took over so many rows, and over more of them; seconds."""

    few: int
    few_s: float
    many: int
    many_s: float


@dataclass(frozen=True, slots=True)
class StoreCost:
    """What an engine of the store was measured at: rows per second taken in and tagged, bytes per row, questions by name."""

    taken_in: float
    tagged: float
    row_bytes: float
    questions: Mapping[str, Asked]


def worker_hours(rows: int, worker: float) -> float:
    """Hours that one worker of so many rows per second takes."""
    return rows / worker / HOUR_S


def store_hours(rows: int, store: StoreCost) -> float:
    """Hours that the store takes to write the rows and their tags, however many workers there are."""
    return (rows / store.taken_in + rows / store.tagged) / HOUR_S


def hours(rows: int, worker: float, store: StoreCost, workers: int) -> float:
    """Hours until all are tagged and stored by so many workers."""
    return max(worker_hours(rows, worker) / workers, store_hours(rows, store))


def workers_within(rows: int, worker: float, store: StoreCost, within: float) -> int | None:
    """How many workers tag the rows within so many hours; None where the store itself takes longer."""
    return None if store_hours(rows, store) > within else math.ceil(worker_hours(rows, worker) / within)


def storage_gb(rows: int, store: StoreCost) -> float:
    """Room for the rows with their tags and indices, in GB of 10⁹ bytes; without logs, backups and exports."""
    return rows * store.row_bytes / 1e9


def question_s(rows: int, asked: Asked) -> float:
    """Seconds that a question takes over so many rows, never less than over the few."""
    each = (asked.many_s - asked.few_s) / (asked.many - asked.few)
    return max(asked.few_s, asked.many_s + (rows - asked.many) * each)
