"""Taggers for tests: no weights, the same answer every time, from a few words that any reader can check by eye."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from voc.conversations.turns import customer_text
from voc.errors import ModelError
from voc.records import ConversationTags, Cue, Mood, Move, Polarity, Reason, Resolution, Sentiment, Span, Tags, Turn
from voc.tagging import ModelIdentity
from voc.text.script import script_of

REASON_WORDS: Final[Mapping[str, tuple[str, Polarity]]] = {
    "دیر": ("delivery.time", "negative"),
    "سریع": ("delivery.time", "positive"),
    "پیک": ("delivery.courier", "negative"),
    "گرون": ("price.value", "negative"),
    "ارزون": ("price.value", "positive"),
    "کیفیت": ("product.quality", "positive"),
    "ورود": ("digital.login", "negative"),
    "پشتیبانی": ("service.access", "negative"),
}
EFFORT_WORDS: Final[Mapping[str, str]] = {"چندبار": "repeat_contact", "منتظر": "long_wait", "راحت": "easy"}
LOYALTY_WORDS: Final[Mapping[str, str]] = {"پیشنهاد": "recommend", "نمیخرم": "churn_intent", "بی‌نظیر": "delight"}
SENTIMENT_WORDS: Final[Mapping[str, Sentiment]] = {"عالی": "positive", "افتضاح": "negative", "ولی": "mixed"}
RESOLUTION_WORDS: Final[Mapping[str, Resolution]] = {"حل شد": "resolved", "حل نشد": "unresolved"}
MOVE_WORDS: Final[Mapping[str, str]] = {
    "سلام": "greeting",
    "شرمنده": "apology",
    "خودم پیگیری": "ownership",
    "هدیه": "compensation",
    "منوی": "teaches_use",
}
SCORES: Final[Mapping[Sentiment, float]] = {"positive": 0.9, "negative": -0.9, "mixed": 0.0, "neutral": 0.1}


class FakeTagger:
    """Finds the words above; sentiment is neutral where none of its words stands."""

    def __init__(self, name: str = "fake-1") -> None:
        self.identity = ModelIdentity(name=name, taxonomy="v1")

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, in order."""
        return [self._tag(text) for text in texts]

    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The tags of each customer's text, and the words above in the turns one by one; the first reason is the primary."""
        return [self._tag_conversation(turns) for turns in conversations]

    def _tag_conversation(self, turns: Sequence[Turn]) -> Tags:
        tags = self._tag(customer_text(turns))
        moods = tuple(_mood(turn.text) if turn.speaker == "customer" else None for turn in turns)
        own = [mood for mood in moods if mood]
        parts = min(4, len(own))
        conversation = ConversationTags(
            primary_reason=tags.reasons[0].code if tags.reasons else None,
            effort_level="none" if tags.effort_score is None else "high" if tags.effort_score > 0 else "low",
            quarters=tuple(own[part * len(own) // parts] for part in range(parts)),  # the first turn of each speaks for it
            turns=moods,
            moves=tuple(move for word, code in MOVE_WORDS.items() for move in _moves(turns, word, code)),
        )
        return replace(tags, conversation=conversation)

    def _tag(self, text: str) -> Tags:
        sentiment = _mood(text).sentiment
        effort = tuple(Cue(code, 0.8, (_span(text, word),)) for word, code in EFFORT_WORDS.items() if word in text)
        hard = any(cue.code != "easy" for cue in effort)
        return Tags(
            sentiment=sentiment,
            sentiment_score=SCORES[sentiment],
            reasons=tuple(
                Reason(code, polarity, 0.9, (_span(text, word),))
                for word, (code, polarity) in REASON_WORDS.items()
                if word in text
            ),
            effort=effort,
            effort_score=None if not effort else (0.8 if hard else -0.8),
            loyalty=tuple(Cue(code, 0.7, (_span(text, word),)) for word, code in LOYALTY_WORDS.items() if word in text),
            resolution=next((code for word, code in RESOLUTION_WORDS.items() if word in text), None),
            script=script_of(text),
            model=self.identity.name,
            taxonomy=self.identity.taxonomy,
            sentiment_probability=0.8,
        )


class MoodyTagger(FakeTagger):
    """Does what a text tells it, before it tags."""

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The fake's tags, where it lives to give them."""
        for text in texts:
            self.obey(text)
        return super().tag(texts)

    def obey(self, text: str) -> None:
        """Let its process be killed, hang or refuse, where the text says so."""
        if "بکش" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "گیر کن" in text:
            time.sleep(60)
        if "نپذیر" in text:
            raise ValueError(text)


def load_missing(model: str) -> FakeTagger:
    """What a tagging process finds where there is no model."""
    raise ModelError("VOC_MODEL: there is no such folder.")


def _mood(text: str) -> Mood:
    sentiment: Sentiment = next((code for word, code in SENTIMENT_WORDS.items() if word in text), "neutral")
    return Mood(sentiment, SCORES[sentiment])


def _moves(turns: Sequence[Turn], word: str, code: str) -> Sequence[Move]:
    places = [at for at, turn in enumerate(turns) if turn.speaker == "agent" and word in turn.text]
    return [Move(code, 0.6, tuple((at, *_span(turns[at].text, word)) for at in places))] if places else []


def _span(text: str, word: str) -> Span:
    start = text.index(word)
    return (start, start + len(word))
