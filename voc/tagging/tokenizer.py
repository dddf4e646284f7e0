"""Texts cut into the pieces that the network reads."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer as PieceCutter


class Tokenizer(Protocol):
    """What reading needs of a tokenizer; those of transformers are such."""

    @property
    def pad_token_id(self) -> Any:
        """The piece that fills a batch up."""
        ...

    @property
    def cls_token_id(self) -> Any:
        """The piece before a text."""
        ...

    @property
    def sep_token_id(self) -> Any:
        """The piece behind a text."""
        ...

    def __call__(self, text: list[str], *, add_special_tokens: bool, return_offsets_mapping: bool, verbose: bool) -> Any:
        """The `input_ids` of each text, and the `offset_mapping` of each piece to the characters it stands for."""
        ...


class TextTokenizer:
    """The tokenizer of a model folder, by the tokenizers library alone.

    Raises OSError or ValueError where the folder does not hold one.
    """

    def __init__(self, folder: Path) -> None:
        self._cutter = _read(folder / "tokenizer.json")
        named = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        marks = {name: _content(named[name]) for name in named if name.endswith("_token") and named[name]}
        ids = {name: self._cutter.token_to_id(mark) for name, mark in marks.items()}
        try:
            self.pad_token_id, self.cls_token_id, self.sep_token_id = (ids[f"{name}_token"] for name in ("pad", "cls", "sep"))
        except KeyError as error:
            raise ValueError(f"tokenizer_config.json names no {error.args[0]}") from error
        self.all_special_ids = list(dict.fromkeys(ids.values()))

    def __call__(
        self,
        text: list[str],
        *,
        add_special_tokens: bool = False,
        return_offsets_mapping: bool = False,
        verbose: bool = False,  # noqa: ARG002  as transformers' tokenizers are called
    ) -> Mapping[str, Sequence[Any]]:
        """As `Tokenizer`."""
        encoded = self._cutter.encode_batch(text, add_special_tokens=add_special_tokens)
        pieces: dict[str, Sequence[Any]] = {"input_ids": [each.ids for each in encoded]}
        return pieces | ({"offset_mapping": [each.offsets for each in encoded]} if return_offsets_mapping else {})


def _read(path: Path) -> PieceCutter:
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.name}")
    try:
        cutter = PieceCutter.from_file(str(path))
    except Exception as error:  # the library raises no narrower one
        raise ValueError(f"{path.name} holds no tokenizer") from error
    cutter.no_truncation()
    cutter.no_padding()
    return cutter


def _content(mark: str | Mapping[str, Any]) -> str:
    return mark if isinstance(mark, str) else str(mark["content"])
