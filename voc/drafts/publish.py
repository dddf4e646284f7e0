"""A draft as a model: the folder of the shipped one with the new reasons' weights and the new taxonomy.

What the shipped model has learnt is copied byte for byte. VOC_MODEL=FOLDER uses the new one, and rows are tagged anew because
its name is another; VOC_MODEL set back goes back.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voc.drafts.draft import Draft
from voc.drafts.judgement import Judgement
from voc.drafts.learn import Learnt
from voc.drafts.plan import Plan
from voc.drafts.toml_text import taxonomy_toml
from voc.errors import ConflictError, InputError
from voc.report_card.fingerprint import FINGERPRINT_FILE
from voc.tagging.identity import DEFAULT_THRESHOLD, KPI_ERRORS_FILE, find_model, read_config
from voc.taxonomy import TAXONOMY_FILE

WEIGHTS_FILE: Final = "model.safetensors"
DRAFT_FILE: Final = "draft.toml"
_COPIED: Final = ("tokenizer.json", "tokenizer_config.json", FINGERPRINT_FILE)


def publish(draft: Draft, plan: Plan, learnt: Learnt, judgements: Sequence[Judgement], folder: Path) -> None:
    """Write the model folder, whole or not at all. Raises as `check_free` does."""
    check_free(folder)
    with _beside(folder) as place:
        fresh = Path(place) / folder.name
        fresh.mkdir()
        _write(draft, plan, learnt, judgements, fresh)
        fresh.rename(folder)


def check_free(folder: Path) -> None:
    """Raises ConflictError where there is something at `folder` already, InputError where nothing can be written there."""
    if folder.exists():
        taken = f"There is something at {str(folder)!r} already; give the new model a folder of its own."
        raise ConflictError(taken, field="output")
    with _beside(folder):
        pass


@contextmanager
def published_for_now(draft: Draft, plan: Plan, learnt: Learnt) -> Iterator[Path]:
    """The model folder for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as place:
        publish(draft, plan, learnt, (), Path(place) / "model")
        yield Path(place) / "model"


def _beside(folder: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=folder.parent, prefix=".publishing-")
    except OSError as error:
        raise InputError(f"Cannot write {str(folder)!r}: {error.strerror}.", field="output") from error


def _write(draft: Draft, plan: Plan, learnt: Learnt, judgements: Sequence[Judgement], folder: Path) -> None:
    shipped = find_model()
    config = read_config(shipped)
    for name in _COPIED:
        shutil.copy(shipped / name, folder / name)
    (folder / "config.json").write_text(_json(_configured(config, draft, plan)), "utf-8")
    (folder / WEIGHTS_FILE).write_bytes(_weights(shipped / WEIGHTS_FILE, learnt, config))
    _write_kpi_errors(shipped / KPI_ERRORS_FILE, folder / KPI_ERRORS_FILE)
    (folder / TAXONOMY_FILE).write_text(taxonomy_toml(plan.taxonomy), "utf-8")
    (folder / DRAFT_FILE).write_text(draft.source, "utf-8")  # the file may have gone on since
    (folder / "README.md").write_text("\n".join(_card(draft, plan, learnt, judgements, config["tagger_name"])), "utf-8")


def _configured(config: Mapping[str, Any], draft: Draft, plan: Plan) -> dict[str, Any]:
    new = [code.code for code in plan.new]
    thresholds = {name: _as_given(config.get(name) or {}, plan) for name in ("thresholds", "conversation_thresholds")}
    thresholds["thresholds"] |= dict.fromkeys(new, DEFAULT_THRESHOLD)
    return {
        **config,
        **thresholds,
        "tagger_name": config["tagger_name"] + draft.suffix,
        "taxonomy": plan.taxonomy.version,
        "reasons": [*config["reasons"], *new],
        "own_reasons": len(new),
        "given_as": dict(plan.given_as),
        "parts": dict(plan.parts),
    }


def _as_given(thresholds: Mapping[str, float], plan: Plan) -> dict[str, float]:
    """The thresholds, and those of reasons that are given as another code under that code too, by which readers know them."""
    given = {to: thresholds[code] for code, to in plan.given_as.items() if to and code in thresholds}
    return given | dict(thresholds)


def _weights(shipped: Path, learnt: Learnt, config: Mapping[str, Any]) -> bytes:
    from safetensors.numpy import load_file, save

    weights = load_file(shipped)
    if learnt.bias.size:
        heat = _temperatures(config)
        scale = heat[0]  # what is read of a reason is divided by the temperature of reasons
        own = {
            "pieces": learnt.pieces * scale,
            "found": learnt.found * scale,
            "bias": learnt.bias * scale,
            "rarity": learnt.rarity,
            "heat": heat,
        }
        weights |= {f"own.{name}": np.ascontiguousarray(values, dtype=np.float32) for name, values in own.items()}
    return bytes(save(weights, metadata={"format": "pt"}))


def _temperatures(config: Mapping[str, Any]) -> NDArray[np.float64]:
    """The temperature of each label that the network finds, in order."""
    heads, heat = ("reasons", "effort", "loyalty", "moves"), config.get("temperatures") or {}
    return np.concatenate([np.full(len(config[head]), float(heat.get(head, 1.0))) for head in heads])


def _write_kpi_errors(shipped: Path, target: Path) -> None:
    """What was measured of KPIs that a draft changes nothing of: all but those of the reasons."""
    if shipped.exists():
        measured = json.loads(shipped.read_text("utf-8"))
        kept = {name: error for name, error in measured["errors"].items() if not name.startswith("reason_")}
        target.write_text(_json(measured | {"errors": kept}), "utf-8")


def _card(draft: Draft, plan: Plan, learnt: Learnt, judgements: Sequence[Judgement], shipped: str) -> Iterator[str]:
    yield f"# {shipped}{draft.suffix}\n"
    yield f"`{shipped}` with the draft beside this file, published by `voc taxonomy publish`. VOC_MODEL=FOLDER uses it.\n"
    if plan.new:
        yield f"What is new was learnt beside {learnt.rows:,} rows.\n"
    if judgements:
        yield "| new reason | hits | near misses | precision | recall | F1, cross-validated |\n|---|--:|--:|--:|--:|--:|"
        for each in judgements:
            figures = " | ".join(f"{part.value or 0:.2f}" for part in (each.precision, each.recall))
            interval = f"{each.f1.value or 0:.2f} ({each.f1.ci_low or 0:.2f}…{each.f1.ci_high or 0:.2f})"
            yield f"| `{each.code}` | {each.hits} | {each.near_misses} | {figures} | {interval} |"
        yield ""
    for code, to in plan.given_as.items():
        yield f"- `{code}` is " + (f"given as `{to}`" if to else "not given")
    for part, whole in plan.parts.items():
        yield f"- `{part}` is a part of `{whole}`"
    yield ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
