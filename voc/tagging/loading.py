"""The network and the tokenizer of a model folder, ready to read."""

from pathlib import Path
from typing import Any, Final

import torch
from transformers import PreTrainedTokenizerFast, logging

from voc.errors import ModelError
from voc.tagging.device import Precision, place
from voc.tagging.network import TaggerNetwork
from voc.tagging.windows import Tokenizer

MISSING_SHOWN: Final = 3


def load_parts(folder: Path, device: str = "", precision: Precision = "") -> tuple[TaggerNetwork, Tokenizer]:
    """The network on its device, and the tokenizer. Raises ModelError where the folder does not hold all of both."""
    logging.disable_progress_bar()
    try:
        found: Any = TaggerNetwork.from_pretrained(folder, local_files_only=True, dtype=torch.float32, output_loading_info=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"VOC_MODEL: {folder} cannot be loaded: {error}", field="VOC_MODEL") from error
    network: TaggerNetwork = found[0]
    if missing := sorted(found[1]["missing_keys"]):
        lacking = ", ".join(missing[:MISSING_SHOWN])
        raise ModelError(f"VOC_MODEL: {folder} lacks the weights {lacking} of this release; train it anew.", field="VOC_MODEL")
    network.train(mode=False)
    place(network, device, precision)
    return network, tokenizer
