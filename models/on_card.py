"""The whole road on one card in minutes: an encoder, a tagger on it, and a second tagger that learns from the first as well.

    python -m models.on_card prepare --corpora CORPORA --out build/card                # anywhere: normalised and cut, once
    python -m models.on_card learn --given build/card --out build/learnt --minutes 12  # where the card is
    python -m models.tune build/learnt/second --corpora CORPORA --name voc-fa-13        # thresholds, on held-out labels

A card is often lent by the minute, on a machine with little on it: `learn` needs torch, transformers and numpy alone, keeps
to its minutes, and writes the encoder and each tagger, in half precision, as soon as it is there.
"""

import argparse
import copy
import json
import lzma
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import AutoModel, ModernBertForMaskedLM, PreTrainedTokenizerFast

from models import pretrain
from models.corpora import read_texts
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
    whole_conversation,
)
from models.teach import Opinion, rating_likelihood, read_taught_opinions, taught_example
from models.tokenizer import load_tokenizer
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.tagging.reading import FOUND
from voc.taxonomy import shipped_taxonomy
from voc.text.normalise import NORMALISER_VERSION, normaliser

STEP_TOKENS: Final = 65_536
ENCODER_RATE: Final = 2.5e-3  # for steps eight times as long as a processor's
CARD_BATCH_TEXTS: Final = 128
MOST_EPOCHS: Final = 20
PUBLIC_SHARE: Final = 0.15  # batches of public texts for each batch of labels
SHARES: Final = {"encoder": 0.54, "first": 0.165, "second": 0.215}  # of the time; the rest is reading
ARRAYS: Final = ("sentiment", "found", "polarity", "resolution", "found_weights")
FAR_BACK: Final = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 26}]  # what stands twice is packed once
STEPS_OF_OPINION: Final = 255  # probabilities are kept in a byte

Public = Sequence[tuple[str, str | None]]  # normalised public texts, and what their ratings say


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, and prepare or learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    before = steps.add_parser("prepare")
    before.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with public texts, the large one first")
    before.add_argument("--labels", type=Path, default=Path("data/labels"))
    before.add_argument("--taught", type=Path, help="what finished taggers said of the public texts (models.teach)")
    before.add_argument("--out", type=Path, default=Path("build/card"))
    there = steps.add_parser("learn")
    there.add_argument("--given", type=Path, default=Path("build/card"))
    there.add_argument("--out", type=Path, default=Path("build/learnt"))
    there.add_argument("--minutes", type=float, default=12.0)
    there.add_argument("--device", default="cuda")
    there.add_argument("--workers", type=int, default=14, help="processes that make batches ready")
    given = parser.parse_args(arguments)
    if given.step == "prepare":
        prepare(given.corpora, given.labels, given.taught, given.out)
    else:
        Learning(given.given, given.out, given.device, given.workers, given.minutes).run()


def prepare(corpora: Sequence[Path], labels_folder: Path, taught: Path | None, out: Path) -> None:
    """Write what `learn` needs: tokenizer, the pieces of all texts, labelled examples, public texts and what is said of them.

    Informal texts stand twice among the pieces, formal ones once: it is informal ones that are to be read.
    """
    taxonomy = shipped_taxonomy()
    labels = Labels(taxonomy)
    paths = sorted(labels_folder.glob("*.jsonl"))
    records = {path: read_records(path) for path in paths}
    to_learn = [record for path in paths if path.name.startswith("train") for record in records[path]]
    own = [record["text"] for record in to_learn if "text" in record]
    own += [whole_conversation(record, labels).text for record in to_learn if "turns" in record]
    tokenizer, informal, in_informal = pretrain.prepare(chain(own, read_texts(corpora[0])), out / "texts" / "informal")
    tokenizer.save_pretrained(out / "texts" / "all")
    _, pieces, in_all = pretrain.prepare(chain(own, read_texts(corpora[0], formal=True)), out / "texts" / "all")
    tokenizer.save_pretrained(out)
    starts = np.concatenate([in_informal[:-1], in_informal[-1] + in_all])
    with lzma.open(out / "pieces.xz", "wb", filters=FAR_BACK) as file:
        np.savez(file, pieces=np.concatenate([informal, pieces]), starts=starts)
    ids = {record["id"] for each in records.values() for record in each if not {"text", "turns"} & set(record)}
    texts = read_texts_by_id(corpora, ids)
    train = [each for path in paths if path.name.startswith("train") for each in read_labelled(path, texts, labels)]
    write_examples(out / "labelled.npz", train + from_taxonomy(taxonomy, labels))
    normalise = normaliser().normalise
    public = list(read_feedback(corpora, without=ids))
    with lzma.open(out / "public.xz", "wt", encoding="utf-8") as file:
        json.dump([(normalise(record["text"]), weak_verdict(record)) for _, record in public], file, ensure_ascii=False)
    if taught:
        said = read_taught_opinions(taught)
        write_opinions(out / "taught.npz", [said.get(key) for key, _ in public])


