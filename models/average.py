"""The average of a tagger and of what it became by learning on, which loses less of the old (Wortsman et al. 2022, 2109.01903).

    python -m models.average --older FINISHED --newer build/learnt_on --share 0.85 --corpora CORPORA --out build/NEXT

Labels that the older one does not know keep the newer one's weights. Thresholds and temperatures are set anew on the
held-out labels.
"""

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path

import torch

from models.examples import Labels, read_held_out
from models.tokenizer import load_tokenizer
from models.train import take_over
from models.tune import tune
from voc.tagging.network import TaggerNetwork
from voc.taxonomy import load_taxonomy


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, average, tune and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--older", type=Path, required=True)
    parser.add_argument("--newer", type=Path, required=True, help="what the older became, with its labels and more")
    parser.add_argument("--share", type=float, required=True, help="of the newer in each weight; choose it on held-out labels")
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with the texts of the held-out labels")
    parser.add_argument("--labels", type=Path, default=Path("data/labels"), help="folder of dev*.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="its name is that of the average")
    given = parser.parse_args(arguments)
    older, newer = (TaggerNetwork.from_pretrained(folder, dtype=torch.float32) for folder in (given.older, given.newer))
    network, tokenizer, labels = averaged(older, newer, given.share), load_tokenizer(given.newer), Labels(load_taxonomy())
    network.config.tagger_name = given.out.name
    tune(network, tokenizer, read_held_out(given.labels, given.corpora, labels), labels)
    network.half().save_pretrained(given.out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(given.out)


def averaged(older: TaggerNetwork, newer: TaggerNetwork, share: float) -> TaggerNetwork:
    """A network with `share` of `newer` and the rest of `older` in each weight."""
    whole = copy.deepcopy(newer)
    take_over(whole, older)
    known, learnt = whole.state_dict(), newer.state_dict()
    whole.load_state_dict({name: torch.lerp(known[name], learnt[name], share) for name in learnt})
    whole.train(mode=False)
    return whole


if __name__ == "__main__":
    main()
