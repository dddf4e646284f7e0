"""What a conversation has in the records of the API and of exports beside the fields that any feedback has there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from voc.conversations.timings import Timings, measure
from voc.records import ConversationTags, Feedback, Mood, Move, Turn
from voc.taxonomy import load_taxonomy

GROUPS: Final = ("value_enhancement", "recovery")
"""The groups of moves that a record lists by code; what is left is courtesy."""

Record = dict[str, Any]


def conversation_record(feedback: Feedback, tags: ConversationTags | None) -> Record:
    """The nested fields: turns with their moods, what was read in the whole, and what the clock says; null where unknown."""
    moods = tags.turns if tags else (None,) * len(feedback.turns)
    return {
        "turns": [_turn(turn, mood) for turn, mood in zip(feedback.turns, moods, strict=True)],
        "speakers_sure": feedback.speakers_sure,
        **_whole(tags),
        "sentiment_quarters": tags and [asdict(mood) for mood in tags.quarters],
        "moves": tags and [_move(move) for move in tags.moves],
        **asdict(measure(feedback.turns)),
    }


def conversation_columns(feedback: Feedback, tags: ConversationTags | None) -> Record:
    """The same in one level, without the turns and where its parts are many; all null for what is no conversation."""
    return {
        "speakers_sure": feedback.speakers_sure,
        **_whole(tags),
        **asdict(measure(feedback.turns) if feedback.turns else Timings()),
    }


def codes_of(moves: Iterable[Move], group: str) -> list[str]:
    """The codes among these moves that belong to a group of the taxonomy."""
    members = {move.code for move in load_taxonomy().moves if move.direction == group}
    return [move.code for move in moves if move.code in members]


def move_words(turns: Sequence[Turn], moves: Iterable[Move]) -> Iterator[str]:
    """`code: words` for every move that shows its words."""
    for move in moves:
        if move.evidence:
            yield f"{move.code}: " + " … ".join(turns[turn].text[start:end] for turn, start, end in sorted(move.evidence))


def _whole(tags: ConversationTags | None) -> Record:
    return {
        "primary_reason": tags and tags.primary_reason,
        "sentiment_start": tags and tags.quarters[0].sentiment,
        "sentiment_end": tags and tags.quarters[-1].sentiment,
        "effort_level": tags and tags.effort_level,
        **{group: tags and codes_of(tags.moves, group) for group in GROUPS},
    }


def _turn(turn: Turn, mood: Mood | None) -> Mapping[str, Any]:
    return asdict(turn) | {"sentiment": mood and mood.sentiment, "sentiment_score": mood and mood.score}


def _move(move: Move) -> Record:
    return {"code": move.code, "score": move.score, "evidence": [list(span) for span in move.evidence]}
