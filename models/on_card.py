"""The whole road on one card in minutes: a large encoder, a tagger on it, and a small tagger that it teaches.

    python -m models.on_card prepare --corpora CORPORA --out build/card            # anywhere: normalised and cut, once
    python -m models.on_card learn --given build/card --out build/learnt --minutes 9   # where the card is
    python -m models.tune build/learnt/small --corpora CORPORA --name voc-fa-7     # thresholds, on held-out labels

A card is often lent by the minute, on a machine with little on it: `learn` needs torch, transformers and numpy alone, keeps
to its minutes, and writes each encoder and each tagger, in half precision, as soon as it is there.
"""

import argparse
import copy
import json
import lzma
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import AutoModel, ModernBertForMaskedLM, PreTrainedTokenizerFast

from models import pretrain
from models.course import BATCH_TEXTS, Course, fit, parameter_groups, plan
from models.examples import (
    Example,
    Labels,
    from_taxonomy,
    rated_example,
    read_feedback,
    read_labelled,
    read_records,
    read_texts_by_id,
    weak_verdict,
)
from models.teach import Opinion, rating_likelihood, taught_example
from models.tokenizer import load_tokenizer
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.tagging.reading import FOUND
from voc.taxonomy import shipped_taxonomy
from voc.text.normalise import NORMALISER_VERSION, normaliser

LARGE: Final = (10, 320)  # layers and width: 18 M parameters, under 40 MB in half precision
STEP_TOKENS: Final = 131_072
CARD_BATCH_TEXTS: Final = 256
MOST_EPOCHS: Final = 20
PUBLIC_SHARE: Final = 0.2  # batches of public texts for each batch of labels
SHARES: Final = {"large encoder": 0.38, "large": 0.17, "small encoder": 0.15, "small": 0.22}  # of the time; the rest is reading
ARRAYS: Final = ("sentiment", "found", "polarity", "resolution", "found_weights")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, and prepare or learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    before = steps.add_parser("prepare")
    before.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with public texts, the large one first")
    before.add_argument("--labels", type=Path, default=Path("data/labels"))
    before.add_argument("--out", type=Path, default=Path("build/card"))
    there = steps.add_parser("learn")
    there.add_argument("--given", type=Path, default=Path("build/card"))
    there.add_argument("--out", type=Path, default=Path("build/learnt"))
    there.add_argument("--minutes", type=float, default=9.0)
    there.add_argument("--device", default="cuda")
    there.add_argument("--workers", type=int, default=14, help="processes that make batches ready")
    given = parser.parse_args(arguments)
    if given.step == "prepare":
        prepare(given.corpora, given.labels, given.out)
    else:
        Learning(given.given, given.out, given.device, given.workers, given.minutes).run()


