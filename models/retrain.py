"""Fine-tunes a finished tagger with what an organisation's people corrected; the result stands beside what it began from.

    voc train --corrections database                                  # that of VOC_DATABASE, while no service has it open
    voc train --corrections corrections.jsonl --texts feedback.jsonl  # what `voc corrections export` and `voc export` wrote

What people said is learnt. What they did not speak of and texts of our own are taught as the tagger has them already, so that
the new is not paid for with the old. Rows that nobody corrected are not: they hold the same mistakes, which would speak
against their correction. A few corrections move only the labels and the judges that were overruled, and all else stays as it
is to the last digit; of many the encoder learns too. Killed and started again, the latter goes on from its last checkpoint,
the former begins anew: it takes minutes. The result is used once VOC_MODEL names its folder.
"""

import argparse
import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from models.batch import loss_of
from models.corrected import LEARNT_FILE, Row, add_source, blank_of, example_of, read_rows
from models.course import BATCH_TEXTS, Course, fit, shuffled
from models.examples import Example, Labels
from models.known import Encoded, Overruled, Teacher, draw, left_out, nearest, own_texts, typed
from models.tokenizer import load_tokenizer
from voc.corrections.statement import write_statement
from voc.errors import ModelError
from voc.report_card.fingerprint import FINGERPRINT_FILE
from voc.tagging.identity import DEFAULT_THRESHOLD, find_model, read_config
from voc.tagging.network import TaggerNetwork
from voc.taxonomy import TAXONOMY_FILE, load_taxonomy

MARK: Final = "+corrections-"
OTHERS: Final = 1_000  # uncorrected rows that are read at most, for thresholds alone
ASIDE_ONE_IN: Final = 5  # of our own texts, for thresholds
ENCODER_LEARNS_FROM: Final = 100  # corrected texts

PASSES: Final = 40  # over all texts at once, encoded beforehand; more of them, and words that were left out tell less
READINGS: Final = 12  # of each corrected text, most of them with words left out or mistyped; of many texts fewer
MOST_READINGS: Final = 2_400
KNOWN: Final = 5_000  # texts beside them
BOUNDS: Final = 0.5  # of those: what is most like the corrected texts and none of it, which shows where a label ends
BOUNDS_TIMES: Final = 3
TO_STAY: Final = 3.0  # what it weighs that all of those stay as they are, where that all corrections are learnt weighs 1
LABEL_STEP: Final = 0.03
JUDGE_STEP: Final = 3e-4

ENCODER_RATE: Final = 2e-4
LABELS_RATE: Final = 5e-3
JUDGES_RATE: Final = 5e-4
TAUGHT: Final = 4_320  # known texts beside which the encoder learns
KEPT: Final = 2.0  # what each of them weighs, where a corrected one weighs 1
CORRECTED_LEAST: Final = 480  # readings of corrected texts then, however few they are
CORRECTED_TIMES: Final = 10  # readings more of each of them

MOST_NEWLY_GIVEN: Final = 0.01  # of the texts kept aside: a bar against a label that floods, no more
REFUSALS_ENOUGH: Final = 30  # so many teach a label its bounds, and one that is frequent here is not to be barred
HIGHEST: Final = 0.95
LEAST_SURE: Final = 0.66  # of what people said only where it is: about twice as likely as not
STEP: Final = 0.02
CHECKPOINT: Final = "training.pt"
CARD: Final = """# {name}

`{base}`, fine-tuned with what people corrected in {texts:,} texts (their hashes: `learnt.json`). All else that the card of
`{base}` says holds, but for the figures: `voc evaluate --model FOLDER --against "" --corrections database` shows both side by
side, `voc evaluate --model FOLDER --card` writes figures of its own here.
"""


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
    if not learnt:
        raise SystemExit("There are no corrections of a customer's words to learn from.")
    network, tokenizer, labels = load_network(base), load_tokenizer(base), Labels(load_taxonomy())
    name = name_of(network.config.tagger_name, learnt)
    out = given.out or Path("build") / name
    counts = {"corrected": len(learnt), "held_out": len(held_out), "uncorrected": len(rows.others), "out": str(out)}
    print(json.dumps(counts), flush=True)
    said, others = [example_of(row, labels) for row in learnt], [blank_of(row, labels) for row in rows.others]
    many = len({row.hash for row in learnt}) >= ENCODER_LEARNS_FROM
    tuned = retrain(network, tokenizer, said, others, out / CHECKPOINT, seed=given.seed, encoder_learns=many)
    save(tuned, tokenizer, base, out, name, learnt)
    print(json.dumps({"saved": str(out), "tagger_name": name}))


