"""Where the network runs, and in which numbers: on a GPU in half precision, on a processor in full.

Half precision on a processor (bfloat16) is faster where the processor knows it, but its last digits depend on the texts
read beside a text, so it is for those who ask for it.
"""

from typing import Final

import torch
from torch import nn

from voc.errors import ModelError
from voc.tagging.identity import Precision

HALF: Final = {"cpu": torch.bfloat16}  # of GPUs float16, which is nearer to full precision
BATCH_TOKENS: Final = 512  # of a core: in larger ones a third is padding, and they fall out of its cache (make bench)
GPU_BATCH_TOKENS: Final = 65_536


def place(network: nn.Module, device: str = "", precision: Precision = "") -> None:
    """Move the network to where it runs from now on: `device` as torch calls it, or empty for a GPU where there is one.

    An empty `precision` is half on a GPU and full elsewhere. Raises ModelError where there is no such device.
    """
    target = find_device(device)
    half = precision == "half" or (precision == "" and target.type == "cuda")
    network.to(target, HALF.get(target.type, torch.float16) if half else torch.float32)


def find_device(name: str = "") -> torch.device:
    """The device of this name; for an empty one a GPU that torch can use, or this processor."""
    if not name:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        at_hand = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
        raise ModelError(
            f"VOC_DEVICE: torch cannot run on {name!r} here; it can on {', '.join(at_hand)}.",
            field="VOC_DEVICE",
            options=tuple(at_hand),
        ) from error
    return device


def batch_tokens(device: torch.device) -> int:
    """How many tokens are best read at once there, with their padding."""
    return BATCH_TOKENS if device.type == "cpu" else GPU_BATCH_TOKENS
