"""A tagger for tests: no weights, the same answer every time, from a few words that any reader can check by eye."""

from collections.abc import Mapping, Sequence
from typing import Final

from voc.records import Cue, Polarity, Reason, Resolution, Sentiment, Span, Tags
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
SCORES: Final[Mapping[Sentiment, float]] = {"positive": 0.9, "negative": -0.9, "mixed": 0.0, "neutral": 0.1}


class FakeTagger:
    """Finds the words above; sentiment is neutral where none of its words stands."""

    def __init__(self, name: str = "fake-1") -> None:
        self.identity = ModelIdentity(name=name, taxonomy="v1")

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, in order."""
        return [self._tag(text) for text in texts]

    def _tag(self, text: str) -> Tags:
        sentiment: Sentiment = next((code for word, code in SENTIMENT_WORDS.items() if word in text), "neutral")
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
        )


def _span(text: str, word: str) -> Span:
    start = text.index(word)
    return (start, start + len(word))