def prepare(corpora: Sequence[Path], labels_folder: Path, out: Path) -> None:
    """Write what `learn` needs: tokenizer, the pieces of all texts, labelled examples, public texts with their ratings."""
    taxonomy = shipped_taxonomy()
    labels = Labels(taxonomy)
    tokenizer, pieces, starts = pretrain.prepare(corpora[0], out / "texts", formal=True)
    tokenizer.save_pretrained(out)
    with lzma.open(out / "pieces.xz", "wb") as file:
        np.savez(file, pieces=pieces, starts=starts)
    paths = sorted(labels_folder.glob("*.jsonl"))
    ids = {record["id"] for path in paths for record in read_records(path) if not {"text", "turns"} & set(record)}
    texts = read_texts_by_id(corpora, ids)
    train = [each for path in paths if path.name.startswith("train") for each in read_labelled(path, texts, labels)]
    write_examples(out / "labelled.npz", train + from_taxonomy(taxonomy, labels))
    normalise = normaliser().normalise
    public = [(normalise(record["text"]), weak_verdict(record)) for _, record in read_feedback(corpora, without=ids)]
    with lzma.open(out / "public.xz", "wt", encoding="utf-8") as file:
        json.dump(public, file, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Learning:
    """One lease of a card."""

    given: Path
    out: Path
    device: str
    workers: int
    minutes: float
    large: tuple[int, int] = LARGE
    small: tuple[int, int] = (pretrain.LAYERS, pretrain.HIDDEN)
    step_tokens: int = STEP_TOKENS
    batch_texts: int = CARD_BATCH_TEXTS

    def run(self) -> None:
        """Learn all four, one after the other."""
        began = time.monotonic()
        tokenizer, labels = load_tokenizer(self.given), Labels(shipped_taxonomy())
        labelled = read_examples(self.given / "labelled.npz")
        with lzma.open(self.given / "public.xz", "rt", encoding="utf-8") as file:
            public = json.load(file)
        rated = [rated_example(labels, text, verdict) for text, verdict in public if verdict]
        self._encoder("large encoder", self.large, tokenizer)
        teacher = self._tagger("large", tokenizer, labels, labelled, rated)
        self._encoder("small encoder", self.small, tokenizer)
        taught = list(self._taught(teacher, tokenizer, labels, public))
        self._tagger("small", tokenizer, labels, labelled, taught)
        print(json.dumps({"minutes": round((time.monotonic() - began) / 60, 1)}), flush=True)

    def _encoder(self, name: str, shape: tuple[int, int], tokenizer: PreTrainedTokenizerFast) -> None:
        with lzma.open(self.given / "pieces.xz") as file:
            arrays = np.load(file)
            pieces, starts = arrays["pieces"], arrays["starts"]
        folder = self._folder(name)
        model: Any = ModernBertForMaskedLM(pretrain.encoder_config(tokenizer, layers=shape[0], hidden=shape[1]))
        model.to(self.device)
        minutes = self.minutes * SHARES[name]
        pretrain.pretrain(model, tokenizer, pieces, starts, folder, tokens=1e12, minutes=minutes, step_tokens=self.step_tokens)
        model.model.half().save_pretrained(folder)

    def _tagger(
        self,
        name: str,
        tokenizer: PreTrainedTokenizerFast,
        labels: Labels,
        labelled: list[Example],
        public: list[Example],
    ) -> TaggerNetwork:
        """The tagger on the encoder of the same name: the public texts once, then labels with some of them mixed in."""
        folder, encoder = self._folder(name), self._folder(f"{name} encoder")
        config = json.loads((encoder / "config.json").read_text("utf-8")) | {"dtype": "float32"}
        network: Any = TaggerNetwork(
            TaggerConfig(
                encoder=config,
                tagger_name=name,
                taxonomy=shipped_taxonomy().version,
                normaliser=NORMALISER_VERSION,
                **labels.heads,
            )
        )
        network.encoder = AutoModel.from_pretrained(encoder, dtype=torch.float32)
        network.to(self.device)
        batches = plan(
            labelled, public, public, epochs=MOST_EPOCHS, weak_share=PUBLIC_SHARE, seed=1, batch_texts=self.batch_texts
        )
        groups = parameter_groups(network, faster=(self.batch_texts / BATCH_TEXTS) ** 0.25)
        minutes = self.minutes * SHARES[name]
        course = Course(batches, tokenizer, seed=1)
        fitted = fit(network, course, folder / "training.pt", groups=groups, workers=self.workers, minutes=minutes)
        copy.deepcopy(fitted).half().save_pretrained(folder)  # type: ignore[no-untyped-call]
        tokenizer.save_pretrained(folder)
        return fitted

    @torch.inference_mode()
    def _taught(
        self,
        teacher: TaggerNetwork,
        tokenizer: PreTrainedTokenizerFast,
        labels: Labels,
        public: Sequence[tuple[str, str | None]],
    ) -> Iterator[Example]:
        """What the teacher says of the public texts, their ratings weighed in."""
        order = sorted(public, key=lambda each: len(each[0]))
        parts = [order[at : at + 2 * self.batch_texts] for at in range(0, len(order), 2 * self.batch_texts)]
        blanks = [[labels.blank(text) for text, _ in part] for part in parts]
        course = Course(blanks, tokenizer, seed=1, steady=True)
        for part, read in zip(parts, course.loader(workers=self.workers), strict=True):
            with torch.autocast(torch.device(self.device).type, torch.bfloat16):
                output = teacher(read.ids.to(self.device), read.mask.to(self.device))
            found = torch.cat([getattr(output, head) for head in FOUND[:-1]], dim=1)
            said = [output.sentiment.softmax(-1), found.sigmoid(), output.polarity.softmax(-1), output.resolution.softmax(-1)]
            for (text, verdict), *each in zip(part, *(values.float().cpu().numpy() for values in said), strict=True):
                likely = each[0] * rating_likelihood(verdict, labels)
                yield taught_example(labels, text, Opinion(likely / likely.sum(), *each[1:]))

    def _folder(self, name: str) -> Path:
        folder = self.out / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Keep examples in one file."""
    tables = {name: np.stack([getattr(each, name) for each in examples]).astype(np.float16) for name in ARRAYS}
    rest = [[e.text, e.sentiment_weight, e.resolution_weight, e.words, e.context, e.primary] for e in examples]
    np.savez_compressed(path, rest=np.frombuffer(json.dumps(rest, ensure_ascii=False).encode(), dtype=np.uint8), **tables)


def read_examples(path: Path) -> list[Example]:
    """The examples of `write_examples`, in order."""
    with np.load(path) as file:
        tables = {name: file[name].astype(np.float32) for name in ARRAYS}
        rest = json.loads(file["rest"].tobytes())
    return [
        Example(
            text=text,
            sentiment_weight=of_sentiment,
            resolution_weight=of_resolution,
            words=tuple((label, tuple(map(tuple, spans))) for label, spans in words),
            context=tuple(map(tuple, context)),
            primary=primary,
            **{name: table[row] for name, table in tables.items()},
        )
        for row, (text, of_sentiment, of_resolution, words, context, primary) in enumerate(rest)
    ]


if __name__ == "__main__":
    main()
