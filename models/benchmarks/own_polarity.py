"""How hard reasons of one's own look where their evidence is when their polarity is judged: what each pull gets right.

    python -m models.benchmarks.own_polarity --corpora CORPORA

The shipped reasons of `dev` stand for an organisation's own: their polarity is judged from their evidence alone, without the
queries that they have learnt, and, in the last line, with them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch

from models.evaluate import with_texts
from models.examples import labels_folder, read_records
from models.report import Sheet, print_sheet
from models.tokenizer import load_tokenizer
from voc.tagging.heads import POLARITIES
from voc.tagging.identity import find_model
from voc.tagging.network import TaggerNetwork
from voc.text.normalise import normaliser

PULLS: Final = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
LONGEST_TOKENS: Final = 256


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, judge every labelled reason of the file by each pull, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with the texts of dev.jsonl")
    given = parser.parse_args(arguments)
    folder = find_model()
    network, tokenizer = TaggerNetwork.from_pretrained(folder, dtype=torch.float32), load_tokenizer(folder)
    network.train(mode=False)
    codes, normalise = list(network.config.reasons or ()), normaliser().normalise
    records = [each for each in with_texts(read_records(labels_folder() / "dev.jsonl"), given.corpora) if each["reasons"]]
    right = dict.fromkeys([*PULLS, None], 0)
    for record in records:
        read = tokenizer(normalise(record["text"]), return_tensors="pt", truncation=True, max_length=LONGEST_TOKENS)
        truth = {codes.index(code): POLARITIES.index(polarity) for code, polarity in record["reasons"].items()}
        for pull, judged in _judge(network, read["input_ids"], read["attention_mask"], len(codes)).items():
            right[pull] += sum(int(judged[at]) == polarity for at, polarity in truth.items())
    asked = sum(len(record["reasons"]) for record in records)
    rows: list[tuple[str, ...]] = [
        ("own queries" if pull is None else f"{pull:g}", f"{count / asked:.3f}") for pull, count in right.items()
    ]
    print_sheet(Sheet(f"Polarity of {asked:,} reasons", ("pull", "right"), rows))


@torch.inference_mode()
def _judge(network: TaggerNetwork, ids: torch.Tensor, mask: torch.Tensor, reasons: int) -> dict[float | None, torch.Tensor]:
    """The polarity of every reason by its place, for each pull, and as it is judged with the reasons' queries."""
    hidden = network.encode(ids, mask)
    output = network.judge(hidden, mask, ids)
    judged: dict[float | None, torch.Tensor] = {}
    for pull in PULLS:
        seen = network.seen_by_own(hidden, mask, output.evidence[:, :reasons], pull)
        judged[pull] = network.polarity(seen)[0].argmax(-1)
    return judged | {None: output.polarity[0].argmax(-1)}


if __name__ == "__main__":
    main()
