"""From probabilities to tags: thresholds, scores, and the words that say so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from voc.records import Cue, Mood, Polarity, Reason, Resolution, Sentiment, Span, Tags
from voc.tagging.effort import SCORE_DIGITS, effort_score
from voc.tagging.identity import Thresholds
from voc.tagging.reading import Floats, Reading
from voc.text.align import Alignment
from voc.text.function_words import function_words
from voc.text.script import script_of

if TYPE_CHECKING:
    from voc.tagging.shape import TaggerShape

EVIDENCE_WORDS: Final = 6  # a person checks a phrase, not a paragraph
EVIDENCE_PHRASES: Final = 3
EVIDENCE_SHARE: Final = 0.4  # a further phrase is shown if it weighs at least this share of the heaviest
WORD_COST: Final = 0.005  # of the heaviest word
_WORD: Final = re.compile(r"\S+")
_SENTENCE_END: Final = re.compile(r"[.!؟…:]")


class Decoder:
    """Turns readings into tags with the labels and thresholds of one model; `of_conversations` has thresholds of its own."""

    def __init__(self, config: "TaggerShape", *, of_conversations: bool = False) -> None:
        from voc.tagging.heads import POLARITIES

        self._polarities = POLARITIES
        self._sentiments = list(config.sentiments or ())
        heads = (config.reasons, config.effort, config.loyalty, config.moves)
        self._reasons, self._effort, self._loyalty, self._moves = (list(codes or ()) for codes in heads)
        self._resolutions = [None, *(config.resolutions or ())]
        thresholds = Thresholds(config.thresholds or {}, config.conversation_thresholds or {})
        least = thresholds.of_conversation if of_conversations else thresholds.of_text
        labels = self._reasons + self._effort + self._loyalty + self._moves
        self._of_customer = len(labels) - len(self._moves)
        self._thresholds = np.array([least(label) for label in labels], dtype=np.float32)
        self._resolution_threshold = least("resolution")
        self._given_as = [(config.given_as or {}).get(code, code) for code in self._reasons]
        self._parts = [(self._reasons.index(part), self._reasons.index(whole)) for part, whole in (config.parts or {}).items()]
        self._model, self._taxonomy = config.tagger_name, config.taxonomy

    def decode(self, alignment: Alignment, reading: Reading) -> Tags:
        """The tags of a text; evidence is in characters of the text that was normalised."""
        reasons: list[Reason] = []
        effort: list[Cue] = []
        loyalty: list[Cue] = []
        words = words_of(alignment.normalised, reading.spans)
        for index in self._given(reading)[: self._of_customer].nonzero()[0]:
            score = round(float(reading.found[index]), SCORE_DIGITS)
            evidence = evidence_spans(alignment, words, reading.evidence[index])
            if index < len(self._reasons):
                polarity = self._polarities[int(reading.polarity[index].argmax())]
                reasons.append(Reason(self._given_as[index], cast(Polarity, polarity), score, evidence))
            elif index < len(self._reasons) + len(self._effort):
                effort.append(Cue(self._effort[index - len(self._reasons)], score, evidence))
            else:
                loyalty.append(Cue(self._loyalty[index - len(self._reasons) - len(self._effort)], score, evidence))
        return Tags(
            sentiment=(mood := self.mood(reading)).sentiment,
            sentiment_score=mood.score,
            reasons=clearest(reasons),
            effort=tuple(sorted(effort, key=lambda found: -found.score)),
            effort_score=effort_score(effort),
            loyalty=tuple(sorted(loyalty, key=lambda found: -found.score)),
            resolution=self._resolution(reading.resolution),
            script=script_of(alignment.source),
            model=self._model,
            taxonomy=self._taxonomy,
            sentiment_probability=round(float(reading.sentiment.max()), SCORE_DIGITS),
        )

    def mood(self, reading: Reading) -> Mood:
        """The sentiment of a customer's words."""
        sentiment = cast(Sentiment, self._sentiments[int(reading.sentiment.argmax())])
        return Mood(sentiment, self._sentiment_score(reading.sentiment))

    def moves(self, alignment: Alignment, reading: Reading) -> list[Cue]:
        """What an agent does in these words; evidence as in `decode`."""
        found = self._of_customer + self._given(reading)[self._of_customer :].nonzero()[0]
        words = words_of(alignment.normalised, reading.spans) if len(found) else None
        return [
            Cue(
                self._moves[index - self._of_customer],
                round(float(reading.found[index]), SCORE_DIGITS),
                evidence_spans(alignment, words, reading.evidence[index]),
            )
            for index in found
        ]

    def primary(self, reading: Reading) -> str | None:
        """What the customer came for, among the reasons that are given; None without any."""
        given = self._given(reading)[: len(self._reasons)]
        return self._given_as[int(np.where(given, reading.primary, -np.inf).argmax())] if given.any() else None

    def _given(self, reading: Reading) -> NDArray[np.bool_]:
        """Which labels are given; of a reason that was split its parts where it is found, itself where none of them is."""
        given: NDArray[np.bool_] = reading.found >= self._thresholds
        whole = given.copy()
        for part, of in self._parts:
            given[part] &= whole[of]
            given[of] &= not given[part]
        given[: len(self._reasons)] &= np.array([bool(code) for code in self._given_as], dtype=bool)
        return given

    def _sentiment_score(self, probabilities: Floats) -> float:
        """Expected sentiment: 1 for positive, -1 for negative, 0 for mixed and neutral."""
        share = dict(zip(self._sentiments, map(float, probabilities), strict=True))
        return round(share["positive"] - share["negative"], SCORE_DIGITS)

    def _resolution(self, probabilities: Floats) -> Resolution | None:
        if probabilities[1:].sum() < self._resolution_threshold:
            return None
        return cast(Resolution, self._resolutions[1 + int(probabilities[1:].argmax())])


