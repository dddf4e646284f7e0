"""What the network says of a text, as numbers: probabilities of every label and each token's part in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from voc.tagging.windows import Tokenizer, Window

if TYPE_CHECKING:
    from voc.tagging.network import TaggerNetwork

Floats = NDArray[np.float32]

FOUND: Final = ("reasons", "effort", "loyalty", "moves")
"""The heads whose labels are found or not, each on its own, in the order of `Reading.found`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities for one window or one whole text of T tokens.

    `sentiment` [S] and `resolution` [1 + resolutions] add up to 1, as do the rows of `polarity` [R, 3]; `found`
    [R + E + L + M] holds reasons, effort, loyalty and an agent's moves, each on its own. `evidence` [R + E + L + M, T];
    `spans` [T] in the normalised text. `tokens` weighs windows against each other.
    """

    sentiment: Floats
    found: Floats
    polarity: Floats
    resolution: Floats
    evidence: Floats
    spans: list[tuple[int, int]]

    @property
    def tokens(self) -> int:
        """Tokens read, at least 1."""
        return max(1, len(self.spans))


def read_windows(network: "TaggerNetwork", tokenizer: Tokenizer, windows: Sequence[Window]) -> list[Reading]:
    """One forward pass over a batch of windows."""
    longest = max(len(window.ids) for window in windows) + 2
    ids = np.full((len(windows), longest), tokenizer.pad_token_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        length = len(window.ids) + 2
        ids[row, :length] = [tokenizer.cls_token_id, *window.ids, tokenizer.sep_token_id]
        mask[row, :length] = 1
    with torch.inference_mode():
        output = network(torch.from_numpy(ids), torch.from_numpy(mask))
    heat = network.config.temperatures or {}
    scaled = {
        name: getattr(output, name) / heat.get(name, 1.0)
        for name in ("sentiment", "reasons", "polarity", "effort", "loyalty", "moves", "resolution")
    }
    sentiment, polarity, resolution = (scaled[name].softmax(-1).numpy() for name in ("sentiment", "polarity", "resolution"))
    found = torch.cat([scaled[name] for name in FOUND], dim=1).sigmoid().numpy()
    evidence = output.evidence.numpy()
    return [
        Reading(
            sentiment=sentiment[row],
            found=found[row],
            polarity=polarity[row],
            resolution=resolution[row],
            evidence=evidence[row, :, 1 : 1 + len(window.ids)],
            spans=window.spans,
        )
        for row, window in enumerate(windows)
    ]


def merge(readings: Sequence[Reading]) -> Reading:
    """One reading of a text from those of its windows.

    A reason or cue is in the text if it is in any window; its polarity is that of the window where it is clearest.
    Sentiment and resolution are means, weighed by tokens.
    """
    if len(readings) == 1:
        return readings[0]
    weights = np.array([reading.tokens for reading in readings], dtype=np.float32)
    found = np.stack([reading.found for reading in readings])
    clearest = found.argmax(0)
    polarity = np.stack([reading.polarity for reading in readings])
    reasons = np.arange(polarity.shape[1])
    evidence = [np.where((clearest == position)[:, None], reading.evidence, 0.0) for position, reading in enumerate(readings)]
    return Reading(
        sentiment=np.average([reading.sentiment for reading in readings], axis=0, weights=weights),
        found=found.max(0),
        polarity=polarity[clearest[: len(reasons)], reasons],
        resolution=np.average([reading.resolution for reading in readings], axis=0, weights=weights),
        evidence=np.concatenate(evidence, axis=1),
        spans=[span for reading in readings for span in reading.spans],
    )
