"""Fine-tunes a finished tagger with what an organisation's people corrected; the result stands beside what it began from.

    voc train --corrections database                                  # that of VOC_DATABASE, while no service has it open
    voc train --corrections corrections.jsonl --texts feedback.jsonl  # what `voc corrections export` and `voc export` wrote

What people said is learnt. What they did not speak of, rows that nobody corrected and texts of our own are taught as the
tagger has them already, each typed as badly as it is learnt, so that the new is not paid for with the old. Only the labels
in which people overruled the tagger, and the encoder under all of them, change. Killed and started again, it goes on from
its last checkpoint; the result is used once VOC_MODEL names its folder.
"""

import argparse
import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from models.corrected import LEARNT_FILE, Row, add_source, blank_of, example_of, read_rows
from models.examples import Example, Floats, Labels, from_taxonomy, labels_folder, read_labelled
from models.metrics import Bools
from models.noise import Noise, spoiled
from models.tokenizer import load_tokenizer
from models.train import BATCH_TEXTS, LONGEST_TOKENS, fit, shuffled
from voc.corrections.statement import write_statement
from voc.tagging.identity import DEFAULT_THRESHOLD, Thresholds, find_model
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import FOUND, Reading, read_texts
from voc.taxonomy import load_taxonomy

MARK: Final = "+corrections-"
ENCODER_RATE: Final = 5e-5  # the least of these with which held-out words for the same thing are understood
JUDGES_RATE: Final = 2e-4
LABELS_RATE: Final = 5e-3  # a few vectors of their own, that ten texts have to move
TAUGHT: Final = 4_320  # texts of nobody's, beside which corrections are learnt
CORRECTED_LEAST: Final = 480  # readings of corrected texts, however few they are
CORRECTED_TIMES: Final = 3  # readings more of each of them
OTHERS: Final = 4_000  # uncorrected rows that are read at most
OF_OTHERS: Final = 0.6  # of what is taught; the rest are texts of our own
CONVERSATIONS_ONE_IN: Final = 8  # of the pieces of our conversations
ASIDE_ONE_IN: Final = 5  # of what is known, for thresholds
KEPT: Final = 4.0  # how much more it counts to stay the same than to learn: near what is known, little by little costs nothing
NOISY: Final = 0.3
WORDS_LEFT_OUT: Final = 0.3  # of half of the readings of corrected texts: no single word is to carry what is learnt
MOST_NEWLY_GIVEN: Final = 0.005  # of the texts kept aside: a point of F1 is lost with some one in eighty
HIGHEST: Final = 0.95
STEP: Final = 0.02
VERDICTS: Final = ("sentiment", "polarity", "resolution")
CHECKPOINT: Final = "training.pt"
CARD: Final = """# {name}

`{base}`, fine-tuned with what people corrected in {texts:,} texts (their hashes: `learnt.json`). All else that the card of
`{base}` says holds, but for the figures: `voc evaluate --model FOLDER --against "" --corrections database` shows both side by
side, `voc evaluate --model FOLDER --card` writes figures of its own here.
"""


@dataclass(frozen=True, slots=True)
class Overruled:
    """Where people said something else than the tagger: places of labels that are found, and heads that judge."""

    found: tuple[int, ...]
    judges: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and fine-tune."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_source(parser)
    parser.add_argument("--base", default="", help="the tagger to begin from; the shipped one when empty")
    parser.add_argument("--out", type=Path, help="folder of the result; build/ and its name when left out")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    base = find_model(given.base)
    rows = read_rows(given, others=OTHERS)
    learnt, held_out = rows.split()
    network, tokenizer, labels = load_network(base), load_tokenizer(base), Labels(load_taxonomy())
    name = name_of(network.config.tagger_name, learnt)
    out = given.out or Path("build") / name
    counts = {"corrected": len(learnt), "held_out": len(held_out), "uncorrected": len(rows.others), "out": str(out)}
    print(json.dumps(counts), flush=True)
    said, others = [example_of(row, labels) for row in learnt], [blank_of(row, labels) for row in rows.others]
    save(retrain(network, tokenizer, said, others, out / CHECKPOINT, seed=given.seed), tokenizer, out, name, learnt)
    print(json.dumps({"saved": str(out), "tagger_name": name}))


def load_network(folder: Path) -> TaggerNetwork:
    """The tagger's network, ready to read. Raises SystemExit where its labels are not those of this release."""
    network: TaggerNetwork = TaggerNetwork.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    heads = Labels(load_taxonomy()).heads
    if any(getattr(network.config, head) != codes for head, codes in heads.items()):
        raise SystemExit(f"{folder} has other labels than this release's taxonomy. Train it anew first.")
    network.train(mode=False)
    return network


def name_of(base: str, learnt: Sequence[Row]) -> str:
    """The name of what is made of a tagger with these corrections: the same for the same ones, another for any other."""
    said = sorted(json.dumps([row.hash, *map(write_statement, row.said)], sort_keys=True) for row in learnt)
    return base.partition(MARK)[0] + MARK + hashlib.sha256("\n".join([base, *said]).encode()).hexdigest()[:8]