@dataclass(frozen=True, slots=True)
class Learning:
    """One lease of a card."""

    given: Path
    out: Path
    device: str
    workers: int
    minutes: float
    shape: tuple[int, int] = (pretrain.LAYERS, pretrain.HIDDEN)
    step_tokens: int = STEP_TOKENS
    batch_texts: int = CARD_BATCH_TEXTS

    def run(self) -> None:
        """Learn all three, one after the other."""
        began = time.monotonic()
        tokenizer, labels = load_tokenizer(self.given), Labels(shipped_taxonomy())
        self._encoder(tokenizer)
        labelled = read_examples(self.given / "labelled.npz")
        with lzma.open(self.given / "public.xz", "rt", encoding="utf-8") as file:
            public = json.load(file)
        taught = self.given / "taught.npz"
        said = [[opinion] if opinion else [] for opinion in read_opinions(taught)] if taught.exists() else [[] for _ in public]
        first = self._tagger("first", tokenizer, labels, labelled, list(_examples(labels, public, said)))
        for opinions, opinion in zip(said, self._opinions(first, tokenizer, labels, public), strict=True):
            opinions.append(opinion)
        self._tagger("second", tokenizer, labels, labelled, list(_examples(labels, public, said)))
        print(json.dumps({"minutes": round((time.monotonic() - began) / 60, 1)}), flush=True)

    def _encoder(self, tokenizer: PreTrainedTokenizerFast) -> None:
        with lzma.open(self.given / "pieces.xz") as file:
            arrays = np.load(file)
            pieces, starts = arrays["pieces"], arrays["starts"]
        folder = self._folder("encoder")
        model: Any = ModernBertForMaskedLM(pretrain.encoder_config(tokenizer, layers=self.shape[0], hidden=self.shape[1]))
        model.to(self.device)
        pretrain.pretrain(
            model,
            tokenizer,
            pieces,
            starts,
            folder,
            tokens=1e12,
            minutes=self.minutes * SHARES["encoder"],
            step_tokens=self.step_tokens,
            rate=ENCODER_RATE,
        )
        model.model.half().save_pretrained(folder)

    def _tagger(
        self,
        name: str,
        tokenizer: PreTrainedTokenizerFast,
        labels: Labels,
        labelled: list[Example],
        public: list[Example],
    ) -> TaggerNetwork:
        """A tagger on the encoder: the public texts once, then labels with some of them mixed in."""
        folder, encoder = self._folder(name), self._folder("encoder")
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
        seed = list(SHARES).index(name)
        batches = plan(
            [labelled] * MOST_EPOCHS, public, public, weak_share=PUBLIC_SHARE, seed=seed, batch_texts=self.batch_texts
        )
        groups = parameter_groups(network, faster=(self.batch_texts / BATCH_TEXTS) ** 0.4)
        minutes = self.minutes * SHARES[name]
        course = Course(batches, tokenizer, seed=seed)
        fitted = fit(network, course, folder / "training.pt", groups=groups, workers=self.workers, minutes=minutes)
        copy.deepcopy(fitted).half().save_pretrained(folder)  # type: ignore[no-untyped-call]
        tokenizer.save_pretrained(folder)
        return fitted

    @torch.inference_mode()
    def _opinions(
        self,
        tagger: TaggerNetwork,
        tokenizer: PreTrainedTokenizerFast,
        labels: Labels,
        public: Public,
    ) -> list[Opinion]:
        """What a tagger says of each public text, its rating weighed in."""
        order = sorted(range(len(public)), key=lambda at: len(public[at][0]))
        parts = [order[at : at + 2 * self.batch_texts] for at in range(0, len(order), 2 * self.batch_texts)]
        blanks = [[labels.blank(public[at][0]) for at in part] for part in parts]
        course = Course(blanks, tokenizer, seed=1, steady=True)
        opinions: dict[int, Opinion] = {}
        for part, read in zip(parts, course.loader(workers=self.workers), strict=True):
            with torch.autocast(torch.device(self.device).type, torch.bfloat16):
                output = tagger(read.ids.to(self.device), read.mask.to(self.device))
            found = torch.cat([getattr(output, head) for head in FOUND[:-1]], dim=1)
            said = [output.sentiment.softmax(-1), found.sigmoid(), output.polarity.softmax(-1), output.resolution.softmax(-1)]
            for at, sentiment, *rest in zip(part, *(values.float().cpu().numpy() for values in said), strict=True):
                likely = sentiment * rating_likelihood(public[at][1], labels)
                opinions[at] = Opinion(likely / likely.sum(), *rest)
        return [opinions[at] for at in range(len(public))]

    def _folder(self, name: str) -> Path:
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _examples(labels: Labels, public: Public, said: Sequence[Sequence[Opinion]]) -> Iterator[Example]:
    """Public texts with what was said of each, on average; with its rating where nothing was said."""
    for (text, verdict), opinions in zip(public, said, strict=True):
        if opinions:
            parts = (np.mean([getattr(each, name) for each in opinions], axis=0) for name in Opinion.__dataclass_fields__)
            yield taught_example(labels, text, Opinion(*parts))
        elif verdict:
            yield rated_example(labels, text, verdict)


def write_opinions(path: Path, opinions: Sequence[Opinion | None]) -> None:
    """Keep opinions, where there are any, in a byte a probability."""
    given = [opinion for opinion in opinions if opinion]
    tables = {name: np.stack([getattr(each, name) for each in given]) for name in Opinion.__dataclass_fields__}
    bytes_ = {name: np.rint(table.astype(np.float32) * STEPS_OF_OPINION).astype(np.uint8) for name, table in tables.items()}
    np.savez_compressed(path, there=np.array([opinion is not None for opinion in opinions]), **bytes_)


def read_opinions(path: Path) -> list[Opinion | None]:
    """The opinions of `write_opinions`, in order."""
    with np.load(path) as file:
        there = file["there"]
        tables = [file[name].astype(np.float32) / STEPS_OF_OPINION for name in Opinion.__dataclass_fields__]
    given = map(Opinion, *tables)
    return [next(given) if each else None for each in there]


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
