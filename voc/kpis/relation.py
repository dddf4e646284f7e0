"""The row that KPIs count: a feedback row `f`, its tagging `t` and its cues `c`, joined only as far as a KPI needs them.

`c` has a flag for each loyalty cue, by its code, and `hard` and `easy` for the effort cues of either direction; flags are NULL
for a text without cues.
"""

from collections.abc import Collection, Mapping
from typing import Final

from voc.taxonomy import Taxonomy, load_taxonomy

# ruff: noqa: S608  the SQL is put together from our own words: codes of the shipped taxonomy

_OF_FEEDBACK: Final = (
    "customer_id", "agent_id", "channel", "occurred_at", "first_response_at", "resolved_at", "handle_s", "wait_s", "abandoned",
    "transfers", "cost", "revenue", "nps", "csat", "ces", "ves_1", "ves_2", "ees", "referred", "referral_sold",
)  # fmt: skip
_OF_TAGGING: Final = ("sentiment", "resolution")
_OF_CUES: Final = ("effort", "loyalty")

FIELDS: Final[Mapping[str, str]] = {
    **{name: f"f.{name} IS NOT NULL" for name in _OF_FEEDBACK},
    **dict.fromkeys((*_OF_TAGGING, *_OF_CUES), "t.seq IS NOT NULL"),
}
"""Each field that a KPI can need, with the condition that a row has it. A tagged text has all that the tagger looks for."""


def joins_for(needs: Collection[str], *, needs_tagging: bool) -> str:
    """The joins to `f` for KPIs that need these fields; `needs_tagging` where a filter looks at `t`."""
    joins = ""
    if needs_tagging or not set(needs).isdisjoint((*_OF_TAGGING, *_OF_CUES)):
        joins += " LEFT JOIN tagging t ON t.seq = f.seq"
    if not set(needs).isdisjoint(_OF_CUES):
        joins += f" LEFT JOIN ({_cues(load_taxonomy())}) c ON c.seq = t.seq"
    return joins


def _cues(taxonomy: Taxonomy) -> str:
    flags = {direction: f"kind = 'effort' AND code IN ({_listed(taxonomy, direction)})" for direction in ("hard", "easy")} | {
        cue.code: f"kind = 'loyalty' AND code = '{cue.code}'" for cue in taxonomy.loyalty
    }
    columns = ", ".join(f"bool_or({condition}) AS {name}" for name, condition in flags.items())
    return f"SELECT seq, {columns} FROM tag WHERE kind <> 'reason' GROUP BY seq"


def _listed(taxonomy: Taxonomy, direction: str) -> str:
    return ", ".join(f"'{cue.code}'" for cue in taxonomy.effort if cue.direction == direction)