def retrain(
    network: TaggerNetwork,
    tokenizer: PreTrainedTokenizerFast,
    corrected: Sequence[Example],
    others: Sequence[Example],
    checkpoint: Path,
    *,
    seed: int,
) -> TaggerNetwork:
    """The network after it has learnt what people said; `network` itself stays as it is, and `others` say nothing.

    Raises SystemExit where people said nothing else than it says itself.
    """
    labels = Labels(load_taxonomy())
    teacher = Teacher(network, tokenizer, labels)
    overruled = teacher.overruled(corrected)
    if not overruled.found and not overruled.judges:
        raise SystemExit("People found everything right: there is nothing to learn.")
    own = own_texts(labels)
    course = plan(corrected, _taught(others), _taught(own), teacher, np.random.default_rng(seed))
    learner = copy.deepcopy(network)
    fitted = fit(learner, tokenizer, course, checkpoint, seed=seed, groups=open_up(learner, overruled), steady=True)
    aside = [*others[::ASIDE_ONE_IN], *own[::ASIDE_ONE_IN]]
    raise_thresholds(fitted, teacher, Teacher(fitted, tokenizer, labels), aside, overruled.found)
    return fitted


class Teacher:
    """A tagger's network, and what it says of texts."""

    def __init__(self, network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, labels: Labels) -> None:
        self._network, self._tokenizer, self.labels = network, tokenizer, labels
        self._thresholds = Thresholds(network.config.thresholds or {}, network.config.conversation_thresholds or {})

    def answers(self, batch: Sequence[Example]) -> list[Example]:
        """The examples with what the tagger says wherever nobody said anything, read as they will be learnt: by one window."""
        ids, mask, context, _ = Noise(self._tokenizer, np.random.default_rng()).encode(batch, LONGEST_TOKENS, steady=True)
        with torch.inference_mode():
            output = self._network(ids, mask, context if context.any() else None)
        sentiment, polarity, resolution = (getattr(output, name).softmax(-1).numpy() for name in VERDICTS)
        found = torch.cat([getattr(output, head) for head in FOUND], dim=1).sigmoid().numpy()
        return [_with_answer(*each) for each in zip(batch, sentiment, found, polarity, resolution, strict=True)]

    def overruled(self, said: Sequence[Example]) -> Overruled:
        """The labels that people gave or took away against it, and the heads whose verdict they changed."""
        found, judges = np.zeros(len(self.labels.found), dtype=bool), set[str]()
        for example, reading in zip(said, self.read(said), strict=True):
            found |= (self.gives(example, reading) != (example.found > 0)) & (example.found_weights > 0)
            judges |= set(self._misjudged(example, reading))
        return Overruled(tuple(map(int, np.flatnonzero(found))), tuple(sorted(judges)))

    def gives(self, example: Example, reading: Reading) -> Bools:
        """Which labels it gives [R + E + L + M]."""
        return reading.found >= [self._least(example, code) for code in self.labels.found]

    def read(self, examples: Sequence[Example]) -> list[Reading]:
        """What the network says of texts and, where they have context, of conversations; in their order."""
        texts, spoken = ([at for at, each in enumerate(examples) if bool(each.context) == side] for side in (False, True))
        contexts = [examples[at].context for at in spoken]
        read = read_texts(self._network, self._tokenizer, [examples[at].text for at in texts])
        read += read_texts(self._network, self._tokenizer, [examples[at].text for at in spoken], contexts) if spoken else []
        return [reading for _, reading in sorted(zip(texts + spoken, read, strict=True), key=lambda pair: pair[0])]

    def _least(self, example: Example, label: str) -> float:
        return self._thresholds.of_conversation(label) if example.context else self._thresholds.of_text(label)

    def _misjudged(self, example: Example, reading: Reading) -> Iterator[str]:
        if example.sentiment_weight and example.sentiment.argmax() != reading.sentiment.argmax():
            yield "sentiment"
        judged = example.polarity.any(1)
        if (example.polarity.argmax(1) != reading.polarity.argmax(1))[judged].any():
            yield "polarity"
        settled = reading.resolution[1:].sum() >= self._least(example, "resolution")
        if example.resolution_weight and example.resolution.argmax() != settled * (1 + reading.resolution[1:].argmax()):
            yield "resolution"


def plan(
    said: Sequence[Example], others: Sequence[Example], own: Sequence[Example], teacher: Teacher, random: np.random.Generator
) -> list[list[Example]]:
    """The batches of the course in order: corrections among texts of which the tagger is to go on saying what it says."""
    readings = [left_out(each, random) for each in draw(said, CORRECTED_LEAST + CORRECTED_TIMES * len(said), random)]
    of_others = round(TAUGHT * OF_OTHERS) if others else 0
    known = draw(others, of_others, random) + draw(own, TAUGHT - of_others, random)
    typed = [spoiled(each, random) if random.random() < NOISY else each for each in readings + known]
    return [teacher.answers(batch) for batch in shuffled(typed, BATCH_TEXTS, random)]


