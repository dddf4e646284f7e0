"""The whole road in minutes, in seconds: without the card, with the packages alone that its machine has."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models import on_card, pretrain, tune
from models.examples import Labels, from_taxonomy, labels_hash
from models.on_card import read_examples, read_opinions, write_examples, write_opinions
from models.teach import Opinion
from models.tokenizer import load_tokenizer
from tests.test_training import corpora, labels  # noqa: F401  fixtures
from voc.tagging import load_tagger
from voc.tagging.identity import find_model
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.model  # loads torch and hazm, trains for some seconds

NOT_THERE = ("hazm", "duckdb", "pyarrow", "polars", "pydantic", "fastapi", "jdatetime", "typer")
WITHOUT = (
    f"NOT_THERE = {NOT_THERE!r}"
    + """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in NOT_THERE:
            raise ModuleNotFoundError(f"no {name} here")
sys.meta_path.insert(0, Missing())
from pathlib import Path
from models.on_card import Learning
tiny = {"shape": (1, 64), "step_tokens": 1024, "batch_texts": 32}
Learning(Path(sys.argv[1]), Path(sys.argv[2]), "cpu", workers=0, minutes=0.3, **tiny).run()
"""
)


def test_what_is_learnt_on_a_card_serves_here(
    corpora: Path,  # noqa: F811
    labels: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given, out = tmp_path / "card", tmp_path / "learnt"
    on_card.main(["prepare", "--corpora", str(corpora), "--labels", str(labels), "--out", str(given)])
    shutil.rmtree(given / "texts")  # is not sent along
    subprocess.run([sys.executable, "-c", WITHOUT, str(given), str(out)], check=True, timeout=300)
    assert {each.name for each in out.iterdir()} == {"encoder", "first", "second"}
    tune.main([str(out / "second"), "--corpora", str(corpora), "--labels", str(labels), "--name", "from-a-card"])
    assert load_tagger(str(out / "second")).tag(["سفارشم دیر رسید"])[0].model == "from-a-card"
    config = json.loads((out / "second" / "config.json").read_text("utf-8"))
    assert config["thresholds"]["delivery.time"] > 0
    assert config["data_hash"] == labels_hash(labels)


def test_examples_are_kept_whole(tmp_path: Path) -> None:
    targets = Labels(load_taxonomy())
    examples = from_taxonomy(load_taxonomy(), targets)[:5]
    write_examples(tmp_path / "examples.npz", examples)
    again = read_examples(tmp_path / "examples.npz")
    for one, other in zip(examples, again, strict=True):
        assert (one.text, one.words, one.context, one.primary) == (other.text, other.words, other.context, other.primary)
        assert all((getattr(one, name) == getattr(other, name)).all() for name in on_card.ARRAYS)


def test_opinions_are_kept_to_a_byte(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    opinion = Opinion(*(random.random(size).astype(np.float16) for size in (4, 45, (30, 3), 3)))
    write_opinions(tmp_path / "opinions.npz", [None, opinion, None])
    before, again, after = read_opinions(tmp_path / "opinions.npz")
    assert before is after is None
    assert again is not None
    for name in Opinion.__dataclass_fields__:
        assert np.abs(getattr(opinion, name) - getattr(again, name)).max() <= 1 / 400


def test_what_is_learnt_stays_under_40_mb() -> None:
    encoder = pretrain.encoder_config(load_tokenizer(find_model())).to_dict()
    with torch.device("meta"):
        network = TaggerNetwork(TaggerConfig(encoder=encoder, **Labels(load_taxonomy()).heads))
    assert 30e6 < 2 * sum(each.numel() for each in network.parameters()) < 40e6
