"""The row that KPIs count: a feedback row `f` and what is known of it, joined only as far as a count needs it.

| name | one row for each | columns |
|---|---|---|
| `t` | tagged text | sentiment, resolution, … |
| `c` | text with cues | a flag for each loyalty cue, by its code, and `hard` and `easy` for effort cues of either direction |
| `m` | text with reasons, or mention | `praised`, `blamed`: whether any of its reasons is said with praise, with blame |
| `v` | tagged conversation | `sentiment_start`, `sentiment_end`; `value_enhancement`, `recovery`: has it such a move |
| `r` | conversation with times | `response_s`, `responses`: the sum of the agent's response times, and how many they are |
| `w` | contact with times | `first_response_s`, `resolution_s`: seconds, of working hours where those are set |
| `p` | turn | `response_s`: how long the customer waited for it, of an agent's with times; several rows for a row of feedback |
| `u` | contact of a known customer with reasons, or mention | `again`: the customer came back for one of them in the window |
| `j` | customer whose first text was negative, at that text | `ended`: the sentiment of the last text |
| `k` | contact of a known customer | `kind`: new or returning |
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from voc.conversations.record import GROUPS
from voc.kpis.options import KpiOptions, Span, working_seconds
from voc.taxonomy import Code, Taxonomy, load_taxonomy

# ruff: noqa: S608  the SQL is put together from our own words: codes of the shipped taxonomy

_OF_FEEDBACK: Final = (
    "customer_id", "agent_id", "channel", "occurred_at", "first_response_at", "resolved_at", "handle_s", "wait_s", "abandoned",
    "transfers", "cost", "revenue", "nps", "csat", "ces", "ves_1", "ves_2", "ees", "referred", "referral_sold",
)  # fmt: skip
_OF_TAGGING: Final = ("sentiment", "resolution", "effort", "loyalty", "reasons")
_OF_CONVERSATION_TAGGING: Final = ("sentiment_start", "moves")
EES_TO_5, EES_TO_10 = "VOC_EES_SCALE=1-5", "VOC_EES_SCALE=0-10"
TIMED_TURNS: Final = "turns with times"

FIELDS: Final[Mapping[str, str]] = {
    **{name: f"f.{name} IS NOT NULL" for name in _OF_FEEDBACK},
    **dict.fromkeys(_OF_TAGGING, "t.seq IS NOT NULL"),
    **dict.fromkeys(_OF_CONVERSATION_TAGGING, "v.seq IS NOT NULL"),
    TIMED_TURNS: "r.seq IS NOT NULL",
    EES_TO_5: "$ees_top = 5",
    EES_TO_10: "$ees_top = 10",
}
"""What a KPI can need of a row, or of the turns of it, with the condition that it has it.
A tagged text, or conversation, has all that the tagger looks for."""

LAST_KNOWN: Final = "(SELECT least($now, max(occurred_at)) FROM feedback)"
"""Up to when the store knows what happened: its last contact, unless that is dated in the future."""

_NAMES: Final = ("t", "c", "m", "v", "r", "w", "p", "u", "j")  # in the order in which they are joined
_LOOKED_AT: Final = re.compile(rf"\b({'|'.join(_NAMES)})\.")
TAGGED: Final = " JOIN tagging t ON t.seq = f.seq"

MENTIONED: Final[Mapping[str, str]] = {"reason": "code", "reason_group": "split_part(code, '.', 1)"}
"""What a tag's code counts for, where rows are grouped by their mentions: `g.code`."""
_OF_MENTIONS: Final = ("m", "u")
_JOURNEYS: Final = """
    SELECT seq, ended
    FROM (
        SELECT f.seq, t.sentiment, row_number() OVER in_time AS place, lead(f.seq) OVER in_time AS following,
            last_value(t.sentiment) OVER (in_time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS ended
        FROM feedback f JOIN tagging t ON t.seq = f.seq
        WHERE f.customer_id IS NOT NULL AND f.occurred_at IS NOT NULL
        WINDOW in_time AS (PARTITION BY f.customer_id ORDER BY f.occurred_at, f.seq)
    ) x WHERE place = 1 AND following IS NOT NULL AND sentiment = 'negative'"""
CUSTOMER_KINDS: Final = """
    SELECT seq, CASE WHEN row_number() OVER (PARTITION BY customer_id ORDER BY occurred_at, seq) = 1
        THEN 'new' ELSE 'returning' END AS kind
    FROM feedback WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL"""


def relations_in(looked_at: str) -> tuple[str, ...]:
    """The names of the relations that an SQL expression looks at, beside `f`."""
    found = set(_LOOKED_AT.findall(looked_at))
    return tuple(name for name in _NAMES if name in found)


def joins_for(looked_at: str, options: KpiOptions, group: str | None = None) -> str:
    """The joins to `f` for an SQL expression, which is then over the rows that have the first of its relations.

    So it must come to nothing for rows without that one; what is missing of the others is NULL. Where `group` is one of
    `MENTIONED`, what is known of a text's reasons is that of the mention `g` alone.
    """
    mentioned = MENTIONED.get(group or "")
    relations, joins = _relations(looked_at, options, mentioned), ""
    for name in relations_in(looked_at):
        of_mention = f" AND {name}.code = g.code" if mentioned and name in _OF_MENTIONS else ""
        joins += f" {'LEFT ' if joins else ''}JOIN ({relations[name]}) {name} ON {name}.seq = f.seq{of_mention}"
    return joins


