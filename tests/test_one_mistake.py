"""Ten corrections of one mistake change its fate, and nothing else; `tests/benchmarks/one_mistake.py` measures it at length."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models import retrain
from models.corrected import Row, blank_of, example_of
from models.examples import Labels, from_taxonomy
from models.known import Teacher, own_texts
from models.tokenizer import load_tokenizer
from tests.mistakes import MISTAKES
from voc.corrections.statement import read_statement
from voc.tagging.identity import find_model
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.model  # learns for ten seconds and more


def test_ten_corrections_change_the_fate_of_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels, mistake = Labels(load_taxonomy()), MISTAKES["no cash"]
    own = [labels.blank(each.text) for each in from_taxonomy(load_taxonomy(), labels)] + own_texts(labels)[:600]
    monkeypatch.setattr(retrain, "KNOWN", 1_200)
    monkeypatch.setattr(retrain, "own_texts", lambda _: own)
    network, tokenizer = retrain.load_network(find_model()), load_tokenizer(find_model())
    order = np.random.default_rng(0).permutation(len(mistake.texts))
    learnt, held_out = ([mistake.texts[at] for at in part] for part in (order[:10], order[10:]))
    said = (read_statement({"add": {"reasons": {mistake.code: "negative"}}}),)
    corrected = [example_of(Row(text, said=said), labels) for text in learnt]
    with Path("data/samples/feedback.csv").open(encoding="utf-8-sig") as lines:
        others = [blank_of(Row(row["متن"]), labels) for row in csv.DictReader(lines)]
    tuned = retrain.retrain(network, tokenizer, corrected, others, tmp_path / "x.pt", seed=1, encoder_learns=False)
    before, after = Teacher(network, tokenizer, labels), Teacher(tuned, tokenizer, labels)
    at = labels.found.index(mistake.code)

    def given(teacher: Teacher, texts: Sequence[str]) -> int:
        read = [blank_of(Row(text), labels) for text in texts]
        return sum(teacher.gives(*pair)[at] for pair in zip(read, teacher.read(read), strict=True))

    assert [given(before, mistake.texts), given(before, mistake.near)] == [0, 0]
    assert given(after, learnt) >= 9
    assert given(after, held_out) >= 3  # of six, in so short a course
    assert given(after, mistake.near) <= 1
    for one, two in zip(before.read(others), after.read(others), strict=True):
        assert np.allclose(np.delete(one.found, at), np.delete(two.found, at), atol=1e-6)