def own_texts(labels: Labels) -> list[Example]:
    """Texts of our own and of the taxonomy, and a part of our conversations, whole and in pieces; of none is anything said."""
    own, spoken = (read_labelled(labels_folder() / f"train_{name}.jsonl", {}, labels) for name in ("own", "conversations"))
    known = own + from_taxonomy(load_taxonomy(), labels) + spoken[::CONVERSATIONS_ONE_IN]
    return [replace(labels.blank(each.text), context=each.context) for each in known]


def draw(examples: Sequence[Example], count: int, random: np.random.Generator) -> list[Example]:
    """So many of the examples: each once before any comes again."""
    times = -(-count // len(examples)) if examples else 0
    order = [at for _ in range(times) for at in random.permutation(len(examples))]
    return [examples[at] for at in order[:count]]


def left_out(example: Example, random: np.random.Generator) -> Example:
    """The example, every second time without some of its words. A conversation stays whole."""
    if example.context or random.random() < 0.5:
        return example
    words = example.text.split(" ")
    kept = [word for word in words if random.random() >= WORDS_LEFT_OUT]
    return replace(example, text=" ".join(kept or words))


def open_up(network: TaggerNetwork, overruled: Overruled) -> list[dict[str, Any]]:
    """The parameters that learn, with their rates: the encoder, judges that were overruled, and the labels that were."""
    network.requires_grad_(False)
    judges = [parameter for name in overruled.judges for parameter in getattr(network, name).parameters()]
    labels = [network.query, network.weight, network.bias]
    groups = ((ENCODER_RATE, [*network.encoder.parameters()]), (JUDGES_RATE, judges), (LABELS_RATE, labels))
    for _, parameters in groups:
        for parameter in parameters:
            parameter.requires_grad_()
    for parameter in labels:
        parameter.register_hook(_only(overruled.found, parameter))
    return [{"params": each, "lr": rate, "peak": rate, "weight_decay": 0.0} for rate, each in groups if each]


def raise_thresholds(
    network: TaggerNetwork, before: Teacher, now: Teacher, aside: Sequence[Example], found: Sequence[int]
) -> None:
    """Raise the thresholds of these labels until few of the texts kept aside are given what they were not given before."""
    config, texts = network.config, [each for each in aside if not each.context]
    given = np.stack([before.gives(*pair) for pair in zip(texts, before.read(texts), strict=True)])
    probabilities = np.stack([reading.found for reading in now.read(texts)])
    for at in found:
        code = now.labels.found[at]
        new = probabilities[~given[:, at], at]
        least = (config.thresholds or {}).get(code, DEFAULT_THRESHOLD)
        risen = next((t for t in np.arange(least, HIGHEST, STEP) if (new >= t).sum() <= MOST_NEWLY_GIVEN * len(texts)), HIGHEST)
        for thresholds in (config.thresholds, config.conversation_thresholds):
            if thresholds and code in thresholds:
                thresholds[code] = round(min(thresholds[code] + float(risen) - least, HIGHEST), 2)


def save(network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, out: Path, name: str, learnt: Sequence[Row]) -> None:
    """Write the folder: weights with all that serving needs, a card, and of which texts it has learnt corrections."""
    config = network.config
    base, config.tagger_name = config.tagger_name, name
    config.data_hash += MARK + name.partition(MARK)[2]
    network.half().save_pretrained(out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(out)
    hashes = sorted({row.hash for row in learnt})
    (out / LEARNT_FILE).write_text(json.dumps({"base": base, "texts": hashes}, indent=1), encoding="utf-8")
    (out / "README.md").write_text(CARD.format(name=name, base=base, texts=len(hashes)), encoding="utf-8")
    (out / CHECKPOINT).unlink(missing_ok=True)


def _taught(texts: Sequence[Example]) -> list[Example]:
    """All but those that are kept aside."""
    return [text for at, text in enumerate(texts) if at % ASIDE_ONE_IN]


def _with_answer(example: Example, sentiment: Floats, found: Floats, polarity: Floats, resolution: Floats) -> Example:
    """The example with an answer in place of what nobody said, which counts more where nobody said anything."""
    said, of_reasons = example.found_weights > 0, slice(len(polarity))
    weight = 1.0 if said.any() or example.sentiment_weight or example.resolution_weight else KEPT
    return replace(
        example,
        sentiment=example.sentiment if example.sentiment_weight else sentiment,
        found=np.where(said, example.found, found),
        polarity=weight * np.where(said[of_reasons, None], example.polarity, polarity * found[of_reasons, None]),
        resolution=example.resolution if example.resolution_weight else resolution,
        sentiment_weight=weight,
        resolution_weight=weight,
        found_weights=np.full_like(found, weight),
    )


def _only(rows: Sequence[int], parameter: nn.Parameter) -> Callable[[Tensor], Tensor]:
    """Lets gradients through to these rows alone."""
    mask = torch.zeros(len(parameter), *[1] * (parameter.dim() - 1))
    mask[list(rows)] = 1.0
    return lambda gradient: gradient * mask


if __name__ == "__main__":
    main()