def _relations(looked_at: str, options: KpiOptions, mentioned: str | None) -> Mapping[str, str]:
    taxonomy, responses = load_taxonomy(), _responses(options)
    return {
        "t": "SELECT * FROM tagging",
        "c": _cues(taxonomy),
        "m": _mentions(mentioned),
        "v": _conversations(taxonomy, [group for group in GROUPS if f"v.{group}" in looked_at]),
        "r": f"SELECT seq, sum(response_s) AS response_s, count(*) AS responses FROM ({responses}) x"
        " WHERE response_s IS NOT NULL GROUP BY seq",
        "w": _waits(options),
        "p": responses,
        "u": _follow_ups(mentioned),
        "j": _JOURNEYS,
    }


def _mentions(mentioned: str | None) -> str:
    code, by = _by_mention(mentioned)
    return (
        f"SELECT seq{code}, bool_or(polarity = 'positive') AS praised, bool_or(polarity = 'negative') AS blamed"
        f" FROM tag WHERE kind = 'reason' GROUP BY seq{by}"
    )


def _follow_ups(mentioned: str | None) -> str:
    code, by = _by_mention(mentioned)
    return f"""
        SELECT seq{code}, coalesce(bool_or(following <= occurred_at + $fcr_days * INTERVAL '1 day'), FALSE) AS again
        FROM (
            SELECT f.seq, g.code, f.occurred_at,
                lead(f.occurred_at) OVER (PARTITION BY f.customer_id, g.code ORDER BY f.occurred_at, f.seq) AS following
            FROM feedback f JOIN tag g ON g.seq = f.seq AND g.kind = 'reason'
            WHERE f.customer_id IS NOT NULL AND f.occurred_at IS NOT NULL
        ) x GROUP BY seq{by}"""


def _by_mention(mentioned: str | None) -> tuple[str, str]:
    """The column and the key that tell the mentions of a text apart."""
    return (f", {mentioned} AS code", f", {mentioned}") if mentioned else ("", "")


def _waits(options: KpiOptions) -> str:
    """Times that run backwards are a mistake of the source and count as missing."""

    def between(end: str) -> str:
        start, spans = "occurred_at", options.working_hours
        seconds = _worked(start, end, spans) if spans else f"CAST(extract(epoch FROM ({end} - {start})) AS DOUBLE PRECISION)"
        return f"CASE WHEN {end} >= {start} THEN {seconds} END"

    return (
        f"SELECT seq, {between('first_response_at')} AS first_response_s, {between('resolved_at')} AS resolution_s"
        " FROM feedback WHERE first_response_at IS NOT NULL OR resolved_at IS NOT NULL"
    )


def _responses(options: KpiOptions) -> str:
    """Of working hours alone where those are set; then a conversation without a time of its own has none that count."""
    if not options.working_hours:
        return "SELECT seq, response_s FROM turn"
    end = "occurred_at + start_s * INTERVAL '1 second'"
    worked = _worked("answered_at - response_s * INTERVAL '1 second'", "answered_at", options.working_hours)
    return (
        f"SELECT seq, {worked} AS response_s FROM (SELECT seq, response_s, {end} AS answered_at"
        " FROM turn JOIN feedback USING (seq) WHERE response_s IS NOT NULL AND occurred_at IS NOT NULL) y"
    )


def _worked(start: str, end: str, spans: tuple[Span, ...]) -> str:
    return f"{working_seconds(end, spans)} - {working_seconds(start, spans)}"


def _conversations(taxonomy: Taxonomy, groups: Sequence[str]) -> str:
    """With the groups of moves that are looked at, for the database would look for the others as well."""
    moved = "SELECT 1 FROM tag g WHERE g.seq = s.seq AND g.kind = 'move' AND g.code IN"
    flags = (f"EXISTS ({moved} ({_listed(taxonomy.moves, group)})) AS {group}" for group in groups)
    return f"SELECT {', '.join(('seq', 'sentiment_start', 'sentiment_end', *flags))} FROM conversation_tagging s"


def _cues(taxonomy: Taxonomy) -> str:
    flags = {
        direction: f"kind = 'effort' AND code IN ({_listed(taxonomy.effort, direction)})" for direction in ("hard", "easy")
    } | {cue.code: f"kind = 'loyalty' AND code = '{cue.code}'" for cue in taxonomy.loyalty}
    columns = ", ".join(f"bool_or({condition}) AS {name}" for name, condition in flags.items())
    return f"SELECT seq, {columns} FROM tag WHERE kind IN ('effort', 'loyalty') GROUP BY seq"


def _listed(codes: Iterable[Code], direction: str) -> str:
    return ", ".join(f"'{code.code}'" for code in codes if code.direction == direction)
