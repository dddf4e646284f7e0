"""What each step towards a faster tagger is worth, on one core: rows per second, and seconds to the first answer.

    python -m models.benchmarks.steps        (taskset -c 0 keeps it on one core)

All ways read the same texts by turns, and processor time is counted, so that the ratios hold though others use the machine.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import torch
from rich.console import Console
from rich.table import Table
from transformers import PreTrainedTokenizerFast

from models.benchmarks.gpu import codes, sample_texts, tags_of
from voc.engine.chunks import CHUNK_ROWS
from voc.records import Tags
from voc.tagging import device
from voc.tagging.decode import Decoder
from voc.tagging.identity import Precision, find_model
from voc.tagging.loading import load_parts
from voc.tagging.network import TaggerNetwork
from voc.tagging.reader import pack, read_network
from voc.tagging.reading import Reading, read_texts
from voc.text.normalise import normaliser

ROUNDS: Final = 3
STARTS: Final = 3
EARLIER_BATCH_TOKENS: Final = 4_096
TEN_ROWS: Final = 11

LOADING: Final = (
    (
        "network",
        "from voc.tagging.network import TaggerNetwork; from transformers import PreTrainedTokenizerFast as T;"
        "from voc.tagging.identity import find_model as f; TaggerNetwork.from_pretrained(f()); T.from_pretrained(f())",
        "from voc.tagging.loading import load_parts; from voc.tagging.identity import find_model as f; load_parts(f())",
    ),
    ("hazm", "import hazm; hazm.Normalizer()", "from voc.text.hazm_parts import build_normalizer; build_normalizer()"),
)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    console = Console()
    console.print(reading_steps())
    console.print(loading_steps())


def reading_steps() -> Table:
    """Tokenise and read the sample in chunks as the engine does, each way by turns."""
    texts = [normaliser().normalise(text) for text in sample_texts()]
    chunks = [texts[start : start + CHUNK_ROWS] for start in range(0, len(texts), CHUNK_ROWS)]
    ways = ways_to_read()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    readings: dict[str, list[Reading]] = {}
    for _ in range(ROUNDS):
        for name, (read, budget) in ways.items():
            device.BATCH_TOKENS = budget  # type: ignore[misc]
            began = time.process_time()
            readings[name] = [reading for chunk in chunks for reading in read(chunk)]
            seconds[name].append(time.process_time() - began)
    decoder = Decoder(load_parts(find_model(), "cpu")[0].config)
    tags = {name: tags_of(decoder, texts, said) for name, said in readings.items()}
    table = Table(
        "network", "rows/s", "of the step before", "of the first", "same tags", title=f"{len(texts)} rows, one thread"
    )
    first = before = next(iter(ways))
    for name in ways:
        gains = [f"{ratio(seconds[earlier], seconds[name]):.2f} ×" for earlier in (before, first)]
        table.add_row(name, f"{len(texts) / median(seconds[name]):,.0f}", *gains, f"{agreement(tags[first], tags[name]):.2%}")
        before = name
    return table


def ways_to_read() -> dict[str, tuple[Callable[[Sequence[str]], list[Reading]], int]]:
    """Every way with the tokens of its batches, each a step from the one before."""
    folder = find_model()
    learner: Any = TaggerNetwork.from_pretrained(folder, dtype=torch.float32)
    theirs = PreTrainedTokenizerFast.from_pretrained(folder)
    _, ours = load_parts(folder, "cpu")
    plain, _ = read_network(folder, load_parts(folder, "cpu")[0].config)
    plain.eval()
    packed, _ = read_network(folder, plain.config)
    packed.eval()
    pack(packed)

    def with_precision(precision: Precision) -> Any:
        return load_parts(folder, "cpu", precision)[0]

    small = device.BATCH_TOKENS
    networks: dict[str, tuple[Any, Any, int]] = {
        "transformers' ModernBERT and tokenizer": (learner, theirs, EARLIER_BATCH_TOKENS),
        "our encoder, the tokenizers library": (plain, ours, EARLIER_BATCH_TOKENS),
        "linear layers by oneDNN": (packed, ours, EARLIER_BATCH_TOKENS),
        f"batches of {small} tokens": (packed, ours, small),
        "half precision (VOC_PRECISION=half)": (with_precision("half"), ours, small),
    }
    return {name: (reader(network, tokenizer), budget) for name, (network, tokenizer, budget) in networks.items()}


def reader(network: Any, tokenizer: Any) -> Callable[[Sequence[str]], list[Reading]]:
    """`read_texts` with these two."""
    return lambda texts: read_texts(network, tokenizer, texts)


def agreement(one: Sequence[Tags], other: Sequence[Tags]) -> float:
    """Of the tags that either gives, the share that both give."""
    pairs = [(set(codes(a)), set(codes(b))) for a, b in zip(one, other, strict=True)]
    return sum(len(a & b) for a, b in pairs) / sum(len(a | b) for a, b in pairs)


def loading_steps() -> Table:
    """Whole processes: what is loaded, before and now, and ten rows from file to file."""
    table = Table("start of a process", "before, s", "now, s", "ratio", title=f"median of {STARTS}, by turns")
    for name, before, now in LOADING:
        pairs = [(run_seconds("-c", before), run_seconds("-c", now)) for _ in range(STARTS)]
        old, new = ([pair[side] for pair in pairs] for side in (0, 1))
        table.add_row(name, f"{median(old):.2f}", f"{median(new):.2f}", f"{ratio(old, new):.2f} ×")
    with tempfile.TemporaryDirectory() as place:
        ten = Path(place) / "ten.csv"
        with (files("data") / "samples" / "feedback.csv").open(encoding="utf-8") as sample:
            ten.write_text("".join(islice(sample, TEN_ROWS)), "utf-8")
        command = "from voc.command import app; app()"
        taken = [run_seconds("-c", command, "tag", "-q", str(ten), "-o", f"{place}/{each}.jsonl") for each in range(STARTS)]
    table.add_row("voc tag, ten rows from file to file", "", f"{median(taken):.2f}", "")
    return table


def run_seconds(*arguments: str) -> float:
    """The processor time of a new interpreter."""
    began = spent_by_children()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603
    return spent_by_children() - began


def spent_by_children() -> float:
    """Processor time of the processes that this one has waited for, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratio(before: Sequence[float], now: Sequence[float]) -> float:
    """How many times faster, as the median of the rounds."""
    return median(old / new for old, new in zip(before, now, strict=True))


if __name__ == "__main__":
    main()
