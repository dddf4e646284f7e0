"""The learning curve of an unseen domain: what stands beside the tagger, and how draws are put together."""

import numpy as np
import pytest

from models.bag_of_words import learn
from models.domain_curve import DOMAINS, DRAWS, WAYS, Text, _score, places
from models.examples import Labels
from tests.fakes import FakeTagger
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.model  # loads torch and scikit-learn


def test_a_bag_of_words_learns_what_words_tell() -> None:
    late = ["خیلی دیر رسید", "دیر آوردن", "پیک دیر اومد", "باز هم دیر شد"]
    dear = ["خیلی گرون بود", "چقدر گرونه", "گرون فروشی", "گرون شده"]
    found = np.array([[True, False]] * 12 + [[False, True]] * 12)
    bag = learn(late * 3 + dear * 3, found, np.array([0] * 12 + [1] * 12))
    assert bag.found(["غذا دیر رسید", "کفشش گرون بود"]).tolist() == [[True, False], [False, True]]
    assert bag.classed(["غذا دیر رسید", "کفشش گرون بود"]).tolist() == [0, 1]


def test_a_label_that_no_text_has_is_not_given() -> None:
    texts = [f"سفارش {number} دیر رسید" for number in range(10)]
    found = np.array([[True, False]] * 8 + [[False, False]] * 2)
    bag = learn(texts, found, np.arange(10) % 2)
    assert not bag.found(texts)[:, 1].any()


def test_every_way_is_asked_at_every_size() -> None:
    points = list(places())
    assert len(set(map(str, points))) == len(points) == len(DOMAINS) * (1 + len(DRAWS) * (len(WAYS) - 1))


def test_a_figure_is_that_of_all_draws_together() -> None:
    blank = Labels(load_taxonomy()).blank("دیر رسید")
    texts = [Text("telecom", "dev", {"reasons": {"delivery.time": "negative"}, "sentiment": "negative"}, blank)] * 2
    right, wrong = FakeTagger().tag(["دیر رسید", "عالی"])
    score = _score("reasons micro F1", texts, [[right, right], [right, wrong]])
    assert score["draws"] == [1.0, round(2 / 3, 4)]
    assert score["value"] == round(6 / 7, 4)
    assert score["low"] <= score["value"] <= score["high"]
