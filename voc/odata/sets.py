"""The sets whose rows are stored: feedback, its tags, conversations and their turns.

Values are those of the flat export: agents by the names that are shown, lists of codes joined by a bar, null where nothing is
known, an empty list of codes where the tagger found none.
"""

from typing import Final

from voc.odata.model import OF_PAGE, EntitySet, Property

# ruff: noqa: S608  the SQL is put together from our own words

_T: Final = {"t": " LEFT JOIN tagging t ON t.seq = f.seq"}
_A: Final = {"a": " LEFT JOIN agent a ON a.agent_id = f.agent_id"}
_C: Final = {
    "c": " LEFT JOIN conversation c ON c.seq = f.seq",
    "k": " LEFT JOIN conversation_tagging k ON k.seq = f.seq",
}
_U: Final = {"w": " LEFT JOIN turn_tagging w ON w.seq = u.seq AND w.position = u.position"}
_TAG_RANK: Final = "CASE g.kind WHEN 'reason' THEN 0 WHEN 'effort' THEN 1 WHEN 'loyalty' THEN 2 ELSE 3 END"


def _gather(column: str, kind: str, polarity: str = "") -> str:
    """The aggregate that lists the codes of a text's tags of a kind in the tagger's order."""
    said = f" AND x.polarity = '{polarity}'" if polarity else ""
    return f"string_agg(x.code, '|' ORDER BY x.position) FILTER (WHERE x.kind = '{kind}'{said}) AS {column}"


def _codes(column: str) -> Property:
    """The property that lists codes; null while the text waits for the tagger."""
    return Property(column, "text", f"CASE WHEN t.seq IS NOT NULL THEN coalesce(r.{column}, '') END")


def _score(column: str) -> str:
    """A score that is stored in four bytes, with the six digits that it was written with."""
    return f"round(CAST({column} AS DOUBLE PRECISION), 6)"


_GATHERED: Final = ", ".join(
    (
        _gather("reasons", "reason"),
        _gather("reasons_negative", "reason", "negative"),
        _gather("reasons_positive", "reason", "positive"),
        _gather("effort", "effort"),
        _gather("loyalty", "loyalty"),
    )
)
_R: Final = {"r": f" LEFT JOIN (SELECT x.seq, {_GATHERED} FROM tag x{OF_PAGE} GROUP BY x.seq) r ON r.seq = f.seq"}
_ID: Final = "'f' || f.seq"
_SOURCE: Final = (
    Property("external_id", "text", "f.external_id"),
    Property("customer_id", "text", "f.customer_id"),
    Property("agent_id", "text", "a.shown_as"),
    Property("channel", "text", "f.channel"),
    Property("occurred_at", "moment", "f.occurred_at"),
    Property("occurred_on", "day", "f.occurred_on"),
)
_VERDICTS: Final = (
    Property("sentiment", "text", "t.sentiment"),
    Property("sentiment_score", "number", _score("t.sentiment_score")),
    Property("effort_score", "number", _score("t.effort_score")),
    Property("resolution", "text", "t.resolution"),
)
_OPERATIONS: Final = (
    Property("first_response_at", "moment", "f.first_response_at"),
    Property("resolved_at", "moment", "f.resolved_at"),
    Property("handle_s", "number", "f.handle_s"),
    Property("wait_s", "number", "f.wait_s"),
    Property("abandoned", "flag", "f.abandoned"),
    Property("transfers", "whole", "f.transfers"),
    Property("cost", "number", "f.cost"),
    Property("revenue", "number", "f.revenue"),
    Property("nps", "whole", "f.nps"),
    Property("csat", "number", "f.csat"),
    Property("ces", "number", "f.ces"),
    Property("ves_1", "number", "f.ves_1"),
    Property("ves_2", "number", "f.ves_2"),
    Property("ees", "number", "f.ees"),
    Property("referred", "flag", "f.referred"),
    Property("referral_sold", "flag", "f.referral_sold"),
)

