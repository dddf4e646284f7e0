"""Rows per second of the network alone and of all that is done on its device, on a GPU where there is one.

    python -m models.benchmarks.gpu [--device cuda] [--precision half] [--model FOLDER]

It needs torch, transformers and numpy, but not hazm: the sample's texts are read as they stand, which changes their length by a
few tokens. Tags are compared with those of this processor in full precision.
"""

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from typing import Any, Final

import torch

from voc.records import Tags
from voc.tagging.decode import Decoder
from voc.tagging.device import batch_tokens
from voc.tagging.identity import find_model
from voc.tagging.loading import load_parts
from voc.tagging.reading import Reading, read_texts, read_windows
from voc.tagging.windows import Window, batches, cut_windows
from voc.text.align import Alignment

BUDGETS: Final = {"cpu": (1_024, 4_096), "cuda": (4_096, 16_384, 65_536, 262_144)}
TOKENS: Final = {"cpu": 20_000, "cuda": 1_000_000}  # read for one figure: some seconds
TRIES: Final = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="", help="as torch calls it; empty for a GPU where there is one")
    parser.add_argument("--precision", default="", choices=("", "full", "half"))
    parser.add_argument("--model", default="")
    given = parser.parse_args(arguments)
    folder = find_model(given.model)
    network, tokenizer = load_parts(folder, given.device, given.precision)
    device = network.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"{device} ({name}), {network.dtype}, torch {torch.__version__}")

    texts = sample_texts()
    distinct = cut_windows(tokenizer, texts, network.config.window_tokens)
    held = sum(len(window.ids) for window in distinct)
    copies = -(-TOKENS[device.type] // held)
    windows, rows, pad = distinct * copies, len(texts) * copies, int(tokenizer.pad_token_id or 0)
    print(f"{rows:,} rows, {held / len(texts):.1f} tokens a row without the marks around them")
    for budget in BUDGETS[device.type]:
        made = list(batches(windows, budget))
        inputs = [padded(batch, pad) for batch in made]
        alone = best(device, partial(network_alone, network, inputs))
        print(f"batches of {budget:>7,} tokens: network {rows / alone:>11,.0f} rows/s", end="")
        whole = best(device, partial(_read_all, network, tokenizer, made), tries=1)
        print(f", with its input and output in numpy {rows / whole:>9,.0f} rows/s", flush=True)
    few = texts * min(copies, 40)
    reading = best(device, lambda: read_texts(network, tokenizer, few))
    print(f"tokenise, batch by {batch_tokens(device):,} tokens, read, merge: {len(few) / reading:,.0f} rows/s")
    decoder = Decoder(network.config)
    readings = read_texts(network, tokenizer, texts)
    decoding = best(device, lambda: tags_of(decoder, texts, readings))
    print(f"tags from readings, one core: {len(texts) / decoding:,.0f} rows/s")
    exact, _ = load_parts(folder, "cpu", "full")
    compare(tags_of(decoder, texts, readings), tags_of(decoder, texts, read_texts(exact, tokenizer, texts)))


def sample_texts() -> list[str]:
    """The texts of the shipped sample."""
    with (files("data") / "samples" / "feedback.csv").open(encoding="utf-8-sig") as sample:
        return [row["متن"] for row in csv.DictReader(sample) if row["متن"].strip()]


def padded(windows: Sequence[Window], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask [B, T] of a batch on this processor, where a GPU can fetch them from."""
    longest = max(len(window.ids) for window in windows) + 2
    ids, mask = torch.full((len(windows), longest), padding), torch.zeros((len(windows), longest), dtype=torch.long)
    for row, window in enumerate(windows):
        ids[row, 1 : len(window.ids) + 1] = torch.tensor(window.ids, dtype=torch.long)
        mask[row, : len(window.ids) + 2] = 1
    return (ids.pin_memory(), mask.pin_memory()) if torch.cuda.is_available() else (ids, mask)


@torch.inference_mode()
def network_alone(network: Any, inputs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Read batches and leave what they say where it is."""
    for ids, mask in inputs:
        network(ids.to(network.device, non_blocking=True), mask.to(network.device, non_blocking=True))


def tags_of(decoder: Decoder, texts: Sequence[str], readings: Sequence[Reading]) -> list[Tags]:
    """The tags of texts that were read as they stand."""
    return [decoder.decode(Alignment(text, text), reading) for text, reading in zip(texts, readings, strict=True)]


def compare(one: Sequence[Tags], other: Sequence[Tags]) -> None:
    """Print how many texts have the same tags, and how many of the tags are the same."""
    pairs = [(set(codes(a)), set(codes(b))) for a, b in zip(one, other, strict=True)]
    same, either = sum(len(a & b) for a, b in pairs), sum(len(a | b) for a, b in pairs)
    print(f"the same tags as in full precision: {sum(a == b for a, b in pairs)} of {len(pairs)} texts, {same} of {either} tags")


def codes(tags: Tags) -> list[tuple[str, ...]]:
    """What is said of a text, without scores and evidence."""
    return [
        ("sentiment", tags.sentiment),
        ("resolution", tags.resolution or ""),
        *(("reason", reason.code, reason.polarity) for reason in tags.reasons),
        *(("effort", cue.code) for cue in tags.effort),
        *(("loyalty", cue.code) for cue in tags.loyalty),
    ]


def best(device: torch.device, work: Callable[[], Any], tries: int = TRIES) -> float:
    """The least seconds of some tries after one that does not count."""
    work()
    least = float("inf")
    for _ in range(tries):
        wait(device)
        began = time.perf_counter()
        work()
        wait(device)
        least = min(least, time.perf_counter() - began)
    return least


def wait(device: torch.device) -> None:
    """Until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _read_all(network: Any, tokenizer: Any, made: Sequence[Sequence[Window]]) -> None:
    for batch in made:
        read_windows(network, tokenizer, batch)


if __name__ == "__main__":
    main()
