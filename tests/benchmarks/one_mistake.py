"""Ten corrections of one mistake: is it made again in other words, and what is lost of all that was right?

    python -m tests.benchmarks.one_mistake --corpora CORPORA

For each mistake of `tests/mistakes.py`: ten of its texts are corrected, the tagger is fine-tuned as `voc train --corrections`
does, and reads the other six and what is only like them; then both taggers are measured on labelled texts. The rows that nobody
corrected are public texts without a label; without corpora they are those of the sample.
"""

import argparse
import csv
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from models import retrain
from models.compare import Difference, compare_records
from models.evaluate import with_texts
from models.examples import labels_folder, read_feedback, read_records
from models.report import Sheet, print_sheet
from tests.mistakes import MISTAKES, Mistake
from voc.corrections.entry import text_hash
from voc.tagging.tagger import Tagger, load_tagger

CORRECTED: Final = 10
UNCORRECTED: Final = retrain.OTHERS
FILES: Final = ("dev.jsonl", "test.jsonl", "test_own.jsonl")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, correct each mistake by itself, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="*", default=[])
    parser.add_argument("--mistakes", nargs="*", default=list(MISTAKES))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="which ten of the texts are corrected")
    given = parser.parse_args(arguments)
    uncorrected = [*_uncorrected(given.corpora)]
    labelled = {name: with_texts(read_records(labels_folder() / name), given.corpora) for name in FILES}
    shipped = load_tagger()
    for name in given.mistakes:
        for seed in given.seeds:
            with TemporaryDirectory() as folder:
                report(name, seed, Path(folder), uncorrected, labelled, shipped)


def report(
    name: str, seed: int, folder: Path, uncorrected: Sequence[str], labelled: dict[str, list[dict[str, Any]]], shipped: Tagger
) -> None:
    """Fine-tune and print one mistake's figures."""
    mistake = MISTAKES[name]
    order = np.random.default_rng(seed).permutation(len(mistake.texts))
    corrected, held_out = ([mistake.texts[at] for at in part] for part in (order[:CORRECTED], order[CORRECTED:]))
    arguments = write_files(folder, mistake, corrected, uncorrected)
    began = time.monotonic()
    retrain.main([*arguments, "--out", str(folder / "tagger")])
    minutes = (time.monotonic() - began) / 60
    learnt = load_tagger(str(folder / "tagger"))
    parts = {"corrected": corrected, "held out": held_out, "only like it": mistake.near}
    rows: list[tuple[str, ...]] = [
        (part, *(f"{found(each, mistake.code, of_part)} of {len(of_part)}" for each in (learnt, shipped)), "")
        for part, of_part in parts.items()
    ]
    for file, records in labelled.items():
        figures = compare_records([learnt, shipped], records) if records else {}
        rows += [
            (f"{file}: {name}", f"{each.first:.3f}", f"{each.second:.3f}", _points(each)) for name, each in figures.items()
        ]
    print_sheet(
        Sheet(f"{name}, {mistake.code}, draw {seed}: {minutes:.1f} minutes", ("texts", "fine-tuned", "shipped", "points"), rows)
    )


def found(tagger: Tagger, code: str, texts: Sequence[str]) -> int:
    """In how many of the texts the tagger finds the code."""
    return sum(code in {reason.code for reason in tags.reasons} for tags in tagger.tag(texts))


def write_files(folder: Path, mistake: Mistake, corrected: Sequence[str], uncorrected: Sequence[str]) -> list[str]:
    """Write the two files as an organisation has them; the arguments that name them."""
    changed: dict[str, Any] = {"add": {"reasons": {mistake.code: "negative"}}}
    records = [{"id": f"f{at}", "text": text} for at, text in enumerate([*corrected, *uncorrected], 1)]
    said = [
        {"feedback_id": each["id"], "text_hash": text_hash(each["text"]), "changed": changed}
        for each in records[: len(corrected)]
    ]
    paths = (folder / "corrections.jsonl", folder / "texts.jsonl")
    for path, lines in ((paths[0], said), (paths[1], records)):
        path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return ["--corrections", str(paths[0]), "--texts", str(paths[1])]


def _points(one: Difference) -> str:
    return f"{100 * one.value:+.1f} ({100 * one.low:+.1f} – {100 * one.high:+.1f})"


def _uncorrected(corpora: Sequence[Path]) -> Iterator[str]:
    if not corpora:
        with Path("data/samples/feedback.csv").open(encoding="utf-8-sig") as lines:
            yield from (row["متن"] for row in csv.DictReader(lines))
        return
    labelled = {record["id"] for path in labels_folder().glob("*.jsonl") for record in read_records(path)}
    texts = sorted((key, record["text"]) for key, record in read_feedback(corpora, without=labelled))
    yield from (text for _, text in texts[:UNCORRECTED])


if __name__ == "__main__":
    main()