def load_network(folder: Path) -> TaggerNetwork:
    """The tagger's network, ready to read.

    Raises ModelError where it was published from a draft, whose taxonomy would be lost, and SystemExit where its labels are not
    those of the taxonomy in use.
    """
    config = read_config(folder)
    if (folder / TAXONOMY_FILE).exists() or config.get("own_reasons") or config.get("given_as"):
        raise ModelError(f"{folder} was published from a draft; train the shipped model it rests on, and publish anew.")
    network: TaggerNetwork = TaggerNetwork.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    heads = Labels(load_taxonomy()).heads
    if any(getattr(network.config, head) != codes for head, codes in heads.items()):
        raise SystemExit(
            f"{folder} has other labels than the taxonomy in use. That is this release's where VOC_MODEL is not set; a tagger"
            " of another release is trained anew first."
        )
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
    encoder_learns: bool,
) -> TaggerNetwork:
    """The network after it has learnt what people said; `network` itself stays as it is, and `others` say nothing.

    Raises SystemExit where people said nothing else than it says itself.
    """
    labels, random = Labels(load_taxonomy()), np.random.default_rng(seed)
    teacher = Teacher(network, tokenizer, labels)
    overruled = teacher.overruled(corrected)
    if not overruled.found and not overruled.judges:
        raise SystemExit("People found everything right: there is nothing to learn.")
    own = own_texts(labels)
    known = [text for at, text in enumerate(own) if at % ASIDE_ONE_IN]
    learner = copy.deepcopy(network)
    if encoder_learns:
        course = Course(plan(corrected, known, teacher, random), tokenizer, seed=seed, steady=True)
        learner = fit(learner, course, checkpoint, groups=open_all(learner, overruled))
    else:
        at = list(overruled.found)
        others_of_label = [each for each in known if not each.context and not each.found[at].any()]
        bounds = nearest(others_of_label, corrected, round(BOUNDS * KNOWN / BOUNDS_TIMES))
        learn_heads(learner, encode(corrected, known, bounds, teacher, random), overruled)
    if boundless := hardly_refused(corrected, overruled.found):
        aside = [*others, *own[::ASIDE_ONE_IN]]
        raise_thresholds(learner, teacher, Teacher(learner, tokenizer, labels), aside, boundless)
    return learner


