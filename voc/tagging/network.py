"""The network: any Hugging Face encoder, and on it one attention for each label.

Label-wise attention (Mullenbach et al. 2018, arXiv 1802.05695) lets each label look at its own words. Reasons and cues have
a linear output, so that a label's logit is a sum over the words, and each word's part in it is the evidence: no second
pass, no guess. Sentiment and resolution are verdicts on the whole text: a small network weighs what their own attention
saw together with the reasons, polarities and cues that were found, because praise and blame side by side are neither.

Of a conversation the agent's words are read too, as context: the encoder knows them by a vector of their own, and no label
looks at them, so what is found is found in the customer's words.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from voc.tagging.identity import MODEL_TYPE
from voc.tagging.own import OwnReasons

POLARITIES = ("negative", "positive", "neutral")
OWN_PULL = 4.0  # looking where the evidence is judges 0.86 of polarities right in test_own; 0.81 without, 0.87 with own queries


class TaggerConfig(PreTrainedConfig):
    """An encoder's configuration, the labels of the heads in order, and what was settled on held-out labels.

    `thresholds` maps a label to the probability from which it is given; `temperatures` divides the logits of a head. The last
    `own_reasons` of the reasons are an organisation's own. `given_as` maps a reason to the code that it is given as, empty for
    one that is not given, and `parts` maps a reason to the one that it is a part of (`voc.drafts`).
    """

    model_type = MODEL_TYPE

    encoder: dict[str, Any] | None = None
    tagger_name: str = "unnamed"
    taxonomy: str = ""
    normaliser: str = ""
    data_hash: str = ""
    sentiments: list[str] | None = None
    reasons: list[str] | None = None
    effort: list[str] | None = None
    loyalty: list[str] | None = None
    moves: list[str] | None = None
    resolutions: list[str] | None = None
    thresholds: dict[str, float] | None = None
    temperatures: dict[str, float] | None = None
    window_tokens: int = 128  # as long as the chunks of pre-training: in longer windows one clause among many is overlooked
    conversation_tokens: int = 256  # both sides together: most conversations whole, with what was asked and how it ended
    conversation_thresholds: dict[str, float] | None = None
    own_reasons: int = 0
    given_as: dict[str, str] | None = None
    parts: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TaggerOutput:
    """Logits of a batch of B texts of T tokens.

    `sentiment` [B, sentiments], `reasons` [B, R], `polarity` [B, R, 3], `primary` [B, R], `effort` [B, E], `loyalty` [B, L],
    `moves` [B, M], `resolution` [B, 1 + resolutions] (first: none), `evidence` [B, R + E + L + M, T]: each token's part in
    its label's logit. Moves are what an agent does, so they are asked of an agent's words, and all the rest of a customer's.
    `primary` is compared among the reasons of a conversation: the one that the customer came for.
    """

    sentiment: Tensor
    reasons: Tensor
    polarity: Tensor
    primary: Tensor
    effort: Tensor
    loyalty: Tensor
    moves: Tensor
    resolution: Tensor
    evidence: Tensor


class TaggerNetwork(PreTrainedModel):
    """The multi-task tagger; `from_pretrained` and `save_pretrained` are those of transformers."""

    config_class = TaggerConfig
    config: TaggerConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__(config)
        encoder = dict(config.encoder or {})
        self.encoder = AutoModel.from_config(AutoConfig.for_model(encoder.pop("model_type"), **encoder))
        hidden = self.encoder.config.hidden_size
        self.sizes = [
            len(config.reasons or ()) - config.own_reasons,
            len(config.effort or ()),
            len(config.loyalty or ()),
            len(config.moves or ()),
            len(config.sentiments or ()),
            1 + len(config.resolutions or ()),
        ]
        self.found = sum(self.sizes[:4])
        reasons, effort, loyalty, _, sentiments, resolutions = self.sizes
        context = reasons * len(POLARITIES) + effort + loyalty
        self.query = nn.Parameter(torch.empty(sum(self.sizes), hidden))
        self.weight = nn.Parameter(torch.empty(self.found, hidden))
        self.bias = nn.Parameter(torch.empty(self.found))
        self.context = nn.Parameter(torch.empty(hidden))
        self.polarity = _judge(hidden, hidden, len(POLARITIES))
        self.primary = _judge(hidden, hidden, 1)
        self.sentiment = _judge(sentiments * hidden + context, hidden, sentiments)
        self.resolution = _judge(resolutions * hidden + context, hidden, resolutions)
        self.dropout = nn.Dropout(0.1)
        if config.own_reasons:
            self.own = OwnReasons(self.encoder.config.vocab_size, self.found, config.own_reasons)
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
        hidden: Tensor = self.encoder(inputs_embeds=words, attention_mask=attention_mask).last_hidden_state
        return hidden

    def judge(self, hidden: Tensor, speaks: Tensor, input_ids: Tensor | None = None) -> TaggerOutput:
        """Logits and evidence for encoded tokens [B, T, hidden]; `speaks` [B, T] is 0 where labels do not look.

        Own reasons look at the words themselves, so that without `input_ids` [B, T] they are left out.
        """
        hidden = self.dropout(hidden)
        focus = torch.einsum("btd,ld->blt", hidden, self.query) * hidden.shape[-1] ** -0.5
        focus = focus.masked_fill(speaks[:, None, :] == 0, torch.finfo(focus.dtype).min).softmax(-1)
        evidence = focus[:, : self.found] * torch.einsum("btd,ld->blt", hidden, self.weight)
        found = evidence.sum(-1) + self.bias
        seen = torch.einsum("blt,btd->bld", focus, hidden)
        of_reasons, of_sentiment, of_resolution = seen.split([self.found, *self.sizes[4:]], dim=1)
        polarity = self.polarity(of_reasons[:, : self.sizes[0]])
        primary = self.primary(of_reasons[:, : self.sizes[0]]).squeeze(-1)
        reasons, effort, loyalty, moves = found.split(self.sizes[:4], dim=1)
        polarised = reasons.sigmoid()[:, :, None] * polarity.softmax(-1)
        context = torch.cat([polarised.flatten(1), effort.sigmoid(), loyalty.sigmoid()], dim=1).detach()
        if self.config.own_reasons and input_ids is not None:
            own, of_own = self.own(input_ids, speaks, found, focus[:, : self.found])
            seen_by_own = self._seen_by_own(hidden, speaks, of_own)
            reasons = torch.cat([reasons, own], dim=1)
            polarity = torch.cat([polarity, self.polarity(seen_by_own)], dim=1)
            primary = torch.cat([primary, self.primary(seen_by_own).squeeze(-1)], dim=1)
            evidence = torch.cat([evidence[:, : self.sizes[0]], of_own, evidence[:, self.sizes[0] :]], dim=1)
        return TaggerOutput(
            sentiment=self.sentiment(torch.cat([of_sentiment.flatten(1), context], dim=1)),
            reasons=reasons,
            polarity=polarity,
            primary=primary,
            effort=effort,
            loyalty=loyalty,
            moves=moves,
            resolution=self.resolution(torch.cat([of_resolution.flatten(1), context], dim=1)),
            evidence=evidence,
        )

    def _seen_by_own(self, hidden: Tensor, speaks: Tensor, evidence: Tensor) -> Tensor:
        """What reasons of one's own see [B, C, hidden]: what any reason looks for, where their evidence [B, C, T] is."""
        look = (hidden @ self.query[: self.sizes[0]].mean(0)) * hidden.shape[-1] ** -0.5
        strongest = evidence.amax(-1, keepdim=True).clamp(min=1e-6)
        focus = look[:, None, :] + OWN_PULL * evidence.clamp(min=0) / strongest
        focus = focus.masked_fill(speaks[:, None, :] == 0, torch.finfo(focus.dtype).min).softmax(-1)
        seen: Tensor = focus @ hidden
        return seen


def _judge(inside: int, hidden: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, hidden), nn.GELU(), nn.Dropout(0.1), nn.Linear(hidden, outside))
