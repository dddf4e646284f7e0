"""Which model is meant by a setting: its folder, its name and its taxonomy, without loading it.

An empty setting means the shipped model. Anything else must exist and carry our heads: nothing is ever put in its place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from voc.errors import ModelError

Precision = Literal["", "full", "half"]
"""The numbers that a network reckons in; empty for half precision on a GPU and full elsewhere."""

SHIPPED_MODEL: Final = "voc-fa-13"
MODEL_TYPE: Final = "voc-tagger"
KPI_ERRORS_FILE: Final = "kpi_errors.json"
DEFAULT_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What is stored with every tag: tags of another model or taxonomy count as missing."""

    name: str
    taxonomy: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a model gives a label: in a text, and in a whole conversation."""

    texts: Mapping[str, float] = field(default_factory=dict)
    conversations: Mapping[str, float] = field(default_factory=dict)

    def of_text(self, label: str) -> float:
        """That of a text."""
        return self.texts.get(label, DEFAULT_THRESHOLD)

    def of_conversation(self, label: str) -> float:
        """That of a conversation, where it has one of its own."""
        return self.conversations.get(label, self.of_text(label))


def model_identity(model: str = "") -> ModelIdentity:
    """The identity of `model`, from its configuration alone. Raises ModelError where it is missing or not a tagger."""
    config = read_config(find_model(model))
    return ModelIdentity(name=config["tagger_name"], taxonomy=config["taxonomy"])


def find_model(model: str = "") -> Path:
    """The folder of `model`: a path, a Hugging Face hub name, or empty for the shipped model.

    Raises ModelError that says where was looked.
    """
    if not model:
        return Path(str(files("models") / "weights" / SHIPPED_MODEL))
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if model.count("/") == 1 and not model.startswith((".", "/", "~")):
        return _from_hub(model)
    raise ModelError(
        f"VOC_MODEL: there is no folder {model!r}. Give a folder that `voc train` wrote, a hub name (owner/name),"
        " or nothing for the shipped model.",
        field="VOC_MODEL",
    )


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration in a model folder. Raises ModelError where it is missing or of another kind of model."""
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"VOC_MODEL: {folder} holds no readable config.json.", field="VOC_MODEL") from error
    if config.get("model_type") != MODEL_TYPE:
        raise ModelError(
            f"VOC_MODEL: {folder} is a {config.get('model_type', 'model of unknown type')!r} checkpoint without tagging"
            f" heads. Train heads on it first: `voc train --base {folder} --out FOLDER`, then set VOC_MODEL=FOLDER.",
            field="VOC_MODEL",
        )
    return config


def read_kpi_errors(model: str = "") -> dict[str, float]:
    """How far the model's reading lies from that of people in each KPI, as `voc evaluate --card` found; empty before."""
    path = find_model(model) / KPI_ERRORS_FILE
    if not path.exists():
        return {}
    measured: dict[str, float] = json.loads(path.read_text("utf-8"))["errors"]
    return measured


@cache
def read_thresholds(model: str = "") -> Thresholds:
    """The thresholds of a model, read once."""
    config = read_config(find_model(model))
    return Thresholds(config.get("thresholds") or {}, config.get("conversation_thresholds") or {})


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.toml"]))
    except Exception as error:
        raise ModelError(
            f"VOC_MODEL: {name!r} is neither a folder here nor a model that the hub would give"
            f" ({type(error).__name__}). Without a network, download it elsewhere and give the folder.",
            field="VOC_MODEL",
        ) from error
