"""The heads of the network: one attention for each label.

Label-wise attention (Mullenbach et al. 2018, arXiv 1802.05695) lets each label look at its own words. Reasons and cues have
a linear output, so that a label's logit is a sum over the words, and each word's part in it is the evidence: no second
pass, no guess. Sentiment and resolution are verdicts on the whole text: a small network weighs what their own attention
saw together with the reasons, polarities and cues that were found, because praise and blame side by side are neither.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from voc.tagging.own import OwnReasons
from voc.tagging.shape import TaggerShape

POLARITIES = ("negative", "positive", "neutral")
OWN_PULL = 2.5  # looking where the evidence is; by `models.benchmarks.own_polarity`, 0.94 of dev right, as with own queries


@dataclass(frozen=True, slots=True)
class TaggerOutput:
    """Logits of a batch of B texts of T tokens.

    `sentiment` [B, sentiments], `reasons` [B, R], `polarity` [B, R, 3], `primary` [B, R], `effort` [B, E], `loyalty` [B, L],
    `moves` [B, M], `resolution` [B, 1 + resolutions] (first: none), `evidence` [B, R + E + L + M, T]: each token's part in
    its label's logit. Moves are what an agent does, so they are asked of an agent's words, and all the rest of a customer's.
    `primary` says, up to a constant, how likely each reason is the one that the customer came for: what is found, and a judge.
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


class Heads(nn.Module):
    """What a tagger has beside its encoder; whoever inherits it has a `config`, calls `add_heads` and is the network."""

    config: TaggerShape

    def add_heads(self, shape: TaggerShape, hidden: int, vocabulary: int) -> None:
        """Make the parameters, for an encoder of `vocabulary` pieces that knows a token by `hidden` numbers."""
        self.sizes = [
            len(shape.reasons or ()) - shape.own_reasons,
            len(shape.effort or ()),
            len(shape.loyalty or ()),
            len(shape.moves or ()),
            len(shape.sentiments or ()),
            1 + len(shape.resolutions or ()),
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
        if shape.own_reasons:
            self.own = OwnReasons(vocabulary, self.found, shape.own_reasons)

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
        reasons, effort, loyalty, moves = found.split(self.sizes[:4], dim=1)
        primary = self.primary(of_reasons[:, : self.sizes[0]]).squeeze(-1) + reasons.detach()
        polarised = reasons.sigmoid()[:, :, None] * polarity.softmax(-1)
        context = torch.cat([polarised.flatten(1), effort.sigmoid(), loyalty.sigmoid()], dim=1).detach()
        if self.config.own_reasons and input_ids is not None:
            own, of_own = self.own(input_ids, speaks, found, focus[:, : self.found])
            seen_by_own = self.seen_by_own(hidden, speaks, of_own)
            reasons = torch.cat([reasons, own], dim=1)
            polarity = torch.cat([polarity, self.polarity(seen_by_own)], dim=1)
            primary = torch.cat([primary, self.primary(seen_by_own).squeeze(-1) + own.detach()], dim=1)
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

    def seen_by_own(self, hidden: Tensor, speaks: Tensor, evidence: Tensor, pull: float = OWN_PULL) -> Tensor:
        """What reasons of one's own see [B, C, hidden]: what any reason looks for, the harder pulled to where their evidence
        [B, C, T] is.
        """
        look = (hidden @ self.query[: self.sizes[0]].mean(0)) * hidden.shape[-1] ** -0.5
        strongest = evidence.amax(-1, keepdim=True).clamp(min=1e-6)
        focus = look[:, None, :] + pull * evidence.clamp(min=0) / strongest
        focus = focus.masked_fill(speaks[:, None, :] == 0, torch.finfo(focus.dtype).min).softmax(-1)
        seen: Tensor = focus @ hidden
        return seen


def _judge(inside: int, hidden: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, hidden), nn.GELU(), nn.Dropout(0.1), nn.Linear(hidden, outside))
