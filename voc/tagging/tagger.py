"""From texts to tags, in one forward pass for each batch of like lengths.

texts → distinct → normalised → windows of tokens → batches → network → readings → tags, in the order of the texts
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from voc.errors import ModelError
from voc.records import Tags, Turn
from voc.tagging.identity import ModelIdentity, Precision, find_model, read_config

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from voc.tagging.conversation import Script
    from voc.tagging.reading import Reading
    from voc.tagging.shape import TaggerShape


SHORT_CHARS: Final = 40
KNOWN_TEXTS: Final = 20_000  # some megabytes


class Tagger(Protocol):
    """Anything that tags texts: the transformer here, a fake in tests."""

    @property
    def identity(self) -> ModelIdentity:
        """What is stored with every tag."""
        ...

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, in order."""
        ...

    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The tags of each conversation, in order, evidence in its customer's text; `Tags.conversation` is set."""
        ...


def load_tagger(model: str = "", device: str = "", precision: Precision = "") -> Tagger:
    """The tagger of a model folder or hub name, or the shipped one; takes seconds, so load it once per process.

    `device` is where its network runs, as torch calls it: empty for a GPU where there is one. An empty `precision` is half on a
    GPU and full elsewhere. Raises ModelError where the folder is missing, is not a tagger of ours, or does not fit the taxonomy
    and normaliser, and where there is no such device.
    """
    return TransformerTagger(find_model(model), device, precision)


def loader(device: str, precision: Precision) -> Callable[[str], Tagger]:
    """`load_tagger` for one device, as a pool of processes takes it."""
    return partial(load_tagger, device=device, precision=precision)


class TransformerTagger:
    """Tags with the network and tokenizer of a model folder."""

    def __init__(self, folder: "Path", device: str = "", precision: Precision = "") -> None:
        from voc.tagging.conversation import ConversationReader
        from voc.tagging.decode import Decoder
        from voc.tagging.loading import load_parts
        from voc.text.normalise import normaliser

        config = read_config(folder)
        _check_fit(config["normaliser"], folder)
        self.identity = ModelIdentity(name=config["tagger_name"], taxonomy=config["taxonomy"])
        self._network, self._tokenizer = load_parts(folder, device, precision)
        self._normaliser = normaliser()
        self._decoder = Decoder(self._network.config)
        self._conversations = ConversationReader(self._network.config, self._normaliser.align, self.read, self.read_scripts)
        self._known: dict[str, Tags] = {}

    @property
    def config(self) -> "TaggerShape":
        """The labels, thresholds and shape of the network."""
        return self._network.config

    def normalise(self, text: str) -> str:
        """`text` as the network reads it."""
        return self._normaliser.normalise(text)

    @property
    def embeddings(self) -> "NDArray[np.float32]":
        """What the network takes each piece for, before it has seen what stands around it [V, hidden]."""
        pieces: Any = self._network.encoder.get_input_embeddings()
        embeddings: NDArray[np.float32] = pieces.weight.detach().float().cpu().numpy()
        return embeddings

    @property
    def marks(self) -> list[int]:
        """The pieces that stand for no words, as those around a text."""
        return [int(each) for each in self._tokenizer.all_special_ids if each is not None]

    def pieces(self, normalised: Sequence[str]) -> list[list[int]]:
        """The pieces that each normalised text is read as, by their numbers."""
        ids: Any = self._tokenizer(list(normalised))["input_ids"]
        return list(ids)

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each (masked) text, in order; equal texts are read once. Any length is read whole, in windows."""
        tags = {text: self._known[text] for text in texts if text in self._known}
        distinct = [text for text in dict.fromkeys(texts) if text not in tags]
        aligned = [self._normaliser.align(text) for text in distinct]
        readings = self.read([each.normalised for each in aligned])
        for text, alignment, reading in zip(distinct, aligned, readings, strict=True):
            tags[text] = self._decoder.decode(alignment, reading)
        self._remember({text: tags[text] for text in distinct if len(text) <= SHORT_CHARS})
        return [tags[text] for text in texts]

    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The tags of each (masked) conversation, in order.

        Cost grows with what is said: a conversation is read as a whole, the customer's words by quarters, every turn alone.
        """
        return self._conversations.read(conversations)

    def _remember(self, tags: dict[str, Tags]) -> None:
        """Keep the answers to short texts, which many customers write alike: «عالی», «ممنون»."""
        if len(self._known) > KNOWN_TEXTS:
            self._known.clear()
        self._known |= tags

    def read(self, normalised: Sequence[str]) -> "list[Reading]":
        """What the network says of each normalised text; evaluation looks at this too."""
        from voc.tagging.reading import read_texts

        return read_texts(self._network, self._tokenizer, normalised)

    def read_scripts(self, scripts: "Sequence[Script]") -> "list[Reading]":
        """What the network says of each conversation, both sides of it read."""
        from voc.tagging.reading import read_texts

        return read_texts(self._network, self._tokenizer, [each.text for each in scripts], [each.context for each in scripts])


def _check_fit(normaliser_version: str, folder: "Path") -> None:
    from voc.text.normalise import NORMALISER_VERSION

    if normaliser_version != NORMALISER_VERSION:
        raise ModelError(
            f"VOC_MODEL: {folder} was trained with normaliser {normaliser_version!r}, this release has"
            f" {NORMALISER_VERSION!r}. Train it anew, or use the release that it came with.",
            field="VOC_MODEL",
        )
