"""What classic learning makes of labels alone: TF-IDF of words and pieces of words, and a logistic regression for each label.

Its thresholds are set as a careful person would, by cross-validation, so that a few labels are not held against it.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union

from voc.report_card.figures import Bools, Ints, micro_f1

FOLDS: Final = 5
THRESHOLDS: Final = np.arange(0.02, 0.6, 0.02)
STRENGTH: Final = 10.0  # inverse of the penalty: the best of 1, 10 and 100 by cross-validation on 1,000 labels


@dataclass(frozen=True, slots=True)
class BagOfWords:
    """A regression for labels of which a text may have several, with a threshold, and one for the class that it has."""

    labels: Any
    threshold: float
    classes: Any

    def found(self, texts: Sequence[str]) -> Bools:
        """Which labels it gives [N, L]."""
        given: Bools = self.labels.predict_proba(texts) >= self.threshold
        return given

    def classed(self, texts: Sequence[str]) -> Ints:
        """The class of each text [N]."""
        classes: Ints = self.classes.predict(texts)
        return classes


def learn(texts: Sequence[str], found: Bools, classes: Ints) -> BagOfWords:
    """What these texts teach with their labels [N, L] and classes [N]."""
    several = make_pipeline(_features(), OneVsRestClassifier(LogisticRegression(C=STRENGTH, max_iter=1_000)))
    one = make_pipeline(_features(), LogisticRegression(C=STRENGTH, max_iter=1_000))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Label .* present in all training examples")  # of a few texts, no wonder
        folds = KFold(FOLDS, shuffle=True, random_state=0)
        probabilities = cross_val_predict(several, texts, found, cv=folds, method="predict_proba")
        several.fit(texts, found)
    best = max(THRESHOLDS, key=lambda threshold: micro_f1(probabilities >= threshold, found))
    return BagOfWords(several, float(best), one.fit(texts, classes))


def _features() -> Any:
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
