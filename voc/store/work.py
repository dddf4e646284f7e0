"""How much there is, and how much of it is still to be tagged, over all batches at once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from voc.records import BatchStatus
from voc.store.batches import status_of
from voc.store.database import Session
from voc.tagging.identity import ModelIdentity

_COUNTS: Final = """
WITH counted AS (
  SELECT f.batch_id, count(*) AS rows_there, count(t.seq) AS tagged, count(a.seq) AS aside
  FROM feedback f
  LEFT JOIN tagging t ON t.seq = f.seq AND t.model = $model AND t.taxonomy = $taxonomy
  LEFT JOIN (SELECT DISTINCT seq FROM set_aside WHERE model = $model AND taxonomy = $taxonomy) a ON a.seq = f.seq
    AND t.seq IS NULL
  GROUP BY f.batch_id
)
SELECT coalesce(c.rows_there, 0), coalesce(c.tagged, 0), coalesce(c.aside, 0)
FROM batch b LEFT JOIN counted c ON c.batch_id = b.id
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Rows that are stored, have tags of the current model, and cannot be tagged by it; and batches by their state."""

    rows: int
    tagged: int
    set_aside: int
    batches: Mapping[BatchStatus, int]

    @property
    def waiting(self) -> int:
        """Rows that are still to be tagged."""
        return self.rows - self.tagged - self.set_aside


def count_work(session: Session, identity: ModelIdentity) -> Work:
    """The work done and to be done by this model; every state of batches is there, if only with 0."""
    found = session.query(_COUNTS, {"model": identity.name, "taxonomy": identity.taxonomy})
    states = Counter(status_of(*counts) for counts in found)
    rows, tagged, aside = (sum(counts[place] for counts in found) for place in range(3))
    return Work(rows, tagged, aside, {state: states[state] for state in get_args(BatchStatus)})