def clearest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons, the surest first; of those that are given as one code the surest alone."""
    best: dict[str, Reason] = {}
    for found in sorted(reasons, key=lambda found: -found.score):
        best.setdefault(found.code, found)
    return tuple(best.values())


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, worked out once for all its labels.

    `spans` [W] are their letters in the normalised text, `small` [W] says which are function words, `word_of_token` [T] is the
    word that a token of the reading belongs to, `firsts` and `lasts` [P] are the phrases that evidence is chosen from.
    """

    spans: list[Span]
    small: NDArray[np.bool_]
    word_of_token: NDArray[np.int64]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]


def words_of(text: str, tokens: Sequence[Span]) -> Words | None:
    """The words of a normalised text whose tokens have these spans; None where it has none."""
    spans = [_letters_of(text, match.span()) for match in _WORD.finditer(text)]
    if not spans:
        return None
    starts = np.array([start for start, _ in spans])
    of_token = np.searchsorted(starts, np.array([start for start, _ in tokens], dtype=np.int64), side="right") - 1
    ends = [bool(_SENTENCE_END.search(text, before[1], word[0])) for before, word in pairwise(spans)]
    small = np.array([text[start:end] in function_words() for start, end in spans])
    return Words(spans, small, np.maximum(of_token, 0), *phrases_of(np.cumsum([0, *ends])))


def phrases_of(sentences: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last word of every run of up to `EVIDENCE_WORDS` words in one sentence; `sentences` [W] numbers each word's."""
    number = np.arange(len(sentences))
    runs = [(number[: len(number) - more], number[more:]) for more in range(min(EVIDENCE_WORDS, len(number)))]
    firsts, lasts = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    whole = sentences[firsts] == sentences[lasts]
    return firsts[whole], lasts[whole]


def evidence_spans(alignment: Alignment, words: Words | None, weights: Floats) -> tuple[Span, ...]:
    """The phrases whose tokens weigh most [T], the weightiest first, in characters of the text as given."""
    if words is None:
        return ()
    of_words = np.bincount(words.word_of_token, weights, minlength=len(words.spans)).astype(np.float64)
    telling = np.where(words.small, 0.0, of_words)
    of_words = telling if telling.max() > 0 else of_words  # where every word is a small one, the heaviest of them speaks
    chosen = heaviest_phrases(of_words, words.firsts, words.lasts)
    spans = (alignment.span(words.spans[first][0], words.spans[last][1]) for first, last in chosen)
    return tuple(span for span in spans if span[0] < span[1])


def heaviest_phrases(
    weights: NDArray[np.float64], firsts: NDArray[np.int64], lasts: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """First and last word of up to `EVIDENCE_PHRASES` phrases that do not overlap, the weightiest first.

    Every word costs a little, so that a phrase begins and ends with a word that tells.
    """
    sums = np.cumsum([0.0, *(np.maximum(weights, 0.0) - WORD_COST * abs(weights.max()))])
    worth = sums[lasts + 1] - sums[firsts]
    phrases: list[tuple[int, int]] = []
    least = -np.inf
    while len(phrases) < EVIDENCE_PHRASES:
        best = int(worth.argmax())
        if worth[best] < least or worth[best] == -np.inf:
            break
        first, last = int(firsts[best]), int(lasts[best])
        phrases.append((first, last))
        least = max(least, EVIDENCE_SHARE * float(worth[best]))
        worth[(firsts <= last) & (lasts >= first)] = -np.inf
    return phrases


def _letters_of(text: str, word: Span) -> Span:
    """A word without the marks around it, so that evidence does not end in a full stop."""
    start, end = word
    while end - start > 1 and not text[end - 1].isalnum():
        end -= 1
    while end - start > 1 and not text[start].isalnum():
        start += 1
    return (start, end)
