"""The taxonomy file keeps its promises: every code has a meaning in two languages, hits beside near misses."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from voc.errors import InputError
from voc.tagging.identity import find_model
from voc.taxonomy import TAXONOMY_FILE, Code, load_taxonomy

TAXONOMY = load_taxonomy()


def test_counts_and_unique_codes() -> None:
    kinds = (TAXONOMY.sentiments, TAXONOMY.reasons, TAXONOMY.effort, TAXONOMY.loyalty, TAXONOMY.moves)
    assert [len(kind) for kind in kinds] == [4, 30, 10, 5, 11]
    assert len({code.code for code in TAXONOMY.codes}) == len(TAXONOMY.codes)


@pytest.mark.parametrize("code", TAXONOMY.codes, ids=lambda code: code.code)
def test_every_code_is_defined_and_shown(code: Code) -> None:
    assert len(code.hits) >= 5
    assert len(code.near_misses) >= 3
    assert code.fa
    assert code.en
    assert re.search("[آ-ی]", code.definition_fa)
    assert re.search("[a-z]", code.definition_en)
    assert not set(code.hits) & {miss.text for miss in code.near_misses}


def test_every_reason_has_a_known_group_and_no_group_is_empty() -> None:
    assert {reason.code.split(".")[0] for reason in TAXONOMY.reasons} == {group.code for group in TAXONOMY.groups}


def test_directions() -> None:
    assert {cue.code: cue.direction for cue in TAXONOMY.effort if cue.direction != "hard"} == {"easy": "easy"}
    leaving = {cue.code for cue in TAXONOMY.loyalty if cue.direction == "leaving"}
    assert leaving == {"churn_intent", "warn_others"}


def test_an_unknown_reason_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"delivery\.tme") as caught:
        TAXONOMY.get_reason("delivery.tme")
    assert "delivery.time" in caught.value.options


def test_a_model_of_the_hub_brings_its_taxonomy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    def download(name: str, allow_patterns: list[str]) -> str:
        held = ["config.json", "model.safetensors", "pytorch_model.bin", TAXONOMY_FILE]
        for file in held:
            if any(fnmatch(file, pattern) for pattern in allow_patterns):
                (tmp_path / file).write_text(name)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    folder = find_model("sherkat/voc-own")
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", TAXONOMY_FILE}
