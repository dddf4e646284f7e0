"""ModernBERT's encoder (Warner et al. 2024, arXiv 2412.13663) as it reads, in torch alone.

Importing that of transformers takes longer than tagging a hundred texts. Its weights have the same names here, and
`tests/test_reader.py` holds the two to the same numbers.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

_NEEDED: Final = (
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "layer_types",
    "rope_parameters",
    "local_attention",
)


def can_read(encoder: Mapping[str, Any]) -> bool:
    """Whether an encoder of this configuration is one that `Encoder` knows."""
    return (
        encoder.get("model_type") == "modernbert"
        and all(name in encoder for name in _NEEDED)
        and encoder.get("hidden_activation") == "gelu"
        and not any(encoder.get(name) for name in ("attention_bias", "mlp_bias", "norm_bias"))
        and all(rope["rope_type"] == "default" for rope in encoder["rope_parameters"].values())
    )


class Encoder(nn.Module):
    """Tokens as ModernBERT understands them."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        hidden, epsilon = shape["hidden_size"], shape["norm_eps"]
        self.embeddings = nn.ModuleDict(
            {
                "tok_embeddings": nn.Embedding(shape["vocab_size"], hidden),
                "norm": nn.LayerNorm(hidden, eps=epsilon, bias=False),
            }
        )
        self.layers = nn.ModuleList(
            Layer(hidden, shape["intermediate_size"], shape["num_attention_heads"], epsilon, first=number == 0)
            for number in range(len(shape["layer_types"]))
        )
        self.final_norm = nn.LayerNorm(hidden, eps=epsilon, bias=False)
        self._kinds = tuple(shape["layer_types"])
        self._bases = {kind: rope["rope_theta"] for kind, rope in shape["rope_parameters"].items()}
        self._reach = shape["local_attention"] // 2
        self._head = hidden // shape["num_attention_heads"]

    def get_input_embeddings(self) -> nn.Module:
        """What pieces are taken for before anything around them is seen."""
        return self.embeddings["tok_embeddings"]

    def forward(self, words: Tensor, attention_mask: Tensor) -> Tensor:
        """The tokens [B, T, hidden] from their embeddings [B, T, hidden] and mask [B, T] (1 where there is a token)."""
        hidden: Tensor = self.embeddings["norm"](words)
        masks = self._masks(attention_mask, hidden.dtype)
        turns = {kind: self._turns(base, hidden) for kind, base in self._bases.items()}
        for layer, kind in zip(self.layers, self._kinds, strict=True):
            hidden = layer(hidden, masks[kind], *turns[kind])
        return self.final_norm(hidden)  # type: ignore[no-any-return]

    def _masks(self, attention_mask: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        """What is added to the attention of a token to another [B, 1, T, T]: everything in sight, or what is near as well.

        Far behind a short text no token is near. So padding sees itself: of nothing it would become no number, and spread.
        """
        tokens = attention_mask.shape[1]
        hidden = attention_mask[:, None, None, :].eq(0).expand(-1, 1, tokens, -1)
        masks = {"full_attention": hidden, "sliding_attention": hidden}
        if tokens > self._reach + 1:
            place = torch.arange(tokens, device=hidden.device)
            apart = (place[:, None] - place).abs()
            masks["sliding_attention"] = (hidden | (apart > self._reach)) & (apart > 0)
        never = torch.finfo(dtype).min
        return {kind: torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, never) for kind, mask in masks.items()}

    def _turns(self, base: float, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [T, 1, 1, head / 2] of the angles that rotary positions turn by."""
        steps = torch.arange(0, self._head, 2, dtype=torch.float32, device=hidden.device) / self._head
        angles = torch.arange(hidden.shape[1], dtype=torch.float32, device=hidden.device)[:, None] / base**steps
        return angles.cos()[:, None, None, :].to(hidden.dtype), angles.sin()[:, None, None, :].to(hidden.dtype)


class Layer(nn.Module):
    """Attention and a gated network, each added to what came in."""

    def __init__(self, hidden: int, inside: int, heads: int, epsilon: float, *, first: bool) -> None:
        super().__init__()
        self.attn_norm = nn.Identity() if first else nn.LayerNorm(hidden, eps=epsilon, bias=False)
        self.attn = nn.ModuleDict(
            {"Wqkv": nn.Linear(hidden, 3 * hidden, bias=False), "Wo": nn.Linear(hidden, hidden, bias=False)}
        )
        self.mlp_norm = nn.LayerNorm(hidden, eps=epsilon, bias=False)
        self.mlp = nn.ModuleDict({"Wi": _linear(hidden, 2 * inside), "Wo": _linear(inside, hidden)})
        self._heads = heads

    def forward(self, hidden: Tensor, mask: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        """The tokens [B, T, hidden] after this layer."""
        batch, tokens, size = hidden.shape
        asked = self.attn["Wqkv"](self.attn_norm(hidden)).view(batch, tokens, 3, self._heads, -1)
        left, right = asked[:, :, :2].chunk(2, dim=-1)
        turned = torch.cat((left * cosines - right * sines, right * cosines + left * sines), dim=-1)
        query, key, value = (each.transpose(1, 2) for each in (turned[:, :, 0], turned[:, :, 1], asked[:, :, 2]))
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        hidden = hidden + self.attn["Wo"](seen.transpose(1, 2).reshape(batch, tokens, size))
        said, gate = self.mlp["Wi"](self.mlp_norm(hidden)).chunk(2, dim=-1)
        return hidden + self.mlp["Wo"](functional.gelu(said) * gate)  # type: ignore[no-any-return]


def _linear(inside: int, outside: int) -> nn.Linear:
    return nn.Linear(inside, outside, bias=False)
