"""What a tagger's `config.json` says of it: its labels in order, and what was settled on held-out labels."""

from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass
class TaggerShape:
    """An encoder's configuration, the labels of the heads in order, and what was settled on held-out labels.

    `thresholds` maps a label to the probability from which it is given; `temperatures` divides the logits of a head. The last
    `own_reasons` of the reasons are an organisation's own. `given_as` maps a reason to the code that it is given as, empty for
    one that is not given, and `parts` maps a reason to the one that it is a part of (`voc.drafts`).
    """

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

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        """The shape that a `config.json` says, without what is there for others."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in config.items() if name in known})
