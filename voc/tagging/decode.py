"""From probabilities to tags: thresholds, scores, and the words that say so."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from voc.records import Cue, Polarity, Reason, Resolution, Sentiment, Span, Tags
from voc.tagging.reading import Floats, Reading
from voc.text.align import Alignment
from voc.text.function_words import function_words
from voc.text.script import script_of

if TYPE_CHECKING:
    from voc.tagging.network import TaggerConfig

DEFAULT_THRESHOLD: Final = 0.5
EVIDENCE_WORDS: Final = 6  # a person checks a phrase, not a paragraph
EVIDENCE_PHRASES: Final = 3
EVIDENCE_SHARE: Final = 0.4  # a further phrase is shown if it weighs at least this share of the heaviest
WORD_COST: Final = 0.02  # of the heaviest word
_WORD: Final = re.compile(r"\S+")
_SENTENCE_END: Final = re.compile(r"[.!؟…:]")
_SCORE_DIGITS: Final = 3


class Decoder:
    """Turns readings into tags with the labels and thresholds of one model."""

    def __init__(self, config: "TaggerConfig") -> None:
        from voc.tagging.network import POLARITIES

        self._polarities = POLARITIES
        self._sentiments = list(config.sentiments or ())
        self._reasons, self._effort, self._loyalty = (list(x or ()) for x in (config.reasons, config.effort, config.loyalty))
        self._resolutions = [None, *(config.resolutions or ())]
        thresholds = config.thresholds or {}
        labels = self._reasons + self._effort + self._loyalty
        self._thresholds = np.array([thresholds.get(label, DEFAULT_THRESHOLD) for label in labels], dtype=np.float32)
        self._resolution_threshold = thresholds.get("resolution", DEFAULT_THRESHOLD)
        self._model, self._taxonomy = config.tagger_name, config.taxonomy

    def decode(self, alignment: Alignment, reading: Reading) -> Tags:
        """The tags of a text; evidence is in characters of the text that was normalised."""
        reasons: list[Reason] = []
        effort: list[Cue] = []
        loyalty: list[Cue] = []
        for index in np.flatnonzero(reading.found >= self._thresholds):
            score = round(float(reading.found[index]), _SCORE_DIGITS)
            evidence = evidence_spans(alignment, reading, int(index))
            if index < len(self._reasons):
                polarity = self._polarities[int(reading.polarity[index].argmax())]
                reasons.append(Reason(self._reasons[index], cast(Polarity, polarity), score, evidence))
            elif index < len(self._reasons) + len(self._effort):
                effort.append(Cue(self._effort[index - len(self._reasons)], score, evidence))
            else:
                loyalty.append(Cue(self._loyalty[index - len(self._reasons) - len(self._effort)], score, evidence))
        return Tags(
            sentiment=cast(Sentiment, self._sentiments[int(reading.sentiment.argmax())]),
            sentiment_score=self._sentiment_score(reading.sentiment),
            reasons=tuple(sorted(reasons, key=lambda found: -found.score)),
            effort=tuple(sorted(effort, key=lambda found: -found.score)),
            effort_score=effort_score(effort),
            loyalty=tuple(sorted(loyalty, key=lambda found: -found.score)),
            resolution=self._resolution(reading.resolution),
            script=script_of(alignment.source),
            model=self._model,
            taxonomy=self._taxonomy,
        )

    def _sentiment_score(self, probabilities: Floats) -> float:
        """Expected sentiment: 1 for positive, -1 for negative, 0 for mixed and neutral."""
        share = dict(zip(self._sentiments, map(float, probabilities), strict=True))
        return round(share["positive"] - share["negative"], _SCORE_DIGITS)

    def _resolution(self, probabilities: Floats) -> Resolution | None:
        if probabilities[1:].sum() < self._resolution_threshold:
            return None
        return cast(Resolution, self._resolutions[1 + int(probabilities[1:].argmax())])


def effort_score(cues: list[Cue]) -> float | None:
    """From -1 (easy) to 1 (hard): how surely some cue of hard work was found, less how surely `easy` was; None without cues."""
    if not cues:
        return None
    no_hard = np.prod([1 - cue.score for cue in cues if cue.code != "easy"])
    easy = max((cue.score for cue in cues if cue.code == "easy"), default=0.0)
    return round(float(1 - no_hard - easy), _SCORE_DIGITS)


def evidence_spans(alignment: Alignment, reading: Reading, label: int) -> tuple[Span, ...]:
    """The phrases that weigh most for a label, the weightiest first, in characters of the text as given."""
    text = alignment.normalised
    words = [_letters_of(text, match.span()) for match in _WORD.finditer(text)]
    if not words:
        return ()
    weights = _word_weights(reading, label, words)
    telling = np.where([text[start:end] in function_words() for start, end in words], 0.0, weights)
    weights = telling if telling.max() > 0 else weights  # where every word is a small one, the heaviest of them speaks
    ends = [bool(_SENTENCE_END.search(text[before[1] : word[0]])) for before, word in pairwise(words)]
    phrases = [(words[first][0], words[last][1]) for first, last in heaviest_phrases(weights, np.cumsum([0, *ends]))]
    return tuple(span for span in (alignment.span(*phrase) for phrase in phrases) if span[0] < span[1])


def heaviest_phrases(weights: Floats, sentences: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last word of each phrase, the weightiest first; a phrase lies in one sentence and no two overlap.

    `weights` [W] and `sentences` [W] are each word's weight and the number of its sentence. Every word costs a little, so
    that a phrase begins and ends with a word that tells.
    """
    free = np.ones(len(weights), dtype=bool)
    net = np.maximum(weights, 0.0) - WORD_COST * abs(weights.max())
    sums = np.cumsum([0.0, *net])
    phrases: list[tuple[int, int]] = []
    heaviest = 0.0
    while len(phrases) < EVIDENCE_PHRASES and free.any():
        best, first, last = -np.inf, 0, 0
        for length in range(1, min(EVIDENCE_WORDS, len(weights)) + 1):
            runs = sums[length:] - sums[:-length]
            whole = sentences[length - 1 :] == sentences[: len(sentences) - length + 1]
            taken = np.cumsum([0, *~free])
            runs = np.where(whole & (taken[length:] == taken[:-length]), runs, -np.inf)
            at = int(runs.argmax())
            if runs[at] > best:
                best, first, last = float(runs[at]), at, at + length - 1
        if phrases and best < EVIDENCE_SHARE * heaviest:
            break
        heaviest = max(heaviest, best)
        phrases.append((first, last))
        free[first : last + 1] = False
    return phrases


def _word_weights(reading: Reading, label: int, words: list[Span]) -> Floats:
    starts = np.array([start for start, _ in words])
    tokens = np.array([start for start, _ in reading.spans], dtype=np.int64)
    at = np.maximum(np.searchsorted(starts, tokens, side="right") - 1, 0)
    weights = np.zeros(len(words), dtype=np.float32)
    np.add.at(weights, at, reading.evidence[label])
    return weights


def _letters_of(text: str, word: Span) -> Span:
    """A word without the marks around it, so that evidence does not end in a full stop."""
    start, end = word
    while end - start > 1 and not text[end - 1].isalnum():
        end -= 1
    while end - start > 1 and not text[start].isalnum():
        start += 1
    return (start, end)
