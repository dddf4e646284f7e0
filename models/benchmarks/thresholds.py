"""What ways of setting thresholds give on texts they were not set on: cross-validation within the held-out labels.

    python -m models.benchmarks.thresholds --corpora CORPORA

Thresholds are set on four fifths and scored on the rest, in several shuffles; micro F1 by head.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from models import tune
from models.examples import Example, Floats, Labels, labels_folder, read_held_out
from models.report import Sheet, print_sheet
from models.tokenizer import load_tokenizer
from voc.report_card.figures import Bools
from voc.tagging.identity import find_model
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import FOUND, read_texts
from voc.taxonomy import load_taxonomy

SHUFFLES: Final = 20
PARTS: Final = 5
COSTS: Final = (0.0, 0.5, 1.0, 2.0, 5.0)

Setter = Callable[[Floats, Bools], Floats]


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and print a table for texts and one for whole conversations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a model folder; the shipped one without it")
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    given = parser.parse_args(arguments)
    folder = find_model(given.model)
    network, tokenizer = TaggerNetwork.from_pretrained(folder, dtype=torch.float32), load_tokenizer(folder)
    network.train(mode=False)
    labels = Labels(load_taxonomy())
    held_out = read_held_out(labels_folder(), given.corpora, labels)
    texts = [example for example in held_out if not example.context and example.sentiment_weight]
    whole = [example for example in held_out if example.context]
    for title, examples, contexts in (("texts", texts, ()), ("conversations", whole, [each.context for each in whole])):
        readings = read_texts(network, tokenizer, [each.text for each in examples], contexts)
        found = np.stack([each.found for each in readings])
        rows = [(name, *(f"{score:.3f}" for score in _scores(found, examples, labels, ways))) for name, ways in _ways()]
        print_sheet(Sheet(f"{len(examples)} {title}, by thresholds set on others of them", ("way", *FOUND[:-1]), rows))


def _ways() -> list[tuple[str, Setter]]:
    def of_cost(cost: float) -> Setter:
        def setter(probabilities: Floats, gold: Bools) -> Floats:
            return np.array(
                list(tune.thresholds_of([str(at) for at in range(gold.shape[1])], probabilities, gold, cost).values())
            )

        return setter

    return [(f"straying costs {cost}", of_cost(cost)) for cost in COSTS] + [
        (f"{tune.USUAL} for all", lambda _probabilities, gold: np.full(gold.shape[1], tune.USUAL, dtype=np.float32))
    ]


def _scores(found: Floats, examples: Sequence[Example], labels: Labels, setter: Setter) -> list[float]:
    gold = np.stack([example.found for example in examples]) > 0
    random = np.random.default_rng(0)
    orders = [random.permutation(len(examples)) for _ in range(SHUFFLES)]
    scores, at = [], 0
    for head in FOUND[:-1]:
        columns = slice(at, at + len(getattr(labels, head)))
        at = columns.stop
        hits = said = 0
        for order in orders:
            for part in range(PARTS):
                rest, others = order[part::PARTS], np.setdiff1d(order, order[part::PARTS])
                given = found[rest][:, columns] >= setter(found[others][:, columns], gold[others][:, columns])
                hits += int((given & gold[rest][:, columns]).sum())
                said += int(given.sum() + gold[rest][:, columns].sum())
        scores.append(2 * hits / max(said, 1))
    return scores


if __name__ == "__main__":
    main()
