"""Trains the tokenizer: byte pairs over normalised Persian, half-spaces kept at the end of the piece before them.

`می‌خواهم` becomes `می‌` + `خواهم`, so that a verb has one piece with and without its prefix and «ها» is the same piece
after a half-space and after a space. Marks and emoji stand alone; the masks of personal data are single pieces.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from voc.text.mask import PLACEHOLDERS

VOCABULARY: Final = 16_000
LONGEST_INPUT_TOKENS: Final = 512


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of `VOCABULARY` pieces from normalised texts."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(r"[^\p{L}\p{M}\p{N}\x{200c}]"), "isolated"),
            pre_tokenizers.Split("\u200c", "merged_with_previous"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PLACEHOLDERS.values()]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=3,
        limit_alphabet=400,
        special_tokens=special,
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=LONGEST_INPUT_TOKENS,
        clean_up_tokenization_spaces=False,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a checkpoint. Raises ValueError for one without offsets, from which evidence could not be told."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ValueError(f"The tokenizer in {folder} gives no offsets; convert it to a tokenizer.json first.")
    return tokenizer
