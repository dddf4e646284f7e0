"""The network as the service reads with it: the shipped encoder in torch alone, and the heads; it does not learn.

Its linear layers, which take four fifths of the time, are computed by oneDNN where the processor has AVX-512: there it is more
than twice as fast on AMD's processors as MKL, which torch takes otherwise, and as fast on Intel's.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from voc.tagging.encoder import Encoder
from voc.tagging.heads import Heads, TaggerOutput
from voc.tagging.shape import TaggerShape


class ReaderNetwork(Heads):
    """A tagger that reads; the same numbers as `TaggerNetwork`, and the same names of weights."""

    def __init__(self, shape: TaggerShape) -> None:
        super().__init__()
        self.config = shape
        encoder = shape.encoder or {}
        self.encoder = Encoder(encoder)
        self.add_heads(shape, encoder["hidden_size"], encoder["vocab_size"])

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.query.device

    @property
    def dtype(self) -> torch.dtype:
        """In which numbers."""
        return self.query.dtype

    def forward(self, input_ids: Tensor, attention_mask: Tensor, context: Tensor | None = None) -> TaggerOutput:
        """Logits and evidence for token ids [B, T] and their mask [B, T] (1 where there is a token).

        `context` [B, T] is 1 where a token is context only: its evidence is 0.
        """
        speaks = attention_mask if context is None else attention_mask * (1 - context)
        words = self.encoder.get_input_embeddings()(input_ids)
        if context is not None:
            words = words + context[:, :, None].to(words.dtype) * self.context
        return self.judge(self.encoder(words, attention_mask), speaks, input_ids)


class PackedLinear(nn.Module):
    """A linear layer that reads, its weights laid out as oneDNN wants them."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)
        self._bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs [..., out] of inputs [..., in]."""
        outputs: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, self._weight, self._bias, "none", [], "")
        return outputs


def read_network(folder: Path, shape: TaggerShape) -> tuple[ReaderNetwork, list[str]]:
    """The network with the weights of a folder in full precision, and the names of those that it lacks.

    Raises OSError, ValueError or RuntimeError where they cannot be read or are of another shape.
    """
    network = ReaderNetwork(shape)
    try:
        weights = {name: each.float() for name, each in load_file(folder / "model.safetensors").items()}
    except SafetensorError as error:
        raise ValueError(f"model.safetensors is damaged: {error}") from error
    missing, _ = network.load_state_dict(weights, strict=False, assign=True)
    network.requires_grad_(False)
    return network, missing


def pack(network: nn.Module) -> None:
    """Have oneDNN compute the linear layers where that is faster. They stay on this processor from then on."""
    if not (torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"):
        return
    for module, name, layer in _linear_layers(network):
        setattr(module, name, PackedLinear(layer))


def _linear_layers(network: nn.Module) -> Iterable[tuple[nn.Module, str, nn.Linear]]:
    found = [(module, name, child) for module in network.modules() for name, child in module.named_children()]
    return [(module, name, child) for module, name, child in found if isinstance(child, nn.Linear)]
