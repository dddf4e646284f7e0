"""Fine-tunes a finished tagger with what an organisation's people corrected; the result stands beside what it began from.

    voc train --corrections database                                       # the one of VOC_DATABASE, which no service has open
    voc train --corrections corrections.jsonl --texts feedback.jsonl       # what `voc corrections export` and `voc export` wrote

Corrected fields are learnt. Fields that nobody touched, and rows that nobody corrected, are taught as the tagger has them
already, and our own labelled texts are read again, so that nothing is forgotten for the sake of the new. In the end as much
is taken of what was learnt as costs next to nothing on texts kept aside for that. Killed and started again, it goes on from
its last checkpoint; the result is used once VOC_MODEL names its folder.
"""

import argparse
import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from models.average import averaged
from models.corrected import Row, Rows, example_of, rows_of_files, rows_of_store
from models.examples import Example, Floats, Labels, read_labelled
from models.metrics import METRICS, Codes, record_of_tags
from models.tokenizer import load_tokenizer
from models.train import BATCH_TEXTS, Rates, fit, shuffled
from voc.command.figures import open_store
from voc.corrections.statement import write_statement
from voc.tagging.decode import Decoder
from voc.tagging.identity import find_model
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import Reading, read_texts
from voc.taxonomy import load_taxonomy
from voc.text.align import Alignment

RATES: Final = Rates(encoder=5e-5, heads=2e-4)
STEPS: Final = 200


def soft(examples: Sequence[Example], network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, labels: Labels) -> list[Example]:
    """The examples with the tagger's own answer wherever nobody said anything."""
    heat, network.config.temperatures = network.config.temperatures, None  # the logits themselves are what is kept
    alone = [at for at, each in enumerate(examples) if not each.context]
    spoken = [at for at, each in enumerate(examples) if each.context]
    readings = dict(zip(alone, read_texts(network, tokenizer, [examples[at].text for at in alone]), strict=True))
    contexts = [examples[at].context for at in spoken]
    if spoken:
        readings |= zip(spoken, read_texts(network, tokenizer, [examples[at].text for at in spoken], contexts), strict=True)
    network.config.temperatures = heat
    return [_with_answer(each, readings[at], labels) for at, each in enumerate(examples)]


def _with_answer(example: Example, answer: Reading, labels: Labels) -> Example:
    said = example.found_weights > 0
    of_customer = np.arange(len(labels.found)) < len(labels.of_customer)
    reasons = len(labels.reasons)
    polarity = answer.polarity * answer.found[:reasons, None]
    return replace(
        example,
        sentiment=example.sentiment if example.sentiment_weight else answer.sentiment,
        found=np.where(said, example.found, answer.found * of_customer),
        polarity=np.where(said[:reasons, None], example.polarity, polarity),
        resolution=example.resolution if example.resolution_weight else answer.resolution,
        sentiment_weight=1.0,
        resolution_weight=1.0,
        found_weights=np.where(of_customer, np.float32(1), example.found_weights),
    )


def plan(corrected: list[Example], known: list[Example], others: list[Example], steps: int, share: float, soft_share: float, seed: int):
    random = np.random.default_rng(seed)
    total = steps * BATCH_TEXTS
    n = round(total * share)
    m = round(total * soft_share)

    def draw(pool, count):
        if not pool: return []
        reps = -(-count // len(pool))
        order = np.concatenate([random.permutation(len(pool)) for _ in range(reps)])[:count]
        return [pool[i] for i in order]
    pool = draw(corrected, n) + draw(others, m)
    pool += draw(known, total - len(pool))
    return shuffled(pool, BATCH_TEXTS, random)