def encode(
    said: Sequence[Example], own: Sequence[Example], bounds: Sequence[Example], teacher: Teacher, random: np.random.Generator
) -> list[Encoded]:
    """Readings of what was corrected and, beside them, what is to stay, encoded for heads to learn from.

    `bounds` are those of our own texts that come close.
    """
    times = max(1, min(READINGS, MOST_READINGS // len(said)))
    readings = [left_out(each, random) for each in said for _ in range(times)]
    near = draw(bounds, BOUNDS_TIMES * len(bounds), random)
    known = near + draw(own, KNOWN - len(near), random)
    batches = shuffled(typed([*said, *readings, *known], random), BATCH_TEXTS, random)
    weight = TO_STAY * (len(said) + len(readings)) / max(len(known), 1)
    return [teacher.answer(batch, weight) for batch in batches]


def learn_heads(network: TaggerNetwork, texts: Sequence[Encoded], overruled: Overruled) -> None:
    """Let the overruled labels and judges learn from all texts at once; the encoder and all other labels stay as they are."""
    labels, judges = open_heads(network, overruled)
    optimizer = torch.optim.Adam([{"params": labels, "lr": LABEL_STEP}, {"params": judges, "lr": JUDGE_STEP}])
    for _ in range(PASSES):
        for each in texts:
            output = network.judge(each.hidden.float(), each.speaks)
            (loss_of(output, each.targets) * len(each.batch)).backward()
        optimizer.step()
        optimizer.zero_grad()


def plan(said: Sequence[Example], own: Sequence[Example], teacher: Teacher, random: np.random.Generator) -> list[list[Example]]:
    """The batches of the encoder's course in order: corrections among texts of which the tagger is to go on saying the same."""
    readings = [left_out(each, random) for each in draw(said, CORRECTED_LEAST + CORRECTED_TIMES * len(said), random)]
    texts = typed([*readings, *draw(own, TAUGHT, random)], random)
    return [teacher.answer(batch, KEPT).batch for batch in shuffled(texts, BATCH_TEXTS, random)]


def open_heads(network: TaggerNetwork, overruled: Overruled) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The parameters of overruled labels and judges, which alone are to learn; where labels look in a text, they look on."""
    network.requires_grad_(False)
    judges = [parameter for name in overruled.judges for parameter in getattr(network, name).parameters()]
    labels = [network.weight, network.bias]
    for parameter in labels + judges:
        parameter.requires_grad_()
    for parameter in labels:
        parameter.register_hook(_only(overruled.found, parameter))
    return labels, judges


def open_all(network: TaggerNetwork, overruled: Overruled) -> list[dict[str, Any]]:
    """The same and the encoder, with the rates at which they learn together."""
    labels, judges = open_heads(network, overruled)
    encoder = list(network.encoder.requires_grad_(True).parameters())
    groups = ((ENCODER_RATE, encoder), (LABELS_RATE, labels), (JUDGES_RATE, judges))
    return [{"params": each, "lr": rate, "peak": rate, "weight_decay": 0.0} for rate, each in groups]


def hardly_refused(said: Sequence[Example], found: Sequence[int]) -> list[int]:
    """Those of the labels of which people seldom said where they are not: nothing else keeps these from being given to all."""
    refused = np.sum([(each.found == 0) & (each.found_weights > 0) for each in said], axis=0)
    return [at for at in found if refused[at] < REFUSALS_ENOUGH]


def raise_thresholds(
    network: TaggerNetwork, before: Teacher, now: Teacher, aside: Sequence[Example], found: Sequence[int]
) -> None:
    """Raise these labels' thresholds to where they are fairly sure, and on while many texts kept aside are newly given them."""
    config, texts = network.config, [each for each in aside if not each.context]
    given = np.stack([before.gives(*pair) for pair in zip(texts, before.read(texts), strict=True)])
    probabilities = np.stack([reading.found for reading in now.read(texts)])
    for at in found:
        code = now.labels.found[at]
        new = probabilities[~given[:, at], at]
        least = (config.thresholds or {}).get(code, DEFAULT_THRESHOLD)
        from_there = np.arange(max(least, LEAST_SURE), HIGHEST, STEP)
        risen = next((t for t in from_there if (new >= t).sum() <= MOST_NEWLY_GIVEN * len(texts)), HIGHEST)
        for thresholds in (config.thresholds, config.conversation_thresholds):
            if thresholds and code in thresholds:
                thresholds[code] = round(min(thresholds[code] + float(risen) - least, HIGHEST), 2)


def save(
    network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, base: Path, out: Path, name: str, learnt: Sequence[Row]
) -> None:
    """Write the folder: weights with all that serving needs, a card, and of which texts it has learnt corrections.

    What all other training texts look like is as it is in the folder of the base: a few corrected texts are too few to tell.
    """
    config = network.config
    older, config.tagger_name = config.tagger_name, name
    config.data_hash += MARK + name.partition(MARK)[2]
    network.half().save_pretrained(out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(out)
    hashes = sorted({row.hash for row in learnt})
    (out / LEARNT_FILE).write_text(json.dumps({"base": older, "texts": hashes}, indent=1), encoding="utf-8")
    (out / "README.md").write_text(CARD.format(name=name, base=older, texts=len(hashes)), encoding="utf-8")
    if (base / FINGERPRINT_FILE).exists():
        shutil.copy(base / FINGERPRINT_FILE, out / FINGERPRINT_FILE)
    (out / CHECKPOINT).unlink(missing_ok=True)


def _only(rows: Sequence[int], parameter: nn.Parameter) -> Callable[[Tensor], Tensor]:
    """Lets gradients through to these rows alone."""
    mask = torch.zeros(len(parameter), *[1] * (parameter.dim() - 1))
    mask[list(rows)] = 1.0
    return lambda gradient: gradient * mask


if __name__ == "__main__":
    main()
