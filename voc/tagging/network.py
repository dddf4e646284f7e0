"""The network as it learns, and as any encoder reads: one of Hugging Face, and on it one attention for each label.

Of a conversation the agent's words are read too, as context: the encoder knows them by a vector of their own, and no label
looks at them, so what is found is found in the customer's words.
"""

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from voc.tagging.heads import POLARITIES, Heads, TaggerOutput
from voc.tagging.identity import MODEL_TYPE
from voc.tagging.shape import TaggerShape

__all__ = ["POLARITIES", "TaggerConfig", "TaggerNetwork", "TaggerOutput"]


class TaggerConfig(TaggerShape, PreTrainedConfig):
    """A tagger's shape as transformers reads and writes it."""

    model_type = MODEL_TYPE


class TaggerNetwork(Heads, PreTrainedModel):
    """The multi-task tagger; `from_pretrained` and `save_pretrained` are those of transformers."""

    config_class = TaggerConfig
    config: TaggerConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__(config)
        encoder = dict(config.encoder or {})
        self.encoder = AutoModel.from_config(AutoConfig.for_model(encoder.pop("model_type"), **encoder))
        self.add_heads(config, self.encoder.config.hidden_size, self.encoder.config.vocab_size)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if module is self:
            nn.init.normal_(self.query, std=0.02)
            nn.init.normal_(self.weight, std=0.02)
            nn.init.zeros_(self.bias)
            nn.init.zeros_(self.context)
        elif isinstance(module, nn.Linear):
            module.reset_parameters()

    def forward(self, input_ids: Tensor, attention_mask: Tensor, context: Tensor | None = None) -> TaggerOutput:
        """Logits and evidence for token ids [B, T] and their mask [B, T] (1 where there is a token).

        `context` [B, T] is 1 where a token is context only: its evidence is 0.
        """
        speaks = attention_mask if context is None else attention_mask * (1 - context)
        return self.judge(self.encode(input_ids, attention_mask, context), speaks, input_ids)

    def encode(self, input_ids: Tensor, attention_mask: Tensor, context: Tensor | None = None) -> Tensor:
        """The tokens [B, T, hidden] as the encoder understands them."""
        words = self.encoder.get_input_embeddings()(input_ids)
        if context is not None:
            words = words + context[:, :, None].to(words.dtype) * self.context
        seen = sight(self.encoder.config, attention_mask) if attention_mask.is_cuda else attention_mask
        hidden: Tensor = self.encoder(inputs_embeds=words, attention_mask=seen).last_hidden_state
        return hidden


def sight(shape: PreTrainedConfig, attention_mask: Tensor) -> Tensor | dict[str, Tensor]:
    """Which tokens each token sees [B, 1, T, T], by kind of layer of a ModernBERT; for any other encoder the mask [B, T].

    Far behind a short text no token is near: padding that sees nothing becomes no number on a card, and spreads from there.
    So it sees itself.
    """
    if shape.model_type != "modernbert":
        return attention_mask
    tokens = attention_mask.shape[1]
    place = torch.arange(tokens, device=attention_mask.device)
    apart = (place[:, None] - place).abs()
    real = attention_mask[:, None, None, :].bool()
    return {
        "full_attention": real.expand(-1, 1, tokens, -1),
        "sliding_attention": (real & (apart <= shape.local_attention // 2)) | (apart == 0),
    }