FEEDBACK: Final = EntitySet(
    "Feedback",
    "Record",
    (
        Property("id", "text", _ID, always=True),
        Property("batch_id", "text", "f.batch_id", always=True),
        Property("line", "whole", "f.line", always=True),
        Property("kind", "text", "CASE WHEN c.seq IS NULL THEN 'feedback' ELSE 'conversation' END", always=True),
        Property("text", "text", "f.text", always=True),
        *_SOURCE,
        *_OPERATIONS,
        *_VERDICTS,
        *map(_codes, ("reasons", "reasons_negative", "reasons_positive", "effort", "loyalty")),
        Property("script", "text", "t.script"),
        Property("model", "text", "t.model"),
        Property("taxonomy", "text", "t.taxonomy"),
        Property("tagged_at", "moment", "t.tagged_at"),
        Property("corrected_at", "moment", "t.corrected_at"),
        Property("attributes", "text", "CAST(f.attributes AS VARCHAR)", always=True),
    ),
    "feedback f",
    ("f.seq",),
    _T | _A | _C | _R,
)
TAGS: Final = EntitySet(
    "Tags",
    "Tag",
    (
        Property("id", "text", "'f' || g.seq || '/' || g.kind || '/' || g.position", always=True),
        Property("feedback_id", "text", _ID, always=True),
        Property("kind", "text", "g.kind", always=True),
        Property("code", "text", "g.code", always=True),
        Property("polarity", "text", "g.polarity"),
        Property("score", "number", _score("g.score"), always=True),
        Property("channel", "text", "f.channel"),
        Property("occurred_at", "moment", "f.occurred_at"),
        Property("occurred_on", "day", "f.occurred_on"),
    ),
    "tag g JOIN feedback f ON f.seq = g.seq",
    ("g.seq", _TAG_RANK, "g.position"),
    _T,
)
CONVERSATIONS: Final = EntitySet(
    "Conversations",
    "Conversation",
    (
        Property("id", "text", _ID, always=True),
        *_SOURCE,
        *_VERDICTS,
        Property("turns", "whole", "c.turns", always=True),
        Property("speakers_sure", "number", "c.speakers_sure"),
        Property("primary_reason", "text", "k.primary_reason"),
        Property("sentiment_start", "text", "k.sentiment_start"),
        Property("sentiment_end", "text", "k.sentiment_end"),
        Property("effort_level", "text", "k.effort_level"),
        Property("duration_s", "number", "c.duration_s"),
        Property("customer_talk_s", "number", "c.customer_talk_s"),
        Property("agent_talk_s", "number", "c.agent_talk_s"),
        Property("silence_s", "number", "c.silence_s"),
        Property("longest_silence_s", "number", "c.longest_silence_s"),
        Property("interruptions", "whole", "c.interruptions"),
    ),
    "conversation c JOIN feedback f ON f.seq = c.seq",
    ("c.seq",),
    _T | _A | {"k": _C["k"]},
)
TURNS: Final = EntitySet(
    "Turns",
    "Turn",
    (
        Property("id", "text", "'f' || u.seq || '/' || u.position", always=True),
        Property("conversation_id", "text", _ID, always=True),
        Property("position", "whole", "u.position", always=True),
        Property("speaker", "text", "u.speaker", always=True),
        Property("text", "text", "u.text", always=True),
        Property("start_s", "number", "u.start_s"),
        Property("end_s", "number", "u.end_s"),
        Property("response_s", "number", "u.response_s"),
        Property("sentiment", "text", "w.sentiment"),
        Property("sentiment_score", "number", _score("w.sentiment_score")),
        Property("occurred_at", "moment", "f.occurred_at"),
        Property("occurred_on", "day", "f.occurred_on"),
    ),
    "turn u JOIN feedback f ON f.seq = u.seq",
    ("u.seq", "u.position"),
    _T | _U,
)
STORED: Final = (FEEDBACK, TAGS, CONVERSATIONS, TURNS)
