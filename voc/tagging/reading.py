"""What the network says of a text, as numbers: probabilities of every label and each token's part in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from voc.records import Span
from voc.tagging.device import batch_tokens
from voc.tagging.tokenizer import Tokenizer
from voc.tagging.windows import Window, batches, cut_windows

if TYPE_CHECKING:
    from voc.tagging.network import TaggerNetwork
    from voc.tagging.reader import ReaderNetwork

Floats = NDArray[np.float32]

FOUND: Final = ("reasons", "effort", "loyalty", "moves")
"""The heads whose labels are found or not, each on its own, in the order of `Reading.found`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities for one window or one whole text of T tokens.

    `sentiment` [S] and `resolution` [1 + resolutions] add up to 1, as do the rows of `polarity` [R, 3]; `found`
    [R + E + L + M] holds reasons, effort, loyalty and an agent's moves, each on its own; `primary` [R] are logits. `evidence`
    [R + E + L + M, T]; `spans` [T] in the normalised text, those of context left out. `tokens` weighs windows against each
    other.
    """

    sentiment: Floats
    found: Floats
    polarity: Floats
    primary: Floats
    resolution: Floats
    evidence: Floats
    spans: list[Span]

    @property
    def tokens(self) -> int:
        """Tokens read, at least 1."""
        return max(1, len(self.spans))


def read_windows(network: "ReaderNetwork | TaggerNetwork", tokenizer: Tokenizer, windows: Sequence[Window]) -> list[Reading]:
    """One forward pass over a batch of windows."""
    longest = max(len(window.ids) for window in windows) + 2
    ids = np.full((len(windows), longest), tokenizer.pad_token_id, dtype=np.int64)
    mask, context = np.zeros_like(ids), np.zeros_like(ids)
    for row, window in enumerate(windows):
        length = len(window.ids) + 2
        ids[row, :length] = [tokenizer.cls_token_id, *window.ids, tokenizer.sep_token_id]
        mask[row, :length] = 1
        context[row, 1 : length - 1] = window.context
    with torch.inference_mode():
        given = [torch.from_numpy(each).to(network.device) for each in (ids, mask, context)]
        output = network(*given[: 3 if context.any() else 2])
    heat = network.config.temperatures or {}
    scaled = {
        name: _here(getattr(output, name)) / heat.get(name, 1.0)
        for name in ("sentiment", "reasons", "polarity", "effort", "loyalty", "moves", "resolution")
    }
    sentiment, polarity, resolution = (scaled[name].softmax(-1).numpy() for name in ("sentiment", "polarity", "resolution"))
    found = _probabilities([scaled[name] for name in FOUND], network.config.own_reasons).numpy()
    primary, evidence = _here(output.primary).numpy(), _here(output.evidence).numpy()
    spoken = [np.flatnonzero(~np.array(window.context, dtype=bool)) for window in windows]
    return [
        Reading(
            sentiment=sentiment[row],
            found=found[row],
            polarity=polarity[row],
            primary=primary[row],
            resolution=resolution[row],
            evidence=evidence[row][:, 1 + spoken[row]],
            spans=[window.spans[at] for at in spoken[row]],
        )
        for row, window in enumerate(windows)
    ]


def _here(numbers: torch.Tensor) -> torch.Tensor:
    """In full precision and on this processor, wherever and however the network worked them out."""
    return numbers.cpu().float()


def _probabilities(logits: Sequence[torch.Tensor], own: int) -> torch.Tensor:
    """The sigmoid of all heads [B, labels], of the last `own` reasons apart: its last bit depends on where a number stands."""
    known = logits[0].shape[1] - own
    reasons, of_own = logits[0].split([known, own], dim=1)
    found = torch.cat([reasons, *logits[1:]], dim=1).sigmoid()
    return torch.cat([found[:, :known], of_own.sigmoid(), found[:, known:]], dim=1)


def read_texts(
    network: "ReaderNetwork | TaggerNetwork",
    tokenizer: Tokenizer,
    texts: Sequence[str],
    contexts: Sequence[Sequence[Span]] = (),
) -> list[Reading]:
    """What the network says of each normalised text, its windows put together; with `contexts` they are conversations."""
    config = network.config
    windows = cut_windows(tokenizer, texts, config.conversation_tokens if contexts else config.window_tokens, contexts)
    found: dict[int, list[Reading]] = {}
    for batch in batches(windows, batch_tokens(network.device)):
        for window, reading in zip(batch, read_windows(network, tokenizer, batch), strict=True):
            found.setdefault(window.text, []).append(reading)
    return [merge(found[position]) for position in range(len(texts))]


def merge(readings: Sequence[Reading]) -> Reading:
    """One reading of a text from those of its windows.

    A reason or cue is in the text if it is in any window; its polarity and whether it is what the customer came for are
    those of the window where it is clearest. Sentiment and resolution are means, weighed by tokens.
    """
    readings = [reading for reading in readings if reading.spans] or readings[:1]  # a window of context alone says nothing
    if len(readings) == 1:
        return readings[0]
    weights = np.array([reading.tokens for reading in readings], dtype=np.float32)
    found = np.stack([reading.found for reading in readings])
    clearest = found.argmax(0)
    polarity, primary = (np.stack([getattr(each, name) for each in readings]) for name in ("polarity", "primary"))
    reasons = np.arange(polarity.shape[1])
    evidence = [np.where((clearest == position)[:, None], reading.evidence, 0.0) for position, reading in enumerate(readings)]
    return Reading(
        sentiment=np.average([reading.sentiment for reading in readings], axis=0, weights=weights),
        found=found.max(0),
        polarity=polarity[clearest[: len(reasons)], reasons],
        primary=primary[clearest[: len(reasons)], reasons],
        resolution=np.average([reading.resolution for reading in readings], axis=0, weights=weights),
        evidence=np.concatenate(evidence, axis=1),
        spans=[span for reading in readings for span in reading.spans],
    )
