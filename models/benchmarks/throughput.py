"""Rows per second of each stage and of the whole, beside what a user would write: a loop over a BERT-base pipeline.

    make bench

All figures come from one run on this machine, so the ratios hold where the absolute figures do not. The baseline is a
randomly initialised BERT-base: its speed is that of any fine-tuned one, and it does a fifth of the work (one label set).
"""

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import torch
from rich.console import Console
from rich.table import Table
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

from voc.engine import WorkerPool, tag_stream
from voc.export import stream_feedback_as
from voc.ingest import open_feedback
from voc.records import Feedback, TaggedFeedback, Tags
from voc.store import Store
from voc.tagging.identity import find_model
from voc.tagging.tagger import TransformerTagger
from voc.text.mask import mask_personal_data
from voc.text.normalise import normaliser

ZONE: Final = ZoneInfo("Asia/Tehran")
BASELINE_ROWS: Final = 150
COPIES: Final = 6  # of the sample; each copy's texts differ, since equal texts are tagged once


def main() -> None:
    """Measure and print."""
    cores = os.cpu_count() or 1
    torch.set_num_threads(cores)
    path = Path(str(files("data") / "samples" / "feedback.csv"))
    sample, read_s = timed(lambda: [list(read(path)) for _ in range(COPIES)])
    rows = [vary(row, copy) for copy, part in enumerate(sample) for row in part]
    texts = [row.text for row in rows]
    tagger = TransformerTagger(find_model())
    tagger.tag(texts[:100])

    table = Table("stage", "rows/s", title=f"{len(rows):,} rows on {cores} cores")
    table.add_row("read, map, mask, check", speed(len(rows), read_s))
    normalised, seconds = timed(lambda: [tagger.normalise(text) for text in texts])
    table.add_row("normalise (hazm behind our door)", speed(len(rows), seconds))
    _, seconds = timed(lambda: tagger.read(normalised))
    table.add_row("tokenise and network", speed(len(rows), seconds))
    tags, in_process_s = timed(lambda: tagger.tag(texts))
    table.add_row("tag, one process (normalise … evidence)", speed(len(rows), in_process_s))
    tagged = [TaggedFeedback(str(i), "", row, tag) for i, (row, tag) in enumerate(zip(rows, tags, strict=True))]
    _, seconds = timed(lambda: io.BytesIO().writelines(stream_feedback_as(tagged, "jsonl")))
    table.add_row("write JSONL", speed(len(rows), seconds))
    table.add_row("store rows and tags (DuckDB)", speed(len(rows), timed(lambda: store(rows, tags))[1]))
    with WorkerPool("", cores) as pool:
        list(tag_stream(iter(rows[:200]), pool))
        _, whole_s = timed(lambda: whole(path, pool))
    ours = len(rows) / whole_s
    table.add_row(f"[bold]whole: file to JSONL, {cores} workers[/]", f"[bold]{ours:,.0f}[/]")
    console = Console()
    console.print(table)

    hazm_s, ours_s, mask_s = text_costs(texts)
    door = Table("text", "texts/s", "of plain hazm's time", title="normalising, best of 5")
    door.add_row("hazm.Normalizer() loop", speed(len(texts), hazm_s), "1.00")
    door.add_row("ours, with the way back worked out", speed(len(texts), ours_s), f"{ours_s / hazm_s:.2f}")
    door.add_row("masking personal data", speed(len(texts), mask_s), f"{mask_s / hazm_s:.2f}")
    console.print(door)

    one_by_one, batched = baseline(texts[:BASELINE_ROWS])
    beside = Table("BERT-base text-classification pipeline", "rows/s", "ours is faster", title="what a user would write")
    beside.add_row("loop, one text a call", f"{one_by_one:,.1f}", f"{ours / one_by_one:.1f} ×")
    beside.add_row("batch_size=32", f"{batched:,.1f}", f"{ours / batched:.1f} ×")
    console.print(beside)


def read(path: Path) -> Iterator[Feedback]:
    """The accepted rows of a file."""
    source = open_feedback(path, zone=ZONE, max_text_chars=100_000)
    return (row for row in source if isinstance(row, Feedback))


def vary(row: Feedback, copy: int) -> Feedback:
    """The row with a text of its own, of the same length in words but for one."""
    from dataclasses import replace

    return replace(row, text=f"{row.text} {copy}")


def whole(path: Path, pool: WorkerPool) -> None:
    """What `voc tag` does between its start and its end."""
    rows = (vary(row, copy) for copy in range(COPIES) for row in read(path))
    io.BytesIO().writelines(as_lines(tag_stream(rows, pool)))


def as_lines(tagged: Iterable[tuple[Feedback, Tags]]) -> Iterator[bytes]:
    """What `voc tag` writes of tagged rows, as JSONL."""
    return stream_feedback_as((TaggedFeedback(str(row.line), "", row, tags) for row, tags in tagged), "jsonl")


def store(rows: list[Feedback], tags: list[Any]) -> None:
    """Put rows and tags into a new database."""
    with tempfile.TemporaryDirectory() as folder, Store.open(str(Path(folder) / "bench.duckdb"), zone=ZONE) as database:
        database.add_batch(name="bench", content_key="0" * 64, source=rows, columns=(), notices=tuple)
        database.write_tags(list(enumerate(tags, start=1)))


def text_costs(texts: list[str]) -> tuple[float, float, float]:
    """Seconds for all texts: hazm as its docs show it, our normalising with offsets, our masking."""
    from hazm import Normalizer

    plain, ours = Normalizer(), normaliser()
    works = (
        lambda: [plain.normalize(text) for text in texts],
        lambda: [alignment.span(0, len(alignment.normalised)) for alignment in map(ours.align, texts)],
        lambda: [mask_personal_data(text) for text in texts],
    )
    best = [min(timed(work)[1] for _ in range(5)) for work in works]
    return best[0], best[1], best[2]


def baseline(texts: list[str]) -> tuple[float, float]:
    """Rows per second of a BERT-base pipeline, text by text and in batches."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(find_model())
    model = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer))).eval()
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    options = {"truncation": True, "max_length": 512}
    classify(texts[:4], **options)
    _, loop_s = timed(lambda: [classify(text, **options) for text in texts])
    _, batch_s = timed(lambda: classify(texts, batch_size=32, **options))
    return len(texts) / loop_s, len(texts) / batch_s


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result of `work` and the seconds that it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def speed(rows: int, seconds: float) -> str:
    """Rows per second, readable."""
    return f"{rows / seconds:,.0f}"


if __name__ == "__main__":
    main()
