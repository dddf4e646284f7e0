"""The network and the tokenizer of a model folder, ready to read."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from voc.errors import ModelError
from voc.tagging.device import place
from voc.tagging.encoder import can_read
from voc.tagging.identity import Precision, read_config
from voc.tagging.reader import ReaderNetwork, pack, read_network
from voc.tagging.shape import TaggerShape
from voc.tagging.tokenizer import TextTokenizer

if TYPE_CHECKING:
    from voc.tagging.network import TaggerNetwork

MISSING_SHOWN: Final = 3


def load_parts(
    folder: Path, device: str = "", precision: Precision = ""
) -> "tuple[ReaderNetwork | TaggerNetwork, TextTokenizer]":
    """The network on its device, and the tokenizer. Raises ModelError where the folder does not hold all of both."""
    shape = TaggerShape.of(read_config(folder))
    network: ReaderNetwork | TaggerNetwork
    try:
        known = can_read(shape.encoder or {}) and (folder / "model.safetensors").is_file()
        network, missing = read_network(folder, shape) if known else _by_transformers(folder)
        tokenizer = TextTokenizer(folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"VOC_MODEL: {folder} cannot be loaded: {error}", field="VOC_MODEL") from error
    if missing:
        lacking = ", ".join(sorted(missing)[:MISSING_SHOWN])
        raise ModelError(f"VOC_MODEL: {folder} lacks the weights {lacking} of this release; train it anew.", field="VOC_MODEL")
    network.train(mode=False)
    place(network, device, precision)
    if network.device.type == "cpu":
        pack(network)
    return network, tokenizer


def _by_transformers(folder: Path) -> "tuple[TaggerNetwork, list[str]]":
    from transformers import logging

    from voc.tagging.network import TaggerNetwork

    logging.disable_progress_bar()
    found: Any = TaggerNetwork.from_pretrained(folder, local_files_only=True, dtype=torch.float32, output_loading_info=True)
    return found[0], list(found[1]["missing_keys"])
